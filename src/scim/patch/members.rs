//! What a PATCH does to the members of a group, which may have very many: steps for the store, in order.

use serde_json::Value;

use super::operation::{Operation, Selected, Verb, numbered};
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::resource::{MemberValue, Strictness, members};
use crate::scim::{Problem, ScimType};

/// One step. To add who is there and to remove who is not is no mistake and changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberStep {
    /// These come in.
    Add(Vec<MemberValue>),
    /// Those with these ids go.
    Remove(Vec<String>),
    /// All go.
    RemoveAll,
    /// These and nobody else.
    Replace(Vec<MemberValue>),
    /// Those that meet the filter, whose paths are parts of a member, go.
    RemoveWhere(Filter),
}

/// Adds what the operation asks for to `steps`.
///
/// # Errors
/// `invalidValue`: a value is no member. `mutability`: a part of a member would change. `noTarget`: something is to be
/// added to members that are not named by id.
pub(super) fn step(
    operation: &Operation,
    selected: &Selected,
    strictness: Strictness,
    steps: &mut Vec<MemberStep>,
) -> Result<(), Problem> {
    let value = operation.value.as_ref().filter(|value| !value.is_null());
    let read = || -> Result<Vec<MemberValue>, Problem> {
        members(value.unwrap_or(&Value::Null), strictness).map_err(|problem| numbered(operation.number, problem))
    };
    let is_id = selected.sub.is_some_and(|sub| sub.name == "value");
    if selected.sub.is_some() && !(is_id && selected.filter.is_none() && operation.verb == Verb::Add) {
        return Err(operation.problem(ScimType::Mutability, "members come and go, their parts do not change"));
    }
    match (operation.verb, &selected.filter) {
        (Verb::Add, None) => push(steps, MemberStep::Add(read()?)),
        // A key without a value among others asks for nothing.
        (Verb::Replace, None) if operation.implied && value.is_none() => {}
        (Verb::Replace, None) => push(steps, MemberStep::Replace(read()?)),
        (Verb::Remove, None) if value.is_none() => push(steps, MemberStep::RemoveAll),
        (Verb::Remove, None) => push(steps, MemberStep::Remove(read()?.into_iter().map(|it| it.value).collect())),
        (Verb::Remove, Some(filter)) => push(steps, removal(filter)),
        (Verb::Replace, Some(filter)) => {
            let new = read()?;
            push(steps, removal(filter));
            push(steps, MemberStep::Add(new));
        }
        (Verb::Add, Some(filter)) => {
            let Some(ids) = ids(filter) else {
                return Err(operation.problem(ScimType::NoTarget, "path: the filter names no member by id"));
            };
            push(steps, MemberStep::Add(ids.into_iter().map(|value| MemberValue { value, kind: None }).collect()));
        }
    }
    Ok(())
}

fn removal(filter: &Filter) -> MemberStep {
    ids(filter).map_or_else(|| MemberStep::RemoveWhere(filter.clone()), MemberStep::Remove)
}

/// The ids, if the filter is nothing but a choice of ids.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare(path, Operator::Eq, literal)
            if path.sub.is_none() && path.name.eq_ignore_ascii_case("value") =>
        {
            match literal {
                Literal::Text(text) => Some(vec![text.clone()]),
                Literal::Number(number) => Some(vec![number.to_string()]),
                Literal::Null | Literal::Boolean(_) => None,
            }
        }
        Filter::Or(all) => {
            let mut found = Vec::with_capacity(all.len());
            for filter in all {
                match filter {
                    Filter::Compare(..) => found.extend(ids(filter)?),
                    _ => return None,
                }
            }
            Some(found)
        }
        _ => None,
    }
}

/// Steps of a kind that follow each other are one: some clients send an operation for each member.
fn push(steps: &mut Vec<MemberStep>, step: MemberStep) {
    match (steps.last_mut(), step) {
        (_, MemberStep::Add(new)) if new.is_empty() => {}
        (_, MemberStep::Remove(gone)) if gone.is_empty() => {}
        (Some(MemberStep::Add(before)), MemberStep::Add(new)) => before.extend(new),
        (Some(MemberStep::Remove(before)), MemberStep::Remove(gone)) => before.extend(gone),
        (_, step) => steps.push(step),
    }
}
