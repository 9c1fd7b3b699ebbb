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

impl Operator {
    /// The operator of this name, in any case. `pr` is none: it compares nothing.
    pub fn of(word: &str) -> Option<Self> {
        const ALL: [Operator; 9] = {
            use Operator::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
            [Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le]
        };
        ALL.into_iter().find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }

    /// As the standard writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it asks for an order.
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
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

impl Filter {
    /// All of `filters`, which are one at least; an `and` within is part of this one, as the parser has it.
    pub fn all(filters: Vec<Filter>) -> Self {
        let within = |filter| match filter {
            Self::And(filters) => Ok(filters),
            other => Err(other),
        };
        joined(filters, within).unwrap_or_else(Self::And)
    }

    /// Any of `filters`, which are one at least; an `or` within is part of this one, as the parser has it.
    pub fn any(filters: Vec<Filter>) -> Self {
        let within = |filter| match filter {
            Self::Or(filters) => Ok(filters),
            other => Err(other),
        };
        joined(filters, within).unwrap_or_else(Self::Or)
    }
}

/// The one filter there is, else the list without lists of its own kind.
fn joined(
    mut filters: Vec<Filter>,
    within: impl Fn(Filter) -> Result<Vec<Filter>, Filter>,
) -> Result<Filter, Vec<Filter>> {
    if filters.len() == 1
        && let Some(only) = filters.pop()
    {
        return Ok(only);
    }
    let mut flat = Vec::with_capacity(filters.len());
    for filter in filters {
        match within(filter) {
            Ok(list) => flat.extend(list),
            Err(other) => flat.push(other),
        }
    }
    Err(flat)
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

/// The one `value` that whatever meets `filter`, which is relative to a member, must have.
pub fn only_value(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Compare(path, Operator::Eq, Literal::Text(id)) if path.sub.is_none() => {
            path.name.eq_ignore_ascii_case("value").then_some(id.as_str())
        }
        Filter::And(parts) => parts.iter().find_map(only_value),
        _ => None,
    }
}

/// How many comparisons it makes.
pub fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(terms).sum(),
        Filter::Not(part) | Filter::Value(_, part) => terms(part),
        Filter::Compare(..) | Filter::Present(_) => 1,
    }
}
