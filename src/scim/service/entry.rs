//! The way in: address, token, method and body of a request; the way out: its answer, and a line in the log that tells
//! what was done and nothing about anybody.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, header};
use axum::routing::get;

use super::answer::{Answer, wants_plain_json};
use super::body;
use super::call::{self, Call, Caller, Conditions};
use super::query::Asked;
use super::state::Service;
use super::target::Target;
use crate::scim::listen::{BaseUrl, Peer};
use crate::scim::{Problem, ScimType};

/// All addresses of the service: `/healthz`, and `/scim/{slug}/v2` for every integration.
pub fn routes(service: Arc<Service>) -> Router {
    Router::new().route("/healthz", get(health)).fallback(enter).with_state(service)
}

/// Says that the service works: that it can read its database.
async fn health(State(service): State<Arc<Service>>) -> Response<Body> {
    let read = service.readers.read(|store| Ok(store.integration_names()?.len())).await;
    let (status, text) = if read.is_ok() { (200, "ok\n") } else { (503, "the database cannot be read\n") };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

async fn enter(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let started = service.clock.instant();
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let plain_json = wants_plain_json(accept);
    let method = request.method().clone();
    let mut seen = Seen::default();
    let answer = admit(&service, request, &mut seen).await.unwrap_or_else(|refused| refused);
    let milliseconds = service.clock.instant().duration_since(started).as_millis();
    let (integration, what) = (seen.integration.as_deref().unwrap_or("-"), seen.what.unwrap_or("-"));
    tracing::info!(target: "dirsync::scim::access", "{integration} {method} {what} {} {milliseconds}ms", answer.status().as_u16());
    answer.send(plain_json)
}

/// What the log may say.
#[derive(Default)]
struct Seen {
    integration: Option<String>,
    what: Option<&'static str>,
}

async fn admit(service: &Arc<Service>, request: Request, seen: &mut Seen) -> Result<Answer, Answer> {
    let nowhere = || Answer::from(Problem::new(404, "there is nothing at this address"));
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::HEAD {
        // The same answer; that its body stays here is for the connection to see to.
        parts.method = Method::GET;
    }
    let (slug, path) = address(parts.uri.path()).ok_or_else(nowhere)?;
    let served = service.served(slug).await?.ok_or_else(nowhere)?;
    seen.integration = Some(served.name.clone());
    let target = Target::of(path);
    seen.what = target.as_ref().map(Target::word);
    if !target.as_ref().is_some_and(Target::is_public) {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
        enter_by_token(service, &served, &parts.headers, peer)?;
    }
    let target = target.ok_or_else(nowhere)?;
    Call::allowed(&parts.method, &target)?;
    let base = parts.extensions.get::<BaseUrl>().map_or("", |base| base.0.as_str());
    let caller = Caller { base: format!("{base}/scim/{slug}/v2").into(), served };
    let header = |name| parts.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let conditions = Conditions {
        if_match: header(header::IF_MATCH).map(str::to_owned),
        if_none_match: header(header::IF_NONE_MATCH).map(str::to_owned),
    };
    let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method) && target != Target::Me;
    let body = match takes_body {
        true => body::read(&parts.headers, body).await,
        false => Err(Problem::of(ScimType::InvalidSyntax, "the body is missing")),
    };
    if let Err(problem) = &body
        && takes_body
        && [408, 413, 415].contains(&problem.status)
    {
        return Err(problem.clone().into());
    }
    let asked = match target {
        // A single object has nothing to be asked for (RFC 7644 §4).
        Target::ServiceProviderConfig => Asked::default(),
        _ => Asked::of_address(parts.uri.query())?,
    };
    let call = Call { method: parts.method, target, asked, conditions, body, new_id: None };
    Ok(call::answer(service, &caller, call).await?)
}

fn enter_by_token(
    service: &Service,
    served: &super::door::Served,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Result<(), Problem> {
    match served.opened_by(headers, service.clock.now()) {
        Some(token) => {
            service.note_use(served, token, headers);
            Ok(())
        }
        None => Err(service.strikes.strike(peer, service.clock.instant())),
    }
}

/// `/scim/{slug}/v2/…`: the slug, and what comes after the base.
fn address(path: &str) -> Option<(&str, &str)> {
    let (slug, rest) = path.strip_prefix("/scim/")?.split_once('/')?;
    let rest = rest.strip_prefix("v2")?;
    (rest.is_empty() || rest.starts_with('/')).then_some((slug, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_with_the_integration() {
        assert_eq!(address("/scim/abc/v2/Users/1"), Some(("abc", "/Users/1")));
        assert_eq!(address("/scim/abc/v2"), Some(("abc", "")));
        for nowhere in ["/", "/scim/abc", "/scim/abc/v3/Users", "/scim/abc/v22", "/Users"] {
            assert_eq!(address(nowhere), None, "{nowhere}");
        }
    }
}
