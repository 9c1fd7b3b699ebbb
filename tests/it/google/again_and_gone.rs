//! `dirsync reauth` and `dirsync delete`: another account, other credentials, a grant that died; gone, and back again.

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::company::{BY_BROWSER, Company, Visitor};
use crate::world::Outcome;

const HELPDESK: &str = "helpdesk@brightwater.example";
const REAUTH: &[&str] = &["reauth", "corp", "--no-browser"];

/// A company connected as `corp` by browser.
fn by_browser() -> Company {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    company
}

/// The first column of every row, as text.
fn column(company: &Company, sql: &str) -> Vec<String> {
    let db = rusqlite::Connection::open(company.world.database()).unwrap();
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Every person's internal id with the directory's.
fn ids(company: &Company) -> Vec<String> {
    column(company, "SELECT id || ' ' || external_id FROM v1_users ORDER BY id")
}

fn kinds_of_secrets(company: &Company) -> Vec<String> {
    column(company, "SELECT kind FROM secrets ORDER BY kind")
}

fn succeeds(company: &Company, arguments: &[&str]) -> Outcome {
    let outcome = company.world.run(arguments);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

fn status(company: &Company) -> Value {
    company.json(&["list"])[0]["status"].clone()
}

#[test]
fn another_administrator_of_the_same_organisation_takes_over() {
    let company = by_browser();
    let (before, tenant) = (ids(&company), company.json(&["details", "corp"])["tenant"].clone());
    let again = company.sign_in(REAUTH, Visitor::Allows(HELPDESK));
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.stderr.contains(HELPDESK), "{again}");
    let details = company.json(&["details", "corp"]);
    assert_eq!((&details["admin_email"], &details["tenant"]), (&json!(HELPDESK), &tenant));
    succeeds(&company, &["sync", "corp"]);
    assert_eq!(ids(&company), before);
}

#[test]
fn another_organisation_is_refused_and_the_old_sign_in_stays() {
    let company = by_browser();
    let before = company.json(&["details", "corp"]);
    company.sandbox.inject(Rule::new("*", Fault::OtherCustomer { customer_id: "C0elsewhere".to_owned() }));
    let other = company.sign_in(REAUTH, Visitor::Allows(HELPDESK));
    assert_eq!(other.code, Some(4), "{other}");
    assert!(other.stderr.contains("nothing was changed") && other.stderr.contains("hint: "), "{other}");
    company.sandbox.clear_faults();
    assert_eq!(company.json(&["details", "corp"]), before);
    succeeds(&company, &["sync", "corp"]);
}

#[test]
fn somebody_who_is_no_administrator_does_not_replace_one() {
    let company = by_browser();
    for visitor in [Visitor::Allows("alex@brightwater.example"), Visitor::Declines] {
        let refused = company.sign_in(REAUTH, visitor);
        assert_eq!(refused.code, Some(4), "{refused}");
        assert_eq!(company.json(&["details", "corp"])["admin_email"], company.sandbox.admin_email());
    }
    succeeds(&company, &["sync", "corp"]);
}

#[test]
fn whatever_is_wrong_with_a_new_sign_in_leaves_the_old_one_as_it_was() {
    let company = by_browser();
    let admin = company.sandbox.admin_email();
    let state = || (company.json(&["details", "corp"]), company.contents(), kinds_of_secrets(&company));
    let before = state();
    for (fault, code, words) in [
        (Fault::WrongNonce, 1, "another sign-in"),
        (Fault::WrongAudience, 1, "another application"),
        (Fault::WrongIssuer, 1, "another issuer"),
        (Fault::ExpiredIdToken, 1, "times"),
        (Fault::NoIdToken, 1, "who signed in"),
        (Fault::NoHd, 4, "private Google account"),
        (Fault::NoRefreshToken, 4, "no refresh token"),
        (Fault::DropScope { scope: "directory.group".to_owned() }, 4, "was not granted"),
        (Fault::InvalidGrant { subtype: None }, 4, "no longer accepts this sign-in"),
        (Fault::HtmlOk, 1, "not the JSON it should be"),
    ] {
        company.sandbox.inject(Rule::new("token", fault));
        let again = company.sign_in(REAUTH, Visitor::Allows(&admin));
        company.sandbox.clear_faults();
        assert_eq!(again.code, Some(code), "{again}");
        assert!(again.stderr.contains(words) && again.stderr.contains("hint: "), "'{words}': {again}");
        assert_eq!(state(), before, "{words}");
    }
    succeeds(&company, &["sync", "corp"]);
}

#[test]
fn browser_and_service_account_take_turns() {
    let company = by_browser();
    let (key, admin, before) = (company.key_file(), company.sandbox.admin_email(), ids(&company));
    assert_eq!(kinds_of_secrets(&company), ["client_secret", "refresh_token"]);
    succeeds(&company, &["reauth", "corp", "--service-account", key.to_str().unwrap()]);
    let details = company.json(&["details", "corp"]);
    assert_eq!((&details["method"], &details["admin_email"]), (&json!("service_account"), &json!(admin)));
    assert_eq!(kinds_of_secrets(&company), ["private_key"]);
    succeeds(&company, &["sync", "corp"]);

    let client = company.world.home().join("client.json");
    let arguments = [REAUTH, &["--client-secrets", client.to_str().unwrap()]].concat();
    let back = company.sign_in(&arguments, Visitor::Allows(&admin));
    assert_eq!(back.code, Some(0), "{back}");
    assert_eq!(company.json(&["details", "corp"])["method"], "browser");
    assert_eq!(kinds_of_secrets(&company), ["client_secret", "refresh_token"]);
    succeeds(&company, &["sync", "corp"]);
    assert_eq!(ids(&company), before);
}

#[test]
fn a_client_in_the_environment_does_not_replace_a_service_account() {
    let company = Company::connected();
    // Nobody should be asked; whoever is, declines, so that this ends.
    let again = company.sign_in(&["reauth", "corp"], Visitor::Declines);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(!again.stderr.contains("http://"), "nobody has to sign in: {again}");
    assert_eq!(company.json(&["details", "corp"])["method"], "service_account");
    assert_eq!(kinds_of_secrets(&company), ["private_key"]);
}

#[test]
fn a_revoked_grant_asks_for_a_sign_in_that_heals() {
    let company = by_browser();
    let before = company.contents();
    company.revoke("");
    let dead = company.world.run(&["sync", "corp"]);
    assert_eq!(dead.code, Some(4), "{dead}");
    assert!(dead.stderr.contains("revoked") && dead.stderr.contains("dirsync reauth corp"), "{dead}");
    assert_eq!(status(&company), "sign_in_needed");
    assert!(company.json(&["details", "corp"])["status_reason"].as_str().unwrap().contains("revoked"));
    assert_eq!(company.contents(), before, "nobody left");
    let admin = company.sandbox.admin_email();
    let healed = company.sign_in(REAUTH, Visitor::Allows(&admin));
    assert_eq!((healed.code, status(&company)), (Some(0), json!("connected")), "{healed}");
    assert_eq!(company.json(&["details", "corp"])["status_reason"], Value::Null);
    succeeds(&company, &["sync", "corp"]);
}

#[test]
fn session_control_is_called_by_its_name_with_both_cures() {
    for subtype in ["invalid_rapt", "rapt_required"] {
        let company = by_browser();
        company.revoke(&format!("?subtype={subtype}"));
        let dead = company.world.run(&["sync", "corp"]);
        assert_eq!(dead.code, Some(4), "{dead}");
        for words in ["session control", "dirsync reauth corp", "Trusted", "Exempt trusted apps", "--service-account"] {
            assert!(dead.stderr.contains(words), "'{words}': {dead}");
        }
    }
}

#[test]
fn an_administrator_who_is_gone_is_replaced_by_another() {
    let company = by_browser();
    company.revoke("?subtype=deleted");
    let dead = company.world.run(&["sync", "corp"]);
    assert_eq!(dead.code, Some(4), "{dead}");
    assert!(dead.stderr.contains("has been deleted") && dead.stderr.contains("another administrator"), "{dead}");
    assert_eq!(status(&company), "sign_in_needed");
    let healed = company.sign_in(REAUTH, Visitor::Allows(HELPDESK));
    assert_eq!(healed.code, Some(0), "{healed}");
    succeeds(&company, &["sync", "corp"]);
}

#[test]
fn deleting_needs_the_name_once_more() {
    let company = by_browser();
    let before = company.contents();
    for (arguments, words) in [
        (&["delete", "corp"][..], "dirsync delete corp --confirm corp"),
        (&["delete", "corp", "--confirm", "Corp"], "nothing was deleted"),
        (&["delete", "corp", "--confirm", ""], "nothing was deleted"),
    ] {
        let refused = company.world.run(arguments);
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(refused.stderr.contains(words), "{refused}");
    }
    assert_eq!(company.world.run(&["delete", "nobody", "--confirm", "nobody"]).code, Some(6));
    let shown = company.json(&["delete", "corp", "--dry-run"]);
    let listed = &company.json(&["list"])[0];
    assert_eq!((&shown["removed"], &shown["groups"]), (&listed["users"], &listed["groups"]));
    assert_eq!((company.contents(), company.count("secrets")), (before, 2));
    assert!(!company.asked_for("/revoke"), "the grant is still there");
}

#[test]
fn what_is_deleted_is_gone_and_given_back_and_returns_as_it_was() {
    let company = by_browser();
    let (before, contents) = (ids(&company), company.contents());
    let gone = succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert!(gone.stderr.contains("corp: deleted"), "{gone}");
    assert!(company.asked_for("/revoke"), "the grant was given back");
    for command in ["list", "users", "groups"] {
        assert_eq!(company.json(&[command]), json!([]), "{command}");
    }
    for table in ["secrets", "groups", "memberships"] {
        assert_eq!(company.count(table), 0, "{table}");
    }
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(6));

    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!((ids(&company), company.contents()), (before, contents));
}

