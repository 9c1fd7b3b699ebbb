//! What the program shows is what the directory holds: every field of every listing and view, after a first reading
//! and after some days.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::{DaySummary, Options};
use serde_json::Value;

use super::company::Company;
use crate::conformance::google::truth::picture;
use crate::conformance::picture::{Fields, Picture};

/// The company as it should be stored now.
pub(crate) fn truth(company: &Company) -> Picture {
    picture(&company.sandbox.truth())
}

/// Fails unless the database's views hold exactly what the directory does.
#[track_caller]
pub(crate) fn assert_true(company: &Company) {
    Picture::stored(&company.world.database()).assert_is(&truth(company));
}

/// Syncs until nothing is left to do: who is absent for a second time is gone by then.
pub(crate) fn settle(company: &Company) {
    for _ in 0..4 {
        let run = &company.json(&["sync", "corp", "--max-removals", "100%"])[0];
        let people = company.json(&["changes", "--limit", "1"]);
        if people[0]["run"] != run["id"] {
            return;
        }
    }
    panic!("four syncs in a row changed something");
}

fn seeded(seed: u64) -> Company {
    let company = Company::with(Options { seed, ..Options::small(Clock::system()) });
    let added = company.add_by_key("corp");
    assert_eq!(added.code, Some(0), "{added}");
    company
}

/// A JSON value as the truth spells columns.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(i32::from(*yes).to_string()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Rows by their external id; none may come twice.
fn by_id(rows: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let known = all.insert(row["external_id"].as_str().unwrap().to_owned(), row.clone());
        assert!(known.is_none(), "listed twice: {row}");
    }
    all
}

/// Compares all fields but those that JSON does not show.
#[track_caller]
fn assert_rows_are(rows: &Value, truth: &BTreeMap<String, Fields>, not_shown: &[&str]) {
    let rows = by_id(rows);
    assert_eq!(rows.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
    for (id, fields) in truth {
        for (field, should) in fields.iter().filter(|(field, _)| !not_shown.contains(*field)) {
            let is = rows[id].get(*field).unwrap_or_else(|| panic!("{id} has no '{field}'"));
            assert_eq!(cell(is), *should, "{id}, {field}");
        }
        assert_eq!(rows[id]["integration"], "corp");
    }
}

#[track_caller]
fn assert_listings_are_true(company: &Company) {
    assert_true(company);
    let truth = truth(company);
    let people = company.json(&["users", "--status", "active,suspended"]);
    assert_rows_are(&people, &truth.people, &["status_reason", "attributes"]);
    assert_rows_are(&company.json(&["groups"]), &truth.groups, &["aliases"]);
    for (id, group) in &truth.groups {
        let members = by_id(&company.json(&["groups", "members", id]));
        let of_group = truth.memberships.iter().filter(|((of, _), _)| of == id);
        let should: BTreeMap<&String, &Fields> = of_group.map(|((_, member), fields)| (member, fields)).collect();
        assert_eq!(members.keys().collect::<Vec<_>>(), should.keys().copied().collect::<Vec<_>>(), "{group:?}");
        for (member, fields) in should {
            let shown = &members[member];
            let person = truth.people.get(member).and_then(|person| person["display_name"].clone());
            let name = person.or_else(|| truth.groups.get(member).and_then(|group| group["name"].clone()));
            assert_eq!(cell(&shown["kind"]), fields["member_kind"], "{shown}");
            assert_eq!(cell(&shown["role"]), fields["role"], "{shown}");
            assert_eq!(cell(&shown["email"]), fields["member_email"], "{shown}");
            assert_eq!(cell(&shown["display_name"]), name, "{shown}");
            assert_eq!(shown["path"], Value::Null, "{shown}");
        }
    }
}

#[test]
fn every_listing_equals_the_directory_after_the_first_reading_and_after_three_days() {
    for seed in [1, 42] {
        let company = seeded(seed);
        assert_listings_are_true(&company);
        for _ in 0..3 {
            company.sandbox.play_day();
        }
        settle(&company);
        assert_listings_are_true(&company);
        let missing = company.json(&["users", "--status", "missing,retained"]);
        assert_eq!(missing, Value::Array(Vec::new()), "seed {seed}");
    }
}

#[test]
fn a_second_sync_plans_nothing() {
    for seed in [1, 42] {
        let company = seeded(seed);
        assert_eq!(company.json(&["sync", "corp", "--dry-run"]), Value::Array(Vec::new()), "seed {seed}");
        company.sandbox.play_day();
        assert_ne!(company.json(&["sync", "corp", "--dry-run"]), Value::Array(Vec::new()), "seed {seed}");
        assert_eq!(company.json(&["sync", "corp"])[0]["outcome"], "done");
        assert_eq!(company.json(&["sync", "corp", "--dry-run"]), Value::Array(Vec::new()), "seed {seed}");
    }
}

/// The ids that `changes` tells of since then, by kind.
fn told(company: &Company, since: &str, subject: &str, kind: &str) -> BTreeSet<String> {
    let changes = company.json(&["changes", "--since", since, "--subject", subject, "--kind", kind]);
    changes.as_array().unwrap().iter().map(|change| change["external_id"].as_str().unwrap().to_owned()).collect()
}

fn ids<'a>(list: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    list.into_iter().cloned().collect()
}

