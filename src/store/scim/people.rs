//! Users as clients make and change them: the resource and the person together, and the return of somebody known.

use std::sync::LazyLock;

use rusqlite::{OptionalExtension, ToSql, params, params_from_iter};

use super::super::StoreError;
use super::super::plan_rows::USER_FIELDS;
use super::batch::ScimWriter;
use super::forget::one_way;
use super::history::{Line, label, user_fields};
use super::moments::fine_stamp;
use super::read::user_of;
use super::resource::{NewUser, StoredUser, USER_COLUMNS, read_user};
use crate::model::{AccountStatus, LifeEvent, UserStatus};

/// A person as stored until now.
struct Known {
    status: String,
    status_before: Option<String>,
    status_reason: Option<String>,
    fields: Vec<Option<String>>,
}

static READ_PERSON: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT status, status_before, {} FROM users WHERE id = ?1",
        USER_FIELDS.map(|field| format!("CAST({field} AS TEXT)")).join(", ")
    )
});

static WRITE_PERSON: LazyLock<String> = LazyLock::new(|| {
    let fields: Vec<String> =
        USER_FIELDS.iter().enumerate().map(|(index, field)| format!("{field} = ?{}", index + 5)).collect();
    format!(
        "UPDATE users SET external_id = ?2, status = ?3, updated_at = ?4, status_before = NULL, removed_at = NULL,
             retained_at = NULL, last_groups = NULL, kept = 0, emptied_at = NULL, content_hash = NULL, {} WHERE id = ?1",
        fields.join(", ")
    )
});

static ADD_PERSON: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (0..USER_FIELDS.len()).map(|index| format!("?{}", index + 5)).collect();
    format!(
        "INSERT INTO users (integration_id, external_id, status, created_at, updated_at, {})
         VALUES (?1, ?2, ?3, ?4, ?4, {})",
        USER_FIELDS.join(", "),
        places.join(", ")
    )
});

