//! Operations applied to a document, one after the other, each to what the one before left.

use serde_json::{Map, Value};

use super::members::{self, MemberStep};
use super::operation::{Operation, Selected, Target, Verb, numbered};
use super::{attribute, select};
use crate::scim::resource::{Place, Strictness, is_nothing, one, require};
use crate::scim::schema::{GROUP, Mutability, ResourceType};
use crate::scim::{Problem, ScimType};

/// What becomes of a path to something the schema does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownPaths {
    /// The request is refused.
    #[default]
    Refuse,
    /// The operation is passed over.
    Ignore,
}

/// How much is forgiven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Of values, and of value paths that match nothing.
    pub strictness: Strictness,
    /// Of paths.
    pub unknown_paths: UnknownPaths,
}

/// What a PATCH makes of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Patched {
    /// The document as it is now.
    pub document: Map<String, Value>,
    /// The client's own id as it is now.
    pub external_id: Option<String>,
    /// What is to be done to a group's members, in order.
    pub members: Vec<MemberStep>,
    /// Whether the document or the client's id is another than before. Whether members change, only the store knows.
    pub changed: bool,
}

/// Applies all operations, or none.
///
/// # Errors
/// `mutability`: only the server may change it, it is required and would go, or a member would change. `invalidPath`,
/// `noTarget`: it leads to nothing. `invalidValue`: a value is of a wrong type, or a required one is blank afterwards.
pub fn apply(
    document: Map<String, Value>,
    external_id: Option<String>,
    operations: &[Operation],
    kind: &'static ResourceType,
    rules: Rules,
) -> Result<Patched, Problem> {
    let (before, id_before) = (document.clone(), external_id.clone());
    let mut patched = Patched { document, external_id, members: Vec::new(), changed: false };
    for operation in operations {
        match &operation.target {
            Target::Unknown if rules.unknown_paths == UnknownPaths::Ignore => {}
            Target::Unknown => {
                let detail = format!("path: it leads to nothing a {} has", kind.name);
                return Err(operation.problem(ScimType::InvalidPath, &detail));
            }
            Target::Core => {
                return Err(operation.problem(ScimType::Mutability, "required attributes cannot be removed"));
            }
            Target::Extension(schema) => match (operation.verb, &operation.value) {
                (Verb::Remove, _) | (Verb::Replace, Some(Value::Null)) => drop(patched.document.remove(schema.id)),
                (Verb::Add, Some(Value::Null)) => {}
                _ => return Err(operation.problem(ScimType::InvalidValue, "an object is wanted for an extension")),
            },
            Target::Attribute(selected) => step(&mut patched, operation, selected, kind, rules.strictness)?,
        }
    }
    patched.document.retain(|_, value| !is_nothing(value));
    attribute::tidy(&mut patched.document, kind.schema)?;
    require(&patched.document, kind)?;
    patched.changed = patched.document != before || patched.external_id != id_before;
    Ok(patched)
}

fn step(
    patched: &mut Patched,
    operation: &Operation,
    selected: &Selected,
    kind: &'static ResourceType,
    strictness: Strictness,
) -> Result<(), Problem> {
    let at = selected.attribute;
    match (selected.extension, at.name) {
        (None, "externalId") => return external_id(patched, operation, selected, strictness),
        (None, "schemas") if operation.verb == Verb::Remove => {
            return Err(operation.problem(ScimType::Mutability, "schemas follow from what the resource holds"));
        }
        (None, "schemas") => return Ok(()),
        (None, "members") if kind.name == GROUP.name => {
            return members::step(operation, selected, strictness, &mut patched.members);
        }
        _ => {}
    }
    let mutability = match selected.sub {
        Some(sub) if at.mutability == Mutability::ReadWrite => sub.mutability,
        _ => at.mutability,
    };
    match mutability {
        // A client that sends the whole user without a path does not mean this.
        Mutability::ReadOnly if operation.implied && strictness == Strictness::Lenient => return Ok(()),
        Mutability::ReadOnly => {
            let detail = format!("{}: only the server changes it", Place { attribute: at, sub: selected.sub });
            return Err(operation.problem(ScimType::Mutability, &detail));
        }
        // A password is in no document.
        Mutability::WriteOnly => return Ok(()),
        Mutability::ReadWrite | Mutability::Immutable => {}
    }
    let holder = match selected.extension {
        Some(schema) => patched.document.entry(schema.id).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
        None => Some(&mut patched.document),
    };
    // Only objects are ever put under a URN.
    let Some(holder) = holder else { return Ok(()) };
    let done = match (&selected.filter, selected.sub) {
        (Some(filter), sub) => select::change(holder, operation, at, filter, sub, strictness),
        (None, Some(sub)) => attribute::part(holder, operation, Place { attribute: at, sub: Some(sub) }, strictness),
        (None, None) => attribute::whole(holder, operation, at, strictness),
    };
    done.map_err(|problem| numbered(operation.number, problem))?;
    if let Some(schema) = selected.extension
        && patched.document.get(schema.id).is_some_and(is_nothing)
    {
        patched.document.remove(schema.id);
    }
    Ok(())
}

fn external_id(
    patched: &mut Patched,
    operation: &Operation,
    selected: &Selected,
    strictness: Strictness,
) -> Result<(), Problem> {
    let at = Place { attribute: selected.attribute, sub: None };
    let value = match (operation.verb, &operation.value) {
        (Verb::Remove, _) | (_, None) => None,
        (_, Some(value)) => one(at, value, strictness).map_err(|problem| numbered(operation.number, problem))?,
    };
    let id = value.as_ref().and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    if id.is_some() || operation.verb != Verb::Add {
        patched.external_id = id;
    }
    Ok(())
}
