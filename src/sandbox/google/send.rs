//! How an answer of Google's goes out: pretty or not, gzipped or not, with what the faults do upon it.

use axum::body::Body;
use axum::http::{HeaderMap, Response, header};
use serde_json::Value;

use super::faults;
use super::server::World;
use crate::sandbox::answer::Answer;
use crate::sandbox::stage::{Call, Upon};

/// Lets the faults on a request act before it is answered. An `Err` is the answer itself.
pub(super) async fn before(world: &World, call: &Call) -> Result<Upon, Answer> {
    world.stage.before(call, |fault, call| faults::effect(fault, call, &world.tenant())).await
}

/// Sends an answer out, with what the faults do upon it.
pub(super) fn send(mut answer: Answer, upon: &Upon, headers: &HeaderMap, pretty: bool) -> Response<Body> {
    upon.edit(&mut answer);
    if pretty && answer.is_json() {
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        answer.body = format!("{value:#}\n").into_bytes();
    }
    let answer = answer.header("vary", "Origin, X-Origin, Referer").header("cache-control", "private");
    upon.send(answer, wants_gzip(headers))
}

/// Google packs only for those who say gzip twice.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let says_gzip = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("gzip"))
    };
    says_gzip(header::ACCEPT_ENCODING) && says_gzip(header::USER_AGENT)
}
