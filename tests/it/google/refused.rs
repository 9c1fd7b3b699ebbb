//! `dirsync add google` that is refused: declined, withheld, not trusted, the wrong files, nobody to ask.

use std::os::unix::fs::PermissionsExt;

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::company::{BY_BROWSER, Company, GROUPS, USERS, Visitor, back};
use crate::world::Outcome;

/// It ended with `code`, said all of `words`, gave a way out, and nothing of it is stored.
fn refused(company: &Company, outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing: {outcome}");
    }
    assert_eq!(outcome.stderr.matches("error:").count(), 1, "{outcome}");
    assert!(outcome.stderr.contains("hint: "), "no way out: {outcome}");
    assert_eq!(outcome.stdout, "", "{outcome}");
    nothing_stored(company);
}

fn nothing_stored(company: &Company) {
    assert_eq!(company.json(&["list"]), json!([]));
    for table in ["secrets", "integrations", "users"] {
        assert_eq!(company.count(table), 0, "{table}");
    }
}

#[test]
fn a_declined_sign_in_stores_nothing() {
    let company = Company::new();
    let declined = company.sign_in(BY_BROWSER, Visitor::Declines);
    refused(&company, &declined, 4, &["declined", "dirsync add google --name corp"]);
}

#[test]
fn every_scope_left_out_is_named() {
    for scope in [USERS, GROUPS] {
        let company = Company::new();
        let withheld = company.sign_in(BY_BROWSER, Visitor::Withholds(scope));
        refused(&company, &withheld, 4, &[scope, "tick every box"]);
        company.sandbox.inject(Rule::new("token", Fault::DropScope { scope: scope.to_owned() }));
        let admin = company.sandbox.admin_email();
        refused(&company, &company.sign_in(BY_BROWSER, Visitor::Allows(&admin)), 4, &[scope]);
    }
}

#[test]
fn only_an_administrator_who_reads_people_and_groups_will_do() {
    let company = Company::new();
    for (account, words) in [
        ("pat.private@gmail.com", "private Google account"),
        ("alex@brightwater.example", "admin"),
        ("frontdesk@brightwater.example", "group"),
    ] {
        let outcome = company.sign_in(BY_BROWSER, Visitor::Allows(account));
        refused(&company, &outcome, 4, &[words]);
    }
}

#[test]
fn answers_of_the_token_endpoint_that_cannot_be_trusted_are_refused() {
    for (fault, code, words) in [
        (Fault::NoRefreshToken, 4, "no refresh token"),
        (Fault::NoIdToken, 1, "who signed in"),
        (Fault::NoHd, 4, "private Google account"),
        (Fault::WrongNonce, 1, "another sign-in"),
        (Fault::WrongAudience, 1, "another application"),
        (Fault::WrongIssuer, 1, "another issuer"),
        (Fault::ExpiredIdToken, 1, "times"),
        (said_by_the_token_endpoint("admin_policy_enforced"), 4, "Trusted"),
        (said_by_the_token_endpoint("org_internal"), 4, "its own organisation only"),
        (said_by_the_token_endpoint("deleted_client"), 1, "deleted"),
    ] {
        let company = Company::new();
        company.sandbox.inject(Rule::new("token", fault));
        let admin = company.sandbox.admin_email();
        let outcome = company.sign_in(BY_BROWSER, Visitor::Allows(&admin));
        refused(&company, &outcome, code, &[words, "dirsync add google --name corp"]);
    }
}

fn said_by_the_token_endpoint(error: &str) -> Fault {
    let json = Some(json!({"error": error}));
    Fault::Status { code: 400, reason: None, message: None, text: None, json, retry_after: None }
}

