//! The members of a group as clients name them.

use std::collections::HashSet;

use serde_json::Value;

use super::incoming::Strictness;
use super::value::{Place, one};
use crate::scim::Problem;
use crate::scim::schema::{Attribute, GROUP};

/// What a member is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberType {
    /// A user.
    User,
    /// A group.
    Group,
}

impl MemberType {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [Self::User, Self::Group].into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// A member as a client names it. Whether there is somebody of this id is not known here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemberValue {
    /// The member's id.
    pub value: String,
    /// What it is said to be.
    pub kind: Option<MemberType>,
}

/// A list of members: objects or (lenient) bare ids, or a single one of them. Each comes out once.
///
/// # Errors
/// `invalidValue`: something in it is no member, or a member has no value.
pub(in crate::scim) fn read(value: &Value, strictness: Strictness) -> Result<Vec<MemberValue>, Problem> {
    let Some(attribute) = GROUP.schema.attribute("members") else { return Ok(Vec::new()) };
    let at = Place { attribute, sub: None };
    let given = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ if strictness == Strictness::Lenient => std::slice::from_ref(value),
        _ => return Err(at.wrong("a list is wanted")),
    };
    let mut seen = HashSet::with_capacity(given.len());
    let mut members = Vec::with_capacity(given.len());
    for value in given {
        let Some(member) = member(attribute, value, strictness)? else { continue };
        if seen.insert(member.value.clone()) {
            members.push(member);
        }
    }
    Ok(members)
}

fn member(
    attribute: &'static Attribute,
    value: &Value,
    strictness: Strictness,
) -> Result<Option<MemberValue>, Problem> {
    if value.is_null() {
        return Ok(None);
    }
    let at = Place { attribute, sub: None };
    let read = one(at, value, strictness)?;
    let part = |name: &str| read.as_ref().and_then(|read| read.get(name)).and_then(Value::as_str);
    let Some(id) = part("value").filter(|id| !id.trim().is_empty()) else {
        return Err(Place { attribute, sub: attribute.value() }.wrong("every member needs one"));
    };
    let by_reference = || {
        let mut segments = part("$ref")?.rsplit('/').skip(1);
        MemberType::of(segments.next()?.trim_end_matches(['s', 'S']))
    };
    let kind = part("type").and_then(MemberType::of).or_else(by_reference);
    Ok(Some(MemberValue { value: id.to_owned(), kind }))
}
