//! Filters (RFC 7644 §3.4.2.2): one grammar, one tree, three uses (conditions of the store, evaluation, target of a
//! PATCH). Pure.

mod tree;

pub use tree::{Filter, Literal, Operator, PatchPath};
