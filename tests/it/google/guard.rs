//! When many people disappear at once: what is held, what is not, and the ways on from there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::company::Company;
use super::truth::{assert_true, truth};
use crate::world::Outcome;

/// The ids of some rows.
fn ids(rows: &Value) -> BTreeSet<String> {
    rows.as_array().unwrap().iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
}

/// The ids of people with these statuses.
fn people(company: &Company, statuses: &str) -> BTreeSet<String> {
    ids(&company.json(&["users", "--status", statuses]))
}

/// A company of which 40 % have vanished and that has been synced since; who vanished.
fn vanished() -> (Company, BTreeSet<String>) {
    let company = Company::connected();
    let gone: BTreeSet<String> = company.sandbox.vanish(40, true).into_iter().collect();
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(5), "{synced}");
    (company, gone)
}

/// The number of the only plan that waits.
#[track_caller]
fn plan(company: &Company) -> String {
    let plans = company.json(&["plans"]);
    assert_eq!(plans.as_array().unwrap().len(), 1, "{plans}");
    plans[0]["id"].to_string()
}

#[track_caller]
fn assert_code(outcome: &Outcome, code: i32, phrase: &str) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(outcome.stderr.contains(phrase), "{phrase:?} is not in {outcome}");
}

#[test]
fn a_vanishing_of_two_fifths_is_held_while_joiners_come_in() {
    let company = Company::connected();
    let day = company.sandbox.play_day();
    let before = people(&company, "active,suspended");
    let gone: BTreeSet<String> = company.sandbox.vanish(40, true).into_iter().collect();
    let left: BTreeSet<String> = day.left.iter().cloned().chain(gone).filter(|id| before.contains(id)).collect();
    let synced = company.world.run(&["sync", "corp"]);
    assert_code(&synced, 5, "removals are held as plan");
    assert!(synced.stderr.contains("dirsync plans approve"), "{synced}");

    let now = people(&company, "all");
    let listed = truth(&company).people;
    assert!(day.joined.iter().any(|id| listed.contains_key(id)));
    for id in listed.keys() {
        assert!(now.contains(id), "{id} is listed, but not stored");
    }
    assert_eq!(people(&company, "removed"), BTreeSet::new());
    assert_eq!(ids(&company.json(&["changes", "--kind", "left", "--subject", "user"])), BTreeSet::new());

    let plans = company.json(&["plans"]);
    assert_eq!(plans[0]["integration"], "corp");
    assert_eq!(plans[0]["removals"], left.len());
    assert_eq!(plans[0]["suspensions"], 0);
    assert!(plans[0]["created_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{plans}");
    let items = company.json(&["plans", "show", &plan(&company)]);
    assert_eq!(ids(&items), left);
    assert!(items.as_array().unwrap().iter().all(|item| item["action"] == "remove"), "{items}");
    let run = &company.json(&["runs"])[0];
    assert_eq!((&run["outcome"], &run["held"], &run["removed"]), (&json!("held"), &json!(left.len()), &json!(0)));
    assert_eq!(company.json(&["list"])[0]["last_sync_outcome"], "held");
}

#[test]
fn an_approval_removes_exactly_the_people_of_the_plan_and_only_once() {
    let (company, gone) = vanished();
    let plan = plan(&company);
    let planned = ids(&company.json(&["plans", "show", &plan]));
    assert_eq!(planned, gone);
    let before = people(&company, "all");
    let approved = company.json(&["plans", "approve", &plan]);
    assert_eq!(approved["state"], "approved");
    assert!(approved["decided_by"].is_string() && approved["decided_at"].is_string(), "{approved}");
    assert_eq!(people(&company, "removed"), planned);
    assert_eq!(people(&company, "all"), before);
    assert_eq!(ids(&company.json(&["changes", "--kind", "left", "--subject", "user"])), planned);
    assert_true(&company);

    assert_code(&company.world.run(&["plans", "approve", &plan]), 6, "was approved already");
    assert_code(&company.world.run(&["plans", "discard", &plan]), 6, "was approved already");
    assert_code(&company.world.run(&["plans", "approve", "999"]), 6, "there is no plan 999");
    assert_eq!(company.json(&["plans"]), json!([]));
    assert_eq!(company.json(&["sync", "corp", "--dry-run"]), json!([]));
}

#[test]
fn a_discarded_plan_removes_nobody_and_the_next_sync_makes_a_new_one() {
    let (company, gone) = vanished();
    let first = plan(&company);
    assert_eq!(company.json(&["plans", "discard", &first])["state"], "discarded");
    assert_eq!(company.json(&["plans"]), json!([]));
    assert_eq!(people(&company, "removed"), BTreeSet::new());
    assert_code(&company.world.run(&["plans", "approve", &first]), 6, "was discarded");
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    let second = plan(&company);
    assert_ne!(first, second);
    assert_eq!(ids(&company.json(&["plans", "show", &second])), gone);
}

#[test]
fn the_next_run_replaces_the_plan() {
    let (company, gone) = vanished();
    let first = plan(&company);
    let day = company.sandbox.play_day();
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    let second = plan(&company);
    assert_ne!(first, second);
    let expected = gone.union(&day.left.into_iter().collect()).cloned().collect::<BTreeSet<_>>();
    assert_eq!(ids(&company.json(&["plans", "show", &second])), expected);
    assert_code(&company.world.run(&["plans", "approve", &first]), 6, "was replaced by a later sync");
    assert_eq!(people(&company, "removed"), BTreeSet::new());
    let decided = company.json(&["plans", "--decided"]);
    let state = |number: i64| decided.as_array().unwrap().iter().find(|plan| plan["id"] == number);
    assert_eq!(state(first.parse().unwrap()).unwrap()["state"], "replaced");
}

#[test]
fn who_comes_back_needs_no_approval_and_keeps_their_row() {
    let (company, gone) = vanished();
    let rows = |company: &Company| -> BTreeSet<(String, String)> {
        let all = company.json(&["users", "--status", "all"]);
        let pair = |user: &Value| (user["external_id"].to_string(), user["id"].to_string());
        all.as_array().unwrap().iter().map(pair).collect()
    };
    let before = rows(&company);
    // Of some, the removal was approved before they came back.
    company.json(&["plans", "approve", &plan(&company)]);
    assert_eq!(people(&company, "removed"), gone);
    company.sandbox.unvanish();
    assert_eq!(company.json(&["sync", "corp"])[0]["outcome"], "done");
    assert_eq!(ids(&company.json(&["changes", "--kind", "returned", "--subject", "user"])), gone);
    assert_eq!(people(&company, "removed"), BTreeSet::new());
    assert_eq!(rows(&company), before);
    assert_true(&company);
}

#[test]
fn a_plan_is_void_once_the_people_are_back() {
    let (company, _) = vanished();
    let held = plan(&company);
    company.sandbox.unvanish();
    assert_eq!(company.json(&["sync", "corp"])[0]["outcome"], "done");
    assert_eq!(company.json(&["plans"]), json!([]));
    assert_code(&company.world.run(&["plans", "approve", &held]), 6, "was replaced");
    assert_eq!(people(&company, "removed"), BTreeSet::new());
    assert_true(&company);
}

#[test]
fn the_limit_can_be_nobody_or_everybody() {
    let company = Company::connected();
    let day = company.sandbox.play_day();
    assert!(!day.left.is_empty());
    let synced = company.world.run(&["sync", "corp", "--max-removals", "0"]);
    assert_code(&synced, 5, "held as plan");
    assert_eq!(company.json(&["plans"])[0]["removals"], day.left.len());
    let gone = company.sandbox.vanish(40, true);
    let synced = &company.json(&["sync", "corp", "--max-removals", "100%"])[0];
    assert_eq!(synced["removed"], day.left.len() + gone.len());
    assert_eq!(company.json(&["plans"]), json!([]));
    assert_true(&company);
}

#[test]
fn an_exact_number_is_the_most_that_may_go() {
    let company = Company::connected();
    let gone = company.sandbox.vanish(40, true).len();
    let one_less = (gone - 1).to_string();
    assert_eq!(company.world.run(&["sync", "corp", "--max-removals", &one_less]).code, Some(5));
    let exactly = gone.to_string();
    assert_eq!(company.json(&["sync", "corp", "--max-removals", &exactly])[0]["removed"], gone);
}

#[test]
fn a_limit_that_is_none_is_wrong_usage() {
    let company = Company::connected();
    let runs = company.json(&["runs"]);
    for wrong in ["many", "-1", "101%", "5.5%%", ""] {
        let refused = company.world.run(&["sync", "corp", &format!("--max-removals={wrong}")]);
        assert_code(&refused, 2, "--max-removals");
    }
    assert_eq!(company.json(&["runs"]), runs);
}

/// Changes without what only a run that is recorded has.
fn plain(changes: &Value) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for change in changes.as_array().unwrap() {
        let keys = ["integration", "subject", "external_id", "label", "kind", "field", "before", "after"];
        lines.push(keys.map(|key| format!("{key}={}", change[key])).join(" "));
    }
    lines.sort();
    lines
}

