//! `dirsync sync` against a company that lives: the store equals the truth, and the history says how it came about.

use std::collections::BTreeSet;

use dirsync::clock::Clock;
use dirsync::sandbox::{DaySummary, Options};
use serde_json::Value;

use super::company::{ADD, Company, error};
use super::truth::assert_true;

type Ids = BTreeSet<String>;

/// External ids of the people with a change of this kind in this run.
fn people(company: &Company, run: i64, kind: &str) -> Ids {
    let changes = company.run(&["changes", "--kind", kind, "--subject", "user", "-o", "json"]).json();
    let of_run = changes.as_array().unwrap().iter().filter(|change| change["run"] == run);
    of_run.map(|change| change["external_id"].as_str().unwrap().to_owned()).collect()
}

fn known(company: &Company) -> Ids {
    company.rows("SELECT external_id FROM v1_users").into_iter().collect()
}

/// Syncs and returns the run.
fn sync(company: &Company) -> Value {
    company.run(&["sync", "corp", "-o", "json"]).json()[0].clone()
}

fn follows(company: &Company, day: &DaySummary, before: &Ids, run: i64) {
    let ids = |ids: &[String]| ids.iter().cloned().collect::<Ids>();
    // Somebody who was deleted before dirsync knew them is new to it.
    let (returned, unknown): (Ids, Ids) = day.returned.iter().cloned().partition(|id| before.contains(id));
    assert_eq!(people(company, run, "joined"), &ids(&day.joined) | &unknown, "joined on day {}", day.day);
    assert_eq!(people(company, run, "returned"), returned, "returned on day {}", day.day);
    assert_eq!(people(company, run, "left"), ids(&day.left), "left on day {}", day.day);
    let changed = people(company, run, "changed");
    let returned = ids(&day.returned);
    assert_eq!(&changed - &returned, &ids(&day.changed) - &returned, "changed on day {}", day.day);
}

#[test]
fn after_every_day_the_store_is_the_truth_and_the_history_tells_the_day() {
    for seed in [1, 20_261_124] {
        let company = Company::with(Options { seed, ..Options::small(Clock::system()) });
        assert_eq!(company.sign_in(ADD).code, Some(0));
        assert_true(&company);
        for _ in 0..4 {
            let before = known(&company);
            let day = company.sandbox.play_day();
            let run = sync(&company);
            assert_eq!(run["outcome"], "done", "{run}");
            follows(&company, &day, &before, run["id"].as_i64().unwrap());
            assert_true(&company);
            let again = sync(&company);
            let counts = ["added", "changed", "removed", "held", "refused"].map(|count| again[count].as_i64().unwrap());
            assert_eq!(counts, [0; 5], "nothing is left to do: {again}");
        }
        assert_eq!(company.run(&["sync", "corp", "--dry-run", "-o", "json"]).json(), serde_json::json!([]));
    }
}

#[test]
fn a_run_accounts_for_everybody() {
    let company = Company::connected();
    company.sandbox.play_day();
    let run = sync(&company);
    let number = |key: &str| run[key].as_i64().unwrap();
    let listed = company.sandbox.truth()["users"].as_array().unwrap().len();
    assert_eq!(number("added") + number("changed") + number("unchanged") + number("refused"), listed as i64, "{run}");
}

#[test]
fn a_dry_run_is_the_plan_of_the_run_that_follows_and_changes_nothing() {
    let company = Company::connected();
    company.sandbox.play_day();
    let essence = |changes: &Value| {
        let keys = ["integration", "subject", "external_id", "label", "kind", "field", "before", "after"];
        let row = |change: &Value| keys.map(|key| change[key].to_string()).join("|");
        changes.as_array().unwrap().iter().map(row).collect::<BTreeSet<String>>()
    };
    let before = company.contents();
    let planned = company.run(&["sync", "corp", "--dry-run", "-o", "json"]).json();
    assert_eq!(company.contents(), before);
    assert_eq!(company.rows("SELECT count(*) FROM v1_runs"), ["1"], "a dry run is no run");
    let run = sync(&company)["id"].clone();
    let done = company.run(&["changes", "-o", "json"]).json();
    let done: Value = done.as_array().unwrap().iter().filter(|change| change["run"] == run).cloned().collect();
    assert_eq!(essence(&planned), essence(&done));
    assert!(essence(&planned).len() > 10);
}

