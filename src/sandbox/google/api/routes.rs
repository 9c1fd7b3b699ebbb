//! The HTTP side of Google: one handler for the Directory API, one each for sign-in's pages and endpoints.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, Uri, header};
use axum::routing::{get, post};

use super::method::{Method, ROOT};
use super::{errors, gate, groups, members, org, page, users};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::oauth;
use crate::sandbox::google::send::{before, send};
use crate::sandbox::google::server::World;
use crate::sandbox::params::Params;
use crate::sandbox::stage::{Call, Upon};

type Shared = State<Arc<World>>;

/// Everything Google has.
pub(in crate::sandbox) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/admin/directory/v1/{*path}", get(directory))
        .route("/o/oauth2/v2/auth", get(authorize))
        .route("/o/oauth2/auth", get(authorize))
        .route("/o/oauth2/v2/auth/decision", post(decide))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/oauth2/v2/userinfo", get(user_info))
        .route("/oauth2/v3/userinfo", get(user_info))
        .route("/oauth2/v3/certs", get(async |State(world): Shared| plain(oauth::jwks(&world))))
        .route("/.well-known/openid-configuration", get(async |State(world): Shared| plain(oauth::discovery(&world))))
        .fallback(async |uri: Uri| {
            plain(Answer::html(
                404,
                format!(
                    "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>{}\n",
                    uri.path().replace('<', "&lt;")
                ),
            ))
        })
}

fn plain(answer: Answer) -> Response<Body> {
    send(answer, &Upon::default(), &HeaderMap::new(), false)
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

async fn directory(State(world): Shared, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().strip_prefix(ROOT).unwrap_or_default();
    let Some(method) = Method::at(path) else { return plain(errors::not_found("method")) };
    let _guard = world.stage.log.enter(&format!("{ROOT}{}", method.label()), format!("GET {uri}"));
    let params = Params::parse(uri.query().unwrap_or_default().as_bytes());
    let print = page::query_print(path, &params);
    let now = world.stage.clock.now();
    let here = params.get("pageToken").map_or_else(|| page::mint(print, "", now), str::to_owned);
    let call = Call { area: method.area(), is_api: true, keys: keys(&world, &method), params, here, now };
    let pretty = !matches!(call.params.get("prettyPrint"), Some("false" | "0"));
    let upon = match before(&world, &call).await {
        Ok(upon) => upon,
        Err(answer) => return send(answer, &Upon::default(), &headers, pretty),
    };
    let answer =
        gate::admit(&world, &method, authorization(&headers)).and_then(|()| read(&world, &call, print, &method));
    let (Ok(answer) | Err(answer)) = answer;
    send(answer, &upon, &headers, pretty)
}

/// Every name of the user or group in the path, so that a fault can use any of them.
fn keys(world: &World, method: &Method) -> Vec<String> {
    let Some(key) = method.key() else { return Vec::new() };
    let mut keys = vec![key.to_owned()];
    let tenant = world.tenant();
    if method.area() != "users"
        && let Some(slot) = tenant.find_group(key)
    {
        let group = tenant.group(slot);
        keys.extend([group.id_text(), group.email.clone()]);
    } else if let Some(slot) = tenant.find_person(key) {
        let person = tenant.person(slot);
        keys.extend([person.id_text(), person.email.to_string()]);
    }
    keys
}

fn read(world: &World, call: &Call, print: u64, method: &Method) -> Result<Answer, Answer> {
    let tenant = world.tenant();
    match method {
        Method::Users => users::list(&tenant, call, print),
        Method::User(key) => users::get(&tenant, call, key),
        Method::UserAliases(key) => users::aliases(&tenant, key),
        Method::Groups => groups::list(&tenant, call, print),
        Method::Group(key) => groups::get(&tenant, call, key),
        Method::GroupAliases(key) => groups::aliases(&tenant, key),
        Method::Members(key) => members::list(&tenant, call, print, key),
        Method::Member(group, key) => members::get(&tenant, call, group, key),
        Method::HasMember(group, key) => members::has(&tenant, group, key),
        _ => org::read(&tenant, call, method),
    }
}

/// What sign-in's endpoints share: log, faults before, the answer, faults upon it.
async fn endpoint(
    world: &World,
    (area, path): (&'static str, &str),
    params: Params,
    headers: &HeaderMap,
    answer: impl FnOnce(&Params, &Upon) -> Answer,
) -> Response<Body> {
    let _guard = world.stage.log.enter(path, path.to_owned());
    let now = world.stage.clock.now();
    let call = Call { area, is_api: false, keys: Vec::new(), params, here: String::new(), now };
    match before(world, &call).await {
        Ok(upon) => {
            let answer = answer(&call.params, &upon).header("pragma", "no-cache");
            send(answer, &upon, headers, false)
        }
        Err(answer) => send(answer, &Upon::default(), headers, false),
    }
}

async fn authorize(State(world): Shared, RawQuery(query): RawQuery, headers: HeaderMap) -> Response<Body> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let place = ("auth", "/o/oauth2/v2/auth");
    endpoint(&world, place, params, &headers, |params, _| oauth::authorize(&world, params)).await
}

async fn decide(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let place = ("decision", "/o/oauth2/v2/auth/decision");
    endpoint(&world, place, Params::parse(&body), &headers, |params, _| oauth::decide(&world, params)).await
}

async fn token(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response<Body> {
    endpoint(&world, ("token", "/token"), Params::parse(&body), &headers, |params, upon| {
        oauth::token(&world, params, authorization(&headers), &upon.claims)
    })
    .await
}

async fn revoke(State(world): Shared, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response<Body> {
    // The token may stand in the query or in the body.
    let both = [query.unwrap_or_default().as_bytes(), b"&", &body].concat();
    endpoint(&world, ("revoke", "/revoke"), Params::parse(&both), &headers, |params, _| oauth::revoke(&world, params))
        .await
}

async fn user_info(State(world): Shared, headers: HeaderMap) -> Response<Body> {
    plain(oauth::user_info(&world, authorization(&headers)))
}
