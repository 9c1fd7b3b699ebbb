//! However a directory tells its changes, the store ends equal to it.

use std::collections::BTreeSet;

use dirsync::model::{Outcome, Scope};
use dirsync::people::LIFE_CYCLE;
use dirsync::store::Approval;
use dirsync::sync::SyncError;
use dirsync::sync::guard::RemovalLimit;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::home::{Home, expected, stored};
use super::teller::Teller;

const EVERYTHING: RemovalLimit = RemovalLimit::Percent(100.0);

fn of_people(number: usize) -> Teller {
    let mut teller = Teller::default();
    (0..number).for_each(|id| teller.join(&id.to_string()));
    teller.group("g", "Group");
    (0..5).for_each(|id| teller.member("g", &id.to_string(), true));
    teller
}

#[test]
fn after_everything_was_told_once_only_changes_are() {
    let home = Home::new();
    let mut teller = of_people(60);
    let first = home.sync(&teller);
    assert_eq!((first.summary.users.added, first.summary.groups.added, first.summary.memberships.added), (60, 1, 5));
    let second = home.sync(&teller);
    assert!(second.summary.is_empty(), "{:?}", second.summary);
    teller.person("7", "title", json!("Boss"));
    teller.leave("8", false);
    teller.join("new");
    teller.member("g", "7", true);
    teller.member("g", "0", false);
    let third = home.sync(&teller);
    let users = third.summary.users;
    assert_eq!((users.added, users.changed, users.removed, users.missing), (1, 1, 1, 0));
    assert!(users.fetched < 20, "changes only: {users:?}");
    assert_eq!((third.summary.memberships.added, third.summary.memberships.removed), (1, 1));
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn somebody_who_can_be_restored_is_in_no_group_until_then_and_somebody_purged_never_again() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    let row = home.rows("SELECT id FROM v1_users WHERE external_id = '3'");
    teller.leave("3", false);
    home.sync(&teller);
    assert_eq!(home.status("3"), "removed");
    assert_eq!(home.rows("SELECT members FROM v1_groups"), ["4"]);
    assert_eq!(stored(&home), expected(&teller.truth()));
    teller.join("3");
    home.sync(&teller);
    assert_eq!(home.rows("SELECT id FROM v1_users WHERE external_id = '3'"), row);
    assert_eq!(home.rows("SELECT members FROM v1_groups"), ["5"]);
    assert_eq!(stored(&home), expected(&teller.truth()));
    teller.leave("3", true);
    home.sync(&teller);
    assert_eq!(home.rows("SELECT count(*) FROM memberships WHERE member_external_id = '3'"), ["0"]);
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn a_round_that_broke_off_goes_on_where_it_was() {
    let home = Home::new();
    let mut teller = of_people(60);
    for pages in [1, 2] {
        *teller.breaks_after.lock().unwrap() = Some(pages);
        assert!(matches!(home.sync_with(&teller, EVERYTHING), Err(SyncError::Directory(_))));
        assert_eq!(home.rows("SELECT count(*) FROM v1_users"), ["0"], "nothing half-way");
        teller.person("1", "title", json!(format!("T{pages}")));
    }
    // Eight pages in all, three of which have come.
    *teller.breaks_after.lock().unwrap() = Some(5);
    home.sync(&teller);
    *teller.breaks_after.lock().unwrap() = None;
    home.sync(&teller);
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn who_is_restored_while_a_round_of_everything_is_interrupted_keeps_their_groups() {
    for pages in [5, 6, 7] {
        let home = Home::new();
        let mut teller = of_people(60);
        home.sync(&teller);
        teller.leave("4", false);
        home.sync(&teller);
        // Everything is told anew; most of the groups while the person is away.
        teller.forgotten_before = usize::MAX;
        *teller.breaks_after.lock().unwrap() = Some(pages);
        home.sync_with(&teller, EVERYTHING).unwrap_err();
        *teller.breaks_after.lock().unwrap() = None;
        teller.forgotten_before = 0;
        teller.join("4");
        home.sync_with(&teller, EVERYTHING).unwrap();
        assert_eq!(stored(&home), expected(&teller.truth()), "broken off after {pages} pages");
    }
}

#[test]
fn what_was_staged_is_of_no_use_once_the_store_has_changed_or_everything_is_asked_for() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    teller.leave("5", false);
    *teller.breaks_after.lock().unwrap() = Some(6);
    home.sync_with(&teller, EVERYTHING).unwrap_err();
    *teller.breaks_after.lock().unwrap() = None;
    teller.join("5");
    let report = home.sync_everything(&teller).unwrap();
    assert_eq!(report.summary.users.unchanged, 60);
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn a_held_removal_waits_while_changes_go_on_and_is_dropped_when_the_person_is_back() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    (10..20).for_each(|id| teller.leave(&id.to_string(), false));
    let held = home.sync(&teller);
    assert_eq!((held.outcome(), held.summary.users.held), (Outcome::Held, 10));
    let plan = held.plan.unwrap();
    teller.person("1", "title", json!("T"));
    let again = home.sync(&teller);
    assert_eq!((again.outcome(), again.plan, again.summary.users.held), (Outcome::Held, Some(plan), 10));
    assert_eq!(home.status("10"), "missing");
    // One is back, another one goes: a plan of its own takes the place of the first.
    teller.join("10");
    teller.leave("30", false);
    let third = home.sync(&teller);
    assert_eq!((third.summary.users.held, third.summary.users.removed), (9, 1));
    assert_eq!((home.status("10"), home.status("30")), ("active".into(), "removed".into()));
    let (plan, now) = (third.plan.unwrap(), home.clock.now());
    assert!(matches!(
        home.store().approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "me", now),
        Ok(Approval::Applied { removed: 9, .. })
    ));
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn a_limit_that_is_named_judges_what_is_held_anew() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    (10..20).for_each(|id| teller.leave(&id.to_string(), false));
    assert_eq!(home.sync(&teller).outcome(), Outcome::Held);
    let report = home.sync_with(&teller, EVERYTHING).unwrap();
    assert_eq!((report.outcome(), report.summary.users.removed), (Outcome::Done, 10));
    assert_eq!(home.rows("SELECT state FROM plans"), ["replaced"]);
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn a_held_suspension_is_remembered_though_it_is_told_once() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    (10..20).for_each(|id| teller.person(&id.to_string(), "enabled", json!(false)));
    let held = home.sync(&teller);
    assert_eq!((held.outcome(), held.summary.users.held), (Outcome::Held, 10));
    let again = home.sync(&teller);
    assert_eq!((again.plan, again.summary.users.held), (held.plan, 10));
    home.store().approve_plan(dirsync::people::LIFE_CYCLE, held.plan.unwrap(), None, "me", home.clock.now()).unwrap();
    assert_eq!(stored(&home), expected(&teller.truth()));
    home.sync_everything(&teller).unwrap();
    assert_eq!(stored(&home), expected(&teller.truth()));
}

