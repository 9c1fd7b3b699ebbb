//! The types of resources and what is common to them (RFC 7643 §3, §6).

use super::attribute::{Attribute, Kind, Mutability, Returned, Schema};
use super::{enterprise, group, user};

/// A type of resource.
#[derive(Debug)]
pub struct ResourceType {
    /// Its name and id.
    pub name: &'static str,
    /// Where its resources are, below the base.
    pub endpoint: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its own schema.
    pub schema: &'static Schema,
    /// Schemas that may come on top; none is required.
    pub extensions: &'static [&'static Schema],
}

/// Users.
pub static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User account",
    schema: &user::SCHEMA,
    extensions: &[&enterprise::SCHEMA],
};

/// Groups.
pub static GROUP: ResourceType =
    ResourceType { name: "Group", endpoint: "/Groups", description: "Group", schema: &group::SCHEMA, extensions: &[] };

/// All of them.
pub static TYPES: &[&ResourceType] = &[&USER, &GROUP];

/// Attributes that every resource has and no schema lists (RFC 7643 §3.1).
pub(super) static COMMON: &[Attribute] = &[
    Attribute::new("schemas", Kind::Reference, "The schemas of what is said").many().exact().returned(Returned::Always),
    Attribute::text("id", "The server's immutable id")
        .exact()
        .mutability(Mutability::ReadOnly)
        .returned(Returned::Always),
    Attribute::text("externalId", "The client's own id").exact(),
    Attribute::complex("meta", "What the server knows of the resource", META).mutability(Mutability::ReadOnly),
];

static META: &[Attribute] = &[
    Attribute::text("resourceType", "Its type").exact().mutability(Mutability::ReadOnly),
    Attribute::new("created", Kind::DateTime, "When it was created").mutability(Mutability::ReadOnly),
    Attribute::new("lastModified", Kind::DateTime, "When it last changed").mutability(Mutability::ReadOnly),
    Attribute::reference("location", "Where it is", &["uri"]).mutability(Mutability::ReadOnly),
    Attribute::text("version", "Its entity tag").exact().mutability(Mutability::ReadOnly),
];
