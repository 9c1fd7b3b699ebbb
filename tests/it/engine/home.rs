//! A home with one integration, and what is stored in it as text to compare with what should be.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use dirsync::clock::Clock;
use dirsync::model::{AccountStatus, Change, DirectoryUser, Integration, IntegrationName, Tenant};
use dirsync::provider::Directory;
use dirsync::store::{NewIntegration, SignedIn, Store};
use dirsync::sync::guard::RemovalLimit;
use dirsync::sync::{Report, Request, Stopped, SyncError, run, run_until};
use jiff::SignedDuration;

use super::plain::Plain;

/// A home with one integration.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Clock,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Home {
    pub(crate) fn new() -> Self {
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
            tenant: Tenant { id: "C1".into(), ..Tenant::default() },
            signed_in: SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) },
            interval: SignedDuration::from_hours(4),
        };
        home.store().add_integration(&new, &|_| Ok(Vec::new()), home.clock.now()).unwrap();
        home
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("dirsync.db")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    pub(crate) fn integration(&self) -> Integration {
        self.store().integration("corp").unwrap().unwrap()
    }

    pub(crate) fn sync_with(&self, directory: &dyn Directory, limit: RemovalLimit) -> Result<Report, SyncError> {
        self.run(directory, limit, false, None)
    }

    /// A sync that reads everything, whatever the directory could say of changes.
    pub(crate) fn sync_everything(&self, directory: &dyn Directory) -> Result<Report, SyncError> {
        self.run(directory, RemovalLimit::Percent(100.0), true, None)
    }

    /// A dry run and the rows of its plan.
    pub(crate) fn rehearse(&self, directory: &dyn Directory) -> (Report, Vec<Change>) {
        let (rows, planned) = std::sync::mpsc::sync_channel(1000);
        let report = self.run(directory, RemovalLimit::Standard, false, Some(rows)).unwrap();
        (report, planned.iter().collect())
    }

    /// A sync of an integration as it was read some time ago, with this limit.
    pub(crate) fn sync_as_with(
        &self,
        integration: Integration,
        directory: &dyn Directory,
        limit: RemovalLimit,
    ) -> Result<Report, SyncError> {
        self.run_as(integration, directory, limit, false, None)
    }

    /// A sync of an integration as it was read some time ago.
    pub(crate) fn sync_as(&self, integration: Integration, directory: &dyn Directory) -> Result<Report, SyncError> {
        self.run_as(integration, directory, RemovalLimit::Standard, false, None)
    }

    fn run(
        &self,
        directory: &dyn Directory,
        limit: RemovalLimit,
        everything: bool,
        rehearsal: Option<SyncSender<Change>>,
    ) -> Result<Report, SyncError> {
        self.run_as(self.integration(), directory, limit, everything, rehearsal)
    }

    fn run_as(
        &self,
        integration: Integration,
        directory: &dyn Directory,
        limit: RemovalLimit,
        everything: bool,
        rehearsal: Option<SyncSender<Change>>,
    ) -> Result<Report, SyncError> {
        self.clock.advance(SignedDuration::from_hours(4));
        self.runtime.block_on(run(self.request(integration, limit, everything, rehearsal), directory))
    }

    /// The same until it is stopped.
    pub(crate) fn sync_until(&self, stopped: Stopped, directory: &dyn Directory) -> Result<Report, SyncError> {
        self.clock.advance(SignedDuration::from_hours(4));
        let request = self.request(self.integration(), RemovalLimit::Standard, false, None);
        self.runtime.block_on(run_until(stopped, request, directory))
    }

    /// Where the locks are.
    pub(crate) fn locks(&self) -> std::path::PathBuf {
        self.folder.path().join("locks")
    }

    /// What is asked for at this moment.
    pub(crate) fn request(
        &self,
        integration: Integration,
        limit: RemovalLimit,
        everything: bool,
        rehearsal: Option<SyncSender<Change>>,
    ) -> Request {
        Request {
            integration,
            database: self.database(),
            locks: self.locks(),
            wait: std::time::Duration::ZERO,
            limit,
            everything,
            rehearsal,
            clock: self.clock.clone(),
            watch: Arc::new(|_| {}),
        }
    }

    pub(crate) fn sync(&self, directory: &dyn Directory) -> Report {
        self.sync_with(directory, RemovalLimit::Standard).unwrap()
    }

    pub(crate) fn status(&self, id: &str) -> String {
        self.rows(&format!("SELECT status FROM v1_users WHERE external_id = '{id}'")).join(",")
    }

    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.database(), sql)
    }
}

pub(crate) fn rows(database: &Path, sql: &str) -> Vec<String> {
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
pub(crate) fn stored(home: &Home) -> Vec<String> {
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

pub(crate) fn expected(plain: &Plain) -> Vec<String> {
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
