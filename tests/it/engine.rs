//! The sync engine against a directory made of plain data: whatever happens to it, the store ends equal to it, and a
//! second run plans nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use dirsync::clock::Clock;
use dirsync::model::{
    AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, Integration, IntegrationName,
    MemberKind, Outcome, Record, Tenant,
};
use dirsync::provider::{Directory, Fetched};
use dirsync::store::{Approval, NewIntegration, SignedIn, Store};
use dirsync::sync::guard::RemovalLimit;
use dirsync::sync::{Report, Request, SyncError, run};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use proptest::prelude::*;
use tokio::sync::mpsc::Sender;

/// A directory as plain data.
#[derive(Clone, Debug, Default)]
struct Plain {
    users: BTreeMap<String, DirectoryUser>,
    groups: BTreeMap<String, DirectoryGroup>,
    members: BTreeMap<String, BTreeMap<String, DirectoryMember>>,
    deleted: BTreeSet<String>,
    refused: Vec<(Option<String>, String)>,
    failing_groups: BTreeSet<String>,
    fail: Option<Failure>,
}

impl Plain {
    fn with_people(number: usize) -> Self {
        let mut plain = Self::default();
        for i in 0..number {
            plain.join(&i.to_string());
        }
        plain
    }

    fn join(&mut self, id: &str) {
        let user = DirectoryUser {
            external_id: id.to_owned(),
            status: Some(AccountStatus::Active),
            email: Some(format!("p{id}@corp.example")),
            display_name: Some(format!("Person {id}")),
            ..DirectoryUser::default()
        };
        self.users.insert(id.to_owned(), user);
    }

    fn group(&mut self, id: &str, members: &[&str]) {
        let group =
            DirectoryGroup { external_id: id.to_owned(), name: Some(format!("Group {id}")), ..Default::default() };
        self.groups.insert(id.to_owned(), group);
        let member = |id: &&str| {
            let member = DirectoryMember {
                external_id: (*id).to_owned(),
                kind: MemberKind::User,
                email: Some(format!("p{id}@corp.example")),
                role: Some("member".into()),
            };
            ((*id).to_owned(), member)
        };
        self.members.insert(id.to_owned(), members.iter().map(member).collect());
    }
}

impl Directory for Plain {
    fn probe(&self) -> BoxFuture<'_, Result<Tenant, Failure>> {
        Box::pin(async { Ok(Tenant { id: "C1".into(), label: None }) })
    }

    fn fetch(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let send = async |piece| to.send(piece).await.map_err(|_| Failure::new(FailureKind::Refused, "stopped"));
            let users: Vec<_> = self.users.values().cloned().map(Record::Read).collect();
            for page in users.chunks(3) {
                send(Fetched::Users(page.to_vec())).await?;
            }
            let refused = self.refused.iter().cloned();
            send(Fetched::Users(
                refused.map(|(external_id, reason)| Record::Refused { external_id, reason }).collect(),
            ))
            .await?;
            send(Fetched::Groups(self.groups.values().cloned().map(Record::Read).collect())).await?;
            for id in self.groups.keys() {
                let members: Vec<_> = self.members[id].values().cloned().map(Record::Read).collect();
                for page in members.chunks(2) {
                    send(Fetched::Members { group: id.clone(), members: page.to_vec() }).await?;
                }
                if self.failing_groups.contains(id) {
                    let failure = Failure::new(FailureKind::Temporary, "503");
                    send(Fetched::MembersFailed { group: id.clone(), failure }).await?;
                } else {
                    send(Fetched::MembersEnd { group: id.clone() }).await?;
                }
            }
            self.fail.clone().map_or(Ok(()), Err)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        let ids = self.deleted.iter().cloned().collect();
        Box::pin(async move {
            to.send(Fetched::Deleted(ids)).await.map_err(|_| Failure::new(FailureKind::Refused, "stopped"))
        })
    }
}

/// A home with one integration.
struct Home {
    folder: tempfile::TempDir,
    clock: Clock,
    runtime: tokio::runtime::Runtime,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-11-24T08:00:00Z".parse().unwrap());
        let home = Self {
            folder,
            clock,
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap(),
        };
        let new = NewIntegration {
            name: IntegrationName::new("corp").unwrap(),
            kind: "google",
            tenant: Tenant { id: "C1".into(), label: None },
            signed_in: SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) },
            interval: SignedDuration::from_hours(4),
        };
        home.store().add_integration(&new, &|_| Ok(Vec::new()), home.clock.now()).unwrap();
        home
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("dirsync.db")
    }

    fn store(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    fn integration(&self) -> Integration {
        self.store().integration("corp").unwrap().unwrap()
    }

    fn sync_with(&self, plain: &Plain, limit: RemovalLimit, dry_run: bool) -> Result<Report, SyncError> {
        self.clock.advance(SignedDuration::from_hours(4));
        let request = Request {
            integration: self.integration(),
            database: self.database(),
            locks: self.folder.path().join("locks"),
            limit,
            dry_run,
            clock: self.clock.clone(),
            watch: Arc::new(|_| {}),
        };
        self.runtime.block_on(run(request, plain))
    }

    fn sync(&self, plain: &Plain) -> Report {
        self.sync_with(plain, RemovalLimit::Standard, false).unwrap()
    }

    fn status(&self, id: &str) -> String {
        self.rows(&format!("SELECT status FROM v1_users WHERE external_id = '{id}'")).join(",")
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.database(), sql)
    }
}

