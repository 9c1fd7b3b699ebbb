//! A home with one integration of a pretend directory: syncing it, and looking at what is stored.

use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::http::{Client, ClientOptions, RetryPolicy};
use dirsync::model::{Integration, IntegrationName, Tenant};
use dirsync::provider::Directory;
use dirsync::store::{NewIntegration, SignedIn, Store};
use dirsync::sync::guard::RemovalLimit;
use dirsync::sync::{Report, Request, SyncError, run};
use jiff::SignedDuration;
use rusqlite::types::Value as Cell;

use super::PRETENDERS;
use super::picture::Picture;
use super::pretend::{Pretend, Reach, Size, Start};

/// Patience long enough for a busy machine and short enough for a test.
const RETRY: RetryPolicy = RetryPolicy {
    give_up_after: Duration::from_millis(500),
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(40),
};

pub(super) const EVERYTHING: RemovalLimit = RemovalLimit::Percent(100.0);

pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) clock: Clock,
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) pretend: Box<dyn Pretend>,
    client: Client,
}

/// One home per vendor.
pub(super) fn homes(size: Size) -> impl Iterator<Item = Home> {
    PRETENDERS.iter().map(move |pretend| Home::new(pretend, size))
}

impl Home {
    pub(super) fn new(pretend: &dyn Fn(&Start) -> Box<dyn Pretend>, size: Size) -> Self {
        static TLS: Once = Once::new();
        // Another test of this binary may have installed it already.
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-11-24T08:00:00Z".parse().unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let pretend = pretend(&Start { size, clock: clock.clone(), runtime: runtime.handle().clone() });
        let silence = Duration::from_millis(1_500);
        let client = Client::new(&ClientOptions { silence, ..ClientOptions::default() }).unwrap();
        let home = Self { folder, clock, runtime, pretend, client };
        let new = NewIntegration {
            name: IntegrationName::new("corp").unwrap(),
            kind: home.pretend.kind(),
            tenant: home.tenant(),
            signed_in: SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) },
            interval: SignedDuration::from_hours(4),
        };
        home.store().add_integration(&new, &|_| Ok(Vec::new()), home.clock.now()).unwrap();
        home
    }

    fn tenant(&self) -> Tenant {
        Tenant { id: self.pretend.tenant(), ..Tenant::default() }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.path().join("dirsync.db")
    }

    pub(super) fn store(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    pub(super) fn integration(&self) -> Integration {
        self.store().integration("corp").unwrap().unwrap()
    }

    /// The provider's client; of a new sign-in if no tenant is known yet.
    pub(super) fn directory(&self, tenant: Option<Tenant>) -> Box<dyn Directory> {
        let (client, clock) = (self.client.clone(), self.clock.clone());
        self.pretend.directory(Reach { client, retry: RETRY, clock, tenant })
    }

    /// Four hours later: a sync that lets `limit` go without asking.
    pub(super) fn sync_within(&self, limit: RemovalLimit) -> Result<Report, SyncError> {
        let directory = self.signed_in();
        self.runtime.block_on(run(self.request(limit, false), &*directory))
    }

    /// The provider's client, of this integration's sign-in.
    pub(super) fn signed_in(&self) -> Box<dyn Directory> {
        self.directory(Some(self.tenant()))
    }

    /// What is asked for four hours later; of `everything`, or of what has changed if the directory can tell.
    pub(super) fn request(&self, limit: RemovalLimit, everything: bool) -> Request {
        self.clock.advance(SignedDuration::from_hours(4));
        Request {
            integration: self.integration(),
            database: self.database(),
            locks: self.folder.path().join("locks"),
            wait: std::time::Duration::ZERO,
            limit,
            everything,
            rehearsal: None,
            clock: self.clock.clone(),
            watch: Arc::new(|_| {}),
        }
    }

    /// A sync under the usual guard that must succeed.
    #[track_caller]
    pub(super) fn sync(&self) -> Report {
        self.balanced(self.sync_within(RemovalLimit::Standard).unwrap())
    }

    /// A sync that may take anybody away and must succeed. What was held before is judged anew by complete runs only, so
    /// that a directory that tells its changes is asked for everything then.
    #[track_caller]
    pub(super) fn sync_everything(&self) -> Report {
        let held = self.store().held_plan(self.integration().id).unwrap().is_some();
        let directory = self.signed_in();
        self.balanced(self.runtime.block_on(run(self.request(EVERYTHING, held), &*directory)).unwrap())
    }

    #[track_caller]
    fn balanced(&self, report: Report) -> Report {
        assert!(report.summary.users.balances() && report.summary.groups.balances(), "{:?}", report.summary);
        report
    }

    /// The store equals the directory after one sync; once the absent are settled, there is nothing left to plan.
    #[track_caller]
    pub(super) fn settles(&self) {
        self.sync_everything();
        self.picture().assert_is(&self.pretend.truth());
        self.sync_everything();
        let third = self.sync_everything();
        assert!(third.summary.is_empty(), "{:?}", third.summary);
        self.picture().assert_is(&self.pretend.truth());
        assert_eq!(self.rows("SELECT external_id FROM v1_users WHERE status = 'missing'"), [""; 0]);
    }

    /// What is stored of people who are there.
    pub(super) fn picture(&self) -> Picture {
        Picture::stored(&self.database())
    }

    /// Everything the contract shows, our own columns and people who are not there any more included.
    pub(super) fn dump(&self) -> Vec<String> {
        let mut all = self.rows("SELECT * FROM v1_users ORDER BY id");
        all.extend(self.rows("SELECT * FROM v1_groups ORDER BY id"));
        all.extend(self.rows("SELECT * FROM v1_memberships ORDER BY group_external_id, member_external_id"));
        all.extend(self.rows("SELECT * FROM v1_changes ORDER BY at, subject, external_id, kind, field"));
        all
    }

    /// Rows of a query, their cells with bars between.
    pub(super) fn rows(&self, sql: &str) -> Vec<String> {
        let db = rusqlite::Connection::open(self.database()).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cell = |at| {
                Ok(match row.get(at)? {
                    Cell::Null => "∅".to_owned(),
                    Cell::Integer(number) => number.to_string(),
                    Cell::Text(text) => text,
                    other => format!("{other:?}"),
                })
            };
            Ok((0..columns).map(cell).collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        };
        statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// A person's status and row number.
    pub(super) fn person(&self, id: &str) -> (String, String) {
        let row = self.rows(&format!("SELECT status, id FROM v1_users WHERE external_id = '{id}'"));
        let (status, row) = row.first().and_then(|row| row.split_once('|')).unwrap_or(("unknown", ""));
        (status.to_owned(), row.to_owned())
    }
}
