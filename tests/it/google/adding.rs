//! `dirsync add google` that goes through: what it shows afterwards, and what does not stop it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::company::{BY_BROWSER, Company, GROUPS, USERS, Visitor, back};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn list_and_details_show_what_the_contract_names() {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    let truth = company.sandbox.truth();
    let listed = company.json(&["list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let listed = &listed[0];
    let list_keys = [
        "name",
        "kind",
        "status",
        "admin_email",
        "tenant",
        "users",
        "groups",
        "last_sync_at",
        "last_sync_outcome",
        "next_sync_at",
    ];
    assert_eq!(keys(listed), list_keys.into());
    assert_eq!((&listed["name"], &listed["kind"]), (&json!("corp"), &json!("google")));
    assert_eq!(listed["admin_email"], company.sandbox.admin_email());
    assert_eq!(listed["tenant"], truth["customer_id"]);
    assert_eq!(listed["groups"], truth["groups"].as_array().unwrap().len());

    let details = company.json(&["details", "corp"]);
    for key in list_keys {
        assert_eq!(details[key], listed[key], "{key}");
    }
    let more = [
        "status_reason",
        "tenant_name",
        "tenant_domain",
        "cloud",
        "domains",
        "method",
        "client",
        "scopes_granted",
        "scopes_needed",
        "added_at",
        "signed_in_at",
        "credentials_end_at",
        "interval",
        "scope",
        "ping_host",
        "held_plan",
        "last_full_round_at",
        "last_delta_round_at",
    ];
    assert_eq!(keys(&details), list_keys.into_iter().chain(more).collect());
    assert_eq!((&details["method"], &details["held_plan"]), (&json!("browser"), &Value::Null));
    let client: Value = serde_json::from_str(&company.sandbox.client_secrets_json()).unwrap();
    assert_eq!(details["client"], client["installed"]["client_id"]);
    let granted = details["scopes_granted"].as_array().unwrap();
    assert!(granted.contains(&json!(USERS)) && granted.contains(&json!(GROUPS)), "{details}");
    let life = |key: &str| details[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(life("next_sync_at") > life("last_sync_at") && life("last_sync_at") >= life("added_at"));
}

#[test]
fn a_service_account_needs_nobody_at_a_browser() {
    let company = Company::connected();
    let details = company.json(&["details", "corp"]);
    assert_eq!(details["method"], "service_account");
    assert_eq!(details["users"], company.sandbox.truth()["users"].as_array().unwrap().len());
    let key: Value = serde_json::from_str(&company.sandbox.service_account_json().unwrap()).unwrap();
    assert_eq!(details["client"], key["client_email"]);
    assert!(!company.asked_for("/o/oauth2/v2/auth"), "no page was asked for");
}

#[test]
fn without_a_first_sync_it_is_only_connected() {
    let company = Company::new();
    let admin = company.sandbox.admin_email();
    let mut arguments = BY_BROWSER.to_vec();
    arguments.extend(["--no-sync", "-o", "json"]);
    let details = company.sign_in(&arguments, Visitor::Allows(&admin)).json();
    assert_eq!((&details["status"], &details["users"]), (&json!("connected"), &json!(0)));
    assert_eq!((&details["last_sync_at"], &details["last_sync_outcome"]), (&Value::Null, &Value::Null));
    assert_eq!(company.count("runs"), 0);
    assert_eq!(company.json(&["sync", "corp"])[0]["outcome"], "done");
}

#[test]
fn a_name_that_is_taken_or_no_name_is_wrong_usage() {
    let company = Company::connected();
    let before = company.asked();
    let taken = company.add_by_key("CORP");
    assert_eq!(taken.code, Some(2), "{taken}");
    assert!(taken.stderr.contains("corp") && taken.stderr.contains("--name"), "{taken}");
    for name in ["", "-x", "a\tb", &"n".repeat(65)] {
        let wrong = company.world.run(&["add", "google", &format!("--name={name}")]);
        assert_eq!(wrong.code, Some(2), "{wrong}");
        assert!(wrong.stderr.contains("--name"), "{wrong}");
    }
    assert_eq!(company.asked(), before, "nobody had to sign in for it");
    assert_eq!(company.json(&["list"]).as_array().unwrap().len(), 1);
}

#[test]
fn the_same_organisation_twice_names_the_integration_that_has_it() {
    let company = Company::connected();
    let before = company.contents();
    let twice = company.add_by_key("second");
    assert_eq!(twice.code, Some(1), "{twice}");
    assert!(twice.stderr.contains("corp") && twice.stderr.contains("dirsync reauth"), "{twice}");
    assert_eq!(company.json(&["list"])[0]["name"], "corp");
    assert_eq!((company.count("secrets"), company.contents()), (1, before));
}

#[test]
fn a_page_that_refuses_leaves_the_address_good_for_another_try() {
    let company = Company::new();
    company
        .sandbox
        .inject(Rule::new("auth", Fault::SignInRefused { error: "admin_policy_enforced".to_owned() }).times(1));
    let admin = company.sandbox.admin_email();
    let outcome = company.sign_in_by(BY_BROWSER, |url| {
        url.query_pairs_mut().append_pair("sandbox_account", &admin);
        assert_eq!(company.visit(url.clone()), None, "the page refuses");
        company.visit(company.visit(url.clone()).unwrap());
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

#[test]
fn a_visit_with_another_state_does_not_end_the_wait() {
    let company = Company::new();
    let admin = company.sandbox.admin_email();
    let outcome = company.sign_in_by(BY_BROWSER, |url| {
        for query in ["state=other&code=4/x", "code=4/x", "state=other&error=access_denied"] {
            let mut foreign = back(url, &[]);
            foreign.set_query(Some(query));
            assert_eq!(company.visit(foreign), None, "{query}");
        }
        url.query_pairs_mut().append_pair("sandbox_account", &admin);
        company.visit(company.visit(url.clone()).unwrap());
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(company.json(&["list"])[0]["status"], "connected");
}

#[test]
fn a_client_file_that_others_may_read_is_only_warned_about() {
    let company = Company::new();
    let client = company.world.home().join("client.json");
    std::fs::set_permissions(&client, std::fs::Permissions::from_mode(0o644)).unwrap();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    assert!(added.stderr.contains("warning:") && added.stderr.contains("chmod 600 [HOME]/client.json"), "{added}");
}
