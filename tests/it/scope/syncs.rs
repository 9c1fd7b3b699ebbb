//! Syncs under a scope: nobody leaves by it, people move across its border, and what counts is guarded.

use std::collections::BTreeMap;

use dirsync::model::{AccountStatus, Change, Scope};
use dirsync::people::LIFE_CYCLE;
use dirsync::store::{LeaverFilter, StoreError};
use dirsync::sync::guard::RemovalLimit;
use serde_json::{Value, json};

use crate::engine::home::Home;
use crate::engine::plain::Plain;
use crate::google::company::Company;
use crate::google::truth::{settle, truth};

fn staff(number: usize) -> Plain {
    let mut plain = Plain::with_people(number);
    plain.users.values_mut().for_each(|user| user.org_unit = Some("/Staff".into()));
    plain
}

fn moves(plain: &mut Plain, id: &str, unit: &str) {
    plain.users.get_mut(id).unwrap().org_unit = Some(unit.into());
}

fn narrow(home: &Home, scope: &Scope) {
    let (id, now) = (home.integration().id, home.clock.now());
    home.store().set_scope(LIFE_CYCLE, id, scope, "ada", now, false).unwrap();
}

fn only_staff() -> Scope {
    Scope { org_units: vec!["/Staff".into()], ..Scope::default() }
}

#[test]
fn who_is_moved_in_the_source_goes_out_of_scope_and_comes_back() {
    let home = Home::new();
    let mut plain = staff(8);
    moves(&mut plain, "7", "/Students");
    home.sync(&plain);
    narrow(&home, &only_staff());
    assert_eq!(home.status("7"), "out_of_scope");
    let still = home.sync(&plain);
    assert!(still.summary.is_empty(), "{:?}", still.summary);

    moves(&mut plain, "0", "/Students");
    plain.join("new");
    moves(&mut plain, "new", "/Students");
    plain.join("colleague");
    moves(&mut plain, "colleague", "/Staff/Eng");
    let (planned, rows) = home.rehearse(&plain);
    let of_status = |row: &Change| row.field.as_deref().is_none_or(|field| field == "status");
    let kinds = |kind: &str| rows.iter().filter(|row| row.kind == kind && of_status(row)).count();
    assert_eq!((kinds("joined"), kinds("changed"), kinds("left")), (1, 2, 0), "{rows:?}");
    let synced = home.sync(&plain);
    assert_eq!(synced.summary, planned.summary);
    let users = synced.summary.users;
    assert_eq!((users.added, users.out_of_scope, users.left_scope, users.came_into_scope), (1, 1, 1, 0));
    assert!(users.balances() && users.removed == 0, "{users:?}");
    assert_eq!(["0", "new", "colleague"].map(|id| home.status(id)), ["out_of_scope", "out_of_scope", "active"]);

    plain.users.get_mut("new").unwrap().status = Some(AccountStatus::Suspended);
    moves(&mut plain, "0", "/Staff");
    let report = home.sync(&plain);
    let back = report.summary.users;
    assert_eq!((back.came_into_scope, back.left_scope, back.changed), (1, 0, 2));
    // Whoever is suspended while they are out of scope becomes a leaver then.
    let line = "SELECT concat_ws(' ', kind, field, before, after, run_id) FROM changes WHERE subject = 'user' AND external_id = 'new'
                ORDER BY id DESC LIMIT 1";
    assert_eq!(home.rows(line), [format!("changed directory_status active suspended {}", report.run.unwrap())]);
    let db = rusqlite::Connection::open(home.database()).unwrap();
    db.execute_batch(
        "INSERT INTO devices (serial) VALUES ('S1');
         INSERT INTO assignments (device_id, user_id, started_at)
         SELECT 1, id, '2026-11-24T08:00:00Z' FROM users WHERE external_id = 'new'",
    )
    .unwrap();
    let filter = LeaverFilter { since: Some(report.ended_at), ..LeaverFilter::default() };
    let mut leavers = Vec::new();
    let told = home.store().each_leaver(&filter, |leaver| {
        leavers.push(leaver.status_since);
        Ok::<_, StoreError>(())
    });
    assert_eq!((told.is_ok(), leavers), (true, vec![report.ended_at]));
    assert_eq!((home.status("0"), home.status("new")), ("active".to_owned(), "out_of_scope".to_owned()));
    narrow(&home, &Scope::default());
    assert_eq!(home.status("new"), "suspended");
    assert!(home.sync(&plain).summary.is_empty());
}

#[test]
fn members_who_come_and_go_cross_the_border_within_the_same_run() {
    let home = Home::new();
    let mut plain = Plain::with_people(5);
    plain.group("team", &["0", "1"]);
    plain.group("other", &["2"]);
    home.sync(&plain);
    narrow(&home, &Scope { groups: vec!["team".into()], ..Scope::default() });
    let who = |home: &Home| home.rows("SELECT external_id FROM users WHERE status = 'active' ORDER BY 1");
    assert_eq!(who(&home), ["0", "1"]);
    plain.group("team", &["1", "2", "3"]);
    plain.members.get_mut("other").unwrap().clear();
    let report = home.sync(&plain);
    assert_eq!(who(&home), ["1", "2", "3"]);
    assert_eq!((report.summary.users.came_into_scope, report.summary.users.left_scope), (2, 1));
    // What cannot be read takes nobody out.
    plain.group("team", &["1"]);
    plain.failing_groups.insert("team".into());
    home.sync(&plain);
    assert_eq!(who(&home), ["1", "2", "3"]);
    plain.failing_groups.clear();
    // A group that is gone brings in nobody, and the run says so.
    plain.groups.remove("team");
    let report = home.sync(&plain);
    assert_eq!(who(&home), [""; 0]);
    let notes: Vec<&str> = report.summary.notes.iter().map(|note| &*note.reason).collect();
    assert_eq!(notes, ["the scope names it, and it is gone: it brings in nobody"]);
    assert_eq!(home.rows("SELECT DISTINCT status FROM users"), ["out_of_scope"]);
}

