//! Whether a resource, or one value of an attribute, meets a filter.

use serde_json::Value;

use super::compare::any_meets;
use super::tree::{Filter, Literal, Operator};
use crate::scim::schema::{Attribute, AttributePath, Found, ResourceType, Returned};

/// Whether `document`, a resource of this type as it is sent, meets `filter`. What the type does not know, and what is
/// never sent, has no value; [`check`](fn@super::check) tells clients beforehand.
///
/// Of several values one that meets a comparison is enough, also for `ne`: it is met by a value that differs, and where
/// there is no value. `pr` is a value that is not empty; `eq null` is its opposite, `ne null` is `pr`.
pub fn matches(filter: &Filter, resource_type: &ResourceType, document: &Value) -> bool {
    holds(filter, Scope::Resource(resource_type, document))
}

/// Whether `element`, one value of `attribute`, meets `filter`, whose names are those of its parts. A value that is no
/// object is its own `value`.
pub fn matches_value(filter: &Filter, attribute: &'static Attribute, element: &Value) -> bool {
    holds(filter, Scope::Element(attribute, element))
}

/// What names in a filter are relative to.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType, &'a Value),
    Element(&'static Attribute, &'a Value),
}

/// As deep as the parser lets a filter be.
fn holds(filter: &Filter, scope: Scope<'_>) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|filter| holds(filter, scope)),
        Filter::Or(any) => any.iter().any(|filter| holds(filter, scope)),
        Filter::Not(inner) => !holds(inner, scope),
        Filter::Present(path) => scope.has(path),
        Filter::Compare(path, operator, Literal::Null) => match operator {
            Operator::Eq => !scope.has(path),
            Operator::Ne => scope.has(path),
            _ => false,
        },
        Filter::Compare(path, operator, literal) => match scope.compared(path) {
            Some((leaf, values)) => any_meets(leaf, *operator, literal, &values),
            None => *operator == Operator::Ne,
        },
        Filter::Value(path, inner) => match scope {
            Scope::Resource(resource_type, document) => match find(resource_type, path) {
                Some(found @ Found { sub: None, .. }) => {
                    elements(found, document).any(|element| matches_value(inner, found.attribute, element))
                }
                _ => false,
            },
            Scope::Element(..) => false,
        },
    }
}

impl<'a> Scope<'a> {
    /// Whether there is anything at `path`.
    fn has(self, path: &AttributePath) -> bool {
        match self {
            Self::Resource(resource_type, document) => {
                if let Some(schema) = resource_type.whole_schema(path) {
                    // The type's own schema is what every resource of it is about.
                    return schema.id == resource_type.schema.id || document.get(schema.id).is_some_and(is_something);
                }
                find(resource_type, path).is_some_and(|found| {
                    elements(found, document).any(|element| part(element, found.sub).is_some_and(is_something))
                })
            }
            Self::Element(attribute, element) => {
                let leaf = leaf_of_element(attribute, path);
                leaf.and_then(|leaf| part_of_element(attribute, element, leaf)).is_some_and(is_something)
            }
        }
    }

    /// What is compared where `path` is named; of a complex value, its `value`.
    fn compared(self, path: &AttributePath) -> Option<(&'static Attribute, Vec<&'a Value>)> {
        match self {
            Self::Resource(resource_type, document) => {
                let found = find(resource_type, path)?;
                let sub = found.sub.or_else(|| found.attribute.value());
                let values = elements(found, document).filter_map(|element| part(element, sub));
                Some((sub.unwrap_or(found.attribute), values.filter(|value| !value.is_null()).collect()))
            }
            Self::Element(attribute, element) => {
                let leaf = leaf_of_element(attribute, path)?;
                let value = part_of_element(attribute, element, leaf).filter(|value| !value.is_null());
                Some((leaf, value.into_iter().collect()))
            }
        }
    }
}

/// What a filter may ask for: not what is never sent.
fn find(resource_type: &ResourceType, path: &AttributePath) -> Option<Found> {
    resource_type.find(path).filter(|found| found.leaf().returned != Returned::Never)
}

/// What `path` names of one value of `attribute`: a part of it; of a simple one, itself.
pub(super) fn leaf_of_element(attribute: &'static Attribute, path: &AttributePath) -> Option<&'static Attribute> {
    match path {
        AttributePath { urn: None, name, sub: None } if attribute.sub_attributes.is_empty() => {
            name.eq_ignore_ascii_case("value").then_some(attribute)
        }
        AttributePath { urn: None, name, sub: None } => attribute.sub(name),
        _ => None,
    }
}

fn part_of_element<'a>(attribute: &Attribute, element: &'a Value, leaf: &'static Attribute) -> Option<&'a Value> {
    part(element, (!attribute.sub_attributes.is_empty()).then_some(leaf))
}

/// The part of a value; what is no object is its own `value`.
fn part<'a>(element: &'a Value, sub: Option<&'static Attribute>) -> Option<&'a Value> {
    match (element, sub) {
        (_, None) => Some(element),
        (Value::Object(object), Some(sub)) => object.get(sub.name),
        (_, Some(sub)) => (sub.name == "value").then_some(element),
    }
}

/// The values of the attribute: those of a list, else the one there is.
fn elements(found: Found, document: &Value) -> impl Iterator<Item = &Value> {
    let holder = match found.extension {
        Some(schema) => document.get(schema.id),
        None => Some(document),
    };
    match holder.and_then(|holder| holder.get(found.attribute.name)) {
        Some(Value::Array(list)) => list.iter(),
        Some(one) => std::slice::from_ref(one).iter(),
        None => [].iter(),
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        // A resource is two deep; deeper than any that is stored there is nothing to find.
        Value::Array(list) => list.iter().any(is_simple_something),
        Value::Object(object) => object.values().any(is_simple_something),
    }
}

fn is_simple_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
