//! `sync --due`: silent while nothing is due, at work when something is, and once a day about what stands.

use crate::google::company::Company;
use crate::world::{Outcome, World};

/// Makes the last complete fetch as old as this.
pub(super) fn age(company: &Company, hours: u32) {
    company.world.sql(&format!(
        "UPDATE integrations SET last_sync_at = strftime('%Y-%m-%dT%H:%M:%SZ', last_sync_at, '-{hours} hours')"
    ));
}

#[track_caller]
fn silent(outcome: &Outcome) {
    assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (Some(0), "", ""), "{outcome}");
}

#[test]
fn nothing_due_means_no_word_no_request_and_no_key() {
    let mut company = Company::connected();
    let asked = company.asked();
    // Without its key nothing could be synced.
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    company.world.unset("DIRSYNC_KEY_STORE");
    let locks = || std::fs::read_dir(company.world.home().join("locks")).unwrap().count();
    let before = locks();
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!((company.asked(), locks()), (asked, before));
    silent(&World::new().run(&["sync", "--due"]));
    let pushed = World::new();
    assert_eq!(pushed.run(&["add", "scim", "--name", "okta"]).code, Some(0));
    silent(&pushed.run(&["sync", "--due"]));
}

#[test]
fn what_is_due_is_synced_and_said_to_programs_only() {
    let company = Company::connected();
    age(&company, 5);
    let asked = company.asked();
    silent(&company.world.run(&["sync", "--due"]));
    assert!(company.asked() > asked);
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.json(&["list"])[0]["last_sync_outcome"], "done");
    age(&company, 5);
    let runs = company.json(&["sync", "--due"]);
    assert_eq!(runs[0]["outcome"], "done", "{runs}");
    assert_eq!(company.count("runs"), 3);
    // Syncs by hand move the next one, and an integration without an interval has none.
    age(&company, 5);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    let asked = company.asked();
    silent(&company.world.run(&["sync", "--due"]));
    age(&company, 500);
    assert_eq!(company.world.run(&["set", "corp", "--interval", "manual"]).code, Some(0));
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.asked(), asked);
}

#[test]
fn a_clock_that_was_set_back_is_said_once_and_healed() {
    let company = Company::connected();
    company.world.sql("UPDATE integrations SET last_sync_at = '2999-01-01T00:00:00Z'");
    let told = company.world.run(&["sync", "--due"]);
    assert_eq!((told.code, told.stderr.matches("clock was set back").count()), (Some(0), 1), "{told}");
    silent(&company.world.run(&["sync", "--due"]));
}

#[test]
fn a_clock_that_was_set_back_is_not_said_again_while_nothing_can_be_synced() {
    let company = Company::connected();
    company.world.sql("UPDATE integrations SET last_sync_at = '2999-01-01T00:00:00Z'");
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    let told = company.world.run(&["sync", "--due"]);
    assert_eq!((told.code, told.stderr.contains("clock was set back")), (Some(7), true), "{told}");
    silent(&company.world.run(&["sync", "--due"]));
}

#[test]
fn no_network_is_nobodys_business_until_it_lasts() {
    let mut company = Company::connected();
    company.world.set("DIRSYNC_GOOGLE_API_URL", "http://127.0.0.1:9");
    age(&company, 5);
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.count("runs"), 2);
    // Tried again after five minutes, not at once.
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.count("runs"), 2);
    let next = company.json(&["list"])[0]["next_sync_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let failed = company.json(&["runs", "--limit", "1"])[0]["ended_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(next.duration_since(failed), jiff::SignedDuration::from_mins(5));
    // Three intervals later it is a day's news, with the exit code of "later".
    age(&company, 8);
    let retried = || {
        let sooner = "strftime('%Y-%m-%dT%H:%M:%SZ', ended_at, '-70 minutes')";
        company.world.sql(&format!("UPDATE runs SET ended_at = {sooner} WHERE outcome = 'failed'"));
        company.world.run(&["sync", "--due"])
    };
    let told = retried();
    assert_eq!(told.code, Some(75), "{told}");
    assert!(told.stderr.starts_with("error: corp: "), "{told}");
    silent(&retried());
    company.world.sql("UPDATE unattended SET told_at = strftime('%Y-%m-%dT%H:%M:%SZ', told_at, '-24 hours')");
    assert_eq!(retried().code, Some(75));
    // Where the network is back, all is forgotten.
    company.world.unset("DIRSYNC_GOOGLE_API_URL");
    company.world.set(
        "DIRSYNC_GOOGLE_API_URL",
        &company.sandbox.environment().into_iter().find(|(name, _)| *name == "DIRSYNC_GOOGLE_API_URL").unwrap().1,
    );
    company.world.sql("UPDATE runs SET ended_at = '2020-01-01T00:00:00Z' WHERE outcome = 'failed'");
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.json(&["query", "SELECT told FROM unattended"])[0]["told"], serde_json::Value::Null);
}

