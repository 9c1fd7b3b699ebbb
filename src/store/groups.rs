//! Reading groups and finding one by whatever people call it.

use rusqlite::{OptionalExtension, Row, named_params};
use serde::Serialize;

use super::columns::{Mapped, id_list, patterns, texts};
use super::{Store, StoreError};
use crate::model::{Group, IntegrationId};

/// Which groups to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Only whose name, address or description contains this, without regard to case.
    pub search: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// What is kept of a group besides the fields of the contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupExtras {
    /// Other addresses.
    pub aliases: Vec<String>,
    /// Whatever else the directory says that is worth keeping (a dynamic group's rule, where it is synchronised from).
    pub attributes: Option<serde_json::Value>,
}

impl Store {
    /// What is kept of a group besides the fields of the contract.
    ///
    /// # Errors
    /// The database refuses.
    pub fn group_extras(&self, id: i64) -> Result<GroupExtras, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT aliases, attributes FROM groups WHERE id = ?1")?;
        let extras = statement.query_row([id], |row| {
            let attributes: Option<String> = row.get("attributes")?;
            let attributes = attributes.and_then(|text| serde_json::from_str(&text).ok());
            Ok(GroupExtras { aliases: texts(row, "aliases")?, attributes })
        });
        Ok(extras.optional()?.unwrap_or_default())
    }

    /// Hands the groups that pass `filter`, by name, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_group<E: From<StoreError>>(
        &self,
        filter: &GroupFilter,
        mut each: impl FnMut(Group) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .db
            .prepare_cached(
                "SELECT v.* FROM groups f JOIN v1_groups v ON v.id = f.id
                 WHERE (:integrations IS NULL OR f.integration_id IN (SELECT value FROM json_each(:integrations)))
                   AND (:patterns IS NULL OR EXISTS (
                        SELECT 1 FROM json_each(:patterns) p
                        WHERE f.name LIKE p.value ESCAPE '\\' OR f.email LIKE p.value ESCAPE '\\'
                           OR f.description LIKE p.value ESCAPE '\\'
                           OR EXISTS (SELECT 1 FROM json_each(f.aliases) a WHERE a.value LIKE p.value ESCAPE '\\')))
                 ORDER BY lower(coalesce(f.name, f.email)), f.id LIMIT :limit",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement
            .query(named_params! {
                ":integrations": filter.integrations.as_deref().map(id_list),
                ":patterns": filter.search.as_deref().map(patterns),
                ":limit": filter.limit.map_or(-1, i64::from),
            })
            .map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(group(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// The groups that `asked` may mean: by id or address if there are any, else by name. Compared whole and without
    /// regard to case, never in part.
    ///
    /// # Errors
    /// The database refuses.
    pub fn find_groups(&self, asked: &str, integrations: Option<&[IntegrationId]>) -> Result<Vec<Group>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT v.* FROM groups f JOIN v1_groups v ON v.id = f.id
             WHERE (CAST(f.id AS TEXT) = :asked OR f.external_id = :asked OR f.email = :asked COLLATE NOCASE
                    OR EXISTS (SELECT 1 FROM json_each(f.aliases) WHERE value = :asked COLLATE NOCASE))
               AND (:integrations IS NULL OR f.integration_id IN (SELECT value FROM json_each(:integrations)))
             ORDER BY f.id",
        )?;
        let integrations = integrations.map(<[IntegrationId]>::to_vec);
        let parameters = named_params! {":asked": asked, ":integrations": integrations.as_deref().map(id_list)};
        let found = statement.query_map(parameters, group)?.collect::<Mapped<Vec<_>>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
        // SQLite folds case in ASCII only; group names are in every script, and there are few enough to look at all.
        let mut named = Vec::new();
        let key = asked.to_lowercase();
        self.each_group(&GroupFilter { integrations, ..GroupFilter::default() }, |group| {
            if group.name.as_deref().is_some_and(|name| name.to_lowercase() == key) {
                named.push(group);
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(named)
    }
}

fn group(row: &Row<'_>) -> Mapped<Group> {
    Ok(Group {
        id: row.get("id")?,
        integration: row.get("integration")?,
        external_id: row.get("external_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        description: row.get("description")?,
        kind: row.get("kind")?,
        members: row.get("members")?,
    })
}
