//! From a PATCH body to operations. Names are taken in any case, and a value's keys may be paths themselves.

use serde_json::{Map, Value};

use super::operation::{Operation, Selected, Target, Verb, numbered};
use crate::scim::filter::{self, Grammar};
use crate::scim::resource::{Key, resolve};
use crate::scim::schema::{ResourceType, Schema};
use crate::scim::{Problem, ScimType};

/// The most operations a request may hold.
pub const MOST_OPERATIONS: usize = 1_000;

/// Comparisons that the filters of one request make at most.
const MOST_TERMS: usize = 2_000;
/// How deep a value may be.
const DEEPEST: usize = 32;
const MESSAGE: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Reads the body of a PATCH.
///
/// # Errors
/// `invalidSyntax`: it is no PATCH. `noTarget`: something is removed without a path. `invalidPath`, `invalidFilter`: a
/// path cannot be understood. `invalidValue`: a value is missing, no object where there is no path, or nested too
/// deeply. Status 413: more than [`MOST_OPERATIONS`].
pub fn parse(body: &Value, kind: &'static ResourceType) -> Result<Vec<Operation>, Problem> {
    let syntax = |detail: &str| Problem::of(ScimType::InvalidSyntax, detail);
    let body = body.as_object().ok_or_else(|| syntax("the body is no object"))?;
    if !is_patch(get(body, "schemas")) {
        return Err(syntax("schemas: urn:ietf:params:scim:api:messages:2.0:PatchOp is wanted"));
    }
    let given = match get(body, "operations") {
        Some(Value::Array(list)) if !list.is_empty() => list.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(syntax("Operations: a list of at least one is wanted")),
    };
    if given.len() > MOST_OPERATIONS {
        return Err(Problem::new(413, format!("more than {MOST_OPERATIONS} operations in one request")));
    }
    let mut operations = Vec::with_capacity(given.len());
    for (index, said) in given.iter().enumerate() {
        let number = index + 1;
        read(number, said, kind, &mut operations).map_err(|problem| numbered(number, problem))?;
    }
    // Every one may be held against every value: what they come to together is what it costs.
    let terms: usize = operations.iter().map(Operation::terms).sum();
    if terms > MOST_TERMS {
        return Err(Problem::new(413, format!("the filters of one request make more than {MOST_TERMS} comparisons")));
    }
    Ok(operations)
}

fn is_patch(schemas: Option<&Value>) -> bool {
    let is = |name: &Value| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(MESSAGE));
    match schemas {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty() || list.iter().any(is),
        Some(one) => is(one),
    }
}

fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn read(
    number: usize,
    said: &Value,
    kind: &'static ResourceType,
    operations: &mut Vec<Operation>,
) -> Result<(), Problem> {
    let syntax = |detail: &str| Problem::of(ScimType::InvalidSyntax, detail);
    let said = said.as_object().ok_or_else(|| syntax("an object is wanted"))?;
    let word = get(said, "op").and_then(Value::as_str).ok_or_else(|| syntax("op: add, replace or remove is wanted"))?;
    let verb = [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)];
    let Some((_, verb)) = verb.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word.trim())) else {
        return Err(syntax("op: add, replace or remove is wanted"));
    };
    let path = match get(said, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        Some(_) => return Err(Problem::of(ScimType::InvalidPath, "path: text is wanted")),
    };
    let value = get(said, "value");
    if value.is_some_and(|value| is_deeper(value, DEEPEST)) {
        return Err(Problem::of(ScimType::InvalidValue, format!("value: nested more than {DEEPEST} deep")));
    }
    let target = path.map(|path| target(path, None, kind)).transpose()?;
    let mut expansion = Expansion { number, verb, kind, operations };
    match (target, verb, value) {
        (None, Verb::Remove, _) => Err(Problem::of(ScimType::NoTarget, "to remove something a path is needed")),
        (_, Verb::Add | Verb::Replace, None) => Err(Problem::of(ScimType::InvalidValue, "value: missing")),
        (None | Some(Target::Core), Verb::Add | Verb::Replace, Some(value)) => expansion.whole(value),
        (Some(Target::Extension(schema)), Verb::Add | Verb::Replace, Some(Value::Object(object))) => {
            expansion.keys(object, Some(schema));
            Ok(())
        }
        (Some(target), _, value) => {
            expansion.push(target, value, false);
            Ok(())
        }
    }
}

