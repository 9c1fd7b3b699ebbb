//! Resources as documents: what a client sends is read into one canonical form, what is stored is rendered for clients.
//! Pure. A stored document holds no `schemas`, `id`, `externalId`, `meta`, `groups`, `password` and no `members`.

mod fuzz;
mod incoming;
mod list;
mod member;
mod name;
mod read;
mod render;
#[cfg(test)]
pub(in crate::scim) mod tests;
mod value;

pub use fuzz::fuzz;
pub use incoming::{Incoming, Strictness, named};
pub use member::{MemberType, MemberValue};
pub use read::read;
pub use render::{GroupRef, MemberRef, Related, Stored, render};

pub(in crate::scim) use list::{add, demote};
pub(in crate::scim) use member::read as members;
pub(in crate::scim) use name::{Key, resolve};
pub(in crate::scim) use read::require;
pub(in crate::scim) use value::{MOST_VALUES, Place, is_nothing, one, parts, read as value};
