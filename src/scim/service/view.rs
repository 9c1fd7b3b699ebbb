//! From what is stored to what is sent: addresses, entity tags, and what a resource shows of others.

use std::collections::HashMap;
use std::hash::Hasher;

use jiff::Timestamp;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::Xxh3;

use super::call::Caller;
use super::target::Type;
use crate::model::MemberKind;
use crate::scim::Problem;
use crate::scim::projection::Projection;
use crate::scim::resource::{GroupRef, MemberRef, MemberType, Related, Stored, render};
use crate::store::Store;
use crate::store::scim::{GroupOf, Resource, ScimMember, StoredGroup, StoredUser};

/// A resource as it is sent, whole.
pub(super) struct View {
    pub(super) id: String,
    pub(super) resource: Map<String, Value>,
    pub(super) version: String,
}

/// What is stored of a resource, of whichever type.
pub(super) struct Row {
    /// Its place in the order of creation.
    pub(super) row: i64,
    pub(super) scim_id: String,
    pub(super) external_id: Option<String>,
    pub(super) document: Map<String, Value>,
    version: i64,
    created_at: Timestamp,
    modified_at: Timestamp,
}

impl From<StoredUser> for Row {
    fn from(user: StoredUser) -> Self {
        Self {
            row: user.user_id,
            scim_id: user.scim_id,
            external_id: user.external_id,
            document: read(&user.document),
            version: user.version,
            created_at: user.created_at,
            modified_at: user.modified_at,
        }
    }
}

impl From<StoredGroup> for Row {
    fn from(group: StoredGroup) -> Self {
        Self {
            row: group.group_id,
            scim_id: group.scim_id,
            external_id: group.external_id,
            document: read(&group.document),
            version: group.version,
            created_at: group.created_at,
            modified_at: group.modified_at,
        }
    }
}

impl From<Resource> for Row {
    fn from(resource: Resource) -> Self {
        match resource {
            Resource::User(user) => user.into(),
            Resource::Group(group) => group.into(),
        }
    }
}

/// The service stored it, and an object; whatever else it were, it would say nothing.
fn read(document: &str) -> Map<String, Value> {
    serde_json::from_str(document).unwrap_or_default()
}

/// A user's entity tag. Groups are part of a user, and change without the user being written: their names and ids
/// count as well.
pub(super) fn user_version(version: i64, groups: &[GroupOf]) -> String {
    if groups.is_empty() {
        return format!("W/\"{version}\"");
    }
    let mut hash = Xxh3::new();
    for group in groups {
        hash.write(group.id.as_bytes());
        hash.write(&[0]);
        hash.write(group.display.as_deref().unwrap_or_default().as_bytes());
        hash.write(&[0]);
    }
    format!("W/\"{version}-{:016x}\"", hash.finish())
}

/// A group's entity tag; its version counts its members' comings and goings.
pub(super) fn group_version(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// A user as it is sent.
pub(super) fn user(caller: &Caller, user: Row, groups: &[GroupOf]) -> View {
    let version = user_version(user.version, groups);
    let groups = groups.iter().map(|group| GroupRef {
        location: caller.location(Type::Group, &group.id),
        value: group.id.clone(),
        display: group.display.clone(),
    });
    let related = Related { groups: groups.collect(), members: Vec::new() };
    sent(caller, Type::User, user, version, related)
}

/// A group as it is sent; `None` of members: they are not asked for.
pub(super) fn group(caller: &Caller, group: Row, members: Option<&[ScimMember]>) -> View {
    let version = group_version(group.version);
    let members = members.unwrap_or_default().iter().map(|member| {
        let (kind, of) = kind_of(member);
        MemberRef {
            value: member.id.clone(),
            location: Some(caller.location(of, &member.id)),
            kind: Some(kind),
            // A name would be another's, who changes it without the group being changed.
            display: None,
        }
    });
    let related = Related { groups: Vec::new(), members: members.collect() };
    sent(caller, Type::Group, group, version, related)
}

/// A member by itself, for a filter to look at.
pub(super) fn member(caller: &Caller, member: &ScimMember) -> Map<String, Value> {
    let (kind, of) = kind_of(member);
    Map::from_iter([
        ("value".to_owned(), Value::from(member.id.as_str())),
        ("$ref".to_owned(), caller.location(of, &member.id).into()),
        ("type".to_owned(), kind.as_str().into()),
    ])
}

fn kind_of(member: &ScimMember) -> (MemberType, Type) {
    if member.kind == MemberKind::Group { (MemberType::Group, Type::Group) } else { (MemberType::User, Type::User) }
}

fn sent(caller: &Caller, kind: Type, row: Row, version: String, related: Related) -> View {
    let stored = Stored {
        location: caller.location(kind, &row.scim_id),
        id: row.scim_id.clone(),
        external_id: row.external_id,
        document: row.document,
        created: row.created_at,
        modified: row.modified_at,
        version: version.clone(),
    };
    View { id: row.scim_id, resource: render(stored, kind.schema(), related), version }
}

/// The rows of a page as they are sent.
pub(super) fn page(
    store: &Store,
    caller: &Caller,
    kind: Type,
    rows: Vec<Resource>,
    projection: &Projection,
) -> Result<Vec<Value>, Problem> {
    let rows: Vec<Row> = rows.into_iter().map(Row::from).collect();
    let mut groups: HashMap<String, Vec<GroupOf>> = HashMap::new();
    if kind == Type::User {
        let ids: Vec<&str> = rows.iter().map(|row| row.scim_id.as_str()).collect();
        groups = store.scim_groups_of(caller.served.id, &ids)?;
    }
    let with_members = projection.wants("members");
    rows.into_iter()
        .map(|row| {
            let view = match kind {
                Type::User => {
                    let own = groups.remove(&row.scim_id).unwrap_or_default();
                    user(caller, row, &own)
                }
                Type::Group => {
                    let members =
                        with_members.then(|| store.scim_members(caller.served.id, &row.scim_id)).transpose()?;
                    group(caller, row, members.as_deref())
                }
            };
            Ok(Value::Object(projection.apply(view.resource)))
        })
        .collect()
}

/// A resource, whole; with its members or groups only where they are needed.
pub(super) fn whole(
    store: &Store,
    caller: &Caller,
    kind: Type,
    row: Row,
    relations: bool,
) -> Result<Map<String, Value>, Problem> {
    let view = match kind {
        Type::User if relations => {
            let groups = store
                .scim_groups_of(caller.served.id, &[row.scim_id.as_str()])?
                .remove(&row.scim_id)
                .unwrap_or_default();
            user(caller, row, &groups)
        }
        Type::User => user(caller, row, &[]),
        Type::Group => {
            let members = relations.then(|| store.scim_members(caller.served.id, &row.scim_id)).transpose()?;
            group(caller, row, members.as_deref())
        }
    };
    Ok(view.resource)
}
