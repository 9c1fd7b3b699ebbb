//! The files and answers that `add` starts from: client files, key files, what is missing, and nobody to ask.

use super::company::{ADD, ADMIN, Company, error, set_mode};
use crate::world::World;

/// What `add` says to a client file with this content.
fn with_client(content: &str, more: &[&str]) -> (Option<i32>, String) {
    let company = Company::new();
    company.file("client.json", content);
    let outcome = company.run(&[ADD, more, &["--no-browser"]].concat());
    assert!(!outcome.stderr.contains("Open this address"), "no sign-in was begun: {outcome}");
    assert_eq!(company.run(&["list", "-o", "json"]).json(), serde_json::json!([]));
    (outcome.code, outcome.stderr)
}

#[test]
fn a_client_file_that_cannot_work_says_what_to_download() {
    let web = r#"{"web":{"client_id":"x.apps","client_secret":"GOCSPX-s","redirect_uris":["https://corp.example/"]}}"#;
    for (content, more, says) in [
        ("", &[][..], "Desktop app"),
        ("{", &[], "Desktop app"),
        ("<!doctype html><p>Sign in", &[], "Desktop app"),
        ("{}", &[], "'installed' is missing"),
        (r#"{"installed":{"client_id":"  "}}"#, &[], "no client_id"),
        (r#"{"installed":{"client_secret":"GOCSPX-s"}}"#, &[], "Desktop app"),
        (r#"{"installed":{"client_id":"x","token_uri":"http://evil.example/token"}}"#, &[], "token_uri"),
        (web, &[], "Web application"),
        (web, &["--port", "53682"], "http://127.0.0.1:53682/"),
    ] {
        let (code, told) = with_client(content, more);
        assert_eq!(code, Some(1), "{content}: {told}");
        assert!(told.contains("client.json") && told.contains(says), "{content}: {says:?} is missing in {told}");
        assert!(!told.contains("GOCSPX-s"), "{told}");
    }
}

#[test]
fn one_kind_of_file_given_as_the_other_is_recognised() {
    let company = Company::new();
    let key = company.service_account();
    let outcome = company.run(&[ADD, &["--client-secrets", &key]].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("--service-account") && outcome.stderr.contains("--admin"), "{outcome}");
    let outcome = company.run(&[ADD, &["--service-account", "client.json", "--admin", ADMIN]].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("--client-secrets"), "{outcome}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused_and_a_client_file_warned_about() {
    let company = Company::new();
    let key = company.service_account();
    set_mode(key.as_ref(), 0o640);
    let add = [ADD, &["--service-account", &key, "--admin", ADMIN]].concat();
    let outcome = company.run(&add);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("chmod 600 [HOME]/service-account.json"), "{outcome}");
    set_mode(key.as_ref(), 0o600);
    assert_eq!(company.run(&add).code, Some(0));
    let company = Company::new();
    set_mode(&company.world.home().join("client.json"), 0o644);
    let outcome = company.sign_in(ADD);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("chmod 600 [HOME]/client.json"), "{outcome}");
}

#[test]
fn a_key_that_is_none_is_refused() {
    let whole: serde_json::Value =
        serde_json::from_str(&Company::new().sandbox.service_account_json().unwrap()).unwrap();
    for (field, value) in [("private_key", "not a key"), ("private_key", ""), ("client_email", ""), ("type", "user")] {
        let company = Company::new();
        let mut wrong = whole.clone();
        wrong[field] = value.into();
        let path = company.file("key.json", &wrong.to_string());
        let outcome = company.run(&[ADD, &["--service-account", path.to_str().unwrap(), "--admin", ADMIN]].concat());
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains("key.json") && outcome.stderr.contains(field), "{field}: {outcome}");
    }
}

#[test]
fn what_is_missing_is_wrong_usage_that_names_the_flag() {
    let mut company = Company::new();
    for (arguments, flag) in [
        (&["add"][..], "'dirsync add google'"),
        (&["add", "google"], "--name NAME"),
        (&["add", "google", "--no-input", "-o", "json"], "--name NAME"),
    ] {
        let outcome = company.run(arguments);
        assert_eq!(outcome.code, Some(2), "{outcome}");
        assert!(outcome.stderr.contains(flag), "{flag:?} is missing in {outcome}");
    }
    company.world.set("DIRSYNC_CLIENT_SECRETS", "");
    let outcome = company.run(ADD);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    for flag in ["--client-secrets FILE", "--service-account KEY", "--admin EMAIL"] {
        assert!(outcome.stderr.contains(flag), "{flag} is missing in {outcome}");
    }
    let outcome = company.run(&[ADD, &["-o", "json"]].concat());
    assert_eq!(error(&outcome)["code"], "usage", "{outcome}");
    let outcome = company.run(&[ADD, &["--client-secrets", "nowhere.json"]].concat());
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("nowhere.json does not exist"), "{outcome}");
}

#[test]
fn without_a_keyring_and_a_choice_it_ends_before_any_address_is_shown() {
    let mut company = Company::new();
    company.world.set("DIRSYNC_KEY_STORE", "");
    let outcome = company.run(&[ADD, &["--no-browser"]].concat());
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(!outcome.stderr.contains("http://127.0.0.1"), "{outcome}");
    assert!(outcome.stderr.contains("--key-store file") && outcome.stderr.contains("--key-store systemd"), "{outcome}");
    assert_eq!(company.sandbox.requests()["total"], 0, "nobody was asked anything");
    let outcome = company.run(&[ADD, &["--no-browser", "-o", "json"]].concat());
    assert_eq!(error(&outcome)["code"], "secret_store", "{outcome}");
    assert_eq!(company.run(&["list", "-o", "json"]).json(), serde_json::json!([]));
    // A machine with nothing on it at all says the same.
    let bare = World::new();
    assert_eq!(bare.run(&["add", "google", "--name", "corp", "--client-secrets", "x"]).code, Some(7));
}
