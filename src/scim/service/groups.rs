//! `/Groups`: like users, but that members are rows of their own: adding a hundred to ten thousand reads and writes a
//! hundred (RFC 7644 §3.5.2).

use std::sync::Arc;

use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::{Call, Caller, Conditions, no_content, not_found};
use super::listing::projected;
use super::state::Service;
use super::target::Type;
use super::view::{self, Row, View};
use crate::model::MemberKind;
use crate::scim::filter;
use crate::scim::patch::{self, MemberStep};
use crate::scim::person;
use crate::scim::projection::Projection;
use crate::scim::resource::{self, MemberType, MemberValue, named};
use crate::scim::schema::GROUP;
use crate::scim::{Problem, ScimType};
use crate::store::scim::{NewGroup, ScimWriter, StoredGroup};

/// A changed group of more members than this is not sent back unless the client says what it wants to see of it.
const SHOWN: i64 = 100;

pub(super) async fn get(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::Group);
    let (reader, conditions, with_members) = (caller.clone(), call.conditions, projection.wants("members"));
    let found = service
        .readers
        .read(move |store| {
            let group = store.scim_group(reader.served.id, &id)?.ok_or_else(|| not_found(Type::Group, &id))?;
            let version = view::group_version(group.version);
            if conditions.has(&version) {
                return Ok(Err(version));
            }
            let members = with_members.then(|| store.scim_members(reader.served.id, &group.scim_id)).transpose()?;
            Ok(Ok(view::group(&reader, group.into(), members.as_deref())))
        })
        .await?;
    Ok(match found {
        Ok(view) => shown(view, &projection),
        Err(version) => Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, version),
    })
}

pub(super) async fn create(service: &Arc<Service>, caller: &Caller, call: Call) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::Group);
    let incoming = resource::read(call.body()?, &GROUP, caller.strictness())?;
    let attributes = named(&incoming);
    let (id, by) = (call.new_id.map_or_else(|| service.new_id(), Ok)?, caller.clone());
    let view = service
        .write(caller, move |writer| {
            refuse_taken(writer, &by, &incoming.document, None)?;
            writer.create_group(&stored_form(&id, incoming.document, incoming.external_id))?;
            writer.add_members(&id, &members_of(incoming.members))?;
            seen(writer, &by, &id, true)
        })
        .await?;
    caller.audit("created", Type::Group, &view.id, &attributes);
    let location = caller.location(Type::Group, &view.id);
    Ok(Answer::created(projected(view.resource, &projection), &view.version, &location))
}

pub(super) async fn replace(
    service: &Arc<Service>,
    caller: &Caller,
    call: Call,
    id: String,
) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::Group);
    let incoming = call.body().and_then(|body| resource::read(body, &GROUP, caller.strictness()));
    let attributes = incoming.as_ref().map_or_else(|_| String::new(), named);
    let (by, at, conditions, with_members) = (caller.clone(), id.clone(), call.conditions, projection.wants("members"));
    let view = service
        .write(caller, move |writer| {
            existing(writer, &at, &conditions)?;
            let incoming = incoming?;
            refuse_taken(writer, &by, &incoming.document, Some(&at))?;
            writer.update_group(&stored_form(&at, incoming.document, incoming.external_id))?;
            writer.replace_members(&at, &members_of(incoming.members))?;
            seen(writer, &by, &at, with_members)
        })
        .await?;
    caller.audit("replaced", Type::Group, &id, &attributes);
    Ok(shown(view, &projection))
}

pub(super) async fn patch(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = call.asked.projection(Type::Group);
    let is_asked_for = call.asked.attributes.is_some() || call.asked.excluded.is_some();
    let operations = call.body().and_then(|body| patch::parse(body, &GROUP));
    let attributes = operations.as_ref().map_or_else(|_| String::new(), |operations| patch::named(operations));
    let (by, at, conditions, with_members) = (caller.clone(), id.clone(), call.conditions, projection.wants("members"));
    let view = service
        .write(caller, move |writer| {
            let row = Row::from(existing(writer, &at, &conditions)?);
            let patched = patch::apply(row.document, row.external_id, &operations?, &GROUP, by.rules())?;
            if patched.changed {
                refuse_taken(writer, &by, &patched.document, Some(&at))?;
                writer.update_group(&stored_form(&at, patched.document, patched.external_id))?;
            }
            refuse_searches(&patched.members)?;
            for step in patched.members {
                take_step(writer, &by, &at, step)?;
            }
            let with_body = is_asked_for || writer.member_count(&at)? <= SHOWN;
            with_body.then(|| seen(writer, &by, &at, with_members)).transpose()
        })
        .await?;
    caller.audit("patched", Type::Group, &id, &attributes);
    Ok(view.map_or_else(no_content, |view| shown(view, &projection)))
}

