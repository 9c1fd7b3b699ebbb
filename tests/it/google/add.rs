//! `dirsync add`: who is let in, what is stored, what is shown.

use serde_json::Value;

use super::company::{ADD, ADMIN, Company, browse, error, get, param, redirect};
use crate::world::Outcome;

pub(super) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn sorted(words: &'static str) -> Vec<&'static str> {
    let mut words: Vec<&str> = words.split(' ').collect();
    words.sort_unstable();
    words
}

/// A sign-in that was refused: exit 4, and not a trace of it.
fn refused(company: &Company, outcome: &Outcome, says: &[&str]) {
    assert_eq!(outcome.code, Some(4), "{outcome}");
    for words in says {
        assert!(outcome.stderr.contains(words), "{words:?} is missing in {outcome}");
    }
    assert_eq!(company.run(&["list", "-o", "json"]).json(), serde_json::json!([]), "{outcome}");
    assert_eq!(company.rows("SELECT count(*) FROM secrets"), ["0"], "{outcome}");
}

#[test]
fn signing_in_by_the_printed_address_connects_and_reads_everything() {
    let company = Company::new();
    let added = company.sign_in(ADD);
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(added.stdout, "", "data is asked for with -o: {added}");
    let list = company.run(&["list", "-o", "json"]).json();
    let row = &list[0];
    let expected = "name kind status admin_email tenant users groups last_sync_at last_sync_outcome next_sync_at";
    assert_eq!(keys(row), sorted(expected));
    let truth = company.sandbox.truth();
    assert_eq!(row["name"], "corp");
    assert_eq!(row["kind"], "google");
    assert_eq!(row["status"], "connected");
    assert_eq!(row["admin_email"], ADMIN);
    assert_eq!(row["users"], truth["users"].as_array().unwrap().len());
    assert_eq!(row["groups"], truth["groups"].as_array().unwrap().len());
    assert_eq!(row["last_sync_outcome"], "done");
    let details = company.run(&["details", "corp", "-o", "json"]).json();
    assert_eq!(details["tenant"], truth["customer_id"]);
    let granted = details["scopes_granted"].as_array().unwrap();
    let directory = |scope: &&Value| scope.as_str().unwrap().contains("admin.directory");
    let needed: Vec<&Value> = details["scopes_needed"].as_array().unwrap().iter().filter(directory).collect();
    assert!(needed.len() >= 2 && needed.iter().all(|scope| granted.contains(scope)), "{details}");
    assert_eq!(details["last_sync_at"], row["last_sync_at"]);
    let users = company.run(&["users", "-o", "json"]).json();
    assert_eq!(
        keys(&users[0]),
        sorted(
            "id integration external_id email user_name display_name given_name family_name status title department \
             cost_center manager employee_id phone location org_unit aliases is_admin groups devices created_at \
             updated_at"
        )
    );
    let groups = company.run(&["groups", "-o", "json"]).json();
    assert_eq!(keys(&groups[0]), sorted("id integration external_id name email description kind members"));
    let runs = company.run(&["runs", "-o", "json"]).json();
    let expected = "id integration started_at ended_at outcome added changed unchanged removed held refused";
    assert_eq!(keys(&runs[0]), sorted(expected));
}

#[test]
fn the_page_in_the_browser_says_whether_it_worked() {
    let company = Company::new();
    let mut page = String::new();
    let added = company.at_the_address(&["add", "google", "--name", "corp", "--no-sync"], |mut url| {
        url.query_pairs_mut().append_pair("sandbox_account", ADMIN);
        page = browse(&url);
    });
    assert_eq!(added.code, Some(0), "{added}");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains(ADMIN), "{page}");
    let other = Company::new();
    let declined = other.at_the_address(ADD, |mut url| {
        url.query_pairs_mut().append_pair("sandbox_account", ADMIN).append_pair("sandbox_decline", "true");
        page = browse(&url);
    });
    assert!(page.contains("declined") && !page.contains("Signed in"), "{page}");
    refused(&other, &declined, &["declined"]);
}

#[test]
fn without_a_first_sync_nothing_is_read_and_the_answer_is_the_integration() {
    let company = Company::new();
    let added = company.sign_in(&["add", "google", "--name", "corp", "--no-sync", "-o", "json"]);
    let details = added.json();
    assert_eq!(
        (&details["name"], &details["users"], &details["last_sync_at"]),
        (&"corp".into(), &0.into(), &Value::Null)
    );
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    assert_ne!(company.run(&["list", "-o", "json"]).json()[0]["users"], 0);
}

#[test]
fn a_service_account_needs_no_browser() {
    let company = Company::new();
    let key = company.service_account();
    let added = company.run(&["add", "google", "--name", "corp", "--service-account", &key, "--admin", ADMIN]);
    assert_eq!(added.code, Some(0), "{added}");
    assert!(!added.stderr.contains("http://"), "{added}");
    assert_eq!(company.run(&["list", "-o", "json"]).json()[0]["status"], "connected");
    std::fs::remove_file(&key).unwrap();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0), "the key is sealed in the database");
    let missing = Company::new();
    let key = missing.service_account();
    let added = missing.run(&["add", "google", "--name", "corp", "--service-account", &key]);
    assert!(added.code != Some(0) && added.stderr.contains("--admin"), "{added}");
    let nobody =
        ["add", "google", "--name", "corp", "--service-account", &key, "--admin", "nobody@brightwater.example"];
    let added = missing.run(&nobody);
    assert!(added.code != Some(0) && added.stderr.contains("--admin"), "{added}");
    assert_eq!(missing.run(&["list", "-o", "json"]).json(), serde_json::json!([]));
}

