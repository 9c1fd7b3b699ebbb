//! Hooks: what they are told, once, and that nothing they do harms a sync.

use dirsync::sandbox::{Fault, Rule};
use serde_json::Value;

use super::due::age;
use crate::google::company::Company;

/// A company whose hooks write what they hear to files in its home.
fn listening() -> Company {
    let company = Company::connected();
    let hear = |name: &str| format!("cat >> {}", company.world.home().join(name).display());
    let (change, failure, held) = (hear("change.json"), hear("failure.json"), hear("held.json"));
    company.world.config(&format!(
        "[hooks]\non_change = \"{change}\"\non_failure = \"{failure}\"\non_held = \"{held}\"\ntimeout = \"5s\"\n"
    ));
    company
}

fn heard(company: &Company, name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(company.world.home().join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|_| panic!("not told once: {text}")))
}

#[test]
fn a_change_is_told_once_by_ids_only() {
    let company = listening();
    company.sandbox.play_day();
    let dry = company.world.run(&["sync", "corp", "--dry-run", "-q"]);
    assert_eq!((dry.code, heard(&company, "change.json")), (Some(0), None), "{dry}");
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    let told = heard(&company, "change.json").unwrap();
    assert_eq!((&told["schema"], &told["event"], &told["integration"]), (&1.into(), &"change".into(), &"corp".into()));
    let stored = format!("SELECT kind FROM v1_changes WHERE run = {} AND subject <> 'membership'", told["run"]);
    assert_eq!(told["changes"].as_array().unwrap().len(), company.world.column(&stored).len());
    assert!(!told.to_string().contains('@'), "an address: {told}");
    // Nothing changes a second time.
    std::fs::remove_file(company.world.home().join("change.json")).unwrap();
    company.world.run(&["sync", "corp"]);
    assert_eq!(heard(&company, "change.json"), None);
}

#[test]
fn names_are_told_where_they_are_asked_for() {
    let company = listening();
    company.sandbox.play_day();
    assert_eq!(company.world.run(&["sync", "corp", "--hooks-include-personal"]).code, Some(0));
    assert!(heard(&company, "change.json").unwrap().to_string().contains("@brightwater.example"));
}

#[test]
fn failures_and_held_plans_are_told_to_whom_they_concern() {
    let company = listening();
    company.sandbox.vanish(40, true);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    let held = heard(&company, "held.json").unwrap();
    let plan = company.json(&["plans"])[0].clone();
    assert_eq!((&held["plan"], &held["held"]), (&plan["id"], &plan["removals"]), "{held}");
    assert_eq!(heard(&company, "failure.json"), None);
    company.sandbox.unvanish();
    company.sandbox.inject(Rule::new("users", Fault::UnavailableHtml));
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(75));
    assert_eq!(heard(&company, "failure.json").unwrap()["kind"], "try_again");
    let told = company.world.home().join("failure.json");
    std::fs::remove_file(&told).unwrap();
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    assert_eq!(company.world.run(&["sync", "corp", "--dry-run"]).code, Some(7));
    assert!(!told.exists(), "a dry run is nobody's failure");
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(7));
    assert_eq!(heard(&company, "failure.json").unwrap()["kind"], "secret_store");
}

#[test]
fn a_change_is_told_also_while_what_is_wrong_is_no_news() {
    let company = listening();
    company.sandbox.inject(Rule::new("users", Fault::WrongType { whole: false }));
    age(&company, 5);
    assert_eq!(company.world.run(&["sync", "--due"]).code, Some(3));
    let heard_before = heard(&company, "change.json").is_some();
    std::fs::remove_file(company.world.home().join("change.json")).unwrap_or_else(|_| assert!(!heard_before));
    company.sandbox.play_day();
    age(&company, 5);
    let synced = company.world.run(&["sync", "--due"]);
    assert_eq!((synced.code, &*synced.stderr), (Some(0), ""), "{synced}");
    assert!(heard(&company, "change.json").is_some());
}

#[test]
fn a_hook_that_fails_or_hangs_is_a_warning() {
    let company = Company::connected();
    for (command, reason) in
        [("echo no >&2; exit 3", "ended with exit status: 3 (no)"), ("sleep 30", "took longer than 1s")]
    {
        company.sandbox.play_day();
        let synced =
            company.world.run(&["sync", "corp", "--hooks-on-change", command, "--hooks-timeout", "1s", "-o", "json"]);
        assert_eq!(synced.code, Some(0), "{synced}");
        assert!(
            synced.stderr.contains("corp: the hook on_change failed") && synced.stderr.contains(reason),
            "{synced}"
        );
    }
}
