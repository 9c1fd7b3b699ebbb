//! From a stored document to the resource a client sees.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::member::MemberType;
use crate::scim::schema::ResourceType;

/// What the store has of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The server's id.
    pub id: String,
    /// The client's own id.
    pub external_id: Option<String>,
    /// The document.
    pub document: Map<String, Value>,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// The entity tag as it is sent: `W/"3"`.
    pub version: String,
    /// Its absolute address.
    pub location: String,
}

/// A group a user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// The group's id.
    pub value: String,
    /// Its address.
    pub location: String,
    /// Its name.
    pub display: Option<String>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRef {
    /// The member's id.
    pub value: String,
    /// Its address, if there is such a resource.
    pub location: Option<String>,
    /// What it is.
    pub kind: Option<MemberType>,
    /// Its name.
    pub display: Option<String>,
}

/// What a resource shows of others. Whoever projects these away need not load them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// Of a user: the groups.
    pub groups: Vec<GroupRef>,
    /// Of a group: the members.
    pub members: Vec<MemberRef>,
}

/// The whole resource. What has no value is left out.
pub fn render(stored: Stored, kind: &'static ResourceType, related: Related) -> Map<String, Value> {
    let Stored { id, external_id, document: mut sent, created, modified, version, location } = stored;
    let present = kind.schemas().filter(|schema| schema.id == kind.schema.id || sent.contains_key(schema.id));
    let schemas = present.map(|schema| Value::from(schema.id)).collect();
    sent.insert("schemas".to_owned(), Value::Array(schemas));
    sent.insert("id".to_owned(), id.into());
    if let Some(external_id) = external_id {
        sent.insert("externalId".to_owned(), external_id.into());
    }
    let groups = related.groups.into_iter().map(|group| {
        object([
            ("value", Some(group.value)),
            ("$ref", Some(group.location)),
            ("display", group.display),
            ("type", Some("direct".to_owned())),
        ])
    });
    put(&mut sent, "groups", groups.collect());
    let members = related.members.into_iter().map(|member| {
        object([
            ("value", Some(member.value)),
            ("$ref", member.location),
            ("type", member.kind.map(|kind| kind.as_str().to_owned())),
            ("display", member.display),
        ])
    });
    put(&mut sent, "members", members.collect());
    let meta = [
        ("resourceType", Some(kind.name.to_owned())),
        ("created", Some(moment(created))),
        ("lastModified", Some(moment(modified))),
        ("location", Some(location)),
        ("version", Some(version)),
    ];
    sent.insert("meta".to_owned(), object(meta));
    sent
}

fn put(sent: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        sent.insert(name.to_owned(), Value::Array(values));
    }
}

fn object<const N: usize>(parts: [(&str, Option<String>); N]) -> Value {
    Value::Object(parts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect())
}

/// Milliseconds always, so that all moments are equally long and sort as text.
fn moment(moment: Timestamp) -> String {
    format!("{moment:.3}")
}
