//! The SCIM 2.0 service provider (RFC 7643, 7644, 9865): directories that push write through it into the local
//! directory. Pure parts (schema, filter, resource, patch) know neither the network nor the store.

pub mod discovery;
mod error;
pub mod filter;
pub mod listen;
pub mod patch;
pub mod person;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod service;
pub mod token;

pub use error::{Problem, ScimType};