impl ScimWriter<'_> {
    /// The live user of this id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn user(&self, scim_id: &str) -> Result<Option<StoredUser>, StoreError> {
        user_of(self.db, self.integration, scim_id)
    }

    /// The live user of this folded `userName`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn user_by_name(&self, key: &str) -> Result<Option<StoredUser>, StoreError> {
        let sql = format!(
            "SELECT {USER_COLUMNS} FROM scim_users s
             WHERE s.integration_id = ?1 AND s.user_name_key = ?2 AND s.deleted_at IS NULL"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_row(params![self.integration.0, key], read_user).optional()?)
    }

    /// Users of this id of the client's, live ones first, then deleted ones from the latest on.
    ///
    /// # Errors
    /// The database refuses.
    pub fn users_by_external_id(&self, external_id: &str) -> Result<Vec<StoredUser>, StoreError> {
        let sql = format!(
            "SELECT {USER_COLUMNS} FROM scim_users s WHERE s.integration_id = ?1 AND s.external_id = ?2
             ORDER BY s.deleted_at DESC NULLS FIRST, s.user_id DESC"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let users = statement.query_map(params![self.integration.0, external_id], read_user)?;
        Ok(users.collect::<Result<_, _>>()?)
    }

    /// Makes a user. Whoever was deleted with the same id of the client's (or, without one, with the same name) is the
    /// same person, under the new id; one whose removal waits for approval is taken off that plan.
    ///
    /// # Errors
    /// The id or the name is taken by a live user (which is for the caller to look up before), or the database refuses.
    pub fn create_user(&mut self, new: &NewUser) -> Result<StoredUser, StoreError> {
        let at = fine_stamp(self.now);
        let (user_id, version) = match self.gone_before(new)? {
            Some(gone) => {
                self.write_person(gone.user_id, new)?;
                self.take_off_plan(gone.user_id)?;
                (gone.user_id, gone.version + 1)
            }
            None => (self.add_person(new)?, 1),
        };
        self.db
            .prepare_cached(
                "INSERT INTO scim_users (user_id, integration_id, scim_id, user_name_key, external_id,
                     display_name_key, active, document, version, created_at, modified_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
                 ON CONFLICT (user_id) DO UPDATE SET scim_id = excluded.scim_id,
                     user_name_key = excluded.user_name_key, external_id = excluded.external_id,
                     display_name_key = excluded.display_name_key, active = excluded.active,
                     document = excluded.document, version = excluded.version, created_at = excluded.created_at,
                     modified_at = excluded.modified_at, deleted_at = NULL",
            )?
            .execute(params![
                user_id,
                self.integration.0,
                new.person.external_id,
                new.user_name_key,
                new.external_id,
                new.display_name_key,
                new.active,
                new.document,
                version,
                at
            ])?;
        self.write_emails(user_id, &new.email_keys)?;
        self.changed = true;
        self.reread_user(&new.person.external_id)
    }

    /// The deleted user whom a new one is: by the client's own id, of which a hash is left where they were emptied, or by
    /// name where the deleted one never had an id.
    fn gone_before(&self, new: &NewUser) -> Result<Option<StoredUser>, StoreError> {
        if let Some(external_id) = &new.external_id {
            for id in [external_id, &one_way(self.integration.0, external_id)] {
                if let Some(known) = self.users_by_external_id(id)?.into_iter().next() {
                    return Ok(Some(known).filter(|known| known.deleted_at.is_some()));
                }
            }
        }
        let sql = format!(
            "SELECT {USER_COLUMNS} FROM scim_users s WHERE s.integration_id = ?1 AND s.user_name_key = ?2
               AND s.external_id IS NULL AND s.deleted_at IS NOT NULL ORDER BY s.deleted_at DESC, s.user_id DESC LIMIT 1"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_row(params![self.integration.0, new.user_name_key], read_user).optional()?)
    }

    /// Gives a live user other values; returns it as it is then. Where nothing differs nothing is touched: the version
    /// tells.
    ///
    /// # Errors
    /// There is no such user ([`StoreError::Sql`]; it is for the caller to look it up before), the name is taken, or
    /// the database refuses.
    pub fn update_user(&mut self, new: &NewUser) -> Result<StoredUser, StoreError> {
        let stored = self.reread_user(&new.person.external_id)?;
        let person_changed = self.write_person(stored.user_id, new)?;
        let same = stored.document == new.document
            && stored.user_name_key == new.user_name_key
            && stored.display_name_key == new.display_name_key
            && stored.external_id == new.external_id
            && stored.active == new.active;
        if same && !person_changed {
            return Ok(stored);
        }
        self.db
            .prepare_cached(
                "UPDATE scim_users SET user_name_key = ?2, external_id = ?3, display_name_key = ?4, active = ?5,
                     document = ?6, version = version + 1, modified_at = ?7 WHERE user_id = ?1",
            )?
            .execute(params![
                stored.user_id,
                new.user_name_key,
                new.external_id,
                new.display_name_key,
                new.active,
                new.document,
                fine_stamp(self.now)
            ])?;
        self.write_emails(stored.user_id, &new.email_keys)?;
        self.changed = true;
        self.reread_user(&new.person.external_id)
    }

    fn reread_user(&self, scim_id: &str) -> Result<StoredUser, StoreError> {
        self.user(scim_id)?.ok_or(StoreError::Sql("there is no such user".into()))
    }

    fn add_person(&self, new: &NewUser) -> Result<i64, StoreError> {
        let (status, reason) = match new.person.status {
            Some(AccountStatus::Suspended) => ("suspended", new.person.status_reason.clone()),
            Some(AccountStatus::Active) | None => ("active", new.person.status_reason.clone()),
        };
        let (at, fields) = (self.at.as_str(), user_fields(&new.person, reason));
        let mut values: Vec<&dyn ToSql> = vec![&self.integration.0, &new.person.external_id, &status, &at];
        values.extend(fields.iter().map(|field| field as &dyn ToSql));
        self.db.prepare_cached(&ADD_PERSON)?.execute(params_from_iter(values))?;
        let id = self.db.last_insert_rowid();
        self.note(&Line { kind: "joined", ..self.line(id, new) })?;
        self.note_domains(new)?;
        Ok(id)
    }

    /// Writes a person known here; returns whether anything differs.
    fn write_person(&self, id: i64, new: &NewUser) -> Result<bool, StoreError> {
        let known = self.person(id)?;
        let was = known.status.as_str();
        let is_there = matches!(was, "active" | "suspended");
        let status = match (new.person.status, &known.status_before) {
            (Some(AccountStatus::Active), _) => "active",
            (Some(AccountStatus::Suspended), _) => "suspended",
            (None, _) if is_there => was,
            (None, Some(before)) if before == "suspended" => "suspended",
            (None, _) => "active",
        };
        // Not said is what is known stays, the reason too.
        let reason = match new.person.status {
            None if status == was => known.status_reason.clone(),
            _ => new.person.status_reason.clone(),
        };
        let fields = user_fields(&new.person, reason);
        let line = self.line(id, new);
        if status != was {
            let event = if status == "active" { LifeEvent::SeenEnabled } else { LifeEvent::SeenDisabled };
            // What the table does not know does not happen; it knows everybody who is seen.
            if let Some(seen) = self.life.next(UserStatus::parse(was), event, false) {
                let kind = seen.change.as_str();
                self.note(&Line { kind, field: Some("status"), before: Some(was), after: Some(status), ..line })?;
            }
        }
        let differs = self.note_fields(&line, &USER_FIELDS, &known.fields, &fields)?;
        if status == was && !differs {
            return Ok(false);
        }
        let at = self.at.as_str();
        let mut values: Vec<&dyn ToSql> = vec![&id, &new.person.external_id, &status, &at];
        values.extend(fields.iter().map(|field| field as &dyn ToSql));
        self.db.prepare_cached(&WRITE_PERSON)?.execute(params_from_iter(values))?;
        self.note_domains(new)?;
        Ok(true)
    }

    fn person(&self, id: i64) -> rusqlite::Result<Known> {
        self.db.prepare_cached(&READ_PERSON)?.query_row([id], |row| {
            let fields: Vec<Option<String>> =
                (0..USER_FIELDS.len()).map(|index| row.get(index + 2)).collect::<Result<_, _>>()?;
            let reason = USER_FIELDS.iter().position(|field| *field == "status_reason");
            let status_reason = reason.and_then(|index| fields.get(index).cloned().flatten());
            Ok(Known { status: row.get(0)?, status_before: row.get(1)?, status_reason, fields })
        })
    }

    fn line<'a>(&self, id: i64, new: &'a NewUser) -> Line<'a> {
        Line {
            subject: "user",
            id,
            external_id: &new.person.external_id,
            label: label(&new.person),
            kind: "changed",
            field: None,
            before: None,
            after: None,
        }
    }

    fn write_emails(&self, user_id: i64, keys: &[String]) -> rusqlite::Result<()> {
        self.db.prepare_cached("DELETE FROM scim_emails WHERE user_id = ?1")?.execute([user_id])?;
        let mut insert = self.db.prepare_cached(
            "INSERT OR IGNORE INTO scim_emails (user_id, integration_id, value_key) VALUES (?1, ?2, ?3)",
        )?;
        for key in keys {
            insert.execute(params![user_id, self.integration.0, key])?;
        }
        Ok(())
    }

    /// The mail domains the directory's people are seen with.
    fn note_domains(&self, new: &NewUser) -> rusqlite::Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT OR IGNORE INTO domains (integration_id, domain) VALUES (?1, lower(substr(?2, instr(?2, '@') + 1)))",
        )?;
        for address in new.person.email.iter().chain(&new.person.aliases).filter(|address| address.contains('@')) {
            insert.execute(params![self.integration.0, address])?;
        }
        Ok(())
    }
}