#[test]
fn a_dry_run_shows_exactly_what_the_real_run_then_does_and_changes_nothing() {
    let company = Company::connected();
    for limit in ["10%", "100%"] {
        company.sandbox.play_day();
        if limit == "100%" {
            company.sandbox.vanish(40, true);
        }
        let (before, runs) = (company.contents(), company.json(&["runs"]));
        let planned = company.json(&["sync", "corp", "--dry-run", "--max-removals", limit]);
        assert_eq!(company.contents(), before);
        assert_eq!(company.json(&["runs"]), runs);
        let run = company.json(&["sync", "corp", "--max-removals", limit])[0]["id"].clone();
        let mut written = company.json(&["changes"]);
        written.as_array_mut().unwrap().retain(|change| change["run"] == run);
        assert!(planned.as_array().unwrap().len() > 10, "{planned}");
        assert_eq!(plain(&planned), plain(&written), "--max-removals {limit}");
    }
}

#[test]
fn a_dry_run_says_that_removals_would_be_held_and_makes_no_plan() {
    let company = Company::connected();
    company.sandbox.vanish(40, true);
    let dry = company.world.run(&["sync", "corp", "--dry-run", "-o", "json"]);
    assert_code(&dry, 5, "would be held");
    let rows: Value = serde_json::from_str(&dry.stdout).unwrap();
    let left = |row: &&Value| row["subject"] == "user" && row["kind"] == "left";
    assert_eq!(rows.as_array().unwrap().iter().filter(left).count(), 0, "{rows}");
    assert_eq!(company.json(&["plans"]), json!([]));
}

#[test]
fn with_json_the_held_removals_are_an_error_object() {
    let company = Company::connected();
    company.sandbox.vanish(40, true);
    let synced = company.world.run(&["sync", "corp", "-o", "json"]);
    assert_eq!(synced.code, Some(5), "{synced}");
    let runs: Value = serde_json::from_str(&synced.stdout).unwrap();
    assert_eq!(runs[0]["outcome"], "held");
    let objects: Vec<Value> = synced
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told =
        objects.iter().find(|object| object.to_string().contains("\"held\"")).unwrap_or_else(|| panic!("{synced}"));
    let plan = plan(&company);
    assert!(told.to_string().contains(&format!("held as plan {plan}")), "{told}");
    assert!(told.to_string().contains(&format!("dirsync plans approve {plan}")), "{told}");
}
