//! One attribute's value as a client sends it, in the form the schema gives it (RFC 7643 §2.3 to §2.5).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::incoming::Strictness;
use super::list;
use crate::scim::schema::{Attribute, Kind, Mutability};
use crate::scim::{Problem, ScimType};

/// The longest text that is kept.
const LONGEST: usize = 64 * 1024;
/// The most values an attribute has. A PATCH may look through all of them a thousand times.
pub(in crate::scim) const MOST_VALUES: usize = 2_000;

/// Where a value is, for whoever reads what is wrong with it.
#[derive(Clone, Copy)]
pub(in crate::scim) struct Place {
    /// The attribute.
    pub(in crate::scim) attribute: &'static Attribute,
    /// The part of it.
    pub(in crate::scim) sub: Option<&'static Attribute>,
}

impl Place {
    fn leaf(self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The value is not what the schema says.
    pub(in crate::scim) fn wrong(self, wanted: &str) -> Problem {
        Problem::of(ScimType::InvalidValue, format!("{self}: {wanted}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.attribute.name)?;
        self.sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
    }
}

/// The value of an attribute or sub-attribute; `None` where it says nothing (null, an empty list or object).
///
/// # Errors
/// `invalidValue`: it is of another type, too long, holds a NUL, or two values of a list are the main one (strict).
pub(in crate::scim) fn read(at: Place, value: &Value, strictness: Strictness) -> Result<Option<Value>, Problem> {
    if !at.leaf().multi_valued {
        return one(at, value, strictness);
    }
    let lone = std::slice::from_ref(value);
    let given = match value {
        Value::Null => return Ok(None),
        Value::Array(values) => values,
        _ if strictness == Strictness::Lenient => lone,
        _ => return Err(at.wrong("a list is wanted")),
    };
    if given.len() > MOST_VALUES {
        return Err(at.wrong(&format!("more than {MOST_VALUES} values")));
    }
    let mut values = Vec::with_capacity(given.len());
    for value in given {
        values.extend(one(at, value, strictness)?);
    }
    let mut tidied = Vec::with_capacity(values.len());
    list::add(&mut tidied, values);
    let mut primaries = tidied.iter().enumerate().filter(|(_, value)| list::is_primary(value)).map(|(place, _)| place);
    if let (Some(first), Some(_)) = (primaries.next(), primaries.next()) {
        if strictness == Strictness::Strict {
            return Err(at.wrong("one value at most can be primary"));
        }
        list::demote(&mut tidied, first);
    }
    Ok((!tidied.is_empty()).then_some(Value::Array(tidied)))
}

/// A single value, also one of a list's.
///
/// # Errors
/// As [`read`].
pub(in crate::scim) fn one(at: Place, value: &Value, strictness: Strictness) -> Result<Option<Value>, Problem> {
    let leaf = at.leaf();
    let lenient = strictness == Strictness::Lenient;
    match (leaf.kind, value) {
        (_, Value::Null) => Ok(None),
        (_, Value::Array(list)) if lenient && list.is_empty() => Ok(None),
        // A list in a list is a mistake; a list of one for a single value is how some say it.
        (_, Value::Array(list)) if lenient && list.len() == 1 && !list[0].is_array() => one(at, &list[0], strictness),
        (Kind::Complex, Value::Object(object)) => fields(leaf, object, strictness),
        (Kind::Complex, Value::String(_) | Value::Number(_) | Value::Bool(_)) if lenient => {
            // A text for all of it is its value, of a name or an address the whole of it.
            let Some(sub) = leaf.value().or_else(|| leaf.sub("formatted")) else {
                return Err(at.wrong("an object is wanted"));
            };
            let part = one(Place { attribute: at.attribute, sub: Some(sub) }, value, strictness)?;
            Ok(part.map(|part| Value::Object(Map::from_iter([(sub.name.to_owned(), part)]))))
        }
        (Kind::Complex, _) => Err(at.wrong("an object is wanted")),
        (Kind::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Kind::Boolean, Value::String(text)) if lenient && text.eq_ignore_ascii_case("true") => {
            Ok(Some(Value::Bool(true)))
        }
        (Kind::Boolean, Value::String(text)) if lenient && text.eq_ignore_ascii_case("false") => {
            Ok(Some(Value::Bool(false)))
        }
        (Kind::Boolean, _) => Err(at.wrong("true or false is wanted")),
        (Kind::Integer, Value::Number(number)) if !number.is_f64() => Ok(Some(value.clone())),
        (Kind::Integer, _) => Err(at.wrong("a whole number is wanted")),
        (Kind::Decimal, Value::Number(_)) => Ok(Some(value.clone())),
        (Kind::Decimal, _) => Err(at.wrong("a number is wanted")),
        (_, Value::String(written)) => text(at, written, strictness).map(Some),
        (_, Value::Number(_) | Value::Bool(_)) if lenient => Ok(Some(Value::String(value.to_string()))),
        _ => Err(at.wrong("text is wanted")),
    }
}

/// A text, byte for byte.
///
/// # Errors
/// `invalidValue`: it is too long or holds a NUL; in strict mode also when it is no moment, reference or base64 where
/// the schema wants one.
pub(super) fn text(at: Place, text: &str, strictness: Strictness) -> Result<Value, Problem> {
    if text.len() > LONGEST {
        return Err(at.wrong(&format!("longer than {LONGEST} bytes")));
    }
    if text.contains('\0') {
        return Err(at.wrong("the character U+0000 is not taken"));
    }
    if strictness == Strictness::Strict {
        match at.leaf().kind {
            Kind::DateTime if text.parse::<jiff::Timestamp>().is_err() => return Err(at.wrong("a moment is wanted")),
            Kind::Binary if STANDARD.decode(text).is_err() => return Err(at.wrong("base64 is wanted")),
            Kind::Reference if text.chars().any(|char| char.is_whitespace() || char.is_control()) => {
                return Err(at.wrong("a URI is wanted"));
            }
            _ => {}
        }
    }
    Ok(Value::String(text.to_owned()))
}

/// What an object says of the parts of a complex value; `None` for a part that is said to be empty. Unknown parts and
/// those only the server sets are passed over.
///
/// # Errors
/// As [`read`].
pub(in crate::scim) fn parts(
    attribute: &'static Attribute,
    object: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Vec<(&'static Attribute, Option<Value>)>, Problem> {
    let mut parts = Vec::with_capacity(object.len());
    let mut target = None;
    for (key, value) in object {
        let Some(sub) = attribute.sub(key) else { continue };
        if sub.mutability == Mutability::ReadOnly {
            if sub.kind == Kind::Reference {
                target = value.as_str().and_then(last_segment);
            }
            continue;
        }
        let at = Place { attribute, sub: Some(sub) };
        parts.push((sub, read(at, value, strictness)?));
    }
    // A reference alone says who is meant as well as the id does.
    if let (Some(id), Some(sub)) = (target, attribute.value())
        && strictness == Strictness::Lenient
        && !parts.iter().any(|(part, _)| std::ptr::eq(*part, sub))
    {
        parts.push((sub, Some(text(Place { attribute, sub: Some(sub) }, id, strictness)?)));
    }
    Ok(parts)
}

fn fields(
    attribute: &'static Attribute,
    object: &Map<String, Value>,
    strictness: Strictness,
) -> Result<Option<Value>, Problem> {
    let parts = parts(attribute, object, strictness)?;
    let fields: Map<String, Value> =
        parts.into_iter().filter_map(|(sub, value)| Some((sub.name.to_owned(), value?))).collect();
    Ok((!fields.is_empty()).then_some(Value::Object(fields)))
}

fn last_segment(reference: &str) -> Option<&str> {
    reference.rsplit('/').next().filter(|segment| !segment.is_empty())
}

/// Whether a value says nothing.
pub(in crate::scim) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Puts a part into a complex value, which comes to be if it must; into the first one of a list.
pub(super) fn insert(
    holder: &mut Map<String, Value>,
    attribute: &'static Attribute,
    sub: &'static Attribute,
    part: Value,
) {
    let empty = || Value::Object(Map::new());
    let holder = holder
        .entry(attribute.name)
        .or_insert_with(|| if attribute.multi_valued { Value::Array(vec![empty()]) } else { empty() });
    let object = match holder {
        Value::Array(list) => list.first_mut().and_then(Value::as_object_mut),
        other => other.as_object_mut(),
    };
    if let Some(object) = object {
        object.insert(sub.name.to_owned(), part);
    }
}
