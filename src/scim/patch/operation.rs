//! One operation, understood: what to do, where, and with what.

use serde_json::Value;

use crate::scim::filter::{Filter, terms};
use crate::scim::schema::{Attribute, Found, Schema};
use crate::scim::{Problem, ScimType};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// Where it is done.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// The resource, named by its own schema.
    Core,
    /// All of an extension.
    Extension(&'static Schema),
    /// An attribute, some of its values, or a part of either.
    Attribute(Selected),
    /// What the type does not know.
    Unknown,
}

/// An attribute, some of its values, or a part of either.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    pub(super) extension: Option<&'static Schema>,
    pub(super) attribute: &'static Attribute,
    pub(super) filter: Option<Filter>,
    pub(super) sub: Option<&'static Attribute>,
}

impl From<Found> for Selected {
    fn from(found: Found) -> Self {
        Self { extension: found.extension, attribute: found.attribute, filter: None, sub: found.sub }
    }
}

/// One thing to do, of those a request asks for. A value without a path becomes one for each of its keys.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Which of the request's operations it comes from, counted from one.
    pub(super) number: usize,
    pub(super) verb: Verb,
    pub(super) target: Target,
    pub(super) value: Option<Value>,
    /// Whether it was a key of a value and not a path: such keys are forgiven more.
    pub(super) implied: bool,
}

/// The names of the attributes that operations are about, for the audit.
pub fn named(operations: &[Operation]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for operation in operations {
        let name = match &operation.target {
            Target::Core => continue,
            Target::Extension(schema) => schema.name,
            Target::Attribute(selected) => selected.attribute.name,
            Target::Unknown => "?",
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" ")
}

impl Operation {
    /// How many comparisons its filter makes with every value.
    pub(super) fn terms(&self) -> usize {
        match &self.target {
            Target::Attribute(Selected { filter: Some(filter), .. }) => terms(filter),
            _ => 0,
        }
    }

    /// A problem of this operation.
    pub(super) fn problem(&self, kind: ScimType, detail: &str) -> Problem {
        numbered(self.number, Problem::of(kind, detail))
    }
}

/// Says which operation a problem is of.
pub(super) fn numbered(number: usize, mut problem: Problem) -> Problem {
    problem.detail = format!("operation {number}: {}", problem.detail);
    problem
}
