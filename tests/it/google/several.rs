//! More than one integration, names that are none, and what cron gets to hear.

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::company::{Company, Visitor};
use crate::world::Outcome;

/// `corp`, and `other`, which was another organisation's when it was added.
fn two() -> Company {
    let company = Company::new();
    assert_eq!(company.add_by_browser().code, Some(0));
    company.sandbox.inject(Rule::new("*", Fault::OtherCustomer { customer_id: "C0other".to_owned() }));
    let admin = company.sandbox.admin_email();
    let added = company.sign_in(&["add", "google", "--name", "other", "--no-browser"], Visitor::Allows(&admin));
    assert_eq!(added.code, Some(0), "{added}");
    company
}

fn errors(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stderr.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["error"].clone()).collect()
}

fn outcome_of(company: &Company, name: &str) -> Value {
    let list = company.json(&["list"]);
    list.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()["last_sync_outcome"].clone()
}

#[test]
fn each_gets_its_own_outcome_and_the_gravest_is_the_exit_code() {
    let company = two();
    company.sandbox.clear_faults();
    // To the pretend Google both are one organisation again: one of them must not read it.
    let synced = company.world.run(&["sync", "--all", "-o", "json"]);
    assert_eq!(synced.code, Some(1), "{synced}");
    let told = errors(&synced);
    assert_eq!(told.len(), 1, "{synced}");
    assert_eq!((&told[0]["integration"], &told[0]["code"]), (&json!("other"), &json!("misconfigured")));
    assert_eq!((outcome_of(&company, "corp"), outcome_of(&company, "other")), (json!("done"), json!("failed")));
    let runs: Value = serde_json::from_str(&synced.stdout).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 1, "stdout holds the runs there are: {synced}");
    let people = |name: &str| company.json(&["users", "--integration", name]).as_array().unwrap().len();
    assert!(people("corp") > 0 && people("corp") == people("other"), "and nobody was lost in either");
}

#[test]
fn the_same_people_in_two_directories_stay_apart() {
    let company = two();
    let users = company.json(&["users"]);
    let of = |name: &str| users.as_array().unwrap().iter().filter(|user| user["integration"] == name).count();
    assert_eq!(of("corp"), of("other"));
    let admin = company.sandbox.admin_email();
    let shown = company.world.run(&["users", "show", &admin]);
    assert_eq!(shown.code, Some(6), "which one? {shown}");
    assert_eq!(company.world.run(&["users", "show", &admin, "--integration", "other"]).code, Some(0));
    assert_eq!(company.world.run(&["delete", "other", "--confirm", "other"]).code, Some(0));
    assert_eq!(company.json(&["users", "show", &admin])["integration"], "corp");
}

#[test]
fn names_are_checked_before_anything_is_asked() {
    let company = Company::connected();
    let before = company.asked();
    let nobody = company.world.run(&["sync", "corp", "nobody", "-o", "json"]);
    assert_eq!(nobody.code, Some(6), "{nobody}");
    assert_eq!(errors(&nobody)[0]["code"], "not_found");
    assert!(errors(&nobody)[0]["hint"].as_str().unwrap().contains("corp"), "{nobody}");
    for arguments in [&["sync", "corp", "--all"][..], &["sync"], &["sync", "corp", "--max-removals", "-1"]] {
        let wrong = company.world.run(arguments);
        assert_eq!(wrong.code, Some(2), "{wrong}");
    }
    for command in ["details", "reauth", "delete"] {
        let nobody = company.world.run(&[command, "nobody"]);
        assert_eq!(nobody.code, Some(6), "{nobody}");
    }
    assert_eq!(company.asked(), before);
    assert_eq!(company.world.run(&["sync", "CORP"]).code, Some(0), "without regard to case");
}

#[test]
fn cron_hears_nothing_of_what_went_well() {
    let company = Company::connected();
    company.sandbox.play_day();
    for _ in 0..2 {
        let synced = company.world.run(&["sync", "--all"]);
        assert_eq!((synced.code, &*synced.stdout, &*synced.stderr), (Some(0), "", ""), "{synced}");
    }
    company.sandbox.vanish(40, true);
    let held = company.world.run(&["sync", "--all", "-q"]);
    assert_eq!((held.code, &*held.stdout), (Some(5), ""), "{held}");
    assert!(
        held.stderr.contains("corp") && held.stderr.contains("dirsync plans"),
        "errors are said all the same: {held}"
    );
    let empty = Company::new();
    assert_eq!(empty.world.run(&["sync", "--all"]).code, Some(0), "nothing is connected, so nothing is due");
}

#[test]
fn a_kind_of_a_newer_dirsync_is_told_of_and_the_others_are_synced() {
    let company = Company::connected();
    company.world.sql(
        "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES ('later', 'later', 'ldap', 'x', 'connected', '{}', 14400, '2026-11-01T08:00:00Z')",
    );
    let runs = |outcome: &str| company.count(&format!("runs WHERE outcome = '{outcome}'"));
    let before = runs("done");
    for arguments in [&["sync", "--all"][..], &["sync", "later"]] {
        let outcome = company.world.run(arguments);
        assert_ne!(outcome.code, Some(0), "{outcome}");
        assert!(outcome.stderr.contains("ldap") && outcome.stderr.contains("update dirsync"), "{outcome}");
        assert!(!outcome.stderr.contains("pushed"), "{outcome}");
    }
    assert_eq!((runs("done"), runs("failed")), (before + 1, 2), "corp was synced, and 'later' tried");
}

#[test]
fn a_log_has_ids_and_addresses_only_where_all_is_asked_for() {
    let company = Company::connected();
    company.sandbox.play_day();
    let some = company.world.run(&["sync", "corp", "-v"]);
    assert!(some.stderr.contains("joined") && !some.stderr.contains('@'), "{some}");
    company.sandbox.play_day();
    let all = company.world.run(&["sync", "corp", "-vv"]);
    assert!(all.stderr.contains('@'), "{all}");
}
