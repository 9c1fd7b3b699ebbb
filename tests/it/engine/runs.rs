//! What the engine makes of one run after another: absence, holds, failures, refusals, dry runs.

use dirsync::clock::Clock;
use dirsync::model::{AccountStatus, Failure, FailureKind, Outcome, Start};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use dirsync::store::{Approval, SignedIn};
use dirsync::sync::SyncError;
use dirsync::sync::guard::RemovalLimit;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use tokio::sync::mpsc::Sender;

use super::home::{Home, expected, rows, stored};
use super::plain::Plain;

#[test]
fn a_first_sync_brings_everybody_and_a_second_plans_nothing() {
    let home = Home::new();
    let mut plain = Plain::with_people(7);
    plain.group("g1", &["0", "1", "2"]);
    plain.group("g2", &[]);
    let first = home.sync(&plain);
    assert_eq!((first.summary.users.added, first.summary.groups.added, first.summary.memberships.added), (7, 2, 3));
    assert_eq!(stored(&home), expected(&plain));
    let second = home.sync(&plain);
    assert!(second.summary.is_empty(), "{:?}", second.summary);
    assert_eq!(second.summary.users.unchanged, 7);
}

#[test]
fn somebody_absent_is_missing_first_and_removed_when_absent_twice() {
    let home = Home::new();
    let mut plain = Plain::with_people(60);
    home.sync(&plain);
    let gone = plain.users.remove("3").unwrap();
    home.sync(&plain);
    assert_eq!(home.status("3"), "missing");
    plain.users.insert("3".into(), gone);
    home.sync(&plain);
    assert_eq!(home.status("3"), "active", "back in time");
    plain.users.remove("3");
    home.sync(&plain);
    home.sync(&plain);
    assert_eq!(home.status("3"), "removed");
    let kinds = home.rows("SELECT kind FROM v1_changes WHERE external_id = '3' AND subject = 'user'");
    assert_eq!(kinds, ["joined", "missing", "returned", "missing", "left"]);
}

#[test]
fn the_directorys_own_word_removes_at_once_and_a_device_retains() {
    let home = Home::new();
    let mut plain = Plain::with_people(60);
    home.sync(&plain);
    let db = rusqlite::Connection::open(home.database()).unwrap();
    db.execute_batch(
        "INSERT INTO devices (serial) VALUES ('C02XYZ');
         INSERT INTO assignments (device_id, user_id, started_at)
         SELECT 1, id, '2026-11-24T08:00:00Z' FROM users WHERE external_id = '5';",
    )
    .unwrap();
    for id in ["4", "5"] {
        plain.users.remove(id);
        plain.deleted.insert(id.into());
    }
    home.sync(&plain);
    assert_eq!((home.status("4"), home.status("5")), ("removed".into(), "retained".into()));
    let (id, device) = (
        home.rows("SELECT id FROM v1_users WHERE external_id = '5'"),
        home.rows("SELECT devices FROM v1_users WHERE external_id = '5'"),
    );
    plain.join("5");
    let report = home.sync(&plain);
    assert_eq!(report.summary.returned, 1);
    assert_eq!(home.rows("SELECT id FROM v1_users WHERE external_id = '5' AND status = 'active'"), id);
    assert_eq!(device, [r#"["C02XYZ"]"#]);
}

#[test]
fn forty_percent_gone_are_held_and_approved_once() {
    for confirmed in [true, false] {
        let home = Home::new();
        let mut plain = Plain::with_people(10);
        home.sync(&plain);
        for id in ["0", "1", "2", "3", "4"] {
            plain.users.remove(id);
            if confirmed {
                plain.deleted.insert(id.into());
            }
        }
        plain.join("new");
        plain.users.get_mut("9").unwrap().title = Some("Chief".into());
        let report = home.sync(&plain);
        assert_eq!(report.outcome(), Outcome::Held);
        assert_eq!(home.status("new"), "active", "joiners are in");
        assert_eq!(home.rows("SELECT title FROM v1_users WHERE external_id = '9'"), ["Chief"], "changes are in");
        assert_eq!(home.rows("SELECT count(*) FROM v1_users WHERE status = 'removed'"), ["0"], "nobody is removed");
        let plan = report.plan.unwrap();
        let again = home.sync(&plain);
        assert_eq!(again.outcome(), Outcome::Held);
        let newer = again.plan.unwrap();
        let mut store = home.store();
        assert!(
            matches!(
                store.approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "ada", home.clock.now()).unwrap(),
                Approval::NotHeld(_)
            ),
            "replaced"
        );
        let approval = store.approve_plan(dirsync::people::LIFE_CYCLE, newer, None, "ada", home.clock.now()).unwrap();
        assert!(matches!(approval, Approval::Applied { removed: 5, suspended: 0, .. }), "{approval:?}");
        assert_eq!(stored(&home), expected(&plain));
        assert!(
            matches!(
                store.approve_plan(dirsync::people::LIFE_CYCLE, newer, None, "ada", home.clock.now()).unwrap(),
                Approval::NotHeld(_)
            ),
            "once"
        );
        assert!(home.sync(&plain).summary.is_empty());
    }
}

#[test]
fn a_plan_whose_people_came_back_is_outdated() {
    let home = Home::new();
    let mut plain = Plain::with_people(10);
    home.sync(&plain);
    let left: Vec<_> = ["0", "1", "2", "3", "4"].iter().filter_map(|id| plain.users.remove(*id)).collect();
    let plan = home.sync(&plain).plan.unwrap();
    rusqlite::Connection::open(home.database())
        .unwrap()
        .execute("UPDATE users SET status = 'active' WHERE external_id = '2'", [])
        .unwrap();
    let approval = home.store().approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "ada", home.clock.now()).unwrap();
    assert_eq!(approval, Approval::Outdated { people: 1 });
    plain.users.extend(left.into_iter().map(|user| (user.external_id.clone(), user)));
    assert_eq!(home.sync(&plain).outcome(), Outcome::Done);
    assert_eq!(stored(&home), expected(&plain));
    assert!(home.store().plans(false).unwrap().is_empty(), "a complete run replaces the held plan");
}

