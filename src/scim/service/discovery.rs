//! What this server can do, its types and its schemas (RFC 7644 §4): the same for everybody.

use serde_json::{Value, json};

use super::answer::Answer;
use super::body::LARGEST_BODY;
use super::bulk::MOST_OPERATIONS;
use super::call::Caller;
use super::cursor::CURSOR_SECONDS;
use super::query::{Asked, DEFAULT_PAGE, LARGEST_PAGE};
use crate::scim::Problem;
use crate::scim::discovery;

pub(super) fn config(caller: &Caller) -> Answer {
    Answer::ok(discovery::service_provider_config(
        &caller.base,
        &discovery::Limits {
            bulk_operations: MOST_OPERATIONS,
            bulk_bytes: LARGEST_BODY,
            page: DEFAULT_PAGE,
            largest_page: LARGEST_PAGE,
            cursor_seconds: CURSOR_SECONDS,
        },
    ))
}

pub(super) fn resource_types(caller: &Caller, name: Option<&str>, asked: &Asked) -> Result<Answer, Problem> {
    one_or_all(discovery::resource_types(&caller.base), name, asked)
}

pub(super) fn schemas(caller: &Caller, urn: Option<&str>, asked: &Asked) -> Result<Answer, Problem> {
    one_or_all(discovery::schemas(&caller.base), urn, asked)
}

fn one_or_all(all: Vec<Value>, id: Option<&str>, asked: &Asked) -> Result<Answer, Problem> {
    if asked.filter.is_some() {
        return Err(Problem::new(403, "what a server can do is not filtered"));
    }
    let Some(id) = id else {
        return Ok(Answer::ok(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": all.len(),
            "itemsPerPage": all.len(),
            "startIndex": 1,
            "Resources": all,
        })));
    };
    let is_it = |one: &Value| one["id"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(id));
    let one = all.into_iter().find(is_it).ok_or_else(|| Problem::new(404, "there is nothing of this id"))?;
    Ok(Answer::ok(one))
}
