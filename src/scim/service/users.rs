//! `/Users`: creating, reading, replacing, patching, deleting (RFC 7644 §3.3 – §3.6).

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::{Call, Caller, Conditions, no_content, not_found};
use super::listing::projected;
use super::state::Service;
use super::target::Type;
use super::view::{self, Row, View};
use crate::scim::filter::fold;
use crate::scim::patch::{self, Rules, UnknownPaths};
use crate::scim::person;
use crate::scim::projection::Projection;
use crate::scim::resource::{self, Incoming, Strictness, named};
use crate::scim::schema::USER;
use crate::scim::{Problem, ScimType};
use crate::store::scim::{NewUser, ScimWriter, StoredUser};

pub(super) async fn get(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::User);
    let reader = caller.clone();
    let view = service
        .readers
        .read(move |store| {
            let user = store.scim_user(reader.served.id, &id)?.ok_or_else(|| not_found(Type::User, &id))?;
            let groups = store
                .scim_groups_of(reader.served.id, &[user.scim_id.as_str()])?
                .remove(&user.scim_id)
                .unwrap_or_default();
            Ok(view::user(&reader, user.into(), &groups))
        })
        .await?;
    if call.conditions.has(&view.version) {
        return Ok(Answer::empty(StatusCode::NOT_MODIFIED).with(axum::http::header::ETAG, view.version));
    }
    Ok(shown(view, &projection))
}

pub(super) async fn create(service: &Arc<Service>, caller: &Caller, call: Call) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::User);
    let incoming = resource::read(call.body()?, &USER, caller.strictness())?;
    let attributes = named(&incoming);
    let (id, by) = (call.new_id.map_or_else(|| service.new_id(), Ok)?, caller.clone());
    let view = service
        .write(caller, move |writer| {
            if let Some(dormant) = dormant(writer, &incoming)? {
                // Whoever is created anew while they are suspended is wanted back.
                refuse_taken(writer, &incoming.document, Some(&dormant))?;
                return change(writer, &by, &dormant, incoming.document, incoming.external_id);
            }
            refuse_taken(writer, &incoming.document, None)?;
            let user = writer.create_user(&stored_form(&id, incoming.document, incoming.external_id))?;
            seen(writer, &by, user)
        })
        .await?;
    caller.audit("created", Type::User, &view.id, &attributes);
    let location = caller.location(Type::User, &view.id);
    Ok(Answer::created(projected(view.resource, &projection), &view.version, &location))
}

pub(super) async fn replace(
    service: &Arc<Service>,
    caller: &Caller,
    call: Call,
    id: String,
) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::User);
    // Whether there is anything to replace comes before what it is replaced with.
    let incoming = call.body().and_then(|body| resource::read(body, &USER, caller.strictness()));
    let attributes = incoming.as_ref().map_or_else(|_| String::new(), named);
    let (conditions, by, at) = (call.conditions, caller.clone(), id.clone());
    let view = service
        .write(caller, move |writer| {
            let before = existing(writer, &at, &conditions)?;
            let mut incoming = incoming?;
            if before.active == Some(false) {
                // Not to say that somebody is suspended is not to say that they are not.
                incoming.document.entry("active").or_insert(Value::Bool(false));
            }
            refuse_taken(writer, &incoming.document, Some(&at))?;
            change(writer, &by, &at, incoming.document, incoming.external_id)
        })
        .await?;
    caller.audit("replaced", Type::User, &id, &attributes);
    Ok(shown(view, &projection))
}

pub(super) async fn patch(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::User);
    let operations = call.body().and_then(|body| patch::parse(body, &USER));
    let attributes = operations.as_ref().map_or_else(|_| String::new(), |operations| patch::named(operations));
    let (conditions, by, at) = (call.conditions, caller.clone(), id.clone());
    let view = service
        .write(caller, move |writer| {
            let before = existing(writer, &at, &conditions)?;
            let row = Row::from(before.clone());
            let patched = patch::apply(row.document, row.external_id, &operations?, &USER, by.rules())?;
            if !patched.changed {
                return seen(writer, &by, before);
            }
            refuse_taken(writer, &patched.document, Some(&at))?;
            change(writer, &by, &at, patched.document, patched.external_id)
        })
        .await?;
    caller.audit("patched", Type::User, &id, &attributes);
    Ok(shown(view, &projection))
}