fn rows(database: &Path, sql: &str) -> Vec<String> {
    let db = rusqlite::Connection::open(database).unwrap();
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cell = |i| {
            let value: rusqlite::types::Value = row.get(i)?;
            Ok(match value {
                rusqlite::types::Value::Null => "∅".to_owned(),
                rusqlite::types::Value::Integer(n) => n.to_string(),
                rusqlite::types::Value::Text(t) => t,
                other => format!("{other:?}"),
            })
        };
        Ok((0..columns).map(cell).collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// People, groups and memberships of the store, in the words of [`expected`].
fn stored(home: &Home) -> Vec<String> {
    let mut all = home.rows(
        "SELECT external_id, status, email, display_name, title, aliases FROM v1_users
         WHERE status IN ('active', 'suspended') ORDER BY external_id",
    );
    all.extend(home.rows("SELECT external_id, name, members FROM v1_groups ORDER BY external_id"));
    all.extend(home.rows(
        "SELECT group_external_id, member_external_id, member_kind, member_email, role FROM v1_memberships
         ORDER BY 1, 2",
    ));
    all
}

fn expected(plain: &Plain) -> Vec<String> {
    let or = |text: &Option<String>| text.clone().unwrap_or("∅".into());
    let status = |user: &DirectoryUser| match user.status {
        Some(AccountStatus::Suspended) => "suspended",
        _ => "active",
    };
    let mut all: Vec<String> = plain
        .users
        .values()
        .map(|u| {
            let aliases = serde_json::to_string(&u.aliases).unwrap();
            format!(
                "{}|{}|{}|{}|{}|{aliases}",
                u.external_id,
                status(u),
                or(&u.email),
                or(&u.display_name),
                or(&u.title)
            )
        })
        .collect();
    all.extend(
        plain
            .groups
            .values()
            .map(|g| format!("{}|{}|{}", g.external_id, or(&g.name), plain.members[&g.external_id].len())),
    );
    for (group, members) in &plain.members {
        all.extend(
            members
                .values()
                .map(|m| format!("{group}|{}|{}|{}|{}", m.external_id, m.kind.as_str(), or(&m.email), or(&m.role))),
        );
    }
    all
}

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
        assert!(matches!(store.approve_plan(plan, "ada", home.clock.now()).unwrap(), Approval::NotHeld(_)), "replaced");
        let approval = store.approve_plan(newer, "ada", home.clock.now()).unwrap();
        assert!(matches!(approval, Approval::Applied { removed: 5, suspended: 0, .. }), "{approval:?}");
        assert_eq!(stored(&home), expected(&plain));
        assert!(matches!(store.approve_plan(newer, "ada", home.clock.now()).unwrap(), Approval::NotHeld(_)), "once");
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
    let approval = home.store().approve_plan(plan, "ada", home.clock.now()).unwrap();
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
    home.store().approve_plan(second.plan.unwrap(), "ada", home.clock.now()).unwrap();
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
    assert!(matches!(home.sync_with(&failing, RemovalLimit::Standard, false), Err(SyncError::Directory(_))));
    let empty = Plain::default();
    assert!(matches!(home.sync_with(&empty, RemovalLimit::Percent(100.0), false), Err(SyncError::Directory(_))));
    let mut no_groups = plain.clone();
    no_groups.group("h", &[]);
    home.sync(&no_groups);
    no_groups.groups.clear();
    no_groups.members.clear();
    assert!(matches!(home.sync_with(&no_groups, RemovalLimit::Standard, false), Err(SyncError::Directory(_))));
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
    let dry = home.sync_with(&plain, RemovalLimit::Standard, true).unwrap();
    assert_eq!(home.rows("SELECT count(*) FROM v1_changes"), before);
    let real = home.sync(&plain);
    let line =
        |c: &dirsync::model::Change| format!("{}|{}|{}|{:?}|{:?}", c.subject, c.external_id, c.kind, c.field, c.after);
    let mut planned: Vec<_> = dry.planned.iter().map(line).collect();
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

/// What may happen to a directory on one day.
#[derive(Clone, Debug)]
enum Event {
    Join(u8),
    Leave(u8, bool),
    Suspend(u8, bool),
    Retitle(u8, u8),
    Alias(u8, u8),
    Unknown(u8),
    Group(u8),
    Ungroup(u8),
    Member(u8, u8, bool),
    Unmember(u8, u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..30u8).prop_map(Event::Join),
        (0..30u8, any::<bool>()).prop_map(|(id, told)| Event::Leave(id, told)),
        (0..30u8, any::<bool>()).prop_map(|(id, on)| Event::Suspend(id, on)),
        (0..30u8, 0..4u8).prop_map(|(id, title)| Event::Retitle(id, title)),
        (0..30u8, 0..4u8).prop_map(|(id, alias)| Event::Alias(id, alias)),
        (0..30u8).prop_map(Event::Unknown),
        (0..5u8).prop_map(Event::Group),
        (0..5u8).prop_map(Event::Ungroup),
        (0..5u8, 0..30u8, any::<bool>()).prop_map(|(group, id, owner)| Event::Member(group, id, owner)),
        (0..5u8, 0..30u8).prop_map(|(group, id)| Event::Unmember(group, id)),
    ]
}

fn play(plain: &mut Plain, event: &Event) {
    let user = |plain: &mut Plain, id: u8, change: &dyn Fn(&mut DirectoryUser)| {
        if let Some(user) = plain.users.get_mut(&id.to_string()) {
            change(user);
        }
    };
    match *event {
        Event::Join(id) => {
            plain.deleted.remove(&id.to_string());
            if !plain.users.contains_key(&id.to_string()) {
                plain.join(&id.to_string());
            }
        }
        Event::Leave(id, told) => {
            if plain.users.remove(&id.to_string()).is_some() && told {
                plain.deleted.insert(id.to_string());
            }
        }
        Event::Suspend(id, on) => user(plain, id, &|user| {
            user.status = Some(if on { AccountStatus::Suspended } else { AccountStatus::Active });
        }),
        Event::Retitle(id, title) => user(plain, id, &|user| user.title = (title > 0).then(|| format!("T{title}"))),
        Event::Alias(id, alias) => {
            user(plain, id, &|user| user.aliases = (0..alias).map(|a| format!("a{a}@x")).collect())
        }
        // A missing flag keeps what is known, which for somebody active is the same as saying so.
        Event::Unknown(id) => user(plain, id, &|user| {
            if user.status == Some(AccountStatus::Active) {
                user.status = None;
            }
        }),
        Event::Group(group) => plain.group(&format!("g{group}"), &[]),
        Event::Ungroup(group) => {
            plain.groups.remove(&format!("g{group}"));
            plain.members.remove(&format!("g{group}"));
        }
        Event::Member(group, id, owner) => {
            if let Some(members) = plain.members.get_mut(&format!("g{group}")) {
                let member = DirectoryMember {
                    external_id: id.to_string(),
                    kind: if id == 29 { MemberKind::Everyone } else { MemberKind::Group },
                    email: (id != 29).then(|| format!("p{id}@corp.example")),
                    role: Some(if owner { "owner" } else { "member" }.into()),
                };
                members.insert(id.to_string(), member);
            }
        }
        Event::Unmember(group, id) => {
            if let Some(members) = plain.members.get_mut(&format!("g{group}")) {
                members.remove(&id.to_string());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_days_the_store_equals_the_directory_and_plans_nothing(
        days in prop::collection::vec(prop::collection::vec(event(), 1..25), 1..5)
    ) {
        let home = Home::new();
        let mut plain = Plain::with_people(3);
        plain.users.get_mut("0").unwrap().is_admin = true;
        for day in days {
            let admin = plain.users["0"].clone();
            day.iter().for_each(|event| play(&mut plain, event));
            // Whoever asks is there, and groups never all vanish at once (that is a fault, tested above).
            plain.users.insert("0".into(), admin);
            plain.deleted.remove("0");
            plain.group("anchor", &["0"]);
            let everything = RemovalLimit::Percent(100.0);
            let report = home.sync_with(&plain, everything, false).unwrap();
            prop_assert!(report.summary.users.balances() && report.summary.groups.balances());
            prop_assert_eq!(stored(&home), expected(&plain));
            home.sync_with(&plain, everything, false).unwrap();
            let third = home.sync_with(&plain, everything, false).unwrap();
            prop_assert!(third.summary.is_empty(), "{:?}", third.summary);
            prop_assert_eq!(stored(&home), expected(&plain));
        }
    }
}
