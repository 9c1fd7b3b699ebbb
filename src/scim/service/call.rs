//! One operation, whether it came by itself or in a bulk: who calls, what for, and under which conditions.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use serde_json::Value;

use super::answer::{Answer, names_version};
use super::door::Served;
use super::query::Asked;
use super::state::Service;
use super::target::{Target, Type};
use super::{bulk, discovery, groups, listing, users};
use crate::scim::Problem;

/// Who calls, and where the answers' addresses begin.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) served: Arc<Served>,
    /// `https://host/scim/slug/v2`.
    pub(super) base: Arc<str>,
}

/// `If-Match` and `If-None-Match` (RFC 7644 §3.14).
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    pub(super) if_match: Option<String>,
    pub(super) if_none_match: Option<String>,
}

impl Conditions {
    /// Refuses to change what is no longer what the client thinks it is.
    pub(super) fn check(&self, version: &str) -> Result<(), Problem> {
        let changed = self.if_match.as_deref().is_some_and(|tags| !names_version(tags, version))
            || self.if_none_match.as_deref().is_some_and(|tags| names_version(tags, version));
        if changed { Err(Problem::new(412, "the resource is of another version by now")) } else { Ok(()) }
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// Whether the client has this version already.
    pub(super) fn has(&self, version: &str) -> bool {
        self.if_none_match.as_deref().is_some_and(|tags| names_version(tags, version))
    }
}

/// One operation.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) asked: Asked,
    pub(super) conditions: Conditions,
    /// What was sent; that it cannot be read matters only where there is something to be changed.
    pub(super) body: Result<Value, Problem>,
    /// The id a new resource gets, where it had to be known before.
    pub(super) new_id: Option<String>,
}

impl Call {
    /// Refuses a method that does not go there.
    pub(super) fn allowed(method: &Method, target: &Target) -> Result<(), Answer> {
        if target.methods().contains(method) {
            return Ok(());
        }
        let allow = target.methods().iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let refusal = Answer::from(Problem::new(405, format!("{method} does not go here")));
        Err(refusal.with(header::ALLOW, allow))
    }

    pub(super) fn body(&self) -> Result<&Value, Problem> {
        self.body.as_ref().map_err(Problem::clone)
    }
}

/// Does what is asked.
pub(super) async fn answer(service: &Arc<Service>, caller: &Caller, call: Call) -> Result<Answer, Problem> {
    match (&call.target, call.method.as_str()) {
        (Target::Me, _) => Err(Problem::new(501, "there is no /Me: a directory's token belongs to nobody")),
        (Target::ServiceProviderConfig, _) => Ok(discovery::config(caller)),
        (Target::ResourceTypes(name), _) => discovery::resource_types(caller, name.as_deref(), &call.asked),
        (Target::Schemas(urn), _) => discovery::schemas(caller, urn.as_deref(), &call.asked),
        (Target::Bulk, _) => Box::pin(bulk::answer(service, caller, call.body()?)).await,
        (Target::Search(kind), _) => {
            let asked = Asked::of_body(call.body()?)?;
            listing::answer(service, caller, *kind, asked).await
        }
        (Target::Everything, _) => listing::answer(service, caller, None, call.asked).await,
        (Target::All(kind), "GET") => listing::answer(service, caller, Some(*kind), call.asked).await,
        (Target::All(Type::User), _) => users::create(service, caller, call).await,
        (Target::All(Type::Group), _) => groups::create(service, caller, call).await,
        (Target::One(Type::User, id), method) => {
            let id = id.clone();
            match method {
                "GET" => users::get(service, caller, call, id).await,
                "PUT" => users::replace(service, caller, call, id).await,
                "PATCH" => users::patch(service, caller, call, id).await,
                _ => users::delete(service, caller, call, id).await,
            }
        }
        (Target::One(Type::Group, id), method) => {
            let id = id.clone();
            match method {
                "GET" => groups::get(service, caller, call, id).await,
                "PUT" => groups::replace(service, caller, call, id).await,
                "PATCH" => groups::patch(service, caller, call, id).await,
                _ => groups::delete(service, caller, call, id).await,
            }
        }
    }
}

/// There is nothing of this id here, or not any more.
pub(super) fn not_found(kind: Type, id: &str) -> Problem {
    // An id is the server's own word; of a client's rubbish no more than a screen's width is given back.
    let id: String = id.chars().filter(|char| !char.is_control()).take(80).collect();
    Problem::new(404, format!("{} {id} does not exist", kind.schema().name))
}

/// 204.
pub(super) fn no_content() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
}
