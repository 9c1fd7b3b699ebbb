//! Reading resources by id, and what belongs to them: members of a group, groups of people, names of ids.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{Store, StoreError};
use super::resource::{GROUP_COLUMNS, ScimMember, StoredGroup, StoredUser, USER_COLUMNS, read_group, read_user};
use crate::model::{IntegrationId, MemberKind};

/// A group that somebody is a direct member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOf {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub display: Option<String>,
}

impl Store {
    /// The live user of this id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_user(&self, integration: IntegrationId, id: &str) -> Result<Option<StoredUser>, StoreError> {
        user_of(&self.db, integration, id)
    }

    /// The group of this id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_group(&self, integration: IntegrationId, id: &str) -> Result<Option<StoredGroup>, StoreError> {
        group_of(&self.db, integration, id)
    }

    /// The direct members of a group, by id; empty if there is no such group.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_members(&self, integration: IntegrationId, group: &str) -> Result<Vec<ScimMember>, StoreError> {
        members_of(&self.db, integration, group)
    }

    /// The groups that these ids are direct members of, by id, each list in the order the groups were made. An id in no
    /// group has none.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_groups_of<I: AsRef<str>>(
        &self,
        integration: IntegrationId,
        ids: &[I],
    ) -> Result<HashMap<String, Vec<GroupOf>>, StoreError> {
        groups_of(&self.db, integration, ids)
    }
}

pub(super) fn user_of(db: &Connection, integration: IntegrationId, id: &str) -> Result<Option<StoredUser>, StoreError> {
    let sql = format!(
        "SELECT {USER_COLUMNS} FROM scim_users s
         WHERE s.integration_id = ?1 AND s.scim_id = ?2 AND s.deleted_at IS NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row(params![integration.0, id], read_user).optional()?)
}

pub(super) fn group_of(
    db: &Connection,
    integration: IntegrationId,
    id: &str,
) -> Result<Option<StoredGroup>, StoreError> {
    let sql = format!("SELECT {GROUP_COLUMNS} FROM scim_groups s WHERE s.integration_id = ?1 AND s.scim_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(params![integration.0, id], read_group).optional()?)
}

pub(super) fn groups_of<I: AsRef<str>>(
    db: &Connection,
    integration: IntegrationId,
    ids: &[I],
) -> Result<HashMap<String, Vec<GroupOf>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT m.member_external_id, g.external_id, g.name FROM json_each(?2) asked
         CROSS JOIN memberships m ON m.member_external_id = asked.value CROSS JOIN groups g ON g.id = m.group_id
         WHERE g.integration_id = ?1 ORDER BY g.id",
    )?;
    let mut rows = statement.query(params![integration.0, list(ids)])?;
    let mut groups: HashMap<String, Vec<GroupOf>> = HashMap::new();
    while let Some(row) = rows.next()? {
        groups.entry(row.get(0)?).or_default().push(GroupOf { id: row.get(1)?, display: row.get(2)? });
    }
    Ok(groups)
}

pub(super) fn members_of(
    db: &Connection,
    integration: IntegrationId,
    group: &str,
) -> Result<Vec<ScimMember>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{MEMBERS} ORDER BY m.member_external_id"))?;
    let members = statement.query_map(params![integration.0, group], read_member)?;
    Ok(members.collect::<Result<_, _>>()?)
}

pub(super) fn member_of(
    db: &Connection,
    integration: IntegrationId,
    group: &str,
    member: &str,
) -> rusqlite::Result<Option<ScimMember>> {
    let mut statement = db.prepare_cached(&format!("{MEMBERS} AND m.member_external_id = ?3"))?;
    statement.query_row(params![integration.0, group, member], read_member).optional()
}

const MEMBERS: &str = "SELECT m.member_external_id, m.kind FROM groups g CROSS JOIN memberships m ON m.group_id = g.id
     WHERE g.integration_id = ?1 AND g.external_id = ?2";

fn read_member(row: &Row<'_>) -> rusqlite::Result<ScimMember> {
    let kind: String = row.get(1)?;
    let is_group = kind == MemberKind::Group.as_str();
    Ok(ScimMember { id: row.get(0)?, kind: if is_group { MemberKind::Group } else { MemberKind::User } })
}

fn list<I: AsRef<str>>(ids: &[I]) -> String {
    serde_json::Value::from(ids.iter().map(|id| id.as_ref()).collect::<Vec<_>>()).to_string()
}
