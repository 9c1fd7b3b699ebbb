//! Every row of the reference's table of errors, and numbers that nobody knows, met by a sync whose sign-in is to be
//! refreshed: the exit code, `list`'s word, a sentence with its remedy, the people as they were; and reauth mends it.

use dirsync::sandbox::Fault;
use serde_json::Value;

use super::hq::{Hq, REAUTH, refusal};
use super::truth::assert_true;
use crate::program::assert_told;

const SIGN_IN: (i32, &str) = (4, "sign_in_needed");
const CONSENT: (i32, &str) = (4, "consent_needed");
const BLOCKED: (i32, &str) = (4, "blocked");
const WRONG: (i32, &str) = (1, "misconfigured");
/// Says nothing about how the integration is.
const LATER: (i32, &str) = (75, "connected");

/// `error`, the numbers it comes with, what becomes of it, and a word of the remedy.
type Row = (&'static str, &'static [u32], (i32, &'static str), &'static str);

const REAUTH_NEEDED: &[Row] = &[
    ("invalid_grant", &[700_082, 70_008], SIGN_IN, "dirsync reauth hq"),
    ("invalid_grant", &[70_043], SIGN_IN, "dirsync reauth hq"),
    ("invalid_grant", &[50_173], SIGN_IN, "dirsync reauth hq"),
    ("invalid_grant", &[50_132, 50_133, 50_089, 700_084], SIGN_IN, "dirsync reauth hq"),
    ("interaction_required", &[50_076, 50_079, 50_074, 50_072, 50_078], SIGN_IN, "dirsync reauth hq"),
    ("invalid_grant", &[50_076, 50_079], SIGN_IN, "dirsync reauth hq"),
    ("access_denied", &[65_004], SIGN_IN, "dirsync reauth hq"),
    ("invalid_grant", &[50_020, 16_000, 50_034, 51_004, 90_072, 50_014], SIGN_IN, "dirsync reauth hq"),
];

const FOR_AN_ADMINISTRATOR: &[Row] = &[
    ("interaction_required", &[53_003, 53_000, 53_001, 53_002], BLOCKED, "an administrator has to allow it"),
    ("invalid_grant", &[53_003, 530_032, 50_131, 53_011], BLOCKED, "an administrator has to allow it"),
    ("invalid_grant", &[530_035, 50_097], BLOCKED, "an administrator has to allow it"),
    ("invalid_grant", &[50_057, 50_053, 50_055, 50_105], BLOCKED, "an administrator"),
    ("invalid_grant", &[65_001], CONSENT, "/v2.0/adminconsent?"),
    ("consent_required", &[65_001], CONSENT, "/v2.0/adminconsent?"),
    ("consent_required", &[90_094, 90_095, 90_008, 90_093], CONSENT, "/v2.0/adminconsent?"),
    ("access_denied", &[90_094], CONSENT, "/v2.0/adminconsent?"),
];

const SETTINGS: &[Row] = &[
    ("invalid_client", &[65_005, 650_056, 650_057], WRONG, "API permissions"),
    ("invalid_resource", &[650_052], WRONG, "API permissions"),
    ("invalid_client", &[7_000_215, 70_002], WRONG, "--client-secret-file"),
    ("invalid_client", &[7_000_222], WRONG, "--client-secret-file"),
    ("invalid_client", &[700_027, 50_012, 700_030, 500_133], WRONG, "upload it"),
    ("invalid_client", &[7_000_218], WRONG, "Allow public client flows"),
    ("invalid_client", &[700_025], WRONG, "leave --client-secret-file"),
    ("unauthorized_client", &[700_016, 700_011, 70_001, 7_000_112], WRONG, "--client-id"),
    ("invalid_request", &[90_002, 50_059, 50_128, 90_019], WRONG, "--tenant"),
    ("invalid_request", &[50_194, 90_130, 90_124], WRONG, "--tenant"),
    ("invalid_request", &[50_011], WRONG, "http://localhost"),
    ("invalid_request", &[90_038, 900_382, 900_432, 90_051], WRONG, "--cloud"),
];

const PASSING: &[Row] = &[
    ("invalid_grant", &[50_196], LATER, "wait"),
    ("temporarily_unavailable", &[90_033, 90_006, 90_024, 90_090, 90_055], LATER, "later"),
    ("server_error", &[50_033, 50_087], LATER, "later"),
];

/// What nobody knows falls where its `error` belongs.
const UNKNOWN: u32 = 999_999_999;
const UNKNOWN_NUMBERS: &[Row] = &[
    ("invalid_grant", &[UNKNOWN, 0], SIGN_IN, "dirsync reauth hq"),
    ("interaction_required", &[UNKNOWN], SIGN_IN, "dirsync reauth hq"),
    ("login_required", &[UNKNOWN], SIGN_IN, "dirsync reauth hq"),
    ("consent_required", &[UNKNOWN], CONSENT, "/v2.0/adminconsent?"),
    ("access_denied", &[UNKNOWN], BLOCKED, "dirsync reauth hq"),
    ("invalid_client", &[UNKNOWN], WRONG, "dirsync reauth hq"),
    ("unauthorized_client", &[UNKNOWN], WRONG, "dirsync reauth hq"),
    ("invalid_request", &[UNKNOWN], WRONG, "dirsync reauth hq"),
    ("invalid_scope", &[UNKNOWN], WRONG, "dirsync reauth hq"),
    ("invalid_resource", &[UNKNOWN], WRONG, "dirsync reauth hq"),
    ("temporarily_unavailable", &[UNKNOWN], LATER, "later"),
    ("server_error", &[UNKNOWN], LATER, "later"),
    ("an_error_of_tomorrow", &[UNKNOWN], (1, "connected"), "dirsync reauth hq"),
    // A number never stands against what `error` is sure of.
    ("consent_required", &[50_173], CONSENT, "/v2.0/adminconsent?"),
    ("temporarily_unavailable", &[700_082], LATER, "later"),
];

/// Lets a sync meet the refusal.
#[track_caller]
fn meets(hq: &Hq, fault: Fault, (code, status): (i32, &str), remedy: &str, before: &[String]) {
    let what = format!("{fault:?}");
    hq.inject("token", fault);
    let synced = hq.world.run(&["sync", "hq", "-o", "json"]);
    hq.sandbox.clear_faults();
    assert_eq!(synced.code, Some(code), "{what}: {synced}");
    let told = assert_told(&synced, code, "");
    let hint = told["hint"].as_str().unwrap();
    assert!(hint.contains(remedy), "{what}: {remedy:?} is not in {told}");
    assert!(!hint.contains('{'), "{what}: a placeholder is left in {told}");
    let message = told["message"].as_str().unwrap();
    assert!(!message.contains("Trace ID") && !message.contains("Something is not"), "Microsoft's own text: {told}");
    let listed = &hq.world.json(&["list"])[0];
    assert_eq!((&listed["status"], &listed["last_sync_outcome"]), (&status.into(), &"failed".into()), "{what}");
    assert_eq!(hq.world.contents(), before, "{what}");
}

/// Each of these in turn; reauth or the next sync mends each.
fn table(rows: &[Row]) {
    let hq = Hq::signed_in();
    let before = hq.world.contents();
    for (error, numbers, becomes, remedy) in rows {
        for number in *numbers {
            if becomes.1 == "connected" && hq.status() != "connected" {
                assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0), "{error} {number}");
            }
            meets(&hq, refusal(error, *number), *becomes, remedy, &before);
        }
    }
    // What was only a refusal goes when the next sync works; a dead sign-in's mending is tested below.
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert_eq!(hq.status(), "connected");
}

