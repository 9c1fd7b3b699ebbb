//! Sign-ins that break half way, after somebody has agreed in the browser: what is tried again, what is kept, whose
//! code it is.

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Options, Rule};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::company::{BY_BROWSER, Company, Visitor, back};

fn nothing_is_kept(company: &Company) {
    assert_eq!(company.json(&["list"]), json!([]));
    for table in ["integrations", "secrets", "users"] {
        assert_eq!(company.count(table), 0, "{table}");
    }
}

fn refusal(reason: &str) -> Fault {
    Fault::status(403, Some(reason))
}

#[test]
fn a_sign_in_service_in_trouble_is_asked_again_before_it_is_given_up() {
    let company = Company::new();
    company.sandbox.inject(Rule::new("token", Fault::UnavailableHtml).times(2));
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "nobody has to sign in again for it: {added}");
    let mut company = Company::new();
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "300ms");
    company.sandbox.inject(Rule::new("token", Fault::UnavailableHtml));
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(75), "{added}");
    assert!(added.stderr.contains("sign-in service") && added.stderr.contains("hint: "), "{added}");
    nothing_is_kept(&company);
}

#[test]
fn what_a_code_brought_once_is_not_asked_for_twice() {
    let company = Company::new();
    // The answer is lost on its way; the code is spent all the same.
    company.sandbox.inject(Rule::new("token", Fault::ResetMidBody).times(1));
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(75), "{added}");
    let asked = company.sandbox.requests();
    let tokens = asked["latest"].as_array().unwrap().iter().filter(|line| line.as_str().unwrap().contains("/token"));
    assert_eq!(tokens.count(), 1, "{asked}");
    nothing_is_kept(&company);
    company.sandbox.clear_faults();
    assert_eq!(company.add_by_browser().code, Some(0));
}

fn said_by_the_token_endpoint(body: Value) -> Fault {
    Fault::Status { code: 400, reason: None, message: None, text: None, json: Some(body), retry_after: None }
}

#[test]
fn a_code_that_is_not_taken_keeps_nothing_whatever_the_reason() {
    for subtype in [None, Some("invalid_rapt"), Some("rapt_required"), Some("deleted")] {
        let company = Company::new();
        company.sandbox.inject(Rule::new("token", Fault::InvalidGrant { subtype: subtype.map(str::to_owned) }));
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(4), "{subtype:?}: {added}");
        assert!(added.stderr.contains("no longer accepts this sign-in"), "{subtype:?}: {added}");
        assert!(added.stderr.contains("hint: to try once more: dirsync add google --name corp"), "{added}");
        nothing_is_kept(&company);
        company.sandbox.clear_faults();
        assert_eq!(company.add_by_browser().code, Some(0));
    }
}

#[test]
fn an_assertion_that_is_refused_says_what_is_wrong_with_the_account_and_keeps_nothing() {
    for (description, says, way_out) in [
        ("Not a valid email or user ID.", "does not exist", "--admin EMAIL"),
        ("Invalid email or User ID", "does not exist", "--admin EMAIL"),
        ("The account has been deleted", "has been deleted", "--admin EMAIL"),
        ("Invalid JWT: Token must be a short-lived token (60 minutes)", "clock", "set the clock"),
        ("Invalid JWT Signature.", "key has been deleted or disabled", "make a new key"),
        ("Something of tomorrow", "does not accept the service account's assertion", "make a new key"),
    ] {
        let company = Company::new();
        let body = json!({"error": "invalid_grant", "error_description": description});
        company.sandbox.inject(Rule::new("token", said_by_the_token_endpoint(body)));
        let added = company.add_by_key("corp");
        assert_eq!(added.code, Some(1), "{added}");
        assert!(added.stderr.contains(says) && added.stderr.contains(way_out), "{description}: {added}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_refresh_token_dies_by_every_name_and_the_people_stay() {
    let company = Company::new();
    assert_eq!(company.add_by_browser().code, Some(0));
    for (body, says) in [
        (json!({"error_description": "Token has been expired or revoked."}), "expired or was revoked"),
        (json!({"error_description": "Bad Request"}), "expired or was revoked"),
        (json!({}), "expired or was revoked"),
        (json!({"error_description": "reauth related error (invalid_rapt)"}), "session control"),
        (json!({"error_subtype": "invalid_rapt"}), "session control"),
        (json!({"error_description": "reauth related error (rapt_required)"}), "session control"),
        (json!({"error_subtype": "rapt_required"}), "session control"),
        (json!({"error_subtype": "of_tomorrow"}), "expired or was revoked"),
        (json!({"error_description": "The account has been deleted"}), "has been deleted"),
    ] {
        let mut whole = body.clone();
        whole["error"] = "invalid_grant".into();
        let before = company.contents();
        company.sandbox.inject(Rule::new("token", said_by_the_token_endpoint(whole)));
        let dead = company.world.run(&["sync", "corp"]);
        assert_eq!(dead.code, Some(4), "{body}: {dead}");
        assert!(dead.stderr.contains(says) && dead.stderr.contains("dirsync reauth corp"), "{body}: {dead}");
        assert_eq!(
            (company.json(&["list"])[0]["status"].clone(), company.contents()),
            (json!("sign_in_needed"), before)
        );
        company.sandbox.clear_faults();
        assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0), "{body}");
        assert_eq!(company.json(&["list"])[0]["status"], "connected");
    }
}

