//! The tree of a filter, and of a PATCH path, which may hold one.

use crate::scim::schema::AttributePath;

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`: no value.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text; also whatever was written without quotes and is nothing else.
    Text(String),
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them (two or more).
    And(Vec<Filter>),
    /// Any of them (two or more).
    Or(Vec<Filter>),
    /// Not.
    Not(Box<Filter>),
    /// `path op literal`.
    Compare(AttributePath, Operator, Literal),
    /// `path pr`.
    Present(AttributePath),
    /// `path[filter]`: one and the same value meets all of it. Within, paths are relative to the value.
    Value(AttributePath, Box<Filter>),
}

/// The path of a PATCH operation (RFC 7644 §3.5.2): `members`, `name.givenName`, `emails[type eq "work"].value`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchPath {
    /// The attribute; with a `sub` only where there is no filter.
    pub attribute: AttributePath,
    /// Which of its values.
    pub filter: Option<Filter>,
    /// What of them.
    pub sub: Option<String>,
}
