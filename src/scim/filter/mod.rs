//! Filters (RFC 7644 §3.4.2.2): one grammar, one tree, three uses (conditions of the store, evaluation, target of a
//! PATCH). Pure.

mod check;
mod compare;
mod condition;
mod cursor;
mod evaluate;
mod fold;
mod fuzz;
mod grammar;
mod print;
#[cfg(test)]
mod tests;
mod tree;

pub use check::{check, check_value};
pub use condition::{Narrowed, condition};
pub use evaluate::{matches, matches_value};
pub use fold::fold;
#[doc(hidden)]
pub use fuzz::{fuzz, fuzz_path};
pub use grammar::{Grammar, parse, parse_path};
pub use tree::{Filter, Literal, Operator, PatchPath, only_value, terms};
