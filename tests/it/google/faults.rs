//! Whatever goes wrong while `sync corp` runs: the right exit code, one sentence, a way out, nothing lost, and all well
//! again afterwards.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Options, Rule};
use serde_json::Value;

use super::company::Company;
use super::truth::{assert_true, settle, truth};
use crate::conformance::picture::Picture;
use crate::conformance::struck::{Elsewhere, with_members_as_before};
use crate::program::assert_told;
use crate::world::Outcome;

/// A fault as the sandbox's control spells it, without the braces; the exit code; a phrase of what is said.
type Case = (&'static str, i32, &'static str);

/// What may strike users and groups alike.
const LISTING: &[Case] = &[
    (r#""kind":"throttle","reason":"userRateLimitExceeded""#, 75, "too many requests"),
    (r#""kind":"throttle","reason":"rateLimitExceeded""#, 75, "too many requests"),
    (r#""kind":"throttle","reason":"quotaExceeded""#, 75, "too many requests"),
    (r#""kind":"throttle","reason":"dailyLimitExceeded""#, 75, "the project's daily quota"),
    (r#""kind":"status","code":429,"reason":"RESOURCE_EXHAUSTED""#, 75, "too many requests"),
    (r#""kind":"too_many_text""#, 75, "too many requests"),
    (r#""kind":"unavailable_html""#, 75, "a fault of its own at the moment (HTTP 503)"),
    (r#""kind":"status","code":500"#, 75, "a fault of its own at the moment (HTTP 500)"),
    (r#""kind":"status","code":403,"reason":"forbidden""#, 1, "may not read the directory"),
    (r#""kind":"status","code":403,"reason":"accessNotConfigured""#, 1, "the Admin SDK API is not enabled"),
    (r#""kind":"reset_mid_body""#, 75, "connection closed before message completed"),
    (r#""kind":"truncated_json""#, 1, "the answer is cut short"),
    (r#""kind":"truncated_gzip""#, 75, "the answer broke off"),
    (r#""kind":"html_ok""#, 1, "a web page came where the directory's answer belongs"),
    (r#""kind":"wrong_type","whole":true"#, 1, "not of the shape of a listing"),
    (r#""kind":"hang""#, 75, "no answer in time"),
    (r#""kind":"repeat_token""#, 1, "the same page token twice"),
    (r#""kind":"evil_next_page""#, 75, "does not accept the next page's token"),
    (r#""kind":"redirect","to":"http://127.0.0.1:1/""#, 1, "a redirect, which is not followed"),
    (r#""kind":"unauthorized""#, 4, "does not accept the sign-in any more"),
    (r#""kind":"other_customer","customer_id":"C0stranger""#, 1, "about another organisation"),
];

/// What may strike the token endpoint, whoever signs in.
const TOKEN: &[Case] = &[
    (r#""kind":"unavailable_html""#, 75, "the sign-in service is in trouble (HTTP 503)"),
    (r#""kind":"too_many_text""#, 75, "the sign-in service is in trouble (HTTP 429)"),
    (r#""kind":"html_ok""#, 1, "not the JSON it should be"),
    (r#""kind":"truncated_json""#, 1, "not the JSON it should be"),
    (r#""kind":"redirect","to":"http://127.0.0.1:1/""#, 1, "not the JSON it should be"),
    (r#""kind":"reset_mid_body""#, 75, "connection closed"),
    (r#""kind":"hang""#, 75, "no answer in time"),
];

/// How a refresh token dies.
const GRANT: &[Case] = &[
    (r#""kind":"invalid_grant""#, 4, "expired or was revoked"),
    (r#""kind":"invalid_grant","subtype":"invalid_rapt""#, 4, "session control"),
    (r#""kind":"invalid_grant","subtype":"rapt_required""#, 4, "session control"),
    (r#""kind":"invalid_grant","subtype":"deleted""#, 4, "the account that signed in has been deleted"),
];

/// How an assertion is refused.
const ASSERTION: &[Case] = &[
    (r#""kind":"invalid_grant""#, 1, "does not accept the service account's assertion"),
    (r#""kind":"invalid_grant","subtype":"deleted""#, 1, "the administrator to act for has been deleted"),
];

fn rule(on: &str, fault: &str) -> Rule {
    Rule::new(on, serde_json::from_str::<Fault>(&format!("{{{fault}}}")).unwrap_or_else(|e| panic!("{fault}: {e}")))
}

/// Lets rules strike a sync that would have something to change, then takes them away.
fn struck(company: &Company, rules: Vec<Rule>) -> Outcome {
    company.sandbox.play_day();
    rules.into_iter().for_each(|rule| company.sandbox.inject(rule));
    let struck = company.world.run(&["sync", "corp", "-o", "json"]);
    company.sandbox.clear_faults();
    struck
}

/// All is well again.
#[track_caller]
fn assert_heals(company: &Company) {
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_true(company);
}

/// Rules strike; nothing has changed, the run is told of, and the next sync works.
#[track_caller]
fn strikes(company: &Company, rules: Vec<Rule>, code: i32, phrase: &str) {
    let what = serde_json::to_string(&rules).unwrap();
    let before = company.contents();
    let outcome = struck(company, rules);
    assert_told(&outcome, code, phrase);
    assert_eq!(company.contents(), before, "{what}");
    assert_eq!(company.json(&["runs"])[0]["outcome"], "failed", "{what}");
    assert_eq!(company.json(&["list"])[0]["last_sync_outcome"], "failed", "{what}");
    assert_heals(company);
}

#[test]
fn a_users_listing_that_fails_ends_the_run_and_changes_nothing() {
    let company = Company::connected();
    for (fault, code, phrase) in LISTING {
        strikes(&company, vec![rule("users", fault)], *code, phrase);
    }
    strikes(&company, vec![rule("users", r#""kind":"missing_key""#)], 1, "which cannot be true");
    strikes(&company, vec![rule("users", r#""kind":"empty_listing""#)], 1, "no people at all");
}

#[test]
fn a_groups_listing_that_fails_ends_the_run_and_changes_nothing() {
    let company = Company::connected();
    // Whose groups these are, the directory does not say.
    for (fault, code, phrase) in LISTING.iter().filter(|(fault, ..)| !fault.contains("other_customer")) {
        strikes(&company, vec![rule("groups", fault)], *code, phrase);
    }
    strikes(&company, vec![rule("groups", r#""kind":"missing_key""#)], 1, "no groups");
    strikes(&company, vec![rule("groups", r#""kind":"empty_listing""#)], 1, "no groups");
    strikes(&company, vec![rule("members", r#""kind":"unauthorized""#)], 4, "does not accept the sign-in any more");
}

#[test]
fn a_page_token_that_expires_ends_the_run_and_changes_nothing() {
    let company = Company::connected();
    for on in ["users", "groups"] {
        // The first page promises a second, which is then refused.
        let promised = rule(on, r#""kind":"repeat_token""#).times(1);
        let rules = vec![promised, rule(on, r#""kind":"expired_page_token""#)];
        strikes(&company, rules, 75, "does not accept the next page's token any more");
    }
}

#[test]
fn a_token_that_is_refused_ends_the_run_and_changes_nothing() {
    let by_browser = Company::new();
    let added = by_browser.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    for (company, dead) in [(by_browser, GRANT), (Company::connected(), ASSERTION)] {
        for (fault, code, phrase) in TOKEN.iter().chain(dead) {
            strikes(&company, vec![rule("token", fault)], *code, phrase);
        }
    }
}

#[test]
fn what_passes_by_itself_is_not_noticed() {
    let company = Company::connected();
    for (on, fault) in [
        ("api", r#""kind":"unauthorized""#),
        ("users", r#""kind":"throttle""#),
        ("groups", r#""kind":"too_many_text","retry_after":"0""#),
        ("members", r#""kind":"unavailable_html""#),
        ("users", r#""kind":"reset_mid_body""#),
        ("members", r#""kind":"truncated_gzip""#),
        ("users", r#""kind":"empty_page_with_token""#),
        ("groups", r#""kind":"empty_page_with_token""#),
        ("users", r#""kind":"duplicate_person""#),
        ("users", r#""kind":"slow","ms":300"#),
    ] {
        let outcome = struck(&company, vec![rule(on, fault).times(1)]);
        assert_eq!(outcome.code, Some(0), "{on}: {fault}: {outcome}");
        assert_true(&company);
    }
}

#[test]
fn one_groups_members_that_fail_leave_that_group_as_it_was() {
    let company = Company::connected();
    let truth_now = truth(&company);
    let sized = |id: &&String| truth_now.memberships.keys().filter(|(of, _)| of == *id).count();
    let group = truth_now.groups.keys().max_by_key(sized).unwrap().clone();
    for fault in [
        r#""kind":"status","code":503"#,
        r#""kind":"deleted_group_while_listed""#,
        r#""kind":"wrong_type","whole":true"#,
        r#""kind":"wrong_type""#,
        r#""kind":"truncated_json""#,
        r#""kind":"html_ok""#,
        r#""kind":"hang""#,
        r#""kind":"repeat_token""#,
        r#""kind":"throttle""#,
    ] {
        let before = Picture::stored(&company.world.database());
        let outcome = struck(&company, vec![rule(&format!("members:{group}"), fault)]);
        assert_eq!(outcome.code, Some(3), "{fault}: {outcome}");
        let stored = Picture::stored(&company.world.database());
        stored.assert_is(&with_members_as_before(truth(&company), &before, &group));
        let run = company.json(&["runs"])[0].clone();
        assert_eq!(run["outcome"], "partial", "{fault}");
        let notes = company.json(&["runs", "show", &run["id"].to_string()])["notes"].clone();
        let told = |note: &Value| note["external_id"] == *group && note["refused"] == true;
        assert!(notes.as_array().unwrap().iter().any(told), "{fault}: {notes}");
        assert_heals(&company);
    }
}

#[test]
fn one_record_that_cannot_be_read_is_set_aside_and_nobody_is_taken_for_gone() {
    let company = Company::connected();
    let everybody = company.json(&["users"]).as_array().unwrap().len();
    company.sandbox.inject(rule("users", r#""kind":"wrong_type""#));
    let outcome = company.world.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(3), "{outcome}");
    assert!(outcome.stderr.contains("dirsync runs show"), "{outcome}");
    assert!(outcome.stderr.contains("1 record or group was set aside"), "{outcome}");
    assert_eq!(company.json(&["runs"])[0]["refused"], 1);
    assert_eq!(company.json(&["users", "--status", "active,suspended"]).as_array().unwrap().len(), everybody);
    company.sandbox.clear_faults();
    assert_heals(&company);
}

#[test]
fn of_two_syncs_at_once_one_is_told_to_come_again() {
    let company = Company::connected();
    company.sandbox.inject(rule("users", r#""kind":"slow","ms":900"#).times(1));
    let asked = || company.sandbox.requests()["total"].as_u64().unwrap();
    let before = asked();
    let mut first = company.world.command(&["sync", "corp"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while asked() < before + 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_told(&company.world.run(&["sync", "corp", "-o", "json"]), 75, "another run is at it");
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_heals(&company);
}

#[test]
fn people_who_go_while_people_are_listed_are_gone_and_nobody_else_is() {
    for deleted in [true, false] {
        // Three pages of people.
        let mut company = Company::with(Options { users: 1_100, ..Options::small(Clock::system()) });
        company.world.set("DIRSYNC_GIVE_UP_AFTER", "30s");
        let added = company.add_by_key("corp");
        assert_eq!(added.code, Some(0), "{added}");
        let ids = |users: &Value| {
            let id = |user: &Value| user["external_id"].as_str().unwrap().to_owned();
            users.as_array().unwrap().iter().map(id).collect::<BTreeSet<_>>()
        };
        let stored = |status: &str| ids(&company.json(&["users", "--status", status]));
        let everybody = stored("active,suspended");
        // The first page comes at once; whoever goes then was on it, or is on one of those to come.
        company.sandbox.inject(rule("users", r#""kind":"slow","ms":800"#).after(1));
        let further_page =
            |line: &&Value| line.as_str().is_some_and(|line| line.contains("/users?") && line.contains("pageToken"));
        let asked_for_further_pages =
            || company.sandbox.requests()["latest"].as_array().unwrap().iter().filter(further_page).count();
        let before = asked_for_further_pages();
        let mut first = company.world.command(&["sync", "corp"]);
        let first = first.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while asked_for_further_pages() == before {
            std::thread::sleep(Duration::from_millis(5));
        }
        let gone: BTreeSet<String> = company.sandbox.vanish(2, deleted).into_iter().collect();
        assert!(gone.len() > 10, "{gone:?}");
        let output = first.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        company.sandbox.clear_faults();
        let seen = stored("active,suspended");
        assert_eq!(&everybody - &seen, &gone - &seen, "only who is gone is not there");
        let still = &gone & &seen;
        assert!(!still.is_empty() && still != gone, "{} of {} were on the first page", still.len(), gone.len());

        let next = company.world.run(&["sync", "corp"]);
        assert_eq!(next.code, Some(0), "{next}");
        assert_eq!(stored("active,suspended"), &everybody - &gone);
        if !deleted {
            // Without the directory's own word they are looked for once more.
            settle(&company);
        }
        assert_true(&company);
        assert_eq!(stored("missing"), BTreeSet::new());
    }
}

#[test]
fn a_sync_of_nothing_known_is_refused() {
    let company = Company::connected();
    let runs = company.json(&["runs"]);
    assert_told(&company.world.run(&["sync", "corp", "nobody", "-o", "json"]), 6, "nobody");
    assert_told(&company.world.run(&["sync", "-o", "json"]), 2, "");
    assert_eq!(company.json(&["runs"]), runs);
}

#[test]
fn an_api_where_nothing_listens_is_tried_again_later() {
    let mut company = Company::connected();
    let before = company.contents();
    company.world.set("DIRSYNC_GOOGLE_API_URL", "http://127.0.0.1:1");
    assert_told(&company.world.run(&["sync", "corp", "-o", "json"]), 75, "");
    assert_eq!(company.contents(), before);
    company.world.set("DIRSYNC_GOOGLE_API_URL", company.sandbox.base_url().to_owned().as_str());
    assert_heals(&company);
}

#[test]
fn a_redirect_or_a_next_page_elsewhere_is_never_followed() {
    let company = Company::connected();
    let elsewhere = Elsewhere::new();
    let redirect = Fault::Redirect { to: elsewhere.address() };
    strikes(&company, vec![Rule::new("api", redirect.clone())], 1, "a redirect, which is not followed");
    strikes(&company, vec![Rule::new("token", redirect)], 1, "not the JSON it should be");
    elsewhere.assert_unvisited();
}

#[test]
fn when_no_group_tells_its_members_the_directory_is_away() {
    let company = Company::connected();
    for fault in [r#""kind":"status","code":503"#, r#""kind":"hang""#] {
        strikes(&company, vec![rule("members", fault)], 75, "members: ");
    }
}
