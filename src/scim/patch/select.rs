//! An operation on those values of an attribute that meet a filter: `emails[type eq "work"].value`.

use serde_json::{Map, Value};

use super::attribute::{is_left_over, new_part, put, set, settle, take};
use super::operation::{Operation, Verb};
use crate::scim::filter::{self, Filter, Literal, Operator};
use crate::scim::resource::{Place, Strictness, add, one, value};
use crate::scim::schema::Attribute;
use crate::scim::{Problem, ScimType};

/// Changes the values that meet the filter. Where none does, add makes one that does, and so does replace unless it
/// is strict: providers send `emails[type eq "home"].value` for whoever had no such address.
pub(super) fn change(
    holder: &mut Map<String, Value>,
    operation: &Operation,
    attribute: &'static Attribute,
    filter: &Filter,
    sub: Option<&'static Attribute>,
    strictness: Strictness,
) -> Result<(), Problem> {
    let mut list = take(holder, attribute);
    let met: Vec<usize> = list
        .iter()
        .enumerate()
        .filter(|(_, value)| filter::matches_value(filter, attribute, value))
        .map(|(place, _)| place)
        .collect();
    let new = new_values(operation, attribute, sub, strictness)?;
    let touched = match (operation.verb, &new[..]) {
        (Verb::Add, []) => Vec::new(),
        (Verb::Remove | Verb::Replace, []) => {
            if met.is_empty() && operation.verb == Verb::Replace && strictness == Strictness::Strict {
                return Err(no_target(attribute));
            }
            clear(&mut list, &met, attribute, sub);
            Vec::new()
        }
        (Verb::Replace, _) if met.is_empty() && strictness == Strictness::Strict => return Err(no_target(attribute)),
        (_, [first, rest @ ..]) if met.is_empty() => {
            // Of a single value that is another there cannot be a second.
            let base = template(filter, attribute).filter(|_| attribute.multi_valued || list.is_empty());
            let mut made = base.ok_or_else(|| no_target(attribute))?;
            overlay(&mut made, first);
            let mut values = vec![Value::Object(made)];
            values.extend_from_slice(rest);
            add(&mut list, values)
        }
        (verb, [first]) => {
            for place in &met {
                let Some(value) = list.get_mut(*place) else { continue };
                // Replaced as a whole a value is still what it was selected for, unless the new one says otherwise.
                if verb == Verb::Replace && sub.is_none() {
                    *value = Value::Object(template(filter, attribute).unwrap_or_default());
                }
                if let Value::Object(object) = value {
                    overlay(object, first);
                }
            }
            met
        }
        (verb, several) => {
            if verb == Verb::Replace {
                clear(&mut list, &met, attribute, None);
            }
            add(&mut list, several.to_vec())
        }
    };
    settle(&mut list, &touched);
    put(holder, attribute, list);
    Ok(())
}

/// What is said of the values; a part is a value that has nothing else.
fn new_values(
    operation: &Operation,
    attribute: &'static Attribute,
    sub: Option<&'static Attribute>,
    strictness: Strictness,
) -> Result<Vec<Value>, Problem> {
    let at = Place { attribute, sub };
    if let Some(sub) = sub {
        let part = new_part(operation, at, strictness)?;
        return Ok(part.into_iter().map(|part| Value::Object(Map::from_iter([(sub.name.to_owned(), part)]))).collect());
    }
    match (operation.verb, &operation.value) {
        (Verb::Remove, _) | (_, None) => Ok(Vec::new()),
        (_, Some(given @ Value::Array(_))) => match value(at, given, strictness)? {
            Some(Value::Array(list)) => Ok(list),
            other => Ok(other.into_iter().collect()),
        },
        // One value of a list is an object, also where everything is what the schema says.
        (_, Some(given)) => Ok(one(at, given, strictness)?.into_iter().collect()),
    }
}

fn clear(list: &mut Vec<Value>, met: &[usize], attribute: &'static Attribute, sub: Option<&'static Attribute>) {
    let mut place = 0;
    let mut met = met.iter().copied().peekable();
    list.retain_mut(|value| {
        let is_met = met.next_if_eq(&place).is_some();
        place += 1;
        let (true, Some(sub)) = (is_met, sub) else { return !is_met };
        if let Value::Object(object) = value {
            set(object, Verb::Remove, sub, None);
        }
        !is_left_over(value, attribute)
    });
}

/// The value a filter describes, if it does nothing but describe one.
fn template(filter: &Filter, attribute: &'static Attribute) -> Option<Map<String, Value>> {
    let mut made = Map::new();
    let terms = match filter {
        Filter::And(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    for term in terms {
        let Filter::Compare(path, Operator::Eq, literal) = term else { return None };
        let sub = attribute.sub(&path.name)?;
        let said = match literal {
            Literal::Null => return None,
            Literal::Boolean(flag) => Value::Bool(*flag),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Text(text) => Value::String(text.clone()),
        };
        let part = one(Place { attribute, sub: Some(sub) }, &said, Strictness::Lenient).ok()??;
        made.insert(sub.name.to_owned(), part);
    }
    Some(made)
}

fn overlay(object: &mut Map<String, Value>, new: &Value) {
    if let Value::Object(new) = new {
        object.extend(new.iter().map(|(key, part)| (key.clone(), part.clone())));
    }
}

fn no_target(attribute: &'static Attribute) -> Problem {
    Problem::of(ScimType::NoTarget, format!("path: no value of {} meets the filter", attribute.name))
}
