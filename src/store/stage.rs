//! The staging area of one run as a file: a database of its own beside the main one, thrown away at the end or kept to
//! be taken up where it broke off.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use serde::{Deserialize, Serialize};

use super::open::make_private_file;
use super::staged_members::OpenList;
use super::{Store, StoreError};
use crate::model::{IntegrationId, LifeCycle};

pub(super) const SCHEMA: &str = include_str!("staging.sql");

/// Memory for pages of the staging file, in KiB, while everything comes in in any order.
const STAGE_CACHE: i64 = 11 * 1024;

/// The staging area of one run, on a connection of its own. Its file is deleted when it is dropped, unless it is kept to
/// be taken up by the next run.
pub struct Stage {
    pub(super) store: Store,
    pub(super) integration: IntegrationId,
    /// What becomes of people.
    pub(super) life: LifeCycle,
    file: PathBuf,
    pub(super) open: HashMap<String, OpenList>,
    /// Whether any record at all was set aside; nearly always none is.
    pub(super) any_refused: bool,
    /// Whether anything at all was told to be gone.
    pub(super) any_deleted: bool,
    /// Whether an earlier run began it.
    pub(super) taken_up: bool,
    /// What has come in so far.
    pub tally: Tally,
    /// Whether the file outlives this value: what has come in can be taken up where it broke off.
    pub(super) kept: bool,
}

/// Counts of what came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Records of people, repetitions included.
    pub users: i64,
    /// Records of people that had come before.
    pub users_repeated: i64,
    /// Records of groups, repetitions included.
    pub groups: i64,
    /// Records of groups that had come before.
    pub groups_repeated: i64,
    /// Direct memberships.
    pub members: i64,
}

impl Stage {
    /// Makes an empty staging area for `integration`, on `store`'s connection. It is thrown away at the end or after a
    /// crash, so nothing here is made durable.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begin(store: Store, integration: IntegrationId, life: LifeCycle) -> Result<Self, StoreError> {
        let stage = Self::attach(
            store,
            integration,
            life,
            false,
            "PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF; PRAGMA stage.locking_mode = EXCLUSIVE;",
        )?;
        stage.store.db.execute_batch(SCHEMA)?;
        Ok(stage)
    }

    /// Attaches the integration's staging file, as a dead run left it or, unless it `is_there`, a new one.
    pub(super) fn attach(
        store: Store,
        integration: IntegrationId,
        life: LifeCycle,
        is_there: bool,
        pragmas: &str,
    ) -> Result<Self, StoreError> {
        let file = file_of(&store, integration);
        if !is_there {
            let refused = |error: std::io::Error| StoreError::Open { path: file.clone(), reason: error.to_string() };
            // One run at a time owns this file (the integration's lock sees to it); what lies here is a dead run's.
            remove(&file).map_err(refused)?;
            make_private_file(&file).map_err(refused)?;
        }
        store.db.execute("ATTACH ?1 AS stage", [file.to_string_lossy()])?;
        store.db.execute_batch(pragmas)?;
        store.db.pragma_update(Some("stage"), "cache_size", -STAGE_CACHE)?;
        let tally = Tally::default();
        Ok(Self {
            store,
            integration,
            life,
            file,
            open: HashMap::new(),
            any_refused: false,
            any_deleted: false,
            taken_up: false,
            tally,
            kept: false,
        })
    }

    /// Lets the file go with this value: nothing is to be taken up from it.
    pub fn discard(&mut self) {
        self.kept = false;
    }

    /// Does a batch of work in one transaction: it writes the staging file alone, and looks at the main database, which
    /// it locks for nobody, as of one moment. Thousands of small ones would cost more than their content. What is kept for
    /// a later run is kept with its tally.
    ///
    /// # Errors
    /// The disk refuses, or the work fails; then the staging area is of no use any more.
    pub fn in_transaction(&mut self, work: impl FnOnce(&mut Self) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.store.db.execute_batch("BEGIN")?;
        work(self)?;
        if self.kept {
            self.note_tally()?;
        }
        Ok(self.store.db.execute_batch("COMMIT")?)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A transaction cut off by an error would keep the file attached; either failing only leaves a file that the
        // next run deletes.
        let _ = self.store.db.execute_batch("ROLLBACK");
        // What is thrown away need not be written back first.
        let log_stays = self.store.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !self.kept).is_ok();
        let _ = self.store.db.execute_batch("DETACH stage");
        if log_stays {
            let _ = self.store.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        }
        if !self.kept {
            let _ = remove(&self.file);
        }
    }
}

/// Where the staging file of an integration is.
pub(super) fn file_of(store: &Store, integration: IntegrationId) -> PathBuf {
    let mut file = store.path().as_os_str().to_owned();
    file.push(format!(".stage-{integration}"));
    file.into()
}

/// Deletes a staging file and what SQLite keeps beside it.
pub(super) fn remove(file: &Path) -> std::io::Result<()> {
    ["", "-wal", "-shm", "-journal"].into_iter().try_for_each(|suffix| {
        let mut file = file.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    })
}
