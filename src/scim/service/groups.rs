//! `/Groups`: like users, but that members are rows of their own: adding a hundred to ten thousand reads and writes a
//! hundred (RFC 7644 §3.5.2).

use std::sync::Arc;

use axum::http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::{Call, Caller, no_content, not_found};
use super::listing::projected;
use super::state::Service;
use super::target::Type;
use super::view::{self, View};
use crate::model::MemberKind;
use crate::scim::filter;
use crate::scim::patch::{self, MemberStep};
use crate::scim::person;
use crate::scim::projection::Projection;
use crate::scim::resource::{self, MemberValue};
use crate::scim::schema::GROUP;
use crate::scim::{Problem, ScimType};
use crate::store::{NewScimGroup, ScimWriter, StoredGroup};

/// A changed group of more members than this is not sent back unless the client says what it wants to see of it.
const SHOWN: i64 = 100;

pub(super) async fn get(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = projection(&call)?;
    let (reader, conditions, with_members) = (caller.clone(), call.conditions, projection.wants("members"));
    let found = service
        .readers
        .read(move |store| {
            let group = store.scim_group(reader.served.id, &id)?.ok_or_else(|| not_found(Type::Group, &id))?;
            let version = view::group_version(&group);
            if conditions.has(&version) {
                return Ok(Err(version));
            }
            let members = with_members.then(|| store.scim_members(group.row)).transpose()?;
            Ok(Ok(view::group(&reader, group, members.as_deref())))
        })
        .await?;
    Ok(match found {
        Ok(view) => shown(view, &projection),
        Err(version) => Answer::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, version),
    })
}

pub(super) async fn create(service: &Arc<Service>, caller: &Caller, call: Call) -> Result<Answer, Problem> {
    let projection = projection(&call)?;
    let incoming = resource::read(call.body()?, &GROUP, caller.strictness())?;
    let (id, now, writer_caller) = (call.new_id.unwrap_or_else(|| service.new_id()), service.clock.now(), caller.clone());
    let view = service
        .writer
        .write(move |writer| {
            let integration = writer_caller.served.id;
            refuse_taken(writer, &writer_caller, &incoming.document, None)?;
            let members = incoming.members.unwrap_or_default();
            let new = stored_form(&id, incoming.document, incoming.external_id);
            let row = writer.create_group(integration, &new, now)?;
            writer.add_members(integration, row, &members_of(&members), now)?;
            reread(writer, &writer_caller, &id, true)
        })
        .await?;
    caller.audit("created", Type::Group, &view.id, "");
    let location = caller.location(Type::Group, &view.id);
    Ok(Answer::created(projected(view.resource, &projection), &view.version, &location))
}

pub(super) async fn replace(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = projection(&call)?;
    let incoming = call.body().and_then(|body| resource::read(body, &GROUP, caller.strictness()));
    let (now, writer_caller, at) = (service.clock.now(), caller.clone(), id.clone());
    let (conditions, with_members) = (call.conditions, projection.wants("members"));
    let view = service
        .writer
        .write(move |writer| {
            let before = existing(writer, &writer_caller, &at)?;
            conditions.check(&view::group_version(&before))?;
            let incoming = incoming?;
            refuse_taken(writer, &writer_caller, &incoming.document, Some(&at))?;
            let integration = writer_caller.served.id;
            writer.update_group(integration, &at, &stored_form(&at, incoming.document, incoming.external_id), now)?;
            let members = incoming.members.unwrap_or_default();
            writer.replace_members(integration, before.row, &members_of(&members), now)?;
            reread(writer, &writer_caller, &at, with_members)
        })
        .await?;
    caller.audit("replaced", Type::Group, &id, "");
    Ok(shown(view, &projection))
}

