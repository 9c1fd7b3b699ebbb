//! The HTTP side of the sign-in service.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Response, header};
use axum::routing::{get, post};
use serde_json::json;

use super::accounts::Authority;
use super::admin_consent::admin_consent;
use super::authorize::{authorize, no_tenant};
use super::{device, token};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::faults;
use crate::sandbox::entra::server::World;
use crate::sandbox::params::Params;
use crate::sandbox::stage::{Call, Upon};

type Shared = State<Arc<World>>;

/// Everything the sign-in service has. What a form on a page decides comes to the page's own address.
pub(in crate::sandbox::entra) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize_page).post(authorize_form))
        .route("/{tenant}/oauth2/v2.0/token", post(token_form))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device_code))
        .route("/{tenant}/v2.0/adminconsent", get(consent_page).post(consent_form))
        .route("/{tenant}/adminconsent", get(classic_page).post(classic_form))
        .route("/devicelogin", get(device_page).post(device_form))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
}

fn query(query: Option<String>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes())
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

/// What the endpoints share: log, faults before, the answer, faults upon it.
async fn endpoint(
    world: &World,
    area: &'static str,
    tenant: &str,
    params: Params,
    headers: &HeaderMap,
    answer: impl FnOnce(&Params, &Upon) -> Answer,
) -> Response<Body> {
    let _guard = world.stage.log.enter(&format!("/{{tenant}}/{area}"), format!("/{tenant}/{area}"));
    let now = world.stage.clock.now();
    let call = Call { area, is_api: false, keys: vec![tenant.to_owned()], params, here: String::new(), now };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzipped = accepts.is_some_and(|value| value.contains("gzip"));
    match world.stage.before(&call, |fault, call| faults::effect(fault, call, world)).await {
        Ok(upon) => {
            let mut answer = answer(&call.params, &upon);
            upon.edit(&mut answer);
            upon.send(answer.header("cache-control", "no-store, no-cache"), gzipped)
        }
        Err(answer) => Upon::default().send(answer, gzipped),
    }
}

async fn authorize_page(
    State(world): Shared,
    Path(tenant): Path<String>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| authorize(&world, &tenant, params);
    endpoint(&world, "authorize", &tenant, query(text), &headers, decide).await
}

async fn authorize_form(
    State(world): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| authorize(&world, &tenant, params);
    endpoint(&world, "authorize", &tenant, Params::parse(&body), &headers, decide).await
}

async fn token_form(
    State(world): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    endpoint(&world, "token", &tenant, Params::parse(&body), &headers, |params, upon| {
        token::token(&world, &tenant, params, authorization(&headers), &upon.claims)
    })
    .await
}

async fn device_code(
    State(world): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let begin = |params: &Params, _: &Upon| device::begin(&world, &tenant, params);
    endpoint(&world, "devicecode", &tenant, Params::parse(&body), &headers, begin).await
}

async fn consent_page(
    State(world): Shared,
    Path(tenant): Path<String>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| admin_consent(&world, &tenant, params, false);
    endpoint(&world, "adminconsent", &tenant, query(text), &headers, decide).await
}

async fn consent_form(
    State(world): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| admin_consent(&world, &tenant, params, false);
    endpoint(&world, "adminconsent", &tenant, Params::parse(&body), &headers, decide).await
}

async fn classic_page(
    State(world): Shared,
    Path(tenant): Path<String>,
    RawQuery(text): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| admin_consent(&world, &tenant, params, true);
    endpoint(&world, "adminconsent", &tenant, query(text), &headers, decide).await
}

async fn classic_form(
    State(world): Shared,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| admin_consent(&world, &tenant, params, true);
    endpoint(&world, "adminconsent", &tenant, Params::parse(&body), &headers, decide).await
}

async fn device_page(State(world): Shared, RawQuery(text): RawQuery, headers: HeaderMap) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| device::page(&world, params);
    endpoint(&world, "devicelogin", "", query(text), &headers, decide).await
}

async fn device_form(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let decide = |params: &Params, _: &Upon| device::page(&world, params);
    endpoint(&world, "devicelogin", "", Params::parse(&body), &headers, decide).await
}

async fn discovery(State(world): Shared, Path(tenant): Path<String>) -> Response<Body> {
    let base = format!("{}/{tenant}", world.stage.base_url);
    let issuer = match Authority::named(&world.tenant(), &tenant) {
        Some(Authority::Of(home)) => home.tenant_id(&world.tenant()),
        Some(Authority::Common | Authority::Organizations) => "{tenantid}".to_owned(),
        None => return Upon::default().send(no_tenant(&tenant).answer(None), false),
    };
    let body = json!({
        "issuer": format!("https://login.microsoftonline.com/{issuer}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": "EU",
        "msgraph_host": "graph.microsoft.com",
    });
    Upon::default().send(Answer::json(200, &body), false)
}

async fn keys(State(world): Shared) -> Response<Body> {
    Upon::default().send(Answer::json(200, &world.key.jwks()), false)
}
