//! What the history tells of a day is what happened on that day: for every kind of change, exactly those people.

use std::collections::BTreeSet;

use dirsync::clock::Clock;
use dirsync::sandbox::{DaySummary, Options};
use serde_json::Value;

use super::company::Company;

type Ids = BTreeSet<String>;

fn ids(ids: &[String]) -> Ids {
    ids.iter().cloned().collect()
}

/// External ids of the people with a change of this kind in this run.
fn told(company: &Company, run: &Value, kind: &str) -> Ids {
    let changes = company.json(&["changes", "--kind", kind, "--subject", "user"]);
    let of_run = changes.as_array().unwrap().iter().filter(|change| change["run"] == *run);
    of_run.map(|change| change["external_id"].as_str().unwrap().to_owned()).collect()
}

fn known(company: &Company) -> Ids {
    let users = company.json(&["users", "--status", "all"]);
    users.as_array().unwrap().iter().map(|user| user["external_id"].as_str().unwrap().to_owned()).collect()
}

fn tells(company: &Company, day: &DaySummary, before: &Ids, run: &Value) {
    let id = &run["id"];
    // Somebody who was deleted before dirsync knew them is new to it.
    let (returned, unknown): (Ids, Ids) = day.returned.iter().cloned().partition(|id| before.contains(id));
    assert_eq!(told(company, id, "joined"), &ids(&day.joined) | &unknown, "joined on day {}", day.day);
    assert_eq!(told(company, id, "returned"), returned, "returned on day {}", day.day);
    assert_eq!(told(company, id, "left"), ids(&day.left), "left on day {}", day.day);
    let back = ids(&day.returned);
    assert_eq!(&told(company, id, "changed") - &back, &ids(&day.changed) - &back, "changed on day {}", day.day);
    let counted = |key: &str| run[key].as_u64().unwrap() as usize;
    assert_eq!(counted("removed"), day.left.len());
    let listed = company.sandbox.truth()["users"].as_array().unwrap().len();
    assert_eq!(counted("added") + counted("changed") + counted("unchanged") + counted("refused"), listed, "{run}");
}

fn live(seed: u64) {
    let company = Company::with(Options { seed, ..Options::small(Clock::system()) });
    assert_eq!(company.add_by_key("corp").code, Some(0));
    for _ in 0..4 {
        let before = known(&company);
        let day = company.sandbox.play_day();
        let run = company.json(&["sync", "corp"])[0].clone();
        assert_eq!(run["outcome"], "done", "{run}");
        tells(&company, &day, &before, &run);
        let again = company.json(&["sync", "corp"])[0].clone();
        for count in ["added", "changed", "removed", "held", "refused"] {
            assert_eq!(again[count], 0, "nothing is left to do: {again}");
        }
    }
    assert_eq!(company.json(&["sync", "corp", "--dry-run"]), serde_json::json!([]));
}

#[test]
fn four_days_of_one_company_are_told_as_they_were() {
    live(1);
}

#[test]
fn four_days_of_another_company_are_told_as_they_were() {
    live(20_261_124);
}

#[test]
fn a_person_set_aside_twice_is_neither_missing_nor_removed() {
    let company = Company::connected();
    let before = company.contents();
    // Its id cannot be read, so that it might be anybody.
    company.sandbox.inject(dirsync::sandbox::Rule::new("users", dirsync::sandbox::Fault::WrongType { whole: false }));
    for _ in 0..3 {
        let run = company.world.run(&["sync", "corp"]);
        assert_eq!(run.code, Some(3), "{run}");
        assert_eq!(company.contents(), before);
    }
}
