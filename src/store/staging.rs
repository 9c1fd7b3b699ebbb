//! The staging area: what a fetch brought, in a database file of its own beside the main one, until a plan is made of it.
//! Unchanged people and groups leave only their number, unchanged member lists only their hash.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::open::make_private_file;
use super::staged_members::OpenList;
use super::{Store, StoreError};
use crate::model::{DirectoryGroup, DirectoryUser, IntegrationId, Record};

const SCHEMA: &str = include_str!("staging.sql");

/// The staging area of one run, on a connection of its own. Its file is deleted when it is dropped.
pub struct Stage {
    pub(super) store: Store,
    pub(super) integration: IntegrationId,
    file: PathBuf,
    pub(super) open: HashMap<String, OpenList>,
    /// What has come in so far.
    pub tally: Tally,
}

/// Counts of what came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Makes an empty staging area for `integration`, on `store`'s connection.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begin(store: Store, integration: IntegrationId) -> Result<Self, StoreError> {
        let mut file = store.path().as_os_str().to_owned();
        file.push(format!(".stage-{integration}"));
        let file = PathBuf::from(file);
        let refused = |error: std::io::Error| StoreError::Open { path: file.clone(), reason: error.to_string() };
        // One run at a time owns this file (the integration's lock sees to it); what lies here is a dead run's.
        if file.exists() {
            std::fs::remove_file(&file).map_err(refused)?;
        }
        make_private_file(&file).map_err(refused)?;
        store.db.execute("ATTACH ?1 AS stage", [file.to_string_lossy()])?;
        store.db.execute_batch(SCHEMA)?;
        Ok(Self { store, integration, file, open: HashMap::new(), tally: Tally::default() })
    }

    /// Takes in a page of people.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn users(&mut self, page: &[Record<DirectoryUser>]) -> Result<(), StoreError> {
        page.iter().try_for_each(|record| self.user(record))
    }

    /// Takes in a page of groups.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn groups(&mut self, page: &[Record<DirectoryGroup>]) -> Result<(), StoreError> {
        page.iter().try_for_each(|record| self.group(record))
    }

    /// Takes in ids of people the directory says are gone.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn deleted(&mut self, ids: &[String]) -> Result<(), StoreError> {
        let mut insert =
            self.store.db.prepare_cached("INSERT OR IGNORE INTO stage.deleted_users (external_id) VALUES (?1)")?;
        for id in ids {
            insert.execute([id])?;
        }
        Ok(())
    }

    /// Does a batch of work in one transaction: it writes the staging file alone, and looks at the main database, which
    /// it locks for nobody, as of one moment. Thousands of small ones would cost more than their content.
    ///
    /// # Errors
    /// The disk refuses, or the work fails; then the staging area is of no use any more.
    pub fn in_transaction(&mut self, work: impl FnOnce(&mut Self) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.store.db.execute_batch("BEGIN")?;
        work(self)?;
        Ok(self.store.db.execute_batch("COMMIT")?)
    }

    pub(super) fn refuse(&self, subject: &str, external_id: Option<&str>, reason: &str) -> Result<(), StoreError> {
        self.store.db.execute(
            "INSERT INTO stage.refused (subject, external_id, reason) VALUES (?1, ?2, ?3)",
            params![subject, external_id, reason],
        )?;
        Ok(())
    }

    fn user(&mut self, record: &Record<DirectoryUser>) -> Result<(), StoreError> {
        self.tally.users += 1;
        let external_id = match record {
            Record::Read(user) => Some(user.external_id.as_str()),
            Record::Refused { external_id, reason } => {
                self.refuse("user", external_id.as_deref(), reason)?;
                external_id.as_deref()
            }
        };
        let Some(external_id) = external_id else { return Ok(()) };
        let known = self
            .store
            .db
            .prepare_cached(
                "SELECT id, status, content_hash FROM users WHERE integration_id = ?1 AND external_id = ?2",
            )?
            .query_row(params![self.integration.0, external_id], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<Vec<u8>>>(2)?))
            })
            .optional()?;
        let mut forget = self.store.db.prepare_cached("DELETE FROM stage.users WHERE external_id = ?1")?;
        let mut repeated = forget.execute([external_id])? > 0;
        let Record::Read(user) = record else {
            if let Some((id, ..)) = known {
                repeated |= mark_seen(&self.store, "seen_users", id, true)?;
            }
            self.tally.users_repeated += i64::from(repeated);
            return Ok(());
        };
        let hash = content_hash(user);
        match known {
            Some((id, status, Some(stored))) if stored == hash && matches!(status.as_str(), "active" | "suspended") => {
                repeated |= mark_seen(&self.store, "seen_users", id, false)?;
            }
            known => {
                let (id, was) = known.map(|(id, status, _)| (id, status)).unzip();
                if let Some(id) = id {
                    let mut unsee = self.store.db.prepare_cached("DELETE FROM stage.seen_users WHERE id = ?1")?;
                    repeated |= unsee.execute([id])? > 0;
                }
                self.write_user(user, id, was, &hash)?;
            }
        }
        self.tally.users_repeated += i64::from(repeated);
        Ok(())
    }

    fn write_user(
        &self,
        user: &DirectoryUser,
        id: Option<i64>,
        was: Option<String>,
        hash: &[u8],
    ) -> Result<(), StoreError> {
        let aliases = serde_json::to_string(&user.aliases).unwrap_or_else(|_| "[]".into());
        let status = user.status.map(|status| match status {
            crate::model::AccountStatus::Active => "active",
            crate::model::AccountStatus::Suspended => "suspended",
        });
        self.store
            .db
            .prepare_cached(
                "INSERT INTO stage.users (external_id, user_id, was, status, status_reason, email, user_name,
                 display_name, given_name, family_name, title, department, cost_center, manager, employee_id, phone,
                 location, org_unit, aliases, is_admin, attributes, content_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 ?21, ?22)",
            )?
            .execute(params![
                user.external_id,
                id,
                was,
                status,
                user.status_reason,
                user.email,
                user.user_name,
                user.display_name,
                user.given_name,
                user.family_name,
                user.title,
                user.department,
                user.cost_center,
                user.manager,
                user.employee_id,
                user.phone,
                user.location,
                user.org_unit,
                aliases,
                user.is_admin,
                user.attributes,
                hash
            ])?;
        Ok(())
    }

    fn group(&mut self, record: &Record<DirectoryGroup>) -> Result<(), StoreError> {
        self.tally.groups += 1;
        let external_id = match record {
            Record::Read(group) => Some(group.external_id.as_str()),
            Record::Refused { external_id, reason } => {
                self.refuse("group", external_id.as_deref(), reason)?;
                external_id.as_deref()
            }
        };
        let Some(external_id) = external_id else { return Ok(()) };
        let known = self
            .store
            .db
            .prepare_cached("SELECT id, content_hash FROM groups WHERE integration_id = ?1 AND external_id = ?2")?
            .query_row(params![self.integration.0, external_id], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
            })
            .optional()?;
        let mut forget = self.store.db.prepare_cached("DELETE FROM stage.groups WHERE external_id = ?1")?;
        let mut repeated = forget.execute([external_id])? > 0;
        let Record::Read(group) = record else {
            if let Some((id, _)) = known {
                repeated |= mark_seen(&self.store, "seen_groups", id, true)?;
            }
            self.tally.groups_repeated += i64::from(repeated);
            return Ok(());
        };
        let hash = content_hash(group);
        match known {
            Some((id, Some(stored))) if stored == hash => {
                repeated |= mark_seen(&self.store, "seen_groups", id, false)?;
            }
            known => {
                let id = known.map(|(id, _)| id);
                if let Some(id) = id {
                    let mut unsee = self.store.db.prepare_cached("DELETE FROM stage.seen_groups WHERE id = ?1")?;
                    repeated |= unsee.execute([id])? > 0;
                }
                let aliases = serde_json::to_string(&group.aliases).unwrap_or_else(|_| "[]".into());
                self.store
                    .db
                    .prepare_cached(
                        "INSERT INTO stage.groups (external_id, group_id, name, email, description, kind, aliases,
                         content_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![
                        group.external_id,
                        id,
                        group.name,
                        group.email,
                        group.description,
                        group.kind,
                        aliases,
                        hash
                    ])?;
            }
        }
        self.tally.groups_repeated += i64::from(repeated);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A transaction cut off by an error would keep the file attached; either failing only leaves a file that the
        // next run deletes.
        let _ = self.store.db.execute_batch("ROLLBACK");
        let _ = self.store.db.execute_batch("DETACH stage");
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Marks a known person or group as present; returns whether it was marked before.
fn mark_seen(store: &Store, table: &str, id: i64, refused: bool) -> Result<bool, StoreError> {
    let sql = format!("INSERT OR IGNORE INTO stage.{table} (id, refused) VALUES (?1, ?2)");
    Ok(store.db.prepare_cached(&sql)?.execute(params![id, refused])? == 0)
}

/// A fingerprint of all the directory said. Should it come out otherwise in another version, every record is compared
/// once field by field and found equal.
fn content_hash(value: &impl std::hash::Hash) -> Vec<u8> {
    let mut hasher = Xxh3::new();
    value.hash(&mut hasher);
    hasher.digest128().to_be_bytes().to_vec()
}
