//! The staging of people and groups as whole listings bring them. Unchanged ones leave only their number, unchanged
//! member lists only their hash.

use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::{Stage, StoreError};
use crate::model::{DirectoryGroup, DirectoryUser, Record};

/// The tables of one kind of record.
pub(super) struct Kind {
    pub(super) subject: &'static str,
    /// New or changed records (and, in the main database, the stored ones).
    pub(super) staged: &'static str,
    /// Known and unchanged.
    pub(super) seen: &'static str,
    /// Known and set aside: present all the same.
    pub(super) kept: &'static str,
}

pub(super) const USERS: Kind = Kind { subject: "user", staged: "users", seen: "seen_users", kept: "kept_users" };
pub(super) const GROUPS: Kind = Kind { subject: "group", staged: "groups", seen: "seen_groups", kept: "kept_groups" };

impl Stage {
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
                    Some((id, status, Some(stored))) if stored == hash && is_there(&status) => {
                        self.mark(USERS.seen, id)?
                    }
                    known => {
                        let (id, was) = known.map(|(id, status, _)| (id, status)).unzip();
                        self.write_user_anew(user, None, id, was.as_deref(), &hash)?
                    }
                };
                readable_at_last || seen_before
            }
            Record::Refused { external_id, reason } => self.refuse_record(&USERS, external_id.as_deref(), reason)?,
        };
        self.tally.users_repeated += i64::from(repeated);
        Ok(())
    }

    /// Stages a person in place of an earlier copy; returns whether there was one.
    pub(super) fn write_user_anew(
        &self,
        user: &DirectoryUser,
        source: Option<&str>,
        id: Option<i64>,
        was: Option<&str>,
        hash: &[u8],
    ) -> Result<bool, StoreError> {
        if self.write_user(user, source, id, was, hash)? {
            return Ok(false);
        }
        self.forget(USERS.staged, &user.external_id)?;
        let written = self.write_user(user, source, id, was, hash)?;
        debug_assert!(written, "the row that was in the way is gone");
        Ok(true)
    }

    /// Stages a person; returns `false` where a copy is staged already.
    fn write_user(
        &self,
        user: &DirectoryUser,
        source: Option<&str>,
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
                 location, org_unit, aliases, is_admin, attributes, content_hash, source)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 ?21, ?22, ?23)",
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
                hash,
                source
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
                        self.write_group(group, None, id, &hash)?;
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

    pub(super) fn write_group(
        &self,
        group: &DirectoryGroup,
        source: Option<&str>,
        id: Option<i64>,
        hash: &[u8],
    ) -> Result<(), StoreError> {
        let aliases = serde_json::to_string(&group.aliases).unwrap_or_else(|_| "[]".into());
        self.store
            .db
            .prepare_cached(
                "INSERT INTO stage.groups (external_id, group_id, name, email, description, kind, aliases, attributes,
                 content_hash, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                group.external_id,
                id,
                group.name,
                group.email,
                group.description,
                group.kind,
                aliases,
                group.attributes,
                hash,
                source
            ])?;
        Ok(())
    }

    /// Sets a record aside, unless a copy that can be read has come; returns whether it had come before in any form.
    pub(super) fn refuse_record(
        &mut self,
        kind: &Kind,
        external_id: Option<&str>,
        reason: &str,
    ) -> Result<bool, StoreError> {
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
    pub(super) fn withdraw_refusal(&mut self, kind: &Kind, external_id: &str) -> Result<bool, StoreError> {
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
    pub(super) fn mark(&self, table: &str, id: i64) -> Result<bool, StoreError> {
        let sql = format!("INSERT OR IGNORE INTO stage.{table} (id) VALUES (?1)");
        Ok(self.store.db.prepare_cached(&sql)?.execute([id])? == 0)
    }

    /// Drops the staged copy of a record; returns whether there was one.
    pub(super) fn forget(&self, table: &str, external_id: &str) -> Result<bool, StoreError> {
        let sql = format!("DELETE FROM stage.{table} WHERE external_id = ?1");
        Ok(self.store.db.prepare_cached(&sql)?.execute([external_id])? > 0)
    }
}

/// Whether somebody of this status is there as far as is known.
pub(super) fn is_there(status: &str) -> bool {
    matches!(status, "active" | "suspended" | "out_of_scope")
}

/// A fingerprint of all the directory said. Should it come out otherwise in another version, every record is compared
/// once field by field and found equal.
pub(super) fn content_hash(value: &impl std::hash::Hash) -> Vec<u8> {
    let mut hasher = Xxh3::new();
    value.hash(&mut hasher);
    hasher.digest128().to_be_bytes().to_vec()
}
