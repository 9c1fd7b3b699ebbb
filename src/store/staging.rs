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
    /// Whether any record at all was set aside; nearly always none is.
    any_refused: bool,
    /// What has come in so far.
    pub tally: Tally,
}

/// The tables of one kind of record.
struct Kind {
    subject: &'static str,
    /// New or changed records (and, in the main database, the stored ones).
    staged: &'static str,
    /// Known and unchanged.
    seen: &'static str,
    /// Known and set aside: present all the same.
    kept: &'static str,
}

const USERS: Kind = Kind { subject: "user", staged: "users", seen: "seen_users", kept: "kept_users" };
const GROUPS: Kind = Kind { subject: "group", staged: "groups", seen: "seen_groups", kept: "kept_groups" };

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
        Ok(Self { store, integration, file, open: HashMap::new(), any_refused: false, tally: Tally::default() })
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

    /// Notes what was set aside; returns `false` where it was noted before.
    pub(super) fn refuse(&self, subject: &str, external_id: Option<&str>, reason: &str) -> Result<bool, StoreError> {
        let noted = self.store.db.execute(
            "INSERT OR IGNORE INTO stage.refused (subject, external_id, reason) VALUES (?1, ?2, ?3)",
            params![subject, external_id, reason],
        )?;
        Ok(noted > 0)
    }

    fn user(&mut self, record: &Record<DirectoryUser>) -> Result<(), StoreError> {
        self.tally.users += 1;
        let repeated = match record {
            Record::Read(user) => {
                let readable_at_last = self.withdraw_refusal(&USERS, &user.external_id)?;
                let known = self
                    .store
                    .db
                    .prepare_cached(
                        "SELECT id, status, content_hash FROM users WHERE integration_id = ?1 AND external_id = ?2",
                    )?
                    .query_row(params![self.integration.0, user.external_id], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<Vec<u8>>>(2)?))
                    })
                    .optional()?;
                let hash = content_hash(user);
                let seen_before = match known {
                    Some((id, status, Some(stored)))
                        if stored == hash && matches!(status.as_str(), "active" | "suspended") =>
                    {
                        self.mark(USERS.seen, id)?
                    }
                    known => {
                        let (id, was) = known.map(|(id, status, _)| (id, status)).unzip();
                        let mut written = self.write_user(user, id, was.as_deref(), &hash)?;
                        let repeated = !written;
                        if repeated {
                            self.forget(USERS.staged, &user.external_id)?;
                            written = self.write_user(user, id, was.as_deref(), &hash)?;
                        }
                        debug_assert!(written, "the row that was in the way is gone");
                        repeated
                    }
                };
                readable_at_last || seen_before
            }
            Record::Refused { external_id, reason } => self.refuse_record(&USERS, external_id.as_deref(), reason)?,
        };
        self.tally.users_repeated += i64::from(repeated);
        Ok(())
    }

    /// Stages a person; returns `false` where a copy is staged already.
    fn write_user(
        &self,
        user: &DirectoryUser,
        id: Option<i64>,
        was: Option<&str>,
        hash: &[u8],
    ) -> Result<bool, StoreError> {
        let aliases = serde_json::to_string(&user.aliases).unwrap_or_else(|_| "[]".into());
        let status = user.status.map(|status| match status {
            crate::model::AccountStatus::Active => "active",
            crate::model::AccountStatus::Suspended => "suspended",
        });
        let written = self
            .store
            .db
            .prepare_cached(
                "INSERT OR IGNORE INTO stage.users (external_id, user_id, was, status, status_reason, email, user_name,
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
        Ok(written > 0)
    }

    fn group(&mut self, record: &Record<DirectoryGroup>) -> Result<(), StoreError> {
        self.tally.groups += 1;
        let repeated = match record {
            Record::Read(group) => {
                let readable_at_last = self.withdraw_refusal(&GROUPS, &group.external_id)?;
                let known = self
                    .store
                    .db
                    .prepare_cached(
                        "SELECT id, content_hash FROM groups WHERE integration_id = ?1 AND external_id = ?2",
                    )?
                    .query_row(params![self.integration.0, group.external_id], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
                    })
                    .optional()?;
                let hash = content_hash(group);
                let seen_before = match known {
                    Some((id, Some(stored))) if stored == hash => self.mark(GROUPS.seen, id)?,
                    known => {
                        let id = known.map(|(id, _)| id);
                        let repeated = self.forget(GROUPS.staged, &group.external_id)?;
                        self.write_group(group, id, &hash)?;
                        repeated
                    }
                };
                readable_at_last || seen_before
            }
            Record::Refused { external_id, reason } => self.refuse_record(&GROUPS, external_id.as_deref(), reason)?,
        };
        self.tally.groups_repeated += i64::from(repeated);
        Ok(())
    }

    fn write_group(&self, group: &DirectoryGroup, id: Option<i64>, hash: &[u8]) -> Result<(), StoreError> {
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
        Ok(())
    }

    /// Sets a record aside, unless a copy that can be read has come; returns whether it had come before in any form.
    fn refuse_record(&mut self, kind: &Kind, external_id: Option<&str>, reason: &str) -> Result<bool, StoreError> {
        self.any_refused = true;
        let Some(external_id) = external_id else {
            self.refuse(kind.subject, None, reason)?;
            return Ok(false);
        };
        let known = self.known(kind, external_id)?;
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM stage.{} WHERE external_id = ?1)
                 OR EXISTS (SELECT 1 FROM stage.{} WHERE id = ?2)",
            kind.staged, kind.seen
        );
        if self.store.db.query_row(&sql, params![external_id, known], |row| row.get(0))? {
            return Ok(true);
        }
        let repeated = !self.refuse(kind.subject, Some(external_id), reason)?;
        if let Some(id) = known {
            self.mark(kind.kept, id)?;
        }
        Ok(repeated)
    }

    /// A readable copy of a record makes up for one that was set aside; returns whether there was one.
    fn withdraw_refusal(&mut self, kind: &Kind, external_id: &str) -> Result<bool, StoreError> {
        if !self.any_refused {
            return Ok(false);
        }
        let sql = "DELETE FROM stage.refused WHERE subject = ?1 AND external_id = ?2";
        let withdrawn = self.store.db.prepare_cached(sql)?.execute([kind.subject, external_id])? > 0;
        if let Some(id) = self.known(kind, external_id)?.filter(|_| withdrawn) {
            self.store.db.execute(&format!("DELETE FROM stage.{} WHERE id = ?1", kind.kept), [id])?;
        }
        Ok(withdrawn)
    }

    fn known(&self, kind: &Kind, external_id: &str) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT id FROM {} WHERE integration_id = ?1 AND external_id = ?2", kind.staged);
        let mut known = self.store.db.prepare_cached(&sql)?;
        Ok(known.query_row(params![self.integration.0, external_id], |row| row.get(0)).optional()?)
    }

    /// Marks a known person or group; returns whether it was marked before.
    fn mark(&self, table: &str, id: i64) -> Result<bool, StoreError> {
        let sql = format!("INSERT OR IGNORE INTO stage.{table} (id) VALUES (?1)");
        Ok(self.store.db.prepare_cached(&sql)?.execute([id])? == 0)
    }

    /// Drops the staged copy of a record; returns whether there was one.
    fn forget(&self, table: &str, external_id: &str) -> Result<bool, StoreError> {
        let sql = format!("DELETE FROM stage.{table} WHERE external_id = ?1");
        Ok(self.store.db.prepare_cached(&sql)?.execute([external_id])? > 0)
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

/// A fingerprint of all the directory said. Should it come out otherwise in another version, every record is compared
/// once field by field and found equal.
fn content_hash(value: &impl std::hash::Hash) -> Vec<u8> {
    let mut hasher = Xxh3::new();
    value.hash(&mut hasher);
    hasher.digest128().to_be_bytes().to_vec()
}