#[test]
fn a_grant_that_cannot_be_given_back_keeps_nobody_from_deleting() {
    let company = by_browser();
    company.sandbox.inject(Rule::new("revoke", Fault::status(400, None)));
    let gone = succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert!(gone.stderr.contains("warning:") && gone.stderr.contains("could not be given back"), "{gone}");
    assert_eq!((company.json(&["list"]), company.count("secrets")), (json!([]), 0));
}

#[test]
fn a_grant_is_kept_on_request_and_a_service_account_has_none() {
    let company = by_browser();
    succeeds(&company, &["delete", "corp", "--confirm", "corp", "--no-revoke"]);
    assert_eq!(company.add_by_key("corp").code, Some(0));
    let gone = succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert!(!gone.stderr.contains("warning:"), "{gone}");
    assert!(!company.asked_for("/revoke"));
}

#[test]
fn who_holds_a_device_stays_through_delete_and_returns_with_it() {
    let company = by_browser();
    let person = company.json(&["users", "--status", "active"])[0].clone();
    let (id, email) = (person["id"].as_i64().unwrap(), person["email"].as_str().unwrap());
    company.world.sql(&format!(
        "INSERT INTO devices (id, serial) VALUES (1, 'C02X');
         INSERT INTO assignments (device_id, user_id, started_at) VALUES (1, {id}, '2026-11-01T08:00:00Z');"
    ));
    let shown = company.json(&["delete", "corp", "--dry-run"]);
    assert_eq!(shown["retained"], json!([{"id": id, "label": email, "devices": ["C02X"]}]));
    let narrow = company.json(&["delete", "corp", "--dry-run", "--columns", "retained"]);
    assert_eq!(narrow, json!({"retained": [format!("{email} (C02X)")]}));
    let gone = succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert!(gone.stderr.contains("1 kept with their devices"), "{gone}");
    let left = company.json(&["users"]);
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    let only = |users: &Value| (users["id"].clone(), users["status"].clone(), users["devices"].clone());
    assert_eq!(only(&left[0]), (json!(id), json!("retained"), json!(["C02X"])));

    let added = company.sign_in(BY_BROWSER, Visitor::Allows(HELPDESK));
    assert_eq!(added.code, Some(0), "{added}");
    let users = company.json(&["users"]);
    let back = users.as_array().unwrap().iter().find(|user| user["id"] == id).unwrap();
    assert_eq!(only(back), (json!(id), json!("active"), json!(["C02X"])));
    assert_eq!(back["email"], email);
    let changes = company.json(&["changes", "--subject", "user", "--kind", "returned"]);
    assert!(changes.as_array().unwrap().iter().any(|change| change["id"] == id), "{changes}");
}

#[test]
fn a_grant_that_another_integration_lives_by_is_not_given_back() {
    let company = by_browser();
    let admin = company.sandbox.admin_email();
    company.sandbox.inject(Rule::new("*", Fault::OtherCustomer { customer_id: "C0second".to_owned() }));
    let second = ["add", "google", "--name", "second", "--no-browser", "--no-sync"];
    let added = company.sign_in(&second, Visitor::Allows(&admin));
    assert_eq!(added.code, Some(0), "{added}");
    company.sandbox.clear_faults();
    succeeds(&company, &["delete", "second", "--confirm", "second"]);
    assert!(!company.asked_for("/revoke"), "corp lives by the same account and client");
    succeeds(&company, &["sync", "corp"]);
    succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert!(company.asked_for("/revoke"), "nobody lives by it any more");
}