pub(super) async fn patch(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let projection = projection(&call)?;
    let is_asked_for = call.asked.attributes.is_some() || call.asked.excluded.is_some();
    let operations = call.body().and_then(|body| patch::parse(body, &GROUP));
    let attributes = operations.as_ref().map_or_else(|_| String::new(), |operations| patch::named(operations));
    let (now, writer_caller, at) = (service.clock.now(), caller.clone(), id.clone());
    let (conditions, with_members) = (call.conditions, projection.wants("members"));
    let view = service
        .writer
        .write(move |writer| {
            let before = existing(writer, &writer_caller, &at)?;
            conditions.check(&view::group_version(&before))?;
            let row = before.row;
            let patched = patch::apply(
                before.document,
                before.external_id,
                &operations?,
                &GROUP,
                writer_caller.strictness(),
            )?;
            let integration = writer_caller.served.id;
            if patched.changed {
                refuse_taken(writer, &writer_caller, &patched.document, Some(&at))?;
                let new = stored_form(&at, patched.document, patched.external_id);
                writer.update_group(integration, &at, &new, now)?;
            }
            for step in patched.members {
                take_step(writer, &writer_caller, row, step, now)?;
            }
            let after = existing(writer, &writer_caller, &at)?;
            let with_body = is_asked_for || after.member_count <= SHOWN;
            with_body.then(|| reread(writer, &writer_caller, &at, with_members)).transpose()
        })
        .await?;
    caller.audit("patched", Type::Group, &id, &attributes);
    Ok(view.map_or_else(no_content, |view| shown(view, &projection)))
}

pub(super) async fn delete(service: &Arc<Service>, caller: &Caller, call: Call, id: String) -> Result<Answer, Problem> {
    let (now, conditions, writer_caller, at) = (service.clock.now(), call.conditions, caller.clone(), id.clone());
    service
        .writer
        .write(move |writer| {
            let before = existing(writer, &writer_caller, &at)?;
            conditions.check(&view::group_version(&before))?;
            Ok(writer.delete_group(writer_caller.served.id, &at, now)?)
        })
        .await?;
    caller.audit("deleted", Type::Group, &id, "");
    Ok(no_content())
}

fn take_step(
    writer: &mut ScimWriter<'_>,
    caller: &Caller,
    group: i64,
    step: MemberStep,
    now: Timestamp,
) -> Result<(), Problem> {
    let integration = caller.served.id;
    match step {
        MemberStep::Add(members) => writer.add_members(integration, group, &members_of(&members), now)?,
        MemberStep::Replace(members) => writer.replace_members(integration, group, &members_of(&members), now)?,
        MemberStep::RemoveAll => writer.replace_members(integration, group, &[], now)?,
        MemberStep::Remove(ids) => writer.remove_members(integration, group, &ids, now)?,
        MemberStep::RemoveWhere(condition) => {
            let Some(attribute) = GROUP.schema.attribute("members") else { return Ok(()) };
            let members = writer.members(group)?;
            let meant = members.into_iter().filter(|member| {
                filter::matches_value(&condition, attribute, &Value::Object(view::member(caller, member)))
            });
            let ids: Vec<String> = meant.map(|member| member.id).collect();
            writer.remove_members(integration, group, &ids, now)?
        }
    };
    Ok(())
}

fn members_of(members: &[MemberValue]) -> Vec<(String, Option<MemberKind>)> {
    members.iter().map(|member| (member.value.clone(), member.kind)).collect()
}

fn projection(call: &Call) -> Result<Projection, Problem> {
    Projection::parse(call.asked.attributes.as_deref(), call.asked.excluded.as_deref(), &GROUP)
}

fn shown(view: View, projection: &Projection) -> Answer {
    Answer::resource(projected(view.resource, projection), &view.version)
}

fn existing(writer: &ScimWriter<'_>, caller: &Caller, id: &str) -> Result<StoredGroup, Problem> {
    writer.group(caller.served.id, id)?.ok_or_else(|| not_found(Type::Group, id))
}

fn reread(writer: &ScimWriter<'_>, caller: &Caller, id: &str, with_members: bool) -> Result<View, Problem> {
    let stored = existing(writer, caller, id)?;
    let members = with_members.then(|| writer.members(stored.row)).transpose()?;
    Ok(view::group(caller, stored, members.as_deref()))
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
    if caller.served.options.equal_group_names {
        return Ok(());
    }
    let others = writer.groups_by_name(caller.served.id, &name.to_lowercase())?;
    if others.iter().any(|other| own != Some(other.scim_id.as_str())) {
        return Err(Problem::of(ScimType::Uniqueness, "another group has this displayName already"));
    }
    Ok(())
}

fn stored_form(id: &str, document: Map<String, Value>, external_id: Option<String>) -> NewScimGroup {
    let name = document.get("displayName").and_then(Value::as_str).unwrap_or_default();
    NewScimGroup {
        scim_id: id.to_owned(),
        group: person::group(&document, id, external_id.as_deref()),
        name_key: name.to_lowercase(),
        external_id,
        document,
    }
}
