//! Mass removals: held, shown, approved once, discarded, replaced, never done by themselves.

use std::collections::BTreeSet;

use dirsync::sandbox::DaySummary;
use serde_json::Value;

use super::company::Company;

fn ids(rows: &Value) -> BTreeSet<String> {
    rows.as_array().unwrap().iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
}

fn of_status(company: &Company, status: &str) -> BTreeSet<String> {
    ids(&company.json(&["users", "--status", status]))
}

/// A company where some joined, and 40 % of the people vanished the same day, and a sync that met it.
fn robbed(deleted: bool) -> (Company, BTreeSet<String>, DaySummary) {
    let company = Company::connected();
    let day = company.sandbox.play_day();
    let gone: BTreeSet<String> = company.sandbox.vanish(40, deleted).into_iter().collect();
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(5), "{synced}");
    assert!(synced.stderr.contains("held as plan 1") && synced.stderr.contains("dirsync plans show 1"), "{synced}");
    (company, gone, day)
}

#[test]
fn forty_percent_vanish_and_nobody_is_removed_until_exactly_those_are_approved_once() {
    for deleted in [true, false] {
        let (company, gone, day) = robbed(deleted);
        let here = of_status(&company, "active,suspended");
        assert!(day.joined.iter().filter(|id| !gone.contains(*id)).all(|id| here.contains(id)), "joiners are in");
        let removed_before = of_status(&company, "removed");
        let plans = company.json(&["plans"]);
        let plan = &plans[0];
        let held = ids(&company.json(&["plans", "show", "1"]));
        assert_eq!(plan["removals"].as_u64().unwrap() as usize, held.len());
        // The day's own leavers, whom the directory lists as deleted, wait with those it lists as well, and are few enough
        // to go at once beside others. Whoever came this very day and is gone again was never here.
        let came_and_went = |id: &&String| !day.joined.contains(id) && !day.returned.contains(id);
        let expected: BTreeSet<String> =
            gone.iter().chain(day.left.iter().filter(|_| deleted)).filter(came_and_went).cloned().collect();
        assert_eq!(held, expected);
        assert!(removed_before.is_disjoint(&held), "nobody in the plan is removed");

        let approved = company.world.run(&["plans", "approve", "1"]);
        assert_eq!(approved.code, Some(0), "{approved}");
        let removed: BTreeSet<String> = of_status(&company, "removed").difference(&removed_before).cloned().collect();
        assert_eq!(removed, held, "exactly those");
        assert_eq!(of_status(&company, "active,suspended"), here, "and nobody else");
        let again = company.world.run(&["plans", "approve", "1"]);
        assert_eq!(again.code, Some(6), "{again}");
        assert!(again.stderr.contains("approved already"), "{again}");
        assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0), "and that was all");
    }
}

#[test]
fn when_they_are_back_the_plan_is_replaced_and_everybody_is_who_they_were() {
    let (company, gone, _) = robbed(true);
    let known = company.json(&["users", "--status", "missing"]);
    company.sandbox.unvanish();
    let synced = company.json(&["sync", "corp"]);
    assert_eq!(synced[0]["outcome"], "done");
    assert_eq!(company.json(&["plans"]), serde_json::json!([]));
    assert_eq!(company.json(&["plans", "--decided"])[0]["state"], "replaced");
    let back = company.json(&["users", "--status", "active,suspended"]);
    for person in known.as_array().unwrap().iter().filter(|it| gone.contains(it["external_id"].as_str().unwrap())) {
        let same = back.as_array().unwrap().iter().find(|it| it["external_id"] == person["external_id"]).unwrap();
        assert_eq!(same["id"], person["id"]);
    }
    let returned = ids(&company.json(&["changes", "--kind", "returned", "--subject", "user"]));
    assert!(!returned.is_empty() && returned.is_subset(&gone));
}

#[test]
fn a_discarded_plan_is_made_anew_by_the_next_sync() {
    let (company, ..) = robbed(true);
    assert_eq!(company.world.run(&["plans", "discard", "1"]).code, Some(0));
    assert_eq!(company.world.run(&["plans", "approve", "1"]).code, Some(6));
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    assert_eq!(company.json(&["plans"])[0]["id"], 2);
    assert_eq!(company.world.run(&["plans", "approve", "99"]).code, Some(6));
}

#[test]
fn the_limit_can_be_set_for_one_run() {
    let company = Company::connected();
    company.sandbox.vanish(40, true);
    let wrong = company.world.run(&["sync", "corp", "--max-removals", "many"]);
    assert_eq!(wrong.code, Some(2), "{wrong}");
    let all = company.json(&["sync", "corp", "--max-removals", "100%"]);
    assert_eq!((&all[0]["outcome"], &all[0]["held"]), (&"done".into(), &0.into()));
    let company = Company::connected();
    let one = company.sandbox.vanish(2, true);
    assert!((1..5).contains(&one.len()), "few enough for the standard limit");
    assert_eq!(company.world.run(&["sync", "corp", "--max-removals", "0"]).code, Some(5));
}

#[test]
fn a_dry_run_shows_the_rows_that_the_real_run_writes() {
    let company = Company::connected();
    company.sandbox.play_day();
    let keys = ["subject", "external_id", "label", "kind", "field", "before", "after"];
    let lines = |rows: &Value| {
        let line = |row: &Value| keys.map(|key| row[key].to_string()).join(" ");
        rows.as_array().unwrap().iter().map(line).collect::<BTreeSet<_>>()
    };
    let planned = lines(&company.json(&["sync", "corp", "--dry-run"]));
    assert_eq!(company.json(&["runs"]).as_array().unwrap().len(), 1, "a dry run is no run");
    let run = company.json(&["sync", "corp"])[0]["id"].clone();
    let changes = company.json(&["changes"]);
    let applied = changes.as_array().unwrap().iter().filter(|change| change["run"] == run).cloned().collect();
    assert_eq!(planned, lines(&applied));
    assert!(!planned.is_empty());
}
