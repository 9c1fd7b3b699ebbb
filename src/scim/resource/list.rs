//! Lists of values: the same value once, and one main value at most (RFC 7643 §2.4).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// What makes two values of a list the same.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// Type (which knows no case) and value.
    Pair(Option<String>, String),
    /// All of it.
    Whole(String),
}

/// Adds `new` to `list`, each value that is there already into the one that is there. Says where each has come to.
pub(in crate::scim) fn add(list: &mut Vec<Value>, new: Vec<Value>) -> Vec<usize> {
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(new.len());
    // Of what is there only those are of interest that have a value of the new ones.
    let texts: HashSet<&str> = new.iter().filter_map(value_of).collect();
    let mut by_value: HashMap<String, usize> = HashMap::new();
    for (place, value) in list.iter().enumerate() {
        match value_of(value) {
            Some(text) if !texts.contains(text) => {}
            Some(text) => {
                places.entry(identity(value)).or_insert(place);
                by_value.entry(text.to_owned()).or_insert(place);
            }
            None if texts.len() == new.len() => {}
            None => drop(places.entry(identity(value)).or_insert(place)),
        }
    }
    let mut landed = Vec::with_capacity(new.len());
    for value in new {
        let key = identity(&value);
        // `{"value": "x"}` says nothing that `{"value": "x", "type": "work"}` does not say already.
        let said = value_of(&value)
            .and_then(|text| by_value.get(text).copied())
            .filter(|place| list.get(*place).is_some_and(|there| says_all_of(there, &value)));
        let place = match places.get(&key).copied().or(said) {
            Some(place) => {
                if let Some(there) = list.get_mut(place) {
                    merge(there, value);
                }
                place
            }
            None => {
                list.push(value);
                list.len() - 1
            }
        };
        places.entry(key).or_insert(place);
        landed.push(place);
    }
    landed
}

/// Leaves `primary: true` to the value at `keep` alone.
pub(in crate::scim) fn demote(list: &mut [Value], keep: usize) {
    for (place, value) in list.iter_mut().enumerate() {
        if place != keep
            && is_primary(value)
            && let Some(primary) = value.get_mut("primary")
        {
            *primary = Value::Bool(false);
        }
    }
}

/// Whether a value is marked as the main one.
pub(super) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

fn value_of(value: &Value) -> Option<&str> {
    value.get("value").and_then(Value::as_str)
}

fn identity(value: &Value) -> Identity {
    match value_of(value) {
        Some(text) => {
            let kind = value.get("type").and_then(Value::as_str).map(str::to_ascii_lowercase);
            Identity::Pair(kind, text.to_owned())
        }
        None => Identity::Whole(value.to_string()),
    }
}

fn says_all_of(there: &Value, value: &Value) -> bool {
    match (there.as_object(), value.as_object()) {
        (Some(there), Some(value)) => value.iter().all(|(key, part)| there.get(key) == Some(part)),
        _ => there == value,
    }
}

fn merge(there: &mut Value, value: Value) {
    if let (Value::Object(there), Value::Object(value)) = (there, value) {
        // The type that is there keeps its spelling: it is the same one.
        let kept: Option<(String, Value)> = there.get("type").map(|kind| ("type".to_owned(), kind.clone()));
        let value: Map<String, Value> = value;
        there.extend(value);
        there.extend(kept);
    }
}
