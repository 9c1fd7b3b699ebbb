//! Whatever goes wrong at Graph while `sync hq` runs: the right exit code, one sentence, a way out, nothing lost, and
//! all well again afterwards.

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Rule};
use jiff::SignedDuration;

use super::hq::Hq;
use super::truth::assert_true;
use crate::conformance::struck::Elsewhere;
use crate::program::assert_told;
use crate::world::Outcome;

/// A fault as the sandbox's control spells it, without the braces; the exit code; a phrase of what is said.
type Case = (&'static str, i32, &'static str);

/// What may strike people and groups alike, and `/organization`.
const ANYWHERE: &[Case] = &[
    (r#""kind":"throttle""#, 75, "too many requests"),
    (r#""kind":"too_many_text""#, 75, "too many requests"),
    (r#""kind":"unavailable_html""#, 75, "a fault of its own at the moment (HTTP 503)"),
    (r#""kind":"status","code":500"#, 75, "a fault of its own at the moment (HTTP 500)"),
    (r#""kind":"status","code":504,"text":"<html>gateway</html>""#, 75, "(HTTP 504)"),
    (r#""kind":"status","code":509"#, 75, ""),
    (r#""kind":"status","code":403,"reason":"Authorization_RequestDenied""#, 4, "Authorization_RequestDenied"),
    (r#""kind":"reset_mid_body""#, 75, "connection closed before message completed"),
    (r#""kind":"truncated_json""#, 1, "the answer is cut short"),
    (r#""kind":"truncated_gzip""#, 75, "the answer broke off"),
    (r#""kind":"html_ok""#, 1, "a web page came where the directory's answer belongs"),
    (r#""kind":"hang""#, 75, "no answer in time"),
    (r#""kind":"redirect","to":"http://127.0.0.1:1/""#, 1, "a redirect, which is not followed"),
    (r#""kind":"unauthorized""#, 4, "does not accept the sign-in any more"),
    (r#""kind":"claims_challenge""#, 4, ""),
];

/// What only a listing can do.
const LISTING: &[Case] = &[
    (r#""kind":"wrong_type","whole":true"#, 1, "not of the shape of a listing"),
    (r#""kind":"missing_key""#, 1, ""),
    (r#""kind":"repeat_token""#, 1, "the same page token twice"),
    (r#""kind":"loop_token""#, 1, "the same page token twice"),
    (r#""kind":"missing_link""#, 1, ""),
    (r#""kind":"evil_next_page""#, 1, "another address than the directory's own"),
];

fn rule(on: &str, fault: &str) -> Rule {
    Rule::new(on, serde_json::from_str::<Fault>(&format!("{{{fault}}}")).unwrap_or_else(|e| panic!("{fault}: {e}")))
}

/// Lets rules strike a sync that would have something to change, then takes them away.
fn struck(hq: &Hq, rules: Vec<Rule>) -> Outcome {
    hq.sandbox.play_day();
    rules.into_iter().for_each(|rule| hq.sandbox.inject(rule));
    let struck = hq.world.run(&["sync", "hq", "-o", "json"]);
    hq.sandbox.clear_faults();
    struck
}

/// All is well again.
#[track_caller]
fn assert_heals(hq: &Hq) {
    let synced = hq.world.run(&["sync", "hq", "--max-removals", "100%"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_true(hq);
}

/// Rules strike; nothing has changed, the run is told of, and the next sync works.
#[track_caller]
fn strikes(hq: &Hq, rules: Vec<Rule>, code: i32, phrase: &str) {
    let what = serde_json::to_string(&rules).unwrap();
    let before = hq.world.contents();
    let outcome = struck(hq, rules);
    assert_eq!(outcome.code, Some(code), "{what}: {outcome}");
    assert_told(&outcome, code, phrase);
    assert_eq!(hq.world.contents(), before, "{what}");
    assert_eq!(hq.world.json(&["runs"])[0]["outcome"], "failed", "{what}");
    assert_heals(hq);
}

fn all_strike(on: &str, cases: &[Case]) {
    let hq = Hq::connected();
    for (fault, code, phrase) in cases {
        strikes(&hq, vec![rule(on, fault)], *code, phrase);
    }
}

#[test]
fn people_that_cannot_be_read_end_the_run_and_change_nothing() {
    all_strike("users/delta", ANYWHERE);
}

#[test]
fn groups_that_cannot_be_read_end_the_run_and_change_nothing() {
    all_strike("groups/delta", ANYWHERE);
}

#[test]
fn pages_of_a_listing_that_cannot_be_so_end_the_run_and_change_nothing() {
    all_strike("users/delta", LISTING);
    all_strike("groups/delta", LISTING);
}

#[test]
fn an_organisation_that_does_not_answer_or_is_another_ends_the_run_and_changes_nothing() {
    let hq = Hq::connected();
    let other = rule("organization", r#""kind":"other_customer","customer_id":"99999999-8888-4777-8666-555555555555""#);
    strikes(&hq, vec![other], 1, "about another organisation");
    let refused = r#""kind":"status","code":400,"reason":"Request_BadRequest""#;
    strikes(&hq, vec![rule("organization", refused)], 1, "Request_BadRequest");
    strikes(&hq, vec![rule("organization", r#""kind":"html_ok""#)], 1, "a web page came");
    strikes(&hq, vec![rule("organization", r#""kind":"unavailable_html""#)], 75, "(HTTP 503)");
}

#[test]
fn what_passes_by_itself_is_not_noticed() {
    let mut hq = Hq::connected();
    hq.world.unset("DIRSYNC_GIVE_UP_AFTER").set("DIRSYNC_GIVE_UP_AFTER", "2s");
    let soon = Clock::system().now() + SignedDuration::from_secs(1);
    let date = format!(r#""kind":"throttle","retry_after":"{}""#, soon.strftime("%a, %d %b %Y %H:%M:%S GMT"));
    for (on, fault) in [
        ("graph", r#""kind":"unauthorized""#),
        ("graph", r#""kind":"claims_challenge""#),
        ("users/delta", r#""kind":"throttle""#),
        ("groups/delta", r#""kind":"throttle","retry_after":"1""#),
        ("users/delta", &*date),
        ("groups/delta", r#""kind":"too_many_text","retry_after":"0""#),
        ("users/delta", r#""kind":"unavailable_html""#),
        ("users/delta", r#""kind":"status","code":503,"retry_after":"1""#),
        ("groups/delta", r#""kind":"reset_mid_body""#),
        ("users/delta", r#""kind":"truncated_gzip""#),
        ("users/delta", r#""kind":"html_ok""#),
        // A link that is refused in whatever words is taken for dead: everything is asked for.
        ("groups/delta", r#""kind":"status","code":400,"reason":"Request_BadRequest""#),
        ("users/delta", r#""kind":"empty_page_with_token""#),
        ("groups/delta", r#""kind":"empty_page_with_token""#),
        ("users/delta", r#""kind":"duplicate_person""#),
        ("users/delta", r#""kind":"slow","ms":300"#),
    ] {
        hq.sandbox.play_day();
        hq.sandbox.inject(rule(on, fault).times(1));
        let outcome = hq.world.run(&["sync", "hq", "--max-removals", "100%"]);
        hq.sandbox.clear_faults();
        assert_eq!(outcome.code, Some(0), "{on}: {fault}: {outcome}");
        assert_true(&hq);
    }
}

#[test]
fn one_object_that_cannot_be_read_is_set_aside_and_comes_in_with_the_next_sync() {
    let hq = Hq::connected();
    for on in ["users/delta", "groups/delta"] {
        hq.sandbox.inject(rule(on, r#""kind":"wrong_type""#));
        let everybody = hq.world.json(&["users"]).as_array().unwrap().len();
        let outcome = hq.world.run(&["sync", "hq", "--full"]);
        hq.sandbox.clear_faults();
        assert_eq!(outcome.code, Some(3), "{on}: {outcome}");
        assert!(outcome.stderr.contains("dirsync runs show"), "{outcome}");
        let there = hq.world.json(&["users", "--status", "active,suspended"]).as_array().unwrap().len();
        assert_eq!(there, everybody, "{on}: nobody is taken for gone");
        assert_heals(&hq);
    }
}

#[test]
fn an_empty_directory_is_never_read_as_everybody_having_left() {
    let hq = Hq::connected();
    for (on, words) in [("users/delta", "no people at all"), ("groups/delta", "no groups")] {
        let before = hq.world.contents();
        hq.sandbox.inject(rule(on, r#""kind":"empty_listing""#));
        let outcome = hq.world.run(&["sync", "hq", "--full", "-o", "json"]);
        hq.sandbox.clear_faults();
        assert_told(&outcome, 1, words);
        assert_eq!(hq.world.contents(), before);
        assert_heals(&hq);
    }
}

#[test]
fn no_token_goes_to_a_page_or_a_redirect_elsewhere() {
    let hq = Hq::connected();
    let elsewhere = Elsewhere::new();
    for on in ["users/delta", "groups/delta"] {
        let foreign = Fault::ForeignNextLink { to: elsewhere.address() };
        strikes(&hq, vec![Rule::new(on, foreign)], 1, "another address than the directory's own");
    }
    let redirect = Fault::Redirect { to: elsewhere.address() };
    strikes(&hq, vec![Rule::new("graph", redirect.clone())], 1, "a redirect, which is not followed");
    let token = hq.world.json(&["details", "hq"]);
    strikes(&hq, vec![Rule::new("token", redirect)], 1, "not the JSON it should be");
    assert_eq!(hq.world.json(&["details", "hq"])["client"], token["client"]);
    elsewhere.assert_unvisited();
}

#[test]
fn a_link_that_was_stored_and_leads_elsewhere_is_not_followed() {
    let hq = Hq::connected();
    let elsewhere = Elsewhere::new();
    hq.world.sql(&format!("UPDATE streams SET link = '{}'", elsewhere.address()));
    let outcome = hq.world.run(&["sync", "hq", "-o", "json"]);
    assert_ne!(outcome.code, Some(101), "{outcome}");
    elsewhere.assert_unvisited();
    let full = hq.world.run(&["sync", "hq", "--full"]);
    assert_eq!(full.code, Some(0), "{full}");
    assert_true(&hq);
}

#[test]
fn in_list_mode_one_groups_members_that_fail_leave_that_group_as_it_was() {
    let hq = Hq::new();
    for stream in ["users/delta", "groups/delta"] {
        hq.inject(stream, Fault::DeltaRefused { code: 501 });
    }
    hq.add_by_secret();
    let truth = hq.sandbox.truth();
    let members = truth["members"].as_object().unwrap();
    let group = members.iter().max_by_key(|(_, members)| members.as_array().unwrap().len()).unwrap().0.clone();
    for fault in [
        r#""kind":"status","code":503"#,
        r#""kind":"deleted_group_while_listed""#,
        r#""kind":"html_ok""#,
        r#""kind":"wrong_type","whole":true"#,
    ] {
        let before = hq.world.contents();
        hq.sandbox.inject(rule(&format!("members:{group}"), fault));
        let outcome = hq.world.run(&["sync", "hq"]);
        assert_eq!(outcome.code, Some(3), "{fault}: {outcome}");
        assert_eq!(hq.world.contents(), before, "{fault}");
        hq.sandbox.clear_faults();
        for stream in ["users/delta", "groups/delta"] {
            hq.inject(stream, Fault::DeltaRefused { code: 501 });
        }
    }
    strikes(&hq, vec![rule("members", r#""kind":"status","code":503"#)], 75, "");
}
