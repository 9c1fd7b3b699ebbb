//! The schemas: one table of attributes that drives parsing, validation, projection, filters and `/Schemas`
//! (RFC 7643 §2.2, §4, §7).

mod attribute;
mod enterprise;
mod find;
mod group;
mod path;
mod resource_type;
mod user;

pub use attribute::{Attribute, Kind, Mutability, Returned, Schema, Uniqueness};
pub use find::Found;
pub use path::AttributePath;
pub(in crate::scim) use path::is_name;
pub use resource_type::{GROUP, ResourceType, TYPES, USER};