#[test]
fn mass_suspension_is_held_and_asked_for_again_until_approved() {
    let home = Home::new();
    let mut plain = Plain::with_people(10);
    home.sync(&plain);
    for id in ["0", "1", "2", "3", "4"] {
        let user = plain.users.get_mut(id).unwrap();
        (user.status, user.status_reason) = (Some(AccountStatus::Suspended), Some("ADMIN".into()));
        user.title = Some("Known".into());
    }
    let first = home.sync(&plain);
    assert_eq!((first.outcome(), first.summary.users.held), (Outcome::Held, 5));
    assert_eq!(home.status("0"), "active");
    assert_eq!(home.rows("SELECT title FROM v1_users WHERE external_id = '0'"), ["Known"]);
    let second = home.sync(&plain);
    assert_eq!((second.outcome(), second.summary.users.changed), (Outcome::Held, 0));
    home.store()
        .approve_plan(dirsync::people::LIFE_CYCLE, second.plan.unwrap(), None, "ada", home.clock.now())
        .unwrap();
    assert_eq!(stored(&home), expected(&plain));
    assert!(home.sync(&plain).summary.is_empty());
}

#[test]
fn a_failed_fetch_changes_nothing_and_is_recorded() {
    let home = Home::new();
    let mut plain = Plain::with_people(10);
    plain.group("g", &["1"]);
    home.sync(&plain);
    let before = stored(&home);
    let mut failing = Plain::with_people(2);
    failing.fail = Some(Failure::new(FailureKind::Temporary, "503 to the end"));
    assert!(matches!(home.sync_with(&failing, RemovalLimit::Standard), Err(SyncError::Directory(_))));
    let empty = Plain::default();
    assert!(matches!(home.sync_with(&empty, RemovalLimit::Percent(100.0)), Err(SyncError::Directory(_))));
    let mut no_groups = plain.clone();
    no_groups.group("h", &[]);
    home.sync(&no_groups);
    no_groups.groups.clear();
    no_groups.members.clear();
    assert!(matches!(home.sync_with(&no_groups, RemovalLimit::Standard), Err(SyncError::Directory(_))));
    home.sync(&plain);
    assert_eq!(stored(&home), before);
    let outcomes = home.rows("SELECT outcome FROM v1_runs ORDER BY id");
    assert_eq!(outcomes, ["done", "failed", "failed", "done", "failed", "done"]);
}

