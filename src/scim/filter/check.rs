//! Whether a filter asks what can be asked of a type of resource, told to the client before anything is looked up.

use super::compare::moment;
use super::evaluate::leaf_of_element;
use super::tree::{Filter, Literal, Operator};
use crate::scim::schema::{Attribute, AttributePath, Kind, ResourceType, Returned};
use crate::scim::{Problem, ScimType};

/// Checks a filter over resources of one type. Over several types it is not for: what one of them lacks has no value
/// there (RFC 7644 §3.4.2.1).
///
/// # Errors
/// 400 `invalidFilter`: an attribute the type does not know or that is never sent, an order of booleans or of binary
/// data, a comparison of a complex value that has no `value`, a moment that is none.
pub fn check(filter: &Filter, resource_type: &ResourceType) -> Result<(), Problem> {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            filters.iter().try_for_each(|filter| check(filter, resource_type))
        }
        Filter::Not(inner) => check(inner, resource_type),
        Filter::Present(path) if resource_type.whole_schema(path).is_some() => Ok(()),
        Filter::Present(path) => find(resource_type, path).map(|_| ()),
        Filter::Compare(path, operator, literal) => comparison(path, find(resource_type, path)?, *operator, literal),
        Filter::Value(path, inner) => {
            let attribute = find(resource_type, path)?;
            if path.sub.is_some() || (attribute.kind != Kind::Complex && !attribute.multi_valued) {
                return Err(problem(format!("{} has no values to choose from", spelt(path))));
            }
            check_value(inner, attribute)
        }
    }
}

/// Checks a filter over the values of `attribute`, as the path of a PATCH operation has it.
///
/// # Errors
/// As [`check`].
pub fn check_value(filter: &Filter, attribute: &'static Attribute) -> Result<(), Problem> {
    let part = |path: &AttributePath| {
        let unknown = || problem(format!("{} has no sub-attribute {}", attribute.name, spelt(path)));
        leaf_of_element(attribute, path).ok_or_else(unknown)
    };
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            filters.iter().try_for_each(|filter| check_value(filter, attribute))
        }
        Filter::Not(inner) => check_value(inner, attribute),
        Filter::Present(path) => part(path).map(|_| ()),
        Filter::Compare(path, operator, literal) => comparison(path, part(path)?, *operator, literal),
        Filter::Value(path, _) => Err(problem(format!("{} is within a value already", spelt(path)))),
    }
}

/// What is named in the end.
fn find(resource_type: &ResourceType, path: &AttributePath) -> Result<&'static Attribute, Problem> {
    let unknown = || problem(format!("{} has no attribute {}", resource_type.name, spelt(path)));
    let leaf = resource_type.find(path).ok_or_else(unknown)?.leaf();
    if leaf.returned == Returned::Never {
        return Err(problem(format!("{} cannot be asked for", leaf.name)));
    }
    Ok(leaf)
}

fn comparison(
    path: &AttributePath,
    named: &'static Attribute,
    operator: Operator,
    literal: &Literal,
) -> Result<(), Problem> {
    if matches!(literal, Literal::Null) {
        return Ok(());
    }
    let compared = if named.kind == Kind::Complex { named.value() } else { Some(named) };
    let Some(compared) = compared else {
        return Err(problem(format!("{} is compared by a sub-attribute only", spelt(path))));
    };
    let is_about_text = matches!(operator, Operator::Co | Operator::Sw | Operator::Ew);
    match compared.kind {
        Kind::Boolean | Kind::Binary if operator.is_ordering() => {
            Err(problem(format!("{} has no order, '{operator}' does not go with it", spelt(path))))
        }
        Kind::DateTime if !is_about_text && moment(literal).is_none() => {
            Err(problem(format!("{} is compared with a dateTime: 2011-05-13T04:42:34Z", spelt(path))))
        }
        _ => Ok(()),
    }
}

/// A name as the client wrote it, unless it is longer than any there is.
fn spelt(path: &AttributePath) -> String {
    let written = path.to_string();
    if written.len() > 200 { "of this name".to_owned() } else { format!("'{written}'") }
}

fn problem(what: String) -> Problem {
    Problem::of(ScimType::InvalidFilter, format!("filter: {what}"))
}