/// Plays a day and syncs; returns what happened and when the sync began.
fn live_a_day(company: &Company) -> (DaySummary, String) {
    let day = company.sandbox.play_day();
    // Changes are told by the second: the next one must have begun.
    let since = Clock::system().now().as_second() + 1;
    while Clock::system().now().as_second() < since {
        std::thread::sleep(Duration::from_millis(20));
    }
    let since = jiff::Timestamp::from_second(since).unwrap().to_string();
    assert_eq!(company.json(&["sync", "corp"])[0]["outcome"], "done");
    (day, since)
}

#[test]
fn changes_tell_exactly_who_joined_changed_returned_and_left() {
    for seed in [1, 42] {
        let company = seeded(seed);
        let mut known = ids(truth(&company).people.keys());
        for _ in 0..4 {
            let (day, since) = live_a_day(&company);
            let back = |id: &&String| known.contains(*id);
            let fresh = day.returned.iter().filter(|id| !known.contains(*id));
            assert_eq!(told(&company, &since, "user", "joined"), ids(day.joined.iter().chain(fresh)));
            assert_eq!(told(&company, &since, "user", "returned"), ids(day.returned.iter().filter(back)));
            assert_eq!(told(&company, &since, "user", "left"), ids(&day.left));
            assert_eq!(told(&company, &since, "user", "missing"), BTreeSet::new());
            // Somebody taken back may have changed while away (or their manager has).
            let changed = told(&company, &since, "user", "changed");
            assert_eq!(&changed - &ids(&day.returned), ids(&day.changed));
            assert_eq!(told(&company, &since, "group", "joined"), ids(&day.groups_created));
            assert_eq!(told(&company, &since, "group", "left"), ids(&day.groups_deleted));
            assert_eq!(told(&company, &since, "group", "changed"), ids(&day.groups_renamed));
            known.extend(truth(&company).people.into_keys());
        }
    }
}

#[test]
fn somebody_renamed_has_the_old_address_in_their_history_and_is_found_by_it() {
    let company = seeded(1);
    let before = truth(&company).people;
    let (day, _) = live_a_day(&company);
    let id = &day.renamed[0];
    let old = before[id]["email"].clone().unwrap();
    let new = truth(&company).people[id]["email"].clone().unwrap();
    assert_ne!(old, new);
    let history = company.json(&["users", "history", &new]);
    let told = |change: &&Value| change["field"] == "email";
    let renames: Vec<&Value> = history.as_array().unwrap().iter().filter(told).collect();
    assert_eq!(renames.len(), 1, "{history}");
    assert_eq!((&renames[0]["before"], &renames[0]["after"]), (&Value::from(&*old), &Value::from(&*new)));
    let shown = company.json(&["users", "show", &old]);
    assert_eq!((&shown["external_id"], &shown["email"]), (&Value::from(&**id), &Value::from(new)));
}

#[test]
fn somebody_whose_address_went_to_another_is_not_confused_with_them() {
    let company = seeded(1);
    let before = truth(&company).people;
    let (day, _) = live_a_day(&company);
    let (giver, taker) = &day.address_moved[0];
    let address = before[giver]["email"].clone().unwrap();
    assert_eq!(company.json(&["users", "show", &address])["external_id"], **taker);
    let theirs = truth(&company).people[giver]["email"].clone().unwrap();
    assert_eq!(company.json(&["users", "show", &theirs])["external_id"], **giver);
    let old = before[taker]["email"].clone().unwrap();
    assert_eq!(company.json(&["users", "show", &old])["external_id"], **taker);
}

/// The id of the group with this local part.
fn group(truth: &Picture, local: &str) -> (String, String) {
    let is = |fields: &Fields| fields["email"].as_ref().is_some_and(|email| email.starts_with(&format!("{local}@")));
    let (id, fields) = truth.groups.iter().find(|(_, fields)| is(fields)).unwrap();
    (id.clone(), fields["email"].clone().unwrap())
}

#[test]
fn groups_in_a_circle_are_each_gone_through_once() {
    let company = seeded(1);
    let truth = truth(&company);
    let circle = ["circle-a", "circle-b", "circle-c"].map(|local| group(&truth, local).0);
    let in_circle = |(of, member): &&(String, String)| circle.contains(of) && !circle.contains(member);
    let people: BTreeSet<String> = truth.memberships.keys().filter(in_circle).map(|(_, id)| id.clone()).collect();
    assert!(people.len() >= 3, "{people:?}");
    for local in ["circle-a", "circle-b", "circle-c"] {
        let (id, address) = group(&truth, local);
        let nested = by_id(&company.json(&["groups", "members", &address, "--nested"]));
        assert_eq!(ids(nested.keys()), people, "{local}");
        for (member, row) in &nested {
            let direct = truth.memberships.contains_key(&(id.clone(), member.clone()));
            assert_eq!(row["path"] == *address, direct, "{local}: {row}");
        }
    }
}

#[test]
fn everyone_stands_for_all_active_people() {
    let company = seeded(1);
    let truth = truth(&company);
    let (id, address) = group(&truth, "everyone");
    let active = truth.people.iter().filter(|(_, person)| person["status"].as_deref() == Some("active"));
    let direct = truth
        .memberships
        .iter()
        .filter(|((of, _), fields)| *of == id && fields["member_kind"].as_deref() != Some("everyone"));
    let should = ids(active.map(|(id, _)| id).chain(direct.map(|((_, member), _)| member)));
    assert!(should.len() < truth.people.len(), "somebody is suspended");
    let nested = company.json(&["groups", "members", &address, "--nested"]);
    assert_eq!(ids(by_id(&nested).keys()), should);
}
