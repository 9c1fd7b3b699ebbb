//! The SCIM 2.0 service provider (RFC 7643, 7644, 9865): directories that push write through it into the local
//! directory. Pure parts (schema, filter, resource, patch) know neither the network nor the store.

mod error;
pub mod filter;
pub mod health;
pub mod listen;
pub mod schema;
pub mod token;

pub use error::{Problem, ScimType};
