//! From a client's body to the canonical document: names in any case, values in any form clients really use.

use serde_json::{Map, Value};

use super::incoming::{Incoming, Strictness};
use super::member;
use super::name::{Key, resolve};
use super::value::{self, Place, insert};
use crate::scim::schema::{Found, GROUP, Mutability, ResourceType, Schema, TYPES};
use crate::scim::{Problem, ScimType};

/// Reads the body of a POST or PUT.
///
/// Attributes the type does not know and those only the server sets are passed over. `members: null` says nothing,
/// `members: []` says that there are none.
///
/// # Errors
/// `invalidSyntax`: no object, or its `schemas` are those of something else. `invalidValue`: a value is of a wrong type,
/// too long or missing, or all of them are too much; the attribute is named, never the value.
pub fn read(body: &Value, kind: &'static ResourceType, strictness: Strictness) -> Result<Incoming, Problem> {
    let Value::Object(body) = body else {
        return Err(Problem::of(ScimType::InvalidSyntax, "the body is no object"));
    };
    let mut incoming = Incoming::default();
    read_object(body, None, kind, strictness, &mut incoming, 0)?;
    incoming.document.retain(|_, value| !value::is_nothing(value));
    require(&incoming.document, kind)?;
    Ok(incoming)
}

/// The most bytes of text a document holds. Each value alone is bounded as well, but there may be thousands.
const LARGEST: usize = 1 << 20;

/// Whether the document has what its type must have, and no more than anybody needs.
///
/// # Errors
/// `invalidValue`: a required attribute is missing or blank, or the document is too large.
pub(in crate::scim) fn require(document: &Map<String, Value>, kind: &'static ResourceType) -> Result<(), Problem> {
    for attribute in kind.schema.attributes.iter().filter(|attribute| attribute.required) {
        let text = document.get(attribute.name).and_then(Value::as_str);
        if text.is_none_or(|text| text.trim().is_empty()) {
            return Err(Place { attribute, sub: None }.wrong("required, and it must not be blank"));
        }
    }
    if document.values().map(length).sum::<usize>() > LARGEST {
        return Err(Problem::of(ScimType::InvalidValue, format!("the resource holds more than {LARGEST} bytes")));
    }
    Ok(())
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(length).sum(),
        Value::Object(object) => object.values().map(length).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn read_object(
    object: &Map<String, Value>,
    within: Option<&'static Schema>,
    kind: &'static ResourceType,
    strictness: Strictness,
    incoming: &mut Incoming,
    depth: u8,
) -> Result<(), Problem> {
    // Whole attributes come before the parts of them that keys with dots name, whatever the order of the keys.
    let mut parts = Vec::new();
    for (key, value) in object {
        match resolve(kind, within, key) {
            Key::Unknown => {}
            Key::Attribute(found) if found.sub.is_some() => parts.push((found, value)),
            Key::Attribute(found) => take(found, key, value, kind, strictness, incoming)?,
            Key::Core | Key::Extension(_) if value.is_null() || depth > 0 => {}
            Key::Core => read_object(schema_object(key, value)?, None, kind, strictness, incoming, depth + 1)?,
            Key::Extension(schema) => {
                read_object(schema_object(key, value)?, Some(schema), kind, strictness, incoming, depth + 1)?;
            }
        }
    }
    for (found, value) in parts {
        take_part(found, value, strictness, incoming)?;
    }
    Ok(())
}

fn schema_object<'a>(urn: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Problem> {
    value.as_object().ok_or_else(|| Problem::of(ScimType::InvalidValue, format!("{urn}: an object is wanted")))
}

fn take(
    found: Found,
    key: &str,
    value: &Value,
    kind: &'static ResourceType,
    strictness: Strictness,
    incoming: &mut Incoming,
) -> Result<(), Problem> {
    let attribute = found.attribute;
    let at = Place { attribute, sub: None };
    match attribute.name {
        "schemas" => return check_schemas(value, kind),
        "externalId" => {
            let id = value::one(at, value, strictness)?;
            incoming.external_id = id.as_ref().and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
            return Ok(());
        }
        "members" if kind.name == GROUP.name => {
            incoming.members = if value.is_null() { None } else { Some(member::read(value, strictness)?) };
            return Ok(());
        }
        _ => {}
    }
    match attribute.mutability {
        Mutability::ReadOnly => {}
        Mutability::WriteOnly => incoming.password_was_sent |= !value.is_null(),
        Mutability::ReadWrite | Mutability::Immutable => {
            if let Some(value) = value::read(at, value, strictness)? {
                let Some(holder) = holder(found, incoming) else { return Ok(()) };
                // Of two spellings of one name the schema's own counts.
                if key.ends_with(attribute.name) || !holder.contains_key(attribute.name) {
                    holder.insert(attribute.name.to_owned(), value);
                }
            }
        }
    }
    Ok(())
}

fn take_part(found: Found, value: &Value, strictness: Strictness, incoming: &mut Incoming) -> Result<(), Problem> {
    let (attribute, Some(sub)) = (found.attribute, found.sub) else { return Ok(()) };
    let server_only = [attribute, sub].iter().any(|it| it.mutability != Mutability::ReadWrite);
    if server_only {
        return Ok(());
    }
    if let Some(part) = value::read(Place { attribute, sub: Some(sub) }, value, strictness)?
        && let Some(holder) = holder(found, incoming)
    {
        insert(holder, attribute, sub, part);
    }
    Ok(())
}

fn holder(found: Found, incoming: &mut Incoming) -> Option<&mut Map<String, Value>> {
    match found.extension {
        Some(schema) => incoming.document.entry(schema.id).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
        None => Some(&mut incoming.document),
    }
}

/// The type's own schema must be among them, unless only extensions are named or nothing at all.
fn check_schemas(value: &Value, kind: &'static ResourceType) -> Result<(), Problem> {
    let lone = std::slice::from_ref(value);
    let named = match value {
        Value::Null => return Ok(()),
        Value::Array(list) => list,
        Value::String(_) => lone,
        _ => return Err(Problem::of(ScimType::InvalidSyntax, "schemas: a list of URNs is wanted")),
    };
    let names = |urn: &str| named.iter().filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(urn));
    let own = names(kind.schema.id);
    let extension = kind.extensions.iter().any(|schema| names(schema.id));
    let other = TYPES.iter().any(|other| other.name != kind.name && names(other.schema.id));
    if named.iter().any(|name| !name.is_string()) || !(named.is_empty() || own || (extension && !other)) {
        let wanted = format!("schemas: {} is wanted here", kind.schema.id);
        return Err(Problem::of(ScimType::InvalidSyntax, wanted));
    }
    Ok(())
}