#[test]
fn a_manager_who_is_known_is_shown_by_address_in_listings_and_in_the_history() {
    let home = Home::new();
    let mut teller = of_people(6);
    teller.person("1", "manager", json!("2"));
    home.sync(&teller);
    assert_eq!(home.rows("SELECT manager FROM v1_users WHERE external_id = '1'"), ["p2@corp.example"]);
    teller.person("1", "manager", json!("3"));
    teller.person("4", "manager", json!("stranger"));
    home.sync(&teller);
    let told = home.rows("SELECT external_id, before, after FROM v1_changes WHERE field = 'manager' ORDER BY 1");
    assert_eq!(told, ["1|p2@corp.example|p3@corp.example", "4|∅|stranger"]);
}

#[test]
fn a_directory_that_told_everything_but_is_suddenly_empty_is_not_believed() {
    let home = Home::new();
    home.sync(&of_people(60));
    let empty = Teller::default();
    let failure = home.sync_everything(&empty).unwrap_err();
    assert!(failure.to_string().contains("no people at all"), "{failure}");
    assert_eq!(home.rows("SELECT count(*) FROM v1_users WHERE status = 'active'"), ["60"]);
}

#[test]
fn who_is_told_to_be_a_member_comes_into_the_scope_and_who_is_told_to_be_none_goes_out() {
    let home = Home::new();
    let mut teller = of_people(12);
    home.sync(&teller);
    let who = |home: &Home| home.rows("SELECT external_id FROM users WHERE status = 'active' ORDER BY 1");
    let scope = Scope { groups: vec!["g".into(), "later".into()], ..Scope::default() };
    assert_eq!(narrow(&home, &scope, false), 7);
    teller.member("g", "7", true);
    teller.member("g", "0", false);
    let told = home.sync(&teller);
    assert!(told.summary.users.fetched < 10, "changes only: {:?}", told.summary.users);
    assert_eq!(who(&home), ["1", "2", "3", "4", "7"]);
    teller.group("later", "Later");
    teller.member("later", "8", true);
    teller.ungroup("g");
    home.sync(&teller);
    assert_eq!(who(&home), ["8"]);
}

