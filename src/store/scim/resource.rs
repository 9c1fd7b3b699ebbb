//! Resources as they are given to the store and come back from it.

use jiff::Timestamp;
use rusqlite::Row;

use super::super::columns::{moment, moment_if_any};
use crate::model::{DirectoryGroup, DirectoryUser, MemberKind};

/// A user as a client wants it to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The person; `external_id` is the resource's id.
    pub person: DirectoryUser,
    /// `userName`, folded.
    pub user_name_key: String,
    /// `displayName`, folded.
    pub display_name_key: Option<String>,
    /// The client's own id for the person.
    pub external_id: Option<String>,
    /// `active`, where it is said.
    pub active: Option<bool>,
    /// The resource as canonical JSON, but for what is computed.
    pub document: String,
    /// All e-mail values, folded.
    pub email_keys: Vec<String>,
}

/// A group as a client wants it to be, without its members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewGroup {
    /// The group; `external_id` is the resource's id.
    pub group: DirectoryGroup,
    /// `displayName`, folded.
    pub name_key: String,
    /// The client's own id for the group.
    pub external_id: Option<String>,
    /// The resource as canonical JSON, but for its members and what is computed.
    pub document: String,
}

/// A user as stored. Of a deleted one there is no name and no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUser {
    /// The person's internal id; also the resource's place where no order is asked for.
    pub user_id: i64,
    /// The resource's id.
    pub scim_id: String,
    /// `userName`, folded.
    pub user_name_key: String,
    /// `displayName`, folded.
    pub display_name_key: Option<String>,
    /// The client's own id.
    pub external_id: Option<String>,
    /// `active`, where it is said.
    pub active: Option<bool>,
    /// The resource as canonical JSON.
    pub document: String,
    /// Grows with every change.
    pub version: i64,
    /// When the resource was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// When the client deleted it.
    pub deleted_at: Option<Timestamp>,
}

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredGroup {
    /// The group's internal id; also the resource's place where no order is asked for.
    pub group_id: i64,
    /// The resource's id.
    pub scim_id: String,
    /// `displayName`, folded.
    pub name_key: String,
    /// The client's own id.
    pub external_id: Option<String>,
    /// The resource as canonical JSON, without its members.
    pub document: String,
    /// Grows with every change, of the members too.
    pub version: i64,
    /// When the resource was made.
    pub created_at: Timestamp,
    /// When it or its members last changed.
    pub modified_at: Timestamp,
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A user.
    User(StoredUser),
    /// A group.
    Group(StoredGroup),
}

/// A direct member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimMember {
    /// The member's id.
    pub id: String,
    /// A person or a group.
    pub kind: MemberKind,
}

/// What became of whoever was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The plan with which the removal waits for approval, if it does.
    pub held: Option<i64>,
    /// Whether the plan was made for this deletion.
    pub newly_held: bool,
    /// Whether the person stays because they hold a device.
    pub retained: bool,
}

pub(super) const USER_COLUMNS: &str = "s.user_id, s.scim_id, s.user_name_key, s.display_name_key, s.external_id,
    s.active, s.document, s.version, s.created_at, s.modified_at, s.deleted_at";

pub(super) const GROUP_COLUMNS: &str =
    "s.group_id, s.scim_id, s.name_key, s.external_id, s.document, s.version, s.created_at, s.modified_at";

pub(super) fn read_user(row: &Row<'_>) -> rusqlite::Result<StoredUser> {
    Ok(StoredUser {
        user_id: row.get("user_id")?,
        scim_id: row.get("scim_id")?,
        user_name_key: row.get("user_name_key")?,
        display_name_key: row.get("display_name_key")?,
        external_id: row.get("external_id")?,
        active: row.get("active")?,
        document: row.get("document")?,
        version: row.get("version")?,
        created_at: moment(row, "created_at")?,
        modified_at: moment(row, "modified_at")?,
        deleted_at: moment_if_any(row, "deleted_at")?,
    })
}

pub(super) fn read_group(row: &Row<'_>) -> rusqlite::Result<StoredGroup> {
    Ok(StoredGroup {
        group_id: row.get("group_id")?,
        scim_id: row.get("scim_id")?,
        name_key: row.get("name_key")?,
        external_id: row.get("external_id")?,
        document: row.get("document")?,
        version: row.get("version")?,
        created_at: moment(row, "created_at")?,
        modified_at: moment(row, "modified_at")?,
    })
}