#[test]
fn users_groups_and_members_must_all_be_readable() {
    for on in ["users", "groups", "members"] {
        let company = Company::new();
        company.sandbox.inject(Rule::new(on, refusal("forbidden")));
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(4), "{on}: {added}");
        assert!(added.stderr.contains(on) && added.stderr.contains("Admin roles"), "{on}: {added}");
        nothing_is_kept(&company);
    }
}

#[test]
fn an_api_that_is_switched_off_says_where_to_switch_it_on() {
    for (reason, code, says) in [
        ("accessNotConfigured", 1, "console.cloud.google.com/apis/library/admin.googleapis.com"),
        ("domainCannotUseApis", 4, "allow API access"),
    ] {
        let company = Company::new();
        company.sandbox.inject(Rule::new("api", refusal(reason)));
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(code), "{added}");
        assert!(added.stderr.contains(says), "{added}");
        nothing_is_kept(&company);
    }
}

#[test]
fn every_word_that_comes_back_instead_of_a_code_has_its_own_sentence_and_way_out() {
    for (word, code, says) in [
        ("disallowed_useragent", 4, "normal browser"),
        ("deleted_client", 1, "within 30 days"),
        ("disabled_client", 1, "enable it"),
        ("invalid_client", 1, "Desktop app"),
        ("redirect_uri_mismatch", 1, "http://127.0.0.1:"),
        ("invalid_scope", 1, "Admin SDK API"),
        ("server_error", 75, "try again later"),
        ("temporarily_unavailable", 75, "try again later"),
        ("a_word_of_tomorrow", 1, "dirsync add google --name corp"),
    ] {
        let company = Company::new();
        let outcome = company.sign_in_by(BY_BROWSER, |url| drop(company.visit(back(url, &[("error", word)]))));
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(says) && outcome.stderr.contains("hint: "), "{word}: {outcome}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_clock_that_is_an_hour_wrong_is_named_as_the_cause() {
    for (hours, says) in [(1, "ahead of"), (-1, "behind")] {
        let clock = Clock::manual("2026-11-24T08:00:00Z".parse().unwrap());
        let mut company = Company::with(Options::small(clock.clone()));
        let here = clock.now().checked_add(SignedDuration::from_hours(hours)).unwrap();
        company.world.set("DIRSYNC_NOW", &here.to_string());
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(1), "{added}");
        assert!(added.stderr.contains(says) && added.stderr.contains("set the clock"), "{added}");
        nothing_is_kept(&company);
        let by_key = company.add_by_key("corp");
        assert_eq!(by_key.code, Some(1), "{by_key}");
        assert!(by_key.stderr.contains("clock disagrees") && by_key.stderr.contains("set the clock"), "{by_key}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_key_without_what_a_key_needs_names_what_is_missing() {
    let company = Company::new();
    let whole: Value = serde_json::from_str(&company.sandbox.service_account_json().unwrap()).unwrap();
    for (field, value) in [
        ("private_key", "not a key"),
        ("private_key", ""),
        ("client_email", ""),
        ("private_key_id", ""),
        ("type", "authorized_user"),
        ("token_uri", "http://elsewhere.example/token"),
    ] {
        let mut wrong = whole.clone();
        wrong[field] = value.into();
        let path = company.file("key.json", &wrong.to_string());
        let path = path.to_str().unwrap();
        let added =
            company.world.run(&["add", "google", "--name", "corp", "--service-account", path, "--admin", "a@b.c"]);
        assert_eq!(added.code, Some(1), "{added}");
        assert!(added.stderr.contains("key.json") && added.stderr.contains(field), "{field}: {added}");
        assert!(added.stderr.contains("hint: "), "no way out: {added}");
        nothing_is_kept(&company);
    }
}

#[test]
fn a_first_sync_that_fails_leaves_the_integration_and_ends_with_its_own_code() {
    for (fault, code, outcome) in [
        (Fault::UnavailableHtml, 75, "failed"),
        (Fault::HtmlOk, 1, "failed"),
        (refusal("domainCannotUseApis"), 4, "failed"),
    ] {
        let mut company = Company::new();
        company.world.set("DIRSYNC_GIVE_UP_AFTER", "300ms");
        // The try-out is answered, the sync is not.
        company.sandbox.inject(Rule::new("users", fault).after(1));
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(code), "{added}");
        assert_eq!(company.json(&["list"])[0]["last_sync_outcome"], outcome, "{added}");
        company.sandbox.clear_faults();
        assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
        assert_eq!(company.json(&["list"])[0]["status"], "connected");
    }
    let company = Company::new();
    company.sandbox.inject(Rule::new("members:town-hall@brightwater.example", Fault::DeletedGroupWhileListed));
    let admin = company.sandbox.admin_email();
    let added = company.sign_in(BY_BROWSER, Visitor::Allows(&admin));
    assert_eq!(added.code, Some(3), "one group could not be read: {added}");
}
