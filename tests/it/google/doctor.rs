//! `dirsync doctor`: everything well, and each thing that can be wrong, with its remedy and its code.

use std::os::unix::fs::PermissionsExt;

use dirsync::sandbox::{Fault, Rule};
use serde_json::Value;

use super::company::Company;
use crate::world::Outcome;

/// With a home of the modes that dirsync gives folders.
fn private(company: Company) -> Company {
    std::fs::set_permissions(company.world.home(), std::fs::Permissions::from_mode(0o700)).unwrap();
    company
}

/// The findings, and the code it ended with.
fn doctor(company: &Company) -> (Vec<Value>, Outcome) {
    let outcome = company.world.run(&["doctor", "-o", "json"]);
    let findings: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome}"));
    (findings, outcome)
}

/// Those that are not ok, as "state check".
fn troubles(findings: &[Value]) -> Vec<String> {
    let word = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    let wrong = findings.iter().filter(|it| it["state"] != "ok");
    wrong.map(|it| format!("{} {}", word(it, "state"), word(it, "check"))).collect()
}

fn refused(code: u16, reason: &str) -> Fault {
    let (reason, message) = (Some(reason.to_owned()), Some("Not Authorized".to_owned()));
    Fault::Status { code, reason, message, text: None, json: None, retry_after: None }
}

#[track_caller]
fn assert_troubles(company: &Company, code: i32, expected: &[&str]) -> Vec<Value> {
    let (findings, outcome) = doctor(company);
    assert_eq!(
        (troubles(&findings), outcome.code),
        (expected.iter().map(|it| (*it).to_owned()).collect(), Some(code)),
        "{outcome}"
    );
    let untold = findings.iter().find(|it| it["state"] != "ok" && it["remedy"].is_null());
    assert_eq!(untold, None, "a trouble without a remedy: {outcome}");
    findings
}

#[test]
fn all_is_well_and_every_thing_is_named_in_order() {
    let company = private(Company::connected());
    let before = company.contents();
    let findings = assert_troubles(&company, 0, &[]);
    let checks: Vec<&str> = findings.iter().map(|it| it["check"].as_str().unwrap()).collect();
    let expected = [
        "configuration",
        "files",
        "database",
        "secret store",
        "schedule",
        "network",
        "network",
        "clock",
        "sign-in",
        "permissions",
        "listings",
        "last sync",
    ];
    assert_eq!(checks, expected);
    assert_eq!(company.contents(), before);
    let one = company.world.run(&["doctor", "corp"]);
    assert!(one.stdout.contains("ok\tcorp\tlistings\tpeople, groups and members can be read"), "{one}");
    assert_eq!(company.world.run(&["doctor", "nobody"]).code, Some(6));
}

#[test]
fn a_timer_that_does_not_fire_is_noticed() {
    let company = private(Company::connected());
    let schedule =
        |findings: &[Value]| findings.iter().find(|it| it["check"] == "schedule").unwrap()["message"].clone();
    assert_eq!(company.world.run(&["schedule", "install", "--systemd", "--user", "--yes"]).code, Some(0));
    let findings = assert_troubles(&company, 0, &["warning schedule"]);
    assert!(schedule(&findings).as_str().unwrap().ends_with("; it has never started 'sync --due'"), "{findings:?}");
    assert_eq!(company.world.run(&["sync", "--due"]).code, Some(0));
    let findings = assert_troubles(&company, 0, &[]);
    assert!(schedule(&findings).as_str().unwrap().ends_with("'sync --due' was last started 0 min ago"), "{findings:?}");
    std::fs::write(company.world.home().join("last-due"), "2020-11-22T08:00:00Z").unwrap();
    let findings = assert_troubles(&company, 0, &["warning schedule"]);
    assert!(schedule(&findings).as_str().unwrap().ends_with(" d ago"), "{findings:?}");
}

#[test]
fn before_anything_is_connected_it_says_so() {
    let company = private(Company::new());
    assert_troubles(&company, 0, &["warning database"]);
    assert!(!company.world.database().exists());
}

#[test]
fn a_look_at_a_fresh_home_leaves_no_key_there() {
    let mut company = private(Company::new());
    company.world.set("DIRSYNC_KEY_STORE", "file");
    company.world.sql("SELECT 1");
    let before = company.contents();
    assert_troubles(&company, 0, &[]);
    assert!(!company.world.home().join("dirsync.key").exists());
    assert_eq!(company.contents(), before);
}

#[test]
fn files_that_others_may_read_are_a_warning_with_the_command() {
    let company = private(Company::connected());
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(company.world.database(), open).unwrap();
    let findings = assert_troubles(&company, 0, &["warning files"]);
    let remedy = findings.iter().find(|it| it["check"] == "files").unwrap()["remedy"].as_str().unwrap();
    assert_eq!(remedy, "chmod 600 [HOME]/dirsync.db");
}

#[test]
fn what_is_broken_is_found_where_it_is_broken() {
    let company = private(Company::connected());
    let wrong = [
        ("token", Fault::InvalidGrant { subtype: None }, "failure sign-in", 1),
        ("users", refused(403, "forbidden"), "failure listings", 1),
    ];
    for (route, fault, trouble, code) in wrong {
        company.sandbox.inject(Rule::new(route, fault));
        let (findings, outcome) = doctor(&company);
        assert_eq!((troubles(&findings), outcome.code), (vec![trouble.to_owned()], Some(code)), "{outcome}");
        company.sandbox.clear_faults();
    }
    assert_troubles(&company, 0, &[]);
}

#[test]
fn no_way_to_the_directory_and_no_key() {
    let mut company = private(Company::connected());
    let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    company.world.set("DIRSYNC_GOOGLE_API_URL", &format!("http://{place}"));
    assert_troubles(&company, 75, &["failure network"]);
    let address = company.sandbox.base_url().to_owned();
    company.world.set("DIRSYNC_GOOGLE_API_URL", &address);
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    let findings = assert_troubles(&company, 7, &["failure secret store"]);
    assert!(!findings.iter().any(|it| it["check"] == "sign-in"), "nothing to sign in with");
}

#[test]
fn a_damaged_database_is_said_and_nothing_else_is_tried() {
    let company = private(Company::connected());
    std::fs::write(company.world.database(), "nonsense, but long enough to be looked at as one".repeat(100)).unwrap();
    let _ = std::fs::remove_file(company.world.home().join("dirsync.db-wal"));
    assert_troubles(&company, 1, &["failure database"]);
}