fn is_deeper(value: &Value, limit: usize) -> bool {
    match value {
        Value::Array(list) => limit == 0 || list.iter().any(|value| is_deeper(value, limit - 1)),
        Value::Object(object) => limit == 0 || object.values().any(|value| is_deeper(value, limit - 1)),
        _ => false,
    }
}

/// A value without a path, on its way to becoming operations with one.
struct Expansion<'a> {
    number: usize,
    verb: Verb,
    kind: &'static ResourceType,
    operations: &'a mut Vec<Operation>,
}

impl Expansion<'_> {
    fn whole(&mut self, value: &Value) -> Result<(), Problem> {
        let objects = match value {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        for object in objects {
            let Value::Object(object) = object else {
                return Err(Problem::of(ScimType::InvalidValue, "value: without a path an object is wanted"));
            };
            self.keys(object, None);
        }
        Ok(())
    }

    fn keys(&mut self, object: &Map<String, Value>, within: Option<&'static Schema>) {
        // Whole attributes come before parts of them, whatever the order of the keys.
        let mut parts = Vec::new();
        for (key, value) in object {
            match (target(key, within, self.kind), value) {
                (Ok(Target::Core), Value::Object(inner)) if within.is_none() => self.keys_of_schema(inner, None),
                (Ok(Target::Extension(schema)), Value::Object(inner)) if within.is_none() => {
                    self.keys_of_schema(inner, Some(schema));
                }
                // Okta repeats the id when it renames a group. Nothing is asked for with it.
                (Ok(Target::Attribute(found)), _)
                    if found.extension.is_none() && ["schemas", "id", "meta"].contains(&found.attribute.name) => {}
                (Ok(Target::Attribute(found)), _) if found.filter.is_some() || found.sub.is_some() => {
                    parts.push((Target::Attribute(found), value));
                }
                (Ok(Target::Extension(_)), Value::Object(_)) => {}
                (Ok(target @ (Target::Attribute(_) | Target::Extension(_))), _) => self.push(target, Some(value), true),
                // Keys nobody knows are passed over, as in a POST.
                (Ok(Target::Core | Target::Unknown) | Err(_), _) => {}
            }
        }
        for (target, value) in parts {
            self.push(target, Some(value), true);
        }
    }

    /// Objects of schemas are not looked for in each other.
    fn keys_of_schema(&mut self, object: &Map<String, Value>, schema: Option<&'static Schema>) {
        self.keys(object, Some(schema.unwrap_or(self.kind.schema)));
    }

    fn push(&mut self, target: Target, value: Option<&Value>, implied: bool) {
        let (number, verb) = (self.number, self.verb);
        self.operations.push(Operation { number, verb, target, value: value.cloned(), implied });
    }
}

/// What a path leads to; within an extension's object its attributes need no URN.
fn target(path: &str, within: Option<&'static Schema>, kind: &'static ResourceType) -> Result<Target, Problem> {
    match resolve(kind, within, path) {
        Key::Core => return Ok(Target::Core),
        Key::Extension(schema) => return Ok(Target::Extension(schema)),
        Key::Attribute(found) => return Ok(Target::Attribute(found.into())),
        Key::Unknown => {}
    }
    let mut parsed = filter::parse_path(path, Grammar::Lenient)?;
    if let (Some(schema), None) = (within, &parsed.attribute.urn) {
        parsed.attribute.urn = Some(schema.id.to_owned());
    }
    let Some(mut found) = kind.find(&parsed.attribute) else { return Ok(Target::Unknown) };
    if let Some(name) = &parsed.sub {
        let Some(sub) = found.attribute.sub(name) else { return Ok(Target::Unknown) };
        found.sub = Some(sub);
    }
    if let Some(filter) = &parsed.filter {
        filter::check_value(filter, found.attribute)?;
    }
    Ok(Target::Attribute(Selected { filter: parsed.filter, ..found.into() }))
}
