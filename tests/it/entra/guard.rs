//! When many people disappear at once from a directory that only tells what changed: what is held stays held.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::hq::Hq;
use super::truth::assert_true;
use crate::program::assert_told;

/// The ids of some rows.
fn ids(rows: &Value) -> BTreeSet<String> {
    rows.as_array().unwrap().iter().map(|row| row["external_id"].as_str().unwrap().to_owned()).collect()
}

fn people(hq: &Hq, statuses: &str) -> BTreeSet<String> {
    ids(&hq.world.json(&["users", "--status", statuses]))
}

fn sync(hq: &Hq, code: i32) -> Value {
    let run = hq.world.run(&["sync", "hq", "-o", "json"]);
    if code == 5 {
        assert_told(&run, 5, "are held as plan")
    } else {
        assert_eq!(run.code, Some(code), "{run}");
        Value::Null
    }
}

/// The number of the only plan that waits.
#[track_caller]
fn plan(hq: &Hq) -> String {
    let plans = hq.world.json(&["plans"]);
    assert_eq!(plans.as_array().unwrap().len(), 1, "{plans}");
    plans[0]["id"].to_string()
}

#[test]
fn what_a_delta_says_once_stays_held_over_further_deltas_until_it_is_approved() {
    let hq = Hq::connected();
    let gone: BTreeSet<String> = hq.sandbox.vanish(40, true).into_iter().collect();
    let before = people(&hq, "active,suspended");
    sync(&hq, 5);
    assert_eq!(ids(&hq.world.json(&["plans", "show", &plan(&hq)])), gone);
    for _ in 0..3 {
        let asked = hq.asked_in_all();
        let day = hq.sandbox.play_day();
        sync(&hq, 5);
        assert!(!hq.asked_since(asked).iter().any(|line| line.contains("select=") && line.contains("/users/delta")));
        let planned = ids(&hq.world.json(&["plans", "show", &plan(&hq)]));
        let again: BTreeSet<String> = day.returned.into_iter().collect();
        assert!(gone.difference(&again).all(|id| planned.contains(id)), "nothing held is forgotten");
        // The few who left on an ordinary day go, as on any other.
        assert!(people(&hq, "removed").is_disjoint(&gone));
        assert!(before.iter().all(|id| people(&hq, "all").contains(id)), "and nobody is lost");
    }
    let planned = ids(&hq.world.json(&["plans", "show", &plan(&hq)]));
    assert_eq!(hq.world.json(&["plans", "approve", &plan(&hq)])["state"], "approved");
    assert!(planned.is_subset(&people(&hq, "removed")));
    assert_eq!(hq.world.json(&["plans"]), json!([]));
    sync(&hq, 0);
    assert_true(&hq);
}

#[test]
fn who_comes_back_before_the_approval_was_never_gone() {
    let hq = Hq::connected();
    let before = hq.world.column("SELECT id || external_id FROM v1_users ORDER BY id");
    hq.sandbox.vanish(40, true);
    sync(&hq, 5);
    hq.sandbox.unvanish();
    sync(&hq, 0);
    assert_eq!(hq.world.json(&["plans"]), json!([]));
    assert_eq!(people(&hq, "missing,retained,removed"), BTreeSet::new());
    assert_eq!(hq.world.column("SELECT id || external_id FROM v1_users ORDER BY id"), before);
    assert_true(&hq);
}

#[test]
fn who_returns_after_the_approval_is_the_same_person() {
    let hq = Hq::connected();
    let row = "SELECT id || ' ' || external_id FROM v1_users ORDER BY id";
    let before = hq.world.column(row);
    hq.sandbox.vanish(40, true);
    assert_eq!(hq.world.run(&["sync", "hq", "--max-removals", "100%"]).code, Some(0));
    assert_true(&hq);
    hq.sandbox.unvanish();
    sync(&hq, 0);
    assert_eq!(hq.world.column(row), before);
    assert_true(&hq);
}

#[test]
fn a_discarded_plan_is_made_anew_although_the_delta_says_it_no_more() {
    let hq = Hq::connected();
    let gone: BTreeSet<String> = hq.sandbox.vanish(40, true).into_iter().collect();
    sync(&hq, 5);
    assert_eq!(hq.world.json(&["plans", "discard", &plan(&hq)])["state"], "discarded");
    sync(&hq, 5);
    assert_eq!(ids(&hq.world.json(&["plans", "show", &plan(&hq)])), gone);
    assert_eq!(hq.world.run(&["sync", "hq", "--full"]).code, Some(5), "nor does reading everything let it go");
    assert_eq!(people(&hq, "removed"), BTreeSet::new());
}

#[test]
fn a_vanishing_without_a_word_is_noticed_by_a_full_round_and_held_as_well() {
    let hq = Hq::connected();
    let gone: BTreeSet<String> = hq.sandbox.vanish(40, false).into_iter().collect();
    sync(&hq, 0);
    assert_eq!(people(&hq, "missing"), BTreeSet::new(), "no delta told of it");
    let full = hq.world.run(&["sync", "hq", "--full"]);
    assert!(matches!(full.code, Some(0 | 5)), "{full}");
    sync(&hq, 5);
    assert_eq!(ids(&hq.world.json(&["plans", "show", &plan(&hq)])), gone);
    assert_eq!(people(&hq, "removed"), BTreeSet::new());
}
