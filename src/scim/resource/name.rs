//! What a key of a client's object means: an attribute in any spelling, a path to a part of one, or a whole schema.

use crate::scim::schema::{AttributePath, Found, ResourceType, Schema};

/// What a key leads to.
pub(in crate::scim) enum Key {
    /// The resource itself, by the URN of its own schema: its value is an object of attributes.
    Core,
    /// An extension by its URN: its value is an object of attributes.
    Extension(&'static Schema),
    /// An attribute, or a part of one.
    Attribute(Found),
    /// Nothing this type knows.
    Unknown,
}

/// What `key` means in a resource of this type, or in the object of one of its extensions.
pub(in crate::scim) fn resolve(kind: &'static ResourceType, within: Option<&'static Schema>, key: &str) -> Key {
    if kind.schema.id.eq_ignore_ascii_case(key) {
        return Key::Core;
    }
    if let Some(extension) = kind.extension(key) {
        return Key::Extension(extension);
    }
    let Some(mut path) = AttributePath::parse(key) else { return Key::Unknown };
    if let (Some(schema), None) = (within, &path.urn) {
        path.urn = Some(schema.id.to_owned());
    }
    kind.find(&path).map_or(Key::Unknown, Key::Attribute)
}