#[test]
fn what_a_new_sign_in_mends() {
    table(REAUTH_NEEDED);
}

#[test]
fn what_an_administrator_has_to_allow() {
    table(FOR_AN_ADMINISTRATOR);
}

#[test]
fn what_is_wrong_with_the_registration_or_the_settings() {
    table(SETTINGS);
}

#[test]
fn what_passes_by_itself() {
    table(PASSING);
}

#[test]
fn numbers_that_nobody_knows() {
    table(UNKNOWN_NUMBERS);
}

#[test]
fn a_suberror_says_more_than_invalid_grant() {
    let hq = Hq::signed_in();
    let before = hq.world.contents();
    for (error, suberror, becomes) in [
        ("invalid_grant", "basic_action", SIGN_IN),
        ("invalid_grant", "bad_token", SIGN_IN),
        ("invalid_grant", "token_expired", SIGN_IN),
        ("invalid_grant", "user_password_expired", SIGN_IN),
        ("invalid_grant", "login_required", SIGN_IN),
        ("invalid_grant", "a_word_of_tomorrow", SIGN_IN),
        ("invalid_grant", "additional_action", BLOCKED),
        ("invalid_grant", "message_only", BLOCKED),
        ("interaction_required", "message_only", BLOCKED),
        ("invalid_grant", "consent_required", CONSENT),
        ("interaction_required", "consent_required", CONSENT),
        ("invalid_grant", "client_mismatch", WRONG),
    ] {
        let fault = Fault::TokenError {
            error: error.to_owned(),
            code: UNKNOWN,
            suberror: Some(suberror.to_owned()),
            claims: None,
            status: None,
        };
        meets(&hq, fault, becomes, "dirsync reauth hq", &before);
    }
}

#[test]
fn reauth_mends_every_state_and_the_people_stay_who_they_were() {
    let hq = Hq::signed_in();
    let ids = "SELECT id || ' ' || external_id FROM v1_users ORDER BY id";
    let (before, known) = (hq.world.contents(), hq.world.column(ids));
    for (error, number, becomes) in [
        ("invalid_grant", 50_173, SIGN_IN),
        ("consent_required", 65_001, CONSENT),
        ("interaction_required", 53_003, BLOCKED),
        ("unauthorized_client", 700_016, WRONG),
    ] {
        meets(&hq, refusal(error, number), becomes, "dirsync reauth hq", &before);
        let again = hq.sign_in(REAUTH, &hq.sandbox.admin_upn(), &[]);
        assert_eq!(again.code, Some(0), "{again}");
        let details = hq.world.json(&["details", "hq"]);
        assert_eq!((&details["status"], &details["status_reason"]), (&"connected".into(), &Value::Null));
    }
    // Sessions revoked for real: nothing but a new sign-in helps.
    hq.sandbox.revoke_sessions();
    for _ in 0..2 {
        assert_told(&hq.world.run(&["sync", "hq", "-o", "json"]), 4, "revoked");
    }
    assert_eq!(hq.sign_in(REAUTH, &hq.sandbox.admin_upn(), &[]).code, Some(0));
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    assert_eq!(hq.world.column(ids), known);
    assert_true(&hq);
}
