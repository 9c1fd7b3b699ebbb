//! Refresh tokens that are replaced at every use: by several processes at once, with answers that are lost or say
//! little, and within long listings.

use std::process::{Child, Stdio};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::entra::Options;
use dirsync::sandbox::{Fault, Rule};

use super::hq::{Hq, REAUTH, refusal};
use super::truth::assert_true;
use crate::program::assert_told;

const TOKEN: &str = "/token";

fn start(hq: &Hq) -> Child {
    hq.world.command(&["sync", "hq"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn sealed(hq: &Hq) -> Vec<String> {
    hq.world.column("SELECT kind || ' ' || hex(sealed) FROM secrets ORDER BY kind")
}

#[test]
fn every_sync_stores_the_new_token_and_the_one_before() {
    let hq = Hq::signed_in();
    let mut known = sealed(&hq);
    for _ in 0..3 {
        let before = hq.asked(TOKEN);
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
        assert_eq!(hq.asked(TOKEN), before + 1, "one token is enough for a sync");
        let now = sealed(&hq);
        assert_ne!(now, known);
        let kinds: Vec<&str> = now.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(kinds, ["previous_refresh_token", "refresh_token"]);
        known = now;
    }
}

#[test]
fn processes_that_refresh_at_once_all_leave_a_sign_in_that_works() {
    let short = Options { access_token_life: Duration::from_secs(2), ..Options::small(Clock::system()) };
    let hq = Hq::with(short);
    assert_eq!(hq.add_by_browser().code, Some(0));
    for _ in 0..3 {
        hq.sandbox.expire_tokens();
        let children: Vec<Child> = (0..4).map(|_| start(&hq)).collect();
        let codes: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 75].contains(code)), "{codes:?}");
        // While a sync waits for Graph its token ends, and somebody signs in again.
        hq.sandbox.inject(Rule::new("users/delta", Fault::Slow { ms: 250 }).times(1));
        let asked = hq.asked("/users/delta");
        let mut running = start(&hq);
        while hq.asked("/users/delta") == asked && running.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        hq.sandbox.expire_tokens();
        let again = hq.sign_in(REAUTH, &hq.sandbox.admin_upn(), &[]);
        assert_eq!(again.code, Some(0), "{again}");
        assert_eq!(running.wait().unwrap().code(), Some(0));
        assert_eq!(hq.status(), "connected");
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    }
    assert_true(&hq);
}

#[test]
fn an_answer_that_is_lost_leaves_the_token_before_which_still_works() {
    let hq = Hq::signed_in();
    let before = sealed(&hq);
    // The pretend Microsoft has given out a new token by then, which nobody got.
    for fault in [Fault::ResetMidBody, Fault::TruncatedJson, Fault::HtmlOk, Fault::UnavailableHtml, Fault::Hang] {
        let what = format!("{fault:?}");
        hq.inject("token", fault);
        let lost = hq.world.run(&["sync", "hq", "-o", "json"]);
        hq.sandbox.clear_faults();
        assert_told(&lost, if lost.code == Some(75) { 75 } else { 1 }, "");
        assert_eq!((sealed(&hq), hq.status()), (before.clone(), "connected".into()), "{what}");
    }
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert_true(&hq);
}

#[test]
fn a_token_that_died_too_young_is_replaced_by_the_one_before() {
    let hq = Hq::signed_in();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    hq.sandbox.inject(Rule::new("token", refusal("invalid_grant", 70_008)).times(1));
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0), "the previous one is tried once");
    assert_eq!((hq.status(), hq.world.run(&["sync", "hq"]).code), ("connected".into(), Some(0)));
}

#[test]
fn without_a_new_token_the_old_one_stays() {
    let hq = Hq::signed_in();
    let before = sealed(&hq);
    hq.inject("token", Fault::NoRefreshToken);
    for _ in 0..2 {
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
        assert_eq!(sealed(&hq), before);
    }
    hq.sandbox.clear_faults();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert_ne!(sealed(&hq), before);
}

#[test]
fn a_token_that_ends_within_a_listing_is_renewed_within_it() {
    let small = Options::small(Clock::system());
    let (access_token_life, latency) = (Duration::from_secs(1), Duration::from_millis(60));
    let hq = Hq::with(Options { access_token_life, latency, users: 300, users_per_page: 8, ..small });
    assert_eq!(hq.add_by_browser().code, Some(0));
    assert!(hq.asked(TOKEN) > 2, "one token is not enough for a listing of some seconds");
    assert_true(&hq);
}