#[test]
fn a_group_that_failed_stays_as_it_was_and_the_run_is_partial() {
    let home = Home::new();
    let mut plain = Plain::with_people(5);
    plain.group("g", &["0", "1"]);
    plain.group("h", &["2"]);
    home.sync(&plain);
    let before = stored(&home);
    let mut failing = plain.clone();
    failing.group("g", &["3"]);
    failing.failing_groups.insert("g".into());
    let report = home.sync(&failing);
    assert_eq!((report.outcome(), report.summary.memberships.refused), (Outcome::Partial, 1));
    assert_eq!(stored(&home), before);
}

#[test]
fn a_record_set_aside_is_present_and_an_unreadable_one_could_be_anybody() {
    let home = Home::new();
    let mut plain = Plain::with_people(60);
    home.sync(&plain);
    plain.users.remove("1");
    plain.users.remove("2");
    plain.refused.push((Some("1".into()), "its field primaryEmail has a value of the wrong type".into()));
    let report = home.sync(&plain);
    assert_eq!((report.outcome(), report.summary.users.refused), (Outcome::Partial, 1));
    assert_eq!((home.status("1"), home.status("2")), ("active".into(), "missing".into()));
    plain.refused.push((None, "it has no id".into()));
    plain.users.remove("5");
    home.sync(&plain);
    assert_eq!((home.status("2"), home.status("5")), ("missing".into(), "active".into()));
}

#[test]
fn a_dry_run_prints_the_plan_of_the_real_run_and_changes_nothing() {
    let home = Home::new();
    let mut plain = Plain::with_people(60);
    plain.group("g", &["0", "1"]);
    home.sync(&plain);
    plain.users.remove("0");
    plain.users.get_mut("1").unwrap().department = Some("Ops".into());
    plain.join("new");
    plain.group("g", &["1", "new"]);
    plain.group("h", &["new"]);
    let before = home.rows("SELECT count(*) FROM v1_changes");
    let (dry, planned) = home.rehearse(&plain);
    assert_eq!(home.rows("SELECT count(*) FROM v1_changes"), before);
    let real = home.sync(&plain);
    let line =
        |c: &dirsync::model::Change| format!("{}|{}|{}|{:?}|{:?}", c.subject, c.external_id, c.kind, c.field, c.after);
    let mut planned: Vec<_> = planned.iter().map(line).collect();
    let mut applied = rows(
        &home.database(),
        &format!("SELECT subject, external_id, kind, field, after FROM changes WHERE run_id = {}", real.run.unwrap()),
    );
    planned.iter_mut().for_each(|line| *line = line.replace("Some(\"", "").replace("\")", "").replace("None", "∅"));
    planned.sort();
    applied.sort();
    assert_eq!(planned, applied);
    assert_eq!(dry.summary.users, real.summary.users);
    assert_eq!(dry.summary.memberships, real.summary.memberships);
}

#[test]
fn somebody_listed_twice_is_one_person_however_the_copies_look() {
    for refused_first in [true, false] {
        let home = Home::new();
        let mut plain = Plain::with_people(6);
        plain.refused_first = refused_first;
        // New here and known, unchanged and changed, each with a copy that cannot be read.
        for id in ["0", "1", "new", "new"] {
            plain.refused.push((Some(id.into()), "a field has a value of the wrong type".into()));
        }
        let report = home.sync(&plain);
        assert!(report.summary.users.balances(), "{:?}", report.summary.users);
        assert_eq!(report.summary.users.fetched, 7);
        plain.users.get_mut("1").unwrap().title = Some("Chief".into());
        let report = home.sync(&plain);
        assert!(report.summary.users.balances(), "{:?}", report.summary.users);
        assert_eq!(report.summary.users.fetched, 7);
    }
}

