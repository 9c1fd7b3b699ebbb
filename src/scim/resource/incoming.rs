//! What was read of a client's resource.

use serde_json::{Map, Value};

use super::member::MemberValue;

/// How much is forgiven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// What identity providers really send: `"True"` for a boolean, a text for a complex value, an object for a list.
    #[default]
    Lenient,
    /// What the schema says, and nothing else.
    Strict,
}

/// A resource as a client wants it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incoming {
    /// The attributes that are stored, under their canonical names; those of an extension under its URN.
    pub document: Map<String, Value>,
    /// The client's own id.
    pub external_id: Option<String>,
    /// A group's members, each once; `None`: nothing was said of them.
    pub members: Option<Vec<MemberValue>>,
    /// Whether there was a password. It is in no document.
    pub password_was_sent: bool,
}

/// The names of the attributes that were sent, for an audit that holds nobody's values.
pub fn named(incoming: &Incoming) -> String {
    let mut names: Vec<&str> = incoming.document.keys().map(String::as_str).collect();
    names.extend(incoming.external_id.as_ref().map(|_| "externalId"));
    names.extend(incoming.members.as_ref().map(|_| "members"));
    names.extend(incoming.password_was_sent.then_some("password"));
    names.join(" ")
}