#[test]
fn a_missing_secret_store_is_told_once_a_day() {
    let company = Company::connected();
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    age(&company, 5);
    let told = company.world.run(&["sync", "--due"]);
    assert_eq!((told.code, told.stderr.contains("error: corp: ")), (Some(7), true), "{told}");
    silent(&company.world.run(&["sync", "--due"]));
}

#[test]
fn another_run_at_it_is_nothing_to_tell() {
    let company = Company::connected();
    age(&company, 5);
    let id = dirsync::model::IntegrationId(1);
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    let lock = dirsync::sync::IntegrationLock::acquire(&company.world.home().join("locks"), id, "sync", now).unwrap();
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(75));
    drop(lock);
    silent(&company.world.run(&["sync", "--due"]));
    assert_eq!(company.count("runs"), 2);
}

/// The fixture, in which nothing but what stands is of interest: one sign-in is needed, a plan is held.
fn standing() -> World {
    let world = World::filled();
    world.sql(
        "UPDATE integrations SET deleted_at = '2026-11-20T08:00:00Z' WHERE name = 'new';
         UPDATE plans SET state = 'discarded';
         UPDATE integrations SET interval_seconds = 864000 WHERE name = 'corp'",
    );
    world
}

#[test]
fn a_sign_in_that_is_needed_is_told_once_a_day_and_never_tried() {
    let mut world = standing();
    let told = world.run(&["sync", "--due"]);
    insta::assert_snapshot!("due_sign_in_needed", told);
    silent(&world.run(&["sync", "--due"]));
    world.set("DIRSYNC_NOW", "2026-11-25T07:59:59Z");
    silent(&world.run(&["sync", "--due"]));
    world.set("DIRSYNC_NOW", "2026-11-25T08:00:00Z");
    assert_eq!(world.run(&["sync", "--due", "-o", "json"]).code, Some(4));
    silent(&world.run(&["sync", "--due"]));
    // Whoever keeps it manual has said that nothing is to be expected of it.
    world.set("DIRSYNC_NOW", "2026-11-26T08:00:00Z");
    assert_eq!(world.run(&["set", "Old Lab", "--interval", "manual"]).code, Some(0));
    silent(&world.run(&["sync", "--due"]));
}

#[test]
fn a_plan_that_waits_is_told_once_a_day_and_another_one_at_once() {
    let world = standing();
    world.sql("UPDATE integrations SET standing = 'connected', interval_seconds = 0 WHERE name = 'Old Lab'");
    silent(&world.run(&["sync", "--due"]));
    let held = "INSERT INTO plans (integration_id, run_id, created_at, state)
                SELECT 1, min(id), '2026-11-24T06:30:00Z', 'held' FROM runs;
                INSERT INTO plan_items (plan_id, user_id, action, evidence, status_then)
                SELECT max(id), 1, 'remove', 'absent', 'active' FROM plans";
    world.sql(held);
    let told = world.run(&["sync", "--due"]);
    insta::assert_snapshot!("due_held", told);
    silent(&world.run(&["sync", "--due"]));
    world.sql("UPDATE plans SET state = 'discarded'");
    silent(&world.run(&["sync", "--due"]));
    world.sql(held);
    assert_eq!(world.run(&["sync", "--due"]).code, Some(5));
}
