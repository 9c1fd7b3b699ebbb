//! The core schema of a group (RFC 7643 §4.2, §8.7.1).

use super::attribute::{Attribute, Mutability, Schema};

/// `urn:ietf:params:scim:schemas:core:2.0:Group`.
pub(super) static SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Group",
    attributes: ATTRIBUTES,
};

static ATTRIBUTES: &[Attribute] = &[
    Attribute::text("displayName", "Name shown for the group").required(),
    Attribute::complex("members", "Members of the group", MEMBERS).many(),
];

static MEMBERS: &[Attribute] = &[
    Attribute::text("value", "The member's id").exact().mutability(Mutability::Immutable),
    Attribute::reference("$ref", "The member", &["User", "Group"]).mutability(Mutability::Immutable),
    Attribute::text("type", "What the member is").suggested(&["User", "Group"]).mutability(Mutability::Immutable),
    Attribute::text("display", "The member's name").mutability(Mutability::ReadOnly),
];
