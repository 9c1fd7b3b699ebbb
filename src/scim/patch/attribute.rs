//! An operation on an attribute or a part of it, without a filter.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::operation::{Operation, Verb};
use crate::scim::resource::{self, MOST_VALUES, Place, Strictness, add, demote, one, parts, value};
use crate::scim::schema::{Attribute, Kind, Schema};
use crate::scim::{Problem, ScimType};

/// All of an attribute.
pub(super) fn whole(
    holder: &mut Map<String, Value>,
    operation: &Operation,
    attribute: &'static Attribute,
    strictness: Strictness,
) -> Result<(), Problem> {
    let at = Place { attribute, sub: None };
    let given = operation.value.as_ref().unwrap_or(&Value::Null);
    match operation.verb {
        Verb::Remove if attribute.required => {
            Err(Problem::of(ScimType::Mutability, format!("{at}: required, it cannot be removed")))
        }
        // Literally this empties the attribute; whoever names values means those.
        Verb::Remove if attribute.multi_valued && !given.is_null() => {
            let gone = value(at, given, Strictness::Lenient)?;
            let mut list = take(holder, attribute);
            remove(&mut list, gone.as_ref().and_then(Value::as_array).map_or(&[], Vec::as_slice));
            put(holder, attribute, list);
            Ok(())
        }
        Verb::Remove => {
            holder.remove(attribute.name);
            Ok(())
        }
        Verb::Add if attribute.multi_valued => {
            let Some(Value::Array(new)) = value(at, given, strictness)? else { return Ok(()) };
            let mut list = take(holder, attribute);
            let landed = add(&mut list, new);
            settle(&mut list, &landed);
            put(holder, attribute, list);
            Ok(())
        }
        Verb::Add | Verb::Replace if attribute.kind == Kind::Complex && !attribute.multi_valued => {
            merge(holder, operation.verb, at, given, strictness)
        }
        Verb::Add | Verb::Replace => {
            match value(at, given, strictness)? {
                Some(value) => drop(holder.insert(attribute.name.to_owned(), value)),
                None if operation.verb == Verb::Replace => drop(holder.remove(attribute.name)),
                None => {}
            }
            Ok(())
        }
    }
}