#[test]
fn a_name_is_unique_whatever_its_case_and_a_tenant_has_one_integration() {
    let company = Company::connected();
    let before = company.contents();
    let taken = company.run(&["add", "google", "--name", "CORP"]);
    assert_eq!(taken.code, Some(2), "{taken}");
    assert!(taken.stderr.contains("corp") && taken.stderr.contains("--name"), "{taken}");
    let twice = company.sign_in(&["add", "google", "--name", "again", "-o", "json"]);
    assert_eq!(twice.code, Some(1), "{twice}");
    let told = error(&twice);
    assert!(told["message"].as_str().unwrap().contains("corp"), "{twice}");
    assert!(told["hint"].as_str().unwrap().contains("dirsync reauth"), "{twice}");
    assert_eq!(company.run(&["list", "-o", "json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(company.contents(), before);
    for wrong in ["", "-x", "a\tb", &"x".repeat(65)] {
        let outcome = company.run(&["add", "google", &format!("--name={wrong}")]);
        assert_eq!(outcome.code, Some(2), "{outcome}");
    }
}

#[test]
fn a_declined_sign_in_stores_nothing() {
    let company = Company::new();
    let declined = company.sign_in_as(ADMIN, &[("sandbox_decline", "true")], ADD);
    refused(&company, &declined, &["declined", "dirsync add google --name corp"]);
    assert_eq!(company.sign_in(ADD).code, Some(0), "the next try is a fresh one");
}

#[test]
fn every_box_left_unticked_is_named() {
    let company = Company::new();
    let mut asked = String::new();
    company.at_the_address(ADD, |url| {
        asked = param(&url, "scope");
        get(&redirect(&url, &[("error", "access_denied"), ("state", &param(&url, "state"))]));
    });
    let scopes: Vec<&str> = asked.split(' ').filter(|scope| scope.starts_with("https://")).collect();
    assert!(scopes.len() >= 2, "{asked}");
    for scope in scopes {
        let outcome = company.sign_in_as(ADMIN, &[("sandbox_withhold", scope)], ADD);
        refused(&company, &outcome, &[scope, "tick every box"]);
    }
}

#[test]
fn somebody_who_is_no_administrator_of_an_organisation_is_refused() {
    for (account, says) in [
        ("pat.private@gmail.com", "private Google account"),
        ("alex@brightwater.example", "may not read"),
        ("frontdesk@brightwater.example", "may not read"),
    ] {
        let company = Company::new();
        let outcome = company.sign_in_as(account, &[], ADD);
        refused(&company, &outcome, &[says]);
        assert!(!outcome.stderr.contains(account), "who it was is personal: {outcome}");
    }
    let company = Company::new();
    let delegated = company.sign_in_as("helpdesk@brightwater.example", &[], ADD);
    assert_eq!(delegated.code, Some(0), "a delegated administrator may: {delegated}");
}

#[test]
fn what_policy_refuses_says_where_to_change_it() {
    for (word, code, says) in [
        ("admin_policy_enforced", 4, "mark the OAuth client as Trusted"),
        ("org_internal", 4, "own organisation only"),
        ("disallowed_useragent", 4, "normal browser"),
        ("deleted_client", 1, "restore it within 30 days"),
        ("disabled_client", 1, "enable it"),
        ("invalid_client", 1, "Desktop app"),
        ("redirect_uri_mismatch", 1, "Desktop app"),
        ("server_error", 75, "try again later"),
        ("something_new", 1, "dirsync add google"),
    ] {
        let company = Company::new();
        let outcome = company.at_the_address(ADD, |url| {
            get(&redirect(&url, &[("error", word), ("state", &param(&url, "state"))]));
        });
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(says), "{says:?} is missing in {outcome}");
        assert_eq!(company.run(&["list", "-o", "json"]).json(), serde_json::json!([]));
    }
}

#[test]
fn another_sign_ins_redirect_does_not_end_the_wait() {
    let company = Company::new();
    let outcome = company.at_the_address(ADD, |mut url| {
        for stray in [
            redirect(&url, &[("code", "4/stolen"), ("state", "another")]),
            redirect(&url, &[("code", "4/stolen")]),
            redirect(&url, &[("error", "access_denied"), ("state", "another")]),
            redirect(&url, &[]).join("/favicon.ico").unwrap(),
        ] {
            get(&stray);
        }
        url.query_pairs_mut().append_pair("sandbox_account", ADMIN);
        browse(&url);
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

#[test]
fn a_port_that_is_taken_is_said_so_and_a_free_one_is_used() {
    let company = Company::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let outcome = company.run(&["add", "google", "--name", "corp", "--no-browser", "--port", &port]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(&port) && outcome.stderr.contains("another --port"), "{outcome}");
    drop(taken);
    let outcome = company.at_the_address(&["add", "google", "--name", "corp", "--port", &port], |mut url| {
        assert!(param(&url, "redirect_uri").contains(&port), "{url}");
        url.query_pairs_mut().append_pair("sandbox_account", ADMIN);
        browse(&url);
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
}