#[test]
fn forty_percent_gone_are_held_and_approved_exactly_once() {
    let company = Company::connected();
    let all = company.rows("SELECT external_id FROM v1_users WHERE status IN ('active', 'suspended')").len();
    company.sandbox.play_day();
    let joined: Ids = company.rows("SELECT external_id FROM v1_users").into_iter().collect();
    let gone: Ids = company.sandbox.vanish(40, true).into_iter().filter(|id| joined.contains(id)).collect();
    assert!(gone.len() * 10 > all * 3);
    let held = company.run(&["sync", "corp", "-o", "json"]);
    assert_eq!(held.code, Some(5), "{held}");
    let told = error(&held);
    assert_eq!((&told["code"], &told["integration"]), (&"held".into(), &"corp".into()), "{held}");
    let new: Ids = company.sandbox.truth()["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(new.is_subset(&known(&company)), "joiners are in");
    assert_eq!(company.rows("SELECT count(*) FROM v1_users WHERE status = 'removed'"), ["0"], "nobody is removed");
    let plans = company.run(&["plans", "-o", "json"]).json();
    let plan = plans[0]["id"].to_string();
    let mut keys: Vec<&String> = plans[0].as_object().unwrap().keys().collect();
    keys.retain(|key| !["state", "decided_by", "decided_at"].contains(&key.as_str()));
    assert_eq!(keys, ["created_at", "id", "integration", "removals", "suspensions"]);
    let shown = company.run(&["plans", "show", &plan, "-o", "json"]).json();
    let listed: Ids =
        shown.as_array().unwrap().iter().map(|item| item["external_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed.len() as i64, plans[0]["removals"].as_i64().unwrap());
    assert!(gone.is_subset(&listed), "and those who left that day");
    let approved = company.run(&["plans", "approve", &plan]);
    assert_eq!(approved.code, Some(0), "{approved}");
    let removed: Ids = company.rows("SELECT external_id FROM v1_users WHERE status = 'removed'").into_iter().collect();
    assert_eq!(removed, listed, "exactly those");
    let twice = company.run(&["plans", "approve", &plan]);
    assert_eq!(twice.code, Some(6), "{twice}");
    assert!(twice.stderr.contains("approved already"), "{twice}");
    assert_eq!(company.run(&["plans", "approve", "99"]).code, Some(6));
    let decided = company.run(&["plans", "--decided", "-o", "json"]).json();
    assert!(decided[0]["decided_by"].is_string() && decided[0]["decided_at"].is_string(), "{decided}");
    assert_true(&company);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0), "and it is over");
}

#[test]
fn a_discarded_plan_is_made_anew_and_a_complete_run_replaces_it() {
    let company = Company::connected();
    company.sandbox.vanish(40, true);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(5));
    assert_eq!(company.run(&["plans", "discard", "1"]).code, Some(0));
    assert_eq!(company.run(&["plans", "approve", "1"]).code, Some(6));
    assert_eq!(company.run(&["sync", "corp"]).code, Some(5));
    company.sandbox.unvanish();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    assert_eq!(company.run(&["plans", "-o", "json"]).json(), serde_json::json!([]));
    let replaced = company.run(&["plans", "approve", "2"]);
    assert_eq!(replaced.code, Some(6), "{replaced}");
    assert_true(&company);
}

#[test]
fn another_limit_lets_them_go_at_once() {
    for (limit, code) in [("100%", 0), ("50%", 0), ("500", 0), ("0", 5), ("39%", 5), ("1", 5)] {
        let company = Company::connected();
        company.sandbox.vanish(40, true);
        let dry = company.run(&["sync", "corp", "--dry-run", "--max-removals", limit]);
        let outcome = company.run(&["sync", "corp", "--max-removals", limit]);
        assert_eq!((dry.code, outcome.code), (Some(code), Some(code)), "{limit}: {dry}{outcome}");
        let removed = company.rows("SELECT count(*) FROM v1_users WHERE status = 'removed'");
        assert_eq!(removed[0] == "0", code == 5, "{limit}");
    }
    for wrong in ["-1", "101%", "x", "", "1.5"] {
        let outcome = Company::connected().run(&["sync", "corp", &format!("--max-removals={wrong}")]);
        assert_eq!(outcome.code, Some(2), "{outcome}");
    }
}

#[test]
fn people_absent_without_a_word_are_missing_first() {
    let company = Company::connected();
    let gone = company.sandbox.vanish(5, false);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    let missing = "SELECT external_id FROM v1_users WHERE status = 'missing' ORDER BY 1";
    assert_eq!(company.rows(missing), {
        let mut gone = gone.clone();
        gone.sort();
        gone
    });
    company.sandbox.unvanish();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    assert_true(&company);
    company.sandbox.vanish(5, false);
    company.run(&["sync", "corp"]);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0), "absent twice");
    assert_eq!(company.rows(missing).len(), 0);
    assert_eq!(company.rows("SELECT count(*) FROM v1_users WHERE status = 'removed'"), [gone.len().to_string()]);
}

#[test]
fn names_are_checked_before_anything_is_asked() {
    let company = Company::connected();
    let before = company.sandbox.requests()["total"].clone();
    let outcome = company.run(&["sync", "corp", "nope", "-o", "json"]);
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(error(&outcome)["hint"].as_str().unwrap().contains("corp"), "{outcome}");
    assert_eq!(company.run(&["sync"]).code, Some(2));
    assert_eq!(company.run(&["sync", "corp", "--all"]).code, Some(2));
    assert_eq!(company.sandbox.requests()["total"], before);
    assert_eq!(company.run(&["sync", "CORP"]).code, Some(0), "without regard to case");
    let all = company.run(&["sync", "--all"]);
    assert_eq!((all.code, all.stdout.as_str()), (Some(0), ""), "{all}");
    assert_eq!(all.stderr, "", "cron hears nothing of what went well: {all}");
    assert_eq!(Company::new().run(&["sync", "--all"]).code, Some(0), "nothing is connected, nothing is due");
}