#[test]
fn a_directory_deleted_while_a_run_waited_to_begin_is_not_read() {
    let home = Home::new();
    let plain = Plain::with_people(7);
    let stale = home.integration();
    home.store()
        .delete_integration(
            dirsync::people::LIFE_CYCLE,
            stale.id,
            dirsync::store::Farewell::default(),
            home.clock.now(),
        )
        .unwrap();
    let error = home.sync_as(stale, &plain).unwrap_err();
    assert!(matches!(error, SyncError::Deleted), "{error:?}");
    assert_eq!(home.rows("SELECT count(*) FROM runs"), ["0"]);
}

#[test]
fn a_sign_in_renewed_during_a_run_is_not_judged_by_the_old_ones_end() {
    let home = Home::new();
    let mut plain = Plain::with_people(7);
    plain.fail = Some(Failure::new(FailureKind::SignInNeeded, "the sign-in is dead"));
    let stale = home.integration();
    let signed_in = SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) };
    home.clock.advance(jiff::SignedDuration::from_hours(1));
    let again = home.store().sign_in_again(stale.id, &stale.tenant, &signed_in, &|_| Ok(Vec::new()), home.clock.now());
    again.unwrap();
    home.sync_as(stale, &plain).unwrap_err();
    assert_eq!(home.rows("SELECT standing, last_sync_outcome FROM integrations"), ["connected|failed"]);
    home.sync_with(&plain, RemovalLimit::Standard).unwrap_err();
    assert_eq!(home.rows("SELECT standing FROM integrations"), ["sign_in_needed"]);
}

#[test]
fn a_run_that_fails_at_the_database_is_recorded_as_failed() {
    let home = Home::new();
    let plain = Plain::with_people(7);
    let db = rusqlite::Connection::open(home.database()).unwrap();
    db.execute_batch("CREATE TRIGGER refuse BEFORE INSERT ON users BEGIN SELECT RAISE(ABORT, 'no'); END").unwrap();
    let error = home.sync_with(&plain, RemovalLimit::Standard).unwrap_err();
    assert!(matches!(error, SyncError::Store(_)), "{error:?}");
    assert_eq!(home.rows("SELECT outcome, error FROM runs"), ["failed|no"]);
    assert_eq!(home.rows("SELECT last_sync_outcome FROM integrations"), ["failed"]);
}

#[test]
fn many_who_were_missing_and_come_back_suspended_are_held_like_any_other() {
    let home = Home::new();
    let mut plain = Plain::with_people(60);
    home.sync(&plain);
    let away: Vec<_> = (10..20).map(|id| plain.users.remove(&id.to_string()).unwrap()).collect();
    home.sync_with(&plain, RemovalLimit::Percent(100.0)).unwrap();
    assert_eq!(home.status("10"), "missing");
    for mut user in away {
        user.status = Some(AccountStatus::Suspended);
        plain.users.insert(user.external_id.clone(), user);
    }
    let report = home.sync(&plain);
    assert_eq!((report.outcome(), report.summary.users.held), (Outcome::Held, 10));
    assert_eq!(home.status("10"), "active");
    home.store().approve_plan(dirsync::people::LIFE_CYCLE, report.plan.unwrap(), None, "me", home.clock.now()).unwrap();
    assert_eq!(home.status("10"), "suspended");
}

/// A directory on a machine that sleeps in the middle of it.
struct Slept<'a> {
    plain: &'a Plain,
    clock: Clock,
    minutes: i64,
}

impl Directory for Slept<'_> {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        self.plain.probe()
    }

    fn following(&self) -> Option<Following> {
        None
    }

    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        self.clock.advance(SignedDuration::from_mins(self.minutes));
        self.plain.fetch(from, to)
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        self.plain.deleted(to)
    }
}

#[test]
fn what_was_read_before_and_after_a_long_sleep_is_not_believed() {
    let home = Home::new();
    let mut plain = Plain::with_people(7);
    home.sync(&plain);
    plain.join("8");
    let slept = |minutes| Slept { plain: &plain, clock: home.clock.clone(), minutes };
    let refused = home.sync_with(&slept(45), RemovalLimit::Standard).unwrap_err();
    assert!(["44", "45"].iter().any(|it| refused.to_string().contains(&format!("for {it} minutes"))), "{refused}");
    assert_eq!(stored(&home), expected(&Plain::with_people(7)));
    home.sync_with(&slept(25), RemovalLimit::Standard).unwrap();
    assert_eq!(stored(&home), expected(&plain));
}
