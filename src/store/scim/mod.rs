//! Directories that push (SCIM): tokens, and their resources beside the people and groups they are of. Written in
//! batches, each request all or nothing; looked up by conditions.

mod bury;
mod moments;
mod tokens;

pub(in crate::store) use bury::bury_resources;
pub use tokens::{LiveToken, NewPush, NewToken, TokenRecord};
