//! Groups as clients make, change and delete them.

use std::sync::LazyLock;

use rusqlite::{ToSql, params, params_from_iter};

use super::super::StoreError;
use super::super::plan_rows::GROUP_FIELDS;
use super::batch::ScimWriter;
use super::history::{Line, group_fields, group_label};
use super::moments::fine_stamp;
use super::read::group_of;
use super::resource::{GROUP_COLUMNS, NewGroup, StoredGroup, read_group};
use crate::model::MemberKind;

static WRITE_GROUP: LazyLock<String> = LazyLock::new(|| {
    let fields: Vec<String> =
        GROUP_FIELDS.iter().enumerate().map(|(index, field)| format!("{field} = ?{}", index + 3)).collect();
    format!("UPDATE groups SET updated_at = ?2, content_hash = NULL, {} WHERE id = ?1", fields.join(", "))
});

static ADD_GROUP: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (0..GROUP_FIELDS.len()).map(|index| format!("?{}", index + 4)).collect();
    format!(
        "INSERT INTO groups (integration_id, external_id, created_at, updated_at, {}) VALUES (?1, ?2, ?3, ?3, {})",
        GROUP_FIELDS.join(", "),
        places.join(", ")
    )
});

impl ScimWriter<'_> {
    /// The group of this id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn group(&self, scim_id: &str) -> Result<Option<StoredGroup>, StoreError> {
        group_of(self.db, self.integration, scim_id)
    }

    /// Groups of this folded `displayName`, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn groups_by_name_key(&self, key: &str) -> Result<Vec<StoredGroup>, StoreError> {
        let sql = format!(
            "SELECT {GROUP_COLUMNS} FROM scim_groups s WHERE s.integration_id = ?1 AND s.name_key = ?2
             ORDER BY s.group_id"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let groups = statement.query_map(params![self.integration.0, key], read_group)?;
        Ok(groups.collect::<Result<_, _>>()?)
    }

    /// Makes a group, which has no members yet.
    ///
    /// # Errors
    /// The id is taken, or the database refuses.
    pub fn create_group(&mut self, new: &NewGroup) -> Result<StoredGroup, StoreError> {
        let (at, fields) = (self.at.as_str(), group_fields(&new.group));
        let mut values: Vec<&dyn ToSql> = vec![&self.integration.0, &new.group.external_id, &at];
        values.extend(fields.iter().map(|field| field as &dyn ToSql));
        self.db.prepare_cached(&ADD_GROUP)?.execute(params_from_iter(values))?;
        let id = self.db.last_insert_rowid();
        self.note(&Line { kind: "joined", ..line(id, new) })?;
        self.db
            .prepare_cached(
                "INSERT INTO scim_groups (group_id, integration_id, scim_id, name_key, external_id, document, version,
                     created_at, modified_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7)",
            )?
            .execute(params![
                id,
                self.integration.0,
                new.group.external_id,
                new.name_key,
                new.external_id,
                new.document,
                fine_stamp(self.now)
            ])?;
        self.settle_kind(&new.group.external_id, MemberKind::Group)?;
        self.changed = true;
        self.reread_group(&new.group.external_id)
    }

    /// Gives a group other values, but for its members; returns it as it is then. Where nothing differs nothing is
    /// touched: the version tells.
    ///
    /// # Errors
    /// There is no such group ([`StoreError::Sql`]; it is for the caller to look it up before), or the database
    /// refuses.
    pub fn update_group(&mut self, new: &NewGroup) -> Result<StoredGroup, StoreError> {
        let stored = self.reread_group(&new.group.external_id)?;
        let id = stored.group_id;
        let sql = format!("SELECT {} FROM groups WHERE id = ?1", GROUP_FIELDS.join(", "));
        let before: Vec<Option<String>> = self
            .db
            .prepare_cached(&sql)?
            .query_row([id], |row| (0..GROUP_FIELDS.len()).map(|index| row.get(index)).collect())?;
        let fields = group_fields(&new.group);
        let differs = self.note_fields(&line(id, new), &GROUP_FIELDS, &before, &fields)?;
        let same =
            stored.document == new.document && stored.name_key == new.name_key && stored.external_id == new.external_id;
        if same && !differs {
            return Ok(stored);
        }
        if differs {
            let at = self.at.as_str();
            let mut values: Vec<&dyn ToSql> = vec![&id, &at];
            values.extend(fields.iter().map(|field| field as &dyn ToSql));
            self.db.prepare_cached(&WRITE_GROUP)?.execute(params_from_iter(values))?;
        }
        self.db
            .prepare_cached(
                "UPDATE scim_groups SET name_key = ?2, external_id = ?3, document = ?4, version = version + 1,
                     modified_at = ?5 WHERE group_id = ?1",
            )?
            .execute(params![id, new.name_key, new.external_id, new.document, fine_stamp(self.now)])?;
        self.changed = true;
        self.reread_group(&new.group.external_id)
    }

    /// Deletes a group: its members leave it, and it leaves the groups it is in.
    ///
    /// # Errors
    /// There is no such group ([`StoreError::Sql`]; it is for the caller to look it up before), or the database
    /// refuses.
    pub fn delete_group(&mut self, scim_id: &str) -> Result<(), StoreError> {
        let group = self.reread_group(scim_id)?;
        let label: Option<String> = self
            .db
            .prepare_cached("SELECT coalesce(email, name) FROM groups WHERE id = ?1")?
            .query_row([group.group_id], |row| row.get(0))?;
        self.leave_groups(scim_id, label.as_deref().unwrap_or("group"))?;
        self.note(&Line {
            subject: "group",
            id: group.group_id,
            external_id: scim_id,
            label: label.as_deref(),
            kind: "left",
            field: None,
            before: None,
            after: None,
        })?;
        self.note_everyone_left(group.group_id)?;
        self.db.prepare_cached("DELETE FROM groups WHERE id = ?1")?.execute([group.group_id])?;
        self.changed = true;
        Ok(())
    }

    pub(super) fn reread_group(&self, scim_id: &str) -> Result<StoredGroup, StoreError> {
        self.group(scim_id)?.ok_or(StoreError::Sql("there is no such group".into()))
    }
}

fn line(id: i64, new: &NewGroup) -> Line<'_> {
    Line {
        subject: "group",
        id,
        external_id: &new.group.external_id,
        label: group_label(&new.group),
        kind: "changed",
        field: None,
        before: None,
        after: None,
    }
}