pub(super) async fn delete(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let (conditions, at, too_many) = (call.conditions, id.clone(), service.too_many_deletions);
    let deleted = service
        .write(caller, move |writer| {
            existing(writer, &at, &conditions)?;
            Ok(writer.delete_user(&at, too_many)?)
        })
        .await?;
    caller.audit("deleted", Type::User, &id, "");
    if let (Some(plan), true) = (deleted.held, deleted.newly_held) {
        let name = &caller.served.name;
        tracing::warn!(
            "{name}: the directory deletes many people at once; their removal waits as plan {plan}: \
             'dirsync plans show {plan}', then 'dirsync plans approve {plan}' or 'dirsync plans discard {plan}'"
        );
    }
    Ok(no_content())
}

fn shown(view: View, projection: &Projection) -> Answer {
    Answer::resource(projected(view.resource, projection), &view.version)
}

/// The user, if there is one and it is as the client thinks it is.
fn existing(writer: &ScimWriter<'_>, id: &str, conditions: &Conditions) -> Result<StoredUser, Problem> {
    let user = writer.user(id)?.ok_or_else(|| not_found(Type::User, id))?;
    if conditions.any() {
        let groups = writer.groups_of(id)?;
        conditions.check(&view::user_version(user.version, &groups))?;
    }
    Ok(user)
}

fn seen(writer: &ScimWriter<'_>, caller: &Caller, user: StoredUser) -> Result<View, Problem> {
    let groups = writer.groups_of(&user.scim_id)?;
    Ok(view::user(caller, user.into(), &groups))
}

fn change(
    writer: &mut ScimWriter<'_>,
    caller: &Caller,
    id: &str,
    document: Map<String, Value>,
    external_id: Option<String>,
) -> Result<View, Problem> {
    let user = writer.update_user(&stored_form(id, document, external_id))?;
    seen(writer, caller, user)
}

/// Refuses a user name that somebody else of this integration has, in whatever case.
fn refuse_taken(writer: &ScimWriter<'_>, document: &Map<String, Value>, own: Option<&str>) -> Result<(), Problem> {
    let name = document.get("userName").and_then(Value::as_str).unwrap_or_default();
    match writer.user_by_name(&fold(name))? {
        Some(other) if own != Some(other.scim_id.as_str()) => {
            Err(Problem::of(ScimType::Uniqueness, "another user has this userName already"))
        }
        _ => Ok(()),
    }
}

/// The id of a user who is there, but suspended, and whom the client creates again, not suspended, with its own id for
/// them.
///
/// # Errors
/// `uniqueness`: they are there, and not suspended.
fn dormant(writer: &ScimWriter<'_>, incoming: &Incoming) -> Result<Option<String>, Problem> {
    let Some(external_id) = incoming.external_id.as_deref() else { return Ok(None) };
    let known = writer.users_by_external_id(external_id)?;
    let mut there = known.into_iter().filter(|user| user.deleted_at.is_none()).peekable();
    if there.peek().is_none() {
        return Ok(None);
    }
    let wanted = incoming.document.get("active") != Some(&Value::Bool(false));
    if wanted && let Some(known) = there.find(|user| user.active == Some(false)) {
        return Ok(Some(known.scim_id));
    }
    Err(Problem::of(ScimType::Uniqueness, "a user with this externalId is there already"))
}

fn stored_form(id: &str, document: Map<String, Value>, external_id: Option<String>) -> NewUser {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let emails = document.get("emails").and_then(Value::as_array).into_iter().flatten();
    let mut email_keys: Vec<String> = emails.filter_map(|email| email["value"].as_str()).map(fold).collect();
    email_keys.sort_unstable();
    email_keys.dedup();
    NewUser {
        person: person::user(&document, id, external_id.as_deref()),
        user_name_key: fold(text("userName").unwrap_or_default()),
        display_name_key: text("displayName").map(fold),
        active: document.get("active").and_then(Value::as_bool),
        external_id,
        email_keys,
        document: Value::Object(document).to_string(),
    }
}

impl Caller {
    /// How lenient the integration is.
    pub(super) fn strictness(&self) -> Strictness {
        if self.served.leniency.strict { Strictness::Strict } else { Strictness::Lenient }
    }

    /// What it may do in a PATCH.
    pub(super) fn rules(&self) -> Rules {
        let unknown_paths =
            if self.served.leniency.ignore_unknown { UnknownPaths::Ignore } else { UnknownPaths::Refuse };
        Rules { strictness: self.strictness(), unknown_paths }
    }

    /// Where a resource is.
    pub(super) fn location(&self, kind: Type, id: &str) -> String {
        format!("{}{}/{id}", self.base, kind.schema().endpoint)
    }

    /// Says what was written, by names alone.
    pub(super) fn audit(&self, what: &str, kind: Type, id: &str, attributes: &str) {
        let (name, kind) = (&self.served.name, kind.schema().name);
        tracing::info!(target: "dirsync::scim::audit", "{name} {what} {kind} {id} {attributes}");
    }
}