#[test]
fn a_refusal_by_policy_says_where_it_is_lifted() {
    let company = Company::new();
    for (error, words) in [("admin_policy_enforced", "https://admin.google.com/ac/owl/list"), ("org_internal", "own")] {
        let outcome = company.sign_in_by(BY_BROWSER, |url| drop(company.visit(back(url, &[("error", error)]))));
        refused(&company, &outcome, 4, &[words]);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let company = Company::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let outcome = company.sign_in(&["add", "google", "--name", "corp", "--port", &port], Visitor::Declines);
    refused(&company, &outcome, 1, &[&port, "in use", "--port"]);
    assert!(!outcome.stderr.contains("http://"), "no address that cannot work: {outcome}");
}

#[test]
fn files_that_are_not_what_they_should_be_are_told_apart() {
    let company = Company::new();
    let client = company.sandbox.client_secrets_json();
    let files = [
        ("broken.json", "{\"installed\": {".to_owned(), "JSON cannot be read"),
        ("empty.json", String::new(), "JSON cannot be read"),
        ("cut.json", client[..client.len() / 2].to_owned(), "JSON cannot be read"),
        ("list.json", "[]".to_owned(), "is not a Google client file"),
        ("object.json", "{}".to_owned(), "'installed' is missing"),
        ("null.json", r#"{"installed": null}"#.to_owned(), "'installed' is missing"),
        ("text.json", r#"{"installed": "yes"}"#.to_owned(), "is not a Google client file"),
        ("without.json", client.replace("client_id", "client"), "is not a Google client file"),
        ("blank.json", r#"{"installed": {"client_id": " "}}"#.to_owned(), "has no client_id"),
        ("open.json", client.replace("http://127.0.0.1", "http://evil.example"), "must be https"),
        ("page.json", "<!DOCTYPE html>".to_owned(), "JSON cannot be read"),
        ("web.json", client.replace("\"installed\"", "\"web\""), "Web application"),
        ("key.json", company.sandbox.service_account_json().unwrap(), "--service-account"),
    ];
    for (name, text, words) in &files {
        let path = company.file(name, text);
        let path = path.to_str().unwrap();
        let outcome = company.world.run(&["add", "google", "--name", "corp", "--client-secrets", path]);
        refused(&company, &outcome, 1, &[name, words]);
    }
    let web = company.file("web.json", &client.replace("\"installed\"", "\"web\""));
    let web = ["add", "google", "--name", "corp", "--port", "53999", "--client-secrets", web.to_str().unwrap()];
    let unregistered = ["Web application", "does not list the redirect address http://127.0.0.1:53999/"];
    refused(&company, &company.world.run(&web), 1, &unregistered);
    assert_eq!(company.asked(), 0, "nobody was sent to sign in");
    let key = |path: &std::path::Path| {
        let path = path.to_str().unwrap();
        company.world.run(&["add", "google", "--name", "corp", "--service-account", path, "--admin", "a@b.example"])
    };
    refused(&company, &key(&company.world.home().join("client.json")), 1, &["client.json", "--client-secrets"]);
    refused(&company, &key(&company.world.home().join("none.json")), 1, &["none.json", "does not exist"]);
    let loose = company.key_file();
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&company, &key(&loose), 1, &["0644", "chmod 600 [HOME]/key.json"]);
}

#[test]
fn what_nobody_can_be_asked_for_is_wrong_usage_that_names_the_flag() {
    let mut company = Company::new();
    company.world.unset("DIRSYNC_CLIENT_SECRETS");
    let key = company.key_file();
    for (arguments, words) in [
        (&["add"][..], "dirsync add google"),
        (&["add", "google"], "--name"),
        (&["add", "google", "--name", "corp"], "--client-secrets FILE"),
        (&["add", "google", "--name", "corp"], "--service-account KEY --admin EMAIL"),
        (&["add", "google", "--name", "corp", "--service-account", key.to_str().unwrap()], "--admin"),
        (&["add", "google", "--name", "corp", "--admin", "admin@brightwater.example"], "--service-account"),
    ] {
        refused(&company, &company.world.run(arguments), 2, &[words]);
    }
}

#[test]
fn an_error_is_an_object_for_programs() {
    let company = Company::new();
    let mut arguments = BY_BROWSER.to_vec();
    arguments.extend(["-o", "json"]);
    let declined = company.sign_in(&arguments, Visitor::Declines);
    assert_eq!((declined.code, &*declined.stdout), (Some(4), ""), "{declined}");
    let line = declined.stderr.lines().find(|line| line.starts_with('{')).unwrap();
    let error = &serde_json::from_str::<Value>(line).unwrap()["error"];
    for key in ["code", "integration", "message", "hint", "retryable"] {
        assert!(error.get(key).is_some(), "{key}");
    }
    assert_eq!((&error["code"], &error["retryable"]), (&json!("sign_in_needed"), &json!(false)));
    assert!(error["hint"].as_str().unwrap().contains("dirsync add google --name corp"), "{declined}");
    nothing_stored(&company);
}

#[test]
fn two_ways_of_signing_in_at_once_are_wrong_usage_and_a_typed_one_beats_what_is_set() {
    let mut company = Company::new();
    let (client, key) = (company.world.home().join("client.json"), company.key_file());
    let (client, key) = (client.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());
    let both = ["add", "google", "--name", "corp", "--client-secrets", &client, "--service-account", &key];
    let refused = company.world.run(&both);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("two ways"), "{refused}");
    company.world.set("DIRSYNC_SERVICE_ACCOUNT", &key);
    let admin = company.sandbox.admin_email();
    let typed = ["add", "google", "--name", "corp", "--no-browser", "--client-secrets", &client];
    let added = company.sign_in(&typed, Visitor::Allows(&admin));
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(company.json(&["details", "corp"])["method"], "browser");
}