pub(super) async fn delete(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let (conditions, at) = (call.conditions, id.clone());
    service
        .write(caller, move |writer| {
            existing(writer, &at, &conditions)?;
            Ok(writer.delete_group(&at)?)
        })
        .await?;
    caller.audit("deleted", Type::Group, &id, "");
    Ok(no_content())
}

/// Steps that look at every member of the group, in one request at most.
const SEARCHES: usize = 20;

fn refuse_searches(steps: &[MemberStep]) -> Result<(), Problem> {
    let searches =
        |step: &&MemberStep| matches!(step, MemberStep::RemoveWhere(filter) if filter::only_value(filter).is_none());
    if steps.iter().filter(searches).count() > SEARCHES {
        return Err(Problem::new(
            413,
            format!("more than {SEARCHES} operations look for members by something but value"),
        ));
    }
    Ok(())
}

fn take_step(writer: &mut ScimWriter<'_>, caller: &Caller, group: &str, step: MemberStep) -> Result<(), Problem> {
    match step {
        MemberStep::Add(members) => writer.add_members(group, &members_of(Some(members)))?,
        MemberStep::Replace(members) => writer.replace_members(group, &members_of(Some(members)))?,
        MemberStep::RemoveAll => writer.replace_members(group, &[])?,
        MemberStep::Remove(ids) => writer.remove_members(group, &ids)?,
        MemberStep::RemoveWhere(condition) => {
            let Some(attribute) = GROUP.schema.attribute("members") else { return Ok(()) };
            // Of a filter that names one member nobody else has to be looked at.
            let mut meant = match filter::only_value(&condition) {
                Some(id) => Vec::from_iter(writer.member(group, id)?),
                None => writer.members(group)?,
            };
            meant.retain(|member| {
                filter::matches_value(&condition, attribute, &Value::Object(view::member(caller, member)))
            });
            let ids: Vec<String> = meant.into_iter().map(|member| member.id).collect();
            writer.remove_members(group, &ids)?
        }
    };
    Ok(())
}

fn members_of(members: Option<Vec<MemberValue>>) -> Vec<(String, MemberKind)> {
    // Whoever is known here is what they are, whatever they are said to be; whoever is not is probably a person.
    let kind = |kind| match kind {
        Some(MemberType::Group) => MemberKind::Group,
        Some(MemberType::User) | None => MemberKind::User,
    };
    members.unwrap_or_default().into_iter().map(|member| (member.value, kind(member.kind))).collect()
}

fn shown(view: View, projection: &Projection) -> Answer {
    Answer::resource(projected(view.resource, projection), &view.version)
}

/// The group, if there is one and it is as the client thinks it is.
fn existing(writer: &ScimWriter<'_>, id: &str, conditions: &Conditions) -> Result<StoredGroup, Problem> {
    let group = writer.group(id)?.ok_or_else(|| not_found(Type::Group, id))?;
    conditions.check(&view::group_version(group.version))?;
    Ok(group)
}

fn seen(writer: &ScimWriter<'_>, caller: &Caller, id: &str, with_members: bool) -> Result<View, Problem> {
    let group = writer.group(id)?.ok_or_else(|| not_found(Type::Group, id))?;
    let members = with_members.then(|| writer.members(id)).transpose()?;
    Ok(view::group(caller, group.into(), members.as_deref()))
}

/// Refuses a name that another group has, unless the integration allows it. The standard says nothing of it; Microsoft's
/// client takes two groups of one name for a fault.
fn refuse_taken(
    writer: &ScimWriter<'_>,
    caller: &Caller,
    document: &Map<String, Value>,
    own: Option<&str>,
) -> Result<(), Problem> {
    let name = document.get("displayName").and_then(Value::as_str).unwrap_or_default();
    if caller.served.leniency.equal_group_names {
        return Ok(());
    }
    let others = writer.groups_by_name_key(&filter::fold(name))?;
    if others.iter().any(|other| own != Some(other.scim_id.as_str())) {
        return Err(Problem::of(ScimType::Uniqueness, "another group has this displayName already"));
    }
    Ok(())
}

fn stored_form(id: &str, document: Map<String, Value>, external_id: Option<String>) -> NewGroup {
    let name = document.get("displayName").and_then(Value::as_str).unwrap_or_default();
    NewGroup {
        group: person::group(&document, id, external_id.as_deref()),
        name_key: filter::fold(name),
        external_id,
        document: Value::Object(document).to_string(),
    }
}
