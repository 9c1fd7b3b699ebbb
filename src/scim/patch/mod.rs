//! PATCH (RFC 7644 §3.5.2), in the dialects identity providers really speak: operations are read, then applied to a
//! document by value, so that all of them count or none. Pure. A group's members come out as steps for the store.

mod apply;
mod attribute;
mod fuzz;
mod members;
mod operation;
mod parse;
mod select;
#[cfg(test)]
mod tests;

pub use apply::{Patched, Rules, UnknownPaths, apply};
pub use fuzz::fuzz;
pub use members::MemberStep;
pub use operation::{Operation, named};
pub use parse::{MOST_OPERATIONS, parse};
