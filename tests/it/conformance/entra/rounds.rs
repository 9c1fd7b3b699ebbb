//! Days told as changes, whatever happens in between: rounds that break off at any page, links that are worth nothing any
//! more, a tenant that moves. In the end the store is the directory, and little was asked.

use std::cell::RefCell;
use std::sync::Arc;

use dirsync::sandbox::entra::{Options, Sandbox};
use dirsync::sandbox::{Fault, Rule};
use dirsync::sync::run;
use jiff::SignedDuration;

use super::breaking::{Breaking, Ending};
use super::tenant::{Manner, Tenant};
use crate::conformance::home::{EVERYTHING, Home};
use crate::conformance::pretend::{Pretend, Size, Start};

/// A home whose tenant is followed, and the sandbox's own controls.
pub(super) fn followed(size: Size, change: impl Fn(Options) -> Options) -> (Home, Arc<Sandbox>) {
    let controls = RefCell::new(None);
    let start = |start: &Start| -> Box<dyn Pretend> {
        let (tenant, sandbox) = Tenant::start(start, Manner::Followed, &change);
        *controls.borrow_mut() = Some(sandbox);
        Box::new(tenant)
    };
    let home = Home::new(&start, size);
    (home, controls.into_inner().unwrap())
}

/// Pages so short that every round has several.
pub(super) fn short_pages(options: Options) -> Options {
    Options { users_per_page: 6, groups_per_page: 4, members_per_page: 40, ..options }
}

/// Requests since the sandbox began.
pub(super) fn asked(home: &Home) -> u64 {
    home.pretend.requests().0
}

/// A run that comes to a standstill after so many pages and is dropped, as when a process is told to stop.
fn dropped(home: &Home, pages: usize) {
    let directory = Breaking::new(home.signed_in(), pages, Ending::Hangs);
    let request = home.request(EVERYTHING, false);
    home.runtime.block_on(async {
        tokio::select! {
            // A round with fewer pages simply ends.
            ended = run(request, &directory) => drop(ended.unwrap()),
            () = directory.stands.notified() => {}
        }
    });
}

/// A run that fails after so many pages.
fn broken(home: &Home, pages: usize) {
    let directory = Breaking::new(home.signed_in(), pages, Ending::Fails);
    // A round with fewer pages simply ends.
    drop(home.runtime.block_on(run(home.request(EVERYTHING, false), &directory)));
}

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides).unwrap()
    }
}

#[test]
fn random_days_told_as_changes_with_breaks_expiries_and_moves_in_between_end_equal_to_the_truth() {
    for seed in 100..112 {
        let (home, sandbox) = followed(Size::SMALL.seeded(seed), short_pages);
        let mut dice = Dice(seed);
        // The very first round may break off as well.
        broken(&home, dice.roll(20));
        for _ in 0..10 {
            (0..1 + dice.roll(2)).for_each(|_| drop(home.pretend.play_day()));
            match dice.roll(7) {
                0 => sandbox.expire_cursors(),
                1 => sandbox.move_tenant(),
                2 => sandbox.inject(Rule::new("graph", Fault::ExpiredPageToken).times(1)),
                _ => {}
            }
            match dice.roll(4) {
                0 => broken(&home, dice.roll(12)),
                1 => dropped(&home, dice.roll(12)),
                2 => {
                    broken(&home, 1 + dice.roll(4));
                    home.pretend.play_day();
                    if dice.roll(2) == 0 {
                        sandbox.expire_cursors();
                    }
                    broken(&home, 1 + dice.roll(8));
                }
                _ => drop(home.sync_everything()),
            }
            home.pretend.relent();
        }
        // What was begun is brought to its end; what happened meanwhile is told afterwards.
        home.sync_everything();
        home.sync_everything();
        home.picture().assert_is(&home.pretend.truth());
        let again = home.sync_everything();
        assert!(again.summary.is_empty(), "{seed}: {:?}", again.summary);
        // Told whole, nothing else comes out.
        let directory = home.signed_in();
        let whole = home.runtime.block_on(run(home.request(EVERYTHING, true), &*directory)).unwrap();
        assert!(whole.summary.is_empty(), "{seed}: {:?}", whole.summary);
        home.picture().assert_is(&home.pretend.truth());
    }
}

#[test]
fn a_round_that_breaks_off_at_any_page_goes_on_there() {
    for dropping in [false, true] {
        for pages in [0, 1, 2, 3, 5, 8, 13] {
            let (home, _) = followed(Size::SMALL, short_pages);
            let stop = if dropping { dropped } else { broken };
            stop(&home, pages);
            let before = asked(&home);
            home.sync_everything();
            home.picture().assert_is(&home.pretend.truth());
            let rest = asked(&home) - before;
            home.pretend.play_day();
            stop(&home, pages);
            home.sync_everything();
            home.sync_everything();
            home.picture().assert_is(&home.pretend.truth());
            let again = home.sync_everything();
            assert!(again.summary.is_empty(), "{pages}: {:?}", again.summary);
            let (whole, _) = followed(Size::SMALL, short_pages);
            let before = asked(&whole);
            whole.sync();
            let whole = asked(&whole) - before;
            let kept = u64::try_from(pages).unwrap().saturating_sub(2);
            assert!(
                rest + kept <= whole + 2,
                "{pages} pages came, {rest} requests more, where a whole round is {whole}"
            );
        }
    }
}

#[test]
fn an_unchanged_tenant_is_asked_four_times_at_most_and_a_small_day_is_a_handful() {
    for seed in [1, 2] {
        let (home, _) = followed(Size::PAGES.seeded(seed), |options| Options { empty_pages: false, ..options });
        home.sync();
        for _ in 0..3 {
            let before = asked(&home);
            assert!(home.sync().summary.is_empty());
            // Whose directory it is, the two streams, and a token.
            assert!(asked(&home) - before <= 4, "{seed}: {} requests", asked(&home) - before);
            home.pretend.play_day();
            let before = asked(&home);
            home.sync();
            assert!(asked(&home) - before <= 8, "{seed}: {} requests", asked(&home) - before);
            home.picture().assert_is(&home.pretend.truth());
            home.sync();
        }
    }
}

#[test]
fn once_a_week_or_after_a_long_pause_everything_is_told_again() {
    let (home, _) = followed(Size::SMALL, |options| options);
    home.sync();
    let people = i64::try_from(home.pretend.truth().people.len()).unwrap();
    assert!(home.sync().summary.users.fetched < people / 2);
    home.clock.advance(SignedDuration::from_hours(8 * 24));
    let report = home.sync();
    assert!(report.summary.is_empty() && report.summary.users.unchanged == people, "{:?}", report.summary);
}

#[test]
fn links_worth_nothing_are_nobodys_business_and_everything_is_told_again_once() {
    for worthless in [Sandbox::expire_cursors, Sandbox::move_tenant] {
        let (home, sandbox) = followed(Size::SMALL, |options| options);
        home.sync();
        home.pretend.play_day();
        worthless(&sandbox);
        home.sync_everything();
        home.picture().assert_is(&home.pretend.truth());
        let again = home.sync();
        assert!(again.summary.is_empty() && again.summary.users.fetched < 30, "{:?}", again.summary);
    }
}
