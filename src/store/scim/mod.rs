//! Directories that push (SCIM): tokens, and their resources beside the people and groups they are of. Written in
//! batches, each request all or nothing; looked up by conditions.

mod batch;
mod bury;
mod condition;
mod farewell;
mod forget;
mod groups;
mod history;
mod members;
mod moments;
mod page;
mod people;
mod read;
mod resource;
#[cfg(test)]
mod tests;
mod tokens;

pub use batch::{Batch, ScimWriter};
pub(in crate::store) use bury::bury_resources;
pub(in crate::store) use forget::{forget_managers_of_resources, forget_resources};
pub(in crate::store) use moments::fine_stamp;
pub use page::{Order, ResourceKind, SortKey, Window};
pub use read::GroupOf;
pub use resource::{Deleted, NewGroup, NewUser, Resource, ScimMember, StoredGroup, StoredUser};
pub use tokens::{LiveToken, NewPush, NewToken, TokenRecord};
