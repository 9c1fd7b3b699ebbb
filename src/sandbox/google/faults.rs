//! What faults do at Google's.

use serde_json::{Value, json};

use super::api::errors;
use super::oauth::{Death, invalid_grant, refused_page};
use super::tenant::Tenant;
use super::wire::mask::ALL;
use super::wire::user::{self, Projection};
use crate::sandbox::answer::Answer;
use crate::sandbox::faults::{Effect, Fault, Shape, edit, patience};
use crate::sandbox::stage::Call;

static SHAPE: Shape =
    Shape { lists: &["users", "groups", "members", "organizationUnits", "domains"], next: "nextPageToken" };

/// What a fault does to `call`; `None` when it does not concern it (and then it does not count as met).
pub(super) fn effect(fault: &Fault, call: &Call, tenant: &Tenant) -> Option<Effect> {
    let paged = call.params.get("pageToken").is_some();
    Some(match fault.clone() {
        Fault::Status { code, reason, message, text, json, retry_after } => {
            let answer = match (text, json) {
                (Some(text), _) => Answer::text(code, &text),
                (None, Some(json)) => Answer::json(code, &json),
                (None, None) => errors::plain(code, reason.as_deref(), message.as_deref()),
            };
            Effect::Answer(patience(answer, retry_after))
        }
        Fault::Throttle { reason, retry_after } => Effect::Answer(patience(errors::throttle(&reason), retry_after)),
        Fault::ExpiredPageToken if paged => Effect::Answer(errors::page_token()),
        Fault::EmptyListing => edit(|body| {
            if let Some(key) = SHAPE.list(body) {
                body[key] = json!([]);
                body.as_object_mut().map(|body| body.remove(SHAPE.next));
            }
        }),
        Fault::EvilNextPage => edit(|body| {
            body["nextPageToken"] = json!("https://evil.example/?a=b&pageToken=../../x#\r\nX-Evil: 1\0");
        }),
        Fault::DuplicatePerson if call.area == "users" => {
            let mut written = Vec::new();
            if let Some(&first) = tenant.order.first() {
                user::write(&mut written, tenant, first, &ALL, &Projection::Full);
            }
            let first: Value = serde_json::from_slice(&written).unwrap_or_default();
            edit(move |body| {
                if body.get("nextPageToken").is_none()
                    && let Some(users) = body.get_mut("users").and_then(Value::as_array_mut)
                {
                    users.push(first.clone());
                }
            })
        }
        Fault::Unauthorized => Effect::Answer(errors::unauthorized()),
        Fault::DeletedGroupWhileListed => Effect::Answer(errors::not_found("groupKey")),
        Fault::OtherCustomer { customer_id } => {
            let ours = tenant.customer_id.clone();
            edit(move |body| replace(body, &ours, &customer_id))
        }
        Fault::NoHd => Effect::Claims(Box::new(|claims| drop(claims.remove("hd")))),
        Fault::InvalidGrant { subtype } if call.params.get("grant_type").is_some() => {
            Effect::Answer(invalid_grant(Death::named(subtype.as_deref())))
        }
        Fault::SignInRefused { error } if call.area == "auth" => Effect::Answer(refused_page(&error)),
        _ => return fault.anywhere(call, &SHAPE),
    })
}

fn replace(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old => new.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Value::Object(object) => object.values_mut().for_each(|item| replace(item, old, new)),
        _ => {}
    }
}