#[test]
fn a_suspension_that_is_held_goes_with_whoever_goes_out_of_scope_and_the_rest_of_the_plan_still_holds() {
    let home = Home::new();
    let mut teller = of_people(20);
    (5..20).for_each(|id| teller.member("g", &id.to_string(), true));
    home.sync(&teller);
    narrow(&home, &Scope { groups: vec!["g".into()], ..Scope::default() }, false);
    (10..20).for_each(|id| teller.person(&id.to_string(), "enabled", json!(false)));
    assert_eq!(home.sync(&teller).summary.users.held, 10);
    // One goes out by what the directory tells, without a word about the person, another one by another scope.
    teller.member("g", "10", false);
    let told = home.sync(&teller);
    assert_eq!((home.status("10"), told.summary.users.held), ("out_of_scope".into(), 9));
    teller.group("all but one", "All but one");
    (0..19).for_each(|id| teller.member("all but one", &id.to_string(), true));
    home.sync(&teller);
    assert_eq!(narrow(&home, &Scope { groups: vec!["all but one".into()], ..Scope::default() }, false), 2);
    assert_eq!((home.status("19"), home.status("10")), ("out_of_scope".into(), "suspended".into()));
    let plan = home.store().held_plan(home.integration().id).unwrap().unwrap();
    let approved = home.store().approve_plan(LIFE_CYCLE, plan, None, "me", home.clock.now());
    assert!(matches!(approved, Ok(Approval::Applied { suspended: 8, .. })), "{approved:?}");
    narrow(&home, &Scope::default(), false);
    assert_eq!(home.rows("SELECT count(*) FROM v1_users WHERE status = 'suspended'"), ["10"]);
    assert!(home.sync(&teller).summary.is_empty());
}

#[test]
fn a_plan_of_which_the_scope_leaves_nobody_is_held_no_more() {
    let home = Home::new();
    let mut teller = of_people(20);
    home.sync(&teller);
    (10..20).for_each(|id| teller.person(&id.to_string(), "enabled", json!(false)));
    home.sync(&teller);
    narrow(&home, &Scope { groups: vec!["g".into()], ..Scope::default() }, false);
    assert_eq!(home.rows("SELECT state FROM plans"), ["discarded"]);
    assert!(home.sync(&teller).summary.is_empty());
    assert_eq!(home.rows("SELECT count(*) FROM users WHERE status_before = 'suspended'"), ["10"]);
}

#[test]
fn everything_is_told_again_once_a_week_and_while_somebody_is_unaccounted_for() {
    let home = Home::new();
    let mut teller = of_people(60);
    home.sync(&teller);
    // Gone without a word: changes never tell.
    teller.vanish("9");
    home.sync(&teller);
    assert_eq!(home.status("9"), "active");
    for _ in 0..5 {
        home.clock.advance(SignedDuration::from_hours(24));
        home.sync(&teller);
    }
    assert_eq!(home.status("9"), "active");
    home.clock.advance(SignedDuration::from_hours(24));
    let weekly = home.sync(&teller);
    assert_eq!((weekly.summary.users.fetched, home.status("9").as_str()), (59, "missing"));
    let next = home.sync(&teller);
    assert_eq!((next.summary.users.fetched, home.status("9").as_str()), (59, "removed"));
    assert!(home.sync(&teller).summary.users.fetched < 10, "changes only, from now on");
}

/// What may happen between two syncs.
#[derive(Clone, Debug)]
enum Event {
    Join(u8),
    Leave(u8, bool),
    Enable(u8, bool),
    Say(u8, u8, u8),
    Group(u8, u8),
    Ungroup(u8),
    Member(u8, u8, bool),
    Expire,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..20u8).prop_map(Event::Join),
        3 => (1..20u8, any::<bool>()).prop_map(|(id, purge)| Event::Leave(id, purge)),
        2 => (1..20u8, any::<bool>()).prop_map(|(id, on)| Event::Enable(id, on)),
        4 => (1..20u8, 0..3u8, 0..3u8).prop_map(|(id, property, value)| Event::Say(id, property, value)),
        3 => (0..5u8, 0..3u8).prop_map(|(id, name)| Event::Group(id, name)),
        1 => (0..5u8).prop_map(Event::Ungroup),
        6 => (0..5u8, 0..22u8, any::<bool>()).prop_map(|(group, id, is)| Event::Member(group, id, is)),
        1 => Just(Event::Expire),
    ]
}