#[test]
fn the_guard_counts_who_is_in_scope_and_nobody_else() {
    let home = Home::new();
    let mut plain = staff(20);
    (20..60).for_each(|id| {
        plain.join(&id.to_string());
        moves(&mut plain, &id.to_string(), "/Students");
    });
    home.sync(&plain);
    narrow(&home, &only_staff());
    // All students at once: nobody's loss here.
    let students = plain.clone();
    plain.users.retain(|_, user| user.org_unit.as_deref() == Some("/Staff"));
    for _ in 0..2 {
        let report = home.sync(&plain);
        assert_eq!((report.plan, report.summary.users.held), (None, 0));
    }
    assert_eq!(home.status("20"), "removed");
    // A third of the staff, few of all there ever were.
    plain.users.retain(|_, user| user.external_id.parse::<usize>().unwrap() >= 6);
    let report = home.sync(&plain);
    assert_eq!((report.plan.is_some(), report.summary.users.held), (true, 6));
    // Students come back as what they were, without anybody's approval.
    home.sync_with(&students, RemovalLimit::Standard).unwrap();
    assert_eq!((home.status("20"), home.status("0")), ("out_of_scope".to_owned(), "active".to_owned()));
}

/// What the directory says of everybody, narrowed by hand: status by id.
fn should_be(company: &Company, unit: &str) -> BTreeMap<String, String> {
    let below = format!("{unit}/");
    truth(company)
        .people
        .into_iter()
        .map(|(id, fields)| {
            let path = fields["org_unit"].clone().unwrap_or_default();
            let inside = path == unit || path.starts_with(&below);
            (id, if inside { fields["status"].clone().unwrap() } else { "out_of_scope".to_owned() })
        })
        .collect()
}

fn is(company: &Company) -> BTreeMap<String, String> {
    let users = company.json(&["users", "--status", "active,suspended,out_of_scope"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    users.as_array().unwrap().iter().map(|user| (text(&user["external_id"]), text(&user["status"]))).collect()
}

#[test]
fn a_company_is_narrowed_lives_on_for_days_and_is_whole_again() {
    let company = Company::connected();
    let everybody = is(&company);
    let units = company.json(&["users", "--columns", "org_unit", "--status", "active"]);
    let unit =
        units.as_array().unwrap().iter().find_map(|user| user["org_unit"].as_str().filter(|unit| unit.len() > 1));
    let unit = unit.unwrap();
    let set = company.json(&["scope", "corp", "set", "--org-unit", unit, "--yes"]);
    assert_eq!(is(&company), should_be(&company, unit));
    assert_eq!(set["people"].as_i64().unwrap() + set["out_of_scope"].as_i64().unwrap(), everybody.len() as i64);
    let contents = company.contents();
    let run = &company.json(&["sync", "corp"])[0];
    assert_eq!((&run["changed"], &run["removed"], &run["added"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(company.contents(), contents, "a sync after it changes nothing");
    assert_eq!(company.json(&["changes", "--kind", "left", "--subject", "user"]), json!([]));
    for _ in 0..3 {
        company.sandbox.play_day();
        settle(&company);
        assert_eq!(is(&company), should_be(&company, unit));
    }
    let planned = company.json(&["sync", "corp", "--dry-run"]);
    assert_eq!(planned, json!([]));
    company.json(&["scope", "corp", "clear", "--yes"]);
    crate::google::truth::assert_true(&company);
    settle(&company);
    crate::google::truth::assert_true(&company);
}

#[test]
fn a_group_that_is_gone_from_the_scope_is_told_of_once_where_nobody_watches() {
    let company = Company::connected();
    let scope = r#"{"org_units": [], "groups": ["gone"], "exclude_suspended": false}"#;
    company.world.sql(&format!("UPDATE integrations SET scope = '{scope}'"));
    let people = company.json(&["list"])[0]["users"].to_string();
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    let told = format!(
        "warning: corp: group gone: the scope names it, and it is gone: it brings in nobody; {people} went out"
    );
    assert!(synced.stderr.contains(&told), "{synced}");
    assert_eq!(company.json(&["list"])[0]["users"], 0);
    let again = company.world.run(&["sync", "corp"]);
    assert!(again.code == Some(0) && again.stderr.is_empty(), "{again}");
    let run = company.json(&["runs"])[0]["id"].to_string();
    assert_eq!(company.json(&["runs", "show", &run])["notes"][0]["external_id"], "gone");
    assert_eq!(company.json(&["scope", "corp"])["groups"], json!(["gone"]));
}