/// Into a single complex value goes what is said; the rest of it stays.
fn merge(
    holder: &mut Map<String, Value>,
    verb: Verb,
    at: Place,
    given: &Value,
    strictness: Strictness,
) -> Result<(), Problem> {
    let attribute = at.attribute;
    let given = match given {
        Value::Array(list) if strictness == Strictness::Lenient && list.len() == 1 => &list[0],
        other => other,
    };
    let said = match given {
        Value::Object(object) => parts(attribute, object, strictness)?,
        other => match one(at, other, strictness)? {
            Some(Value::Object(object)) => parts(attribute, &object, strictness)?,
            _ if verb == Verb::Replace => {
                holder.remove(attribute.name);
                return Ok(());
            }
            _ => return Ok(()),
        },
    };
    let current = holder.entry(attribute.name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(current) = current {
        for (sub, value) in said {
            set(current, verb, sub, value);
        }
    }
    drop_if_nothing(holder, attribute);
    Ok(())
}

/// A part of a single complex value, or of all values of a list.
pub(super) fn part(
    holder: &mut Map<String, Value>,
    operation: &Operation,
    at: Place,
    strictness: Strictness,
) -> Result<(), Problem> {
    let (attribute, Some(sub)) = (at.attribute, at.sub) else { return Ok(()) };
    let new = new_part(operation, at, strictness)?;
    let mut list = take(holder, attribute);
    if list.is_empty() && new.is_some() {
        list.push(Value::Object(Map::new()));
    }
    for value in &mut list {
        if let Value::Object(object) = value {
            set(object, operation.verb, sub, new.clone());
        }
    }
    if new.is_none() && operation.verb != Verb::Add {
        list.retain(|value| !is_left_over(value, attribute));
    }
    settle(&mut list, &[]);
    put(holder, attribute, list);
    Ok(())
}

/// What a part is to become; `None`: nothing.
pub(super) fn new_part(operation: &Operation, at: Place, strictness: Strictness) -> Result<Option<Value>, Problem> {
    match (operation.verb, &operation.value) {
        (Verb::Remove, _) | (_, None) => Ok(None),
        (_, Some(given)) => value(at, given, strictness),
    }
}

/// Sets a part. To add nothing leaves what is there.
pub(super) fn set(object: &mut Map<String, Value>, verb: Verb, sub: &'static Attribute, value: Option<Value>) {
    match value {
        Some(value) => drop(object.insert(sub.name.to_owned(), value)),
        None if verb == Verb::Add => {}
        None => drop(object.remove(sub.name)),
    }
}

/// Whether a value of a list has lost what it was for: what is left only says of what sort it was.
pub(super) fn is_left_over(value: &Value, attribute: &'static Attribute) -> bool {
    attribute.multi_valued
        && value
            .as_object()
            .is_some_and(|object| object.keys().all(|key| ["type", "primary", "display"].contains(&&**key)))
}

/// Leaves one main value at most: of those that were touched, else of all, the first.
pub(super) fn settle(list: &mut [Value], touched: &[usize]) {
    let is_primary =
        |place: &usize| list.get(*place).is_some_and(|value| value.get("primary") == Some(&Value::Bool(true)));
    let main = touched.iter().copied().find(is_primary).or_else(|| (0..list.len()).find(is_primary));
    if let Some(main) = main {
        demote(list, main);
    }
}

/// Takes out the values of an attribute; a single one is a list of one.
pub(super) fn take(holder: &mut Map<String, Value>, attribute: &'static Attribute) -> Vec<Value> {
    match holder.remove(attribute.name) {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// Puts them back; none is no attribute.
pub(super) fn put(holder: &mut Map<String, Value>, attribute: &'static Attribute, mut list: Vec<Value>) {
    list.retain(|value| !resource::is_nothing(value));
    let value = if attribute.multi_valued { Some(Value::Array(list)) } else { list.into_iter().next() };
    if let Some(value) = value.filter(|value| !resource::is_nothing(value)) {
        holder.insert(attribute.name.to_owned(), value);
    }
}

/// Leaves every value of the type's lists once: operations may have made two the same. There is a bound on how many.
///
/// # Errors
/// `invalidValue`: an attribute has too many values.
pub(super) fn tidy(document: &mut Map<String, Value>, schema: &'static Schema) -> Result<(), Problem> {
    for attribute in schema.attributes.iter().filter(|attribute| attribute.multi_valued) {
        let Some(Value::Array(list)) = document.get_mut(attribute.name) else { continue };
        let all = std::mem::take(list);
        add(list, all);
        if list.len() > MOST_VALUES {
            return Err(Place { attribute, sub: None }.wrong(&format!("more than {MOST_VALUES} values")));
        }
    }
    Ok(())
}

fn drop_if_nothing(holder: &mut Map<String, Value>, attribute: &'static Attribute) {
    if holder.get(attribute.name).is_some_and(resource::is_nothing) {
        holder.remove(attribute.name);
    }
}

/// Removes the values that are named, by value and (if it is said) type; those without a value by all that is said.
fn remove(list: &mut Vec<Value>, named: &[Value]) {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut by_value: HashMap<String, Vec<Option<String>>> = HashMap::new();
    let mut others = Vec::new();
    for value in named {
        match (text(value, "value"), value.as_object()) {
            (Some(id), _) => by_value.entry(id).or_default().push(text(value, "type")),
            (None, Some(object)) => others.push(object),
            (None, None) => {}
        }
    }
    list.retain(|value| {
        let types = text(value, "value").and_then(|id| by_value.get(&id));
        let kind = text(value, "type");
        let by_value = types.is_some_and(|types| {
            types.iter().any(|wanted| match (wanted, &kind) {
                (None, _) => true,
                (Some(wanted), Some(kind)) => wanted.eq_ignore_ascii_case(kind),
                (Some(_), None) => false,
            })
        });
        let by_all = || others.iter().any(|other| other.iter().all(|(key, part)| value.get(key) == Some(part)));
        !(by_value || by_all())
    });
}