fn play(teller: &mut Teller, event: &Event, sequence: usize) {
    match *event {
        Event::Join(id) => teller.join(&id.to_string()),
        Event::Leave(id, purge) => teller.leave(&id.to_string(), purge),
        Event::Enable(id, on) => teller.person(&id.to_string(), "enabled", json!(on)),
        Event::Say(id, property, value) => {
            let value = if value == 0 { Value::Null } else { json!(format!("v{value}")) };
            teller.person(&id.to_string(), ["title", "mail", "name"][usize::from(property)], value);
        }
        Event::Group(id, name) => teller.group(&format!("g{id}-{}", sequence / 40), &format!("Group {name}")),
        Event::Ungroup(id) => teller.ungroup(&format!("g{id}-{}", sequence / 40)),
        Event::Member(group, id, is) => {
            let member = if id < 20 { id.to_string() } else { format!("d{id}") };
            teller.member(&format!("g{group}-{}", sequence / 40), &member, is);
        }
        Event::Expire => teller.forgotten_before = usize::MAX,
    }
}

/// Groups that a scope may name, of those that [`play`] makes.
const SCOPED: [&str; 6] = ["g", "g0-0", "g1-0", "g2-0", "g3-0", "g4-0"];

/// Sets the scope; says how many people cross its border by that.
fn narrow(home: &Home, scope: &Scope, pretend: bool) -> i64 {
    let (id, now) = (home.integration().id, home.clock.now());
    let effect = home.store().set_scope(LIFE_CYCLE, id, scope, "ada", now, pretend).unwrap();
    effect.coming_in + effect.going_out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_told_the_store_ends_equal(
        days in prop::collection::vec(
            (prop::collection::vec(event(), 0..14), prop::option::of(0..9usize), any::<u64>(), any::<bool>()), 1..9
        ),
        narrowed in prop::option::weighted(0.6, (prop::sample::subsequence(SCOPED.to_vec(), 1..5), any::<bool>())),
    ) {
        let home = Home::new();
        let mut teller = of_people(12);
        home.sync_with(&teller, EVERYTHING).unwrap();
        let scope = narrowed.map_or_else(Scope::default, |(groups, exclude_suspended)| Scope {
            groups: groups.into_iter().map(str::to_owned).collect(),
            exclude_suspended,
            ..Scope::default()
        });
        narrow(&home, &scope, false);
        let mut sequence = 0;
        // Who joins a group, is deleted before anybody hears of it and is restored later, is a member again only when
        // everything is told: no change tells it. That case is left out.
        let mut unheard = BTreeSet::new();
        for (events, breaks, whim, everything) in days {
            for event in &events {
                sequence += 1;
                match event {
                    Event::Leave(id, false) if unheard.contains(id) => continue,
                    Event::Member(_, id, _) | Event::Join(id) => drop(unheard.insert(*id)),
                    _ => {}
                }
                play(&mut teller, event, sequence);
            }
            teller.whim = whim;
            *teller.breaks_after.lock().unwrap() = breaks;
            let went = home.sync_with(&teller, EVERYTHING);
            *teller.breaks_after.lock().unwrap() = None;
            if let Ok(report) = went {
                unheard.clear();
                let balanced = report.summary.users.balances() && report.summary.groups.balances();
                prop_assert!(balanced, "{:?}", report.summary);
                prop_assert_eq!(narrow(&home, &scope, true), 0, "told apart by a sync as by what it stores");
            }
            teller.forgotten_before = 0;
            if everything && whim % 4 == 0 {
                home.sync_everything(&teller).unwrap();
            }
        }
        narrow(&home, &Scope::default(), false);
        // Whatever was begun is brought to its end, and what happened during it is told afterwards.
        home.sync_with(&teller, EVERYTHING).unwrap();
        home.sync_with(&teller, EVERYTHING).unwrap();
        prop_assert_eq!(stored(&home), expected(&teller.truth()));
        home.sync_everything(&teller).unwrap();
        prop_assert_eq!(stored(&home), expected(&teller.truth()));
        let last = home.sync_everything(&teller).unwrap();
        prop_assert!(last.summary.is_empty(), "{:?}", last.summary);
    }
}
