//! `/sandbox/…`: what the pretend Google has besides the controls that all pretend services share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::oauth::Death;
use super::server::World;
use crate::sandbox::controls::{self, answer, params, wrong};
use crate::sandbox::key::PRETEND_KEY_PEM;

type Shared = State<Arc<World>>;

/// The control routes.
pub(super) fn routes() -> Router<Arc<World>> {
    controls::routes()
        .route("/", get(index))
        .route("/sandbox/truth", get(async |State(world): Shared| answer(&world.tenant().truth())))
        .route("/sandbox/day", post(day))
        .route("/sandbox/vanish", post(vanish))
        .route("/sandbox/unvanish", post(async |State(world): Shared| answer(&json!(world.tenant_mut().unvanish()))))
        .route("/sandbox/revoke", post(revoke))
        .route("/sandbox/expire", post(expire))
        .route("/sandbox/secrets", get(async |State(world): Shared| answer(&json!(secrets(&world)))))
        .route("/sandbox/client_secrets.json", get(client_file))
        .route("/sandbox/service_account.json", get(service_account_file))
}

/// Every secret of this world so far.
pub(super) fn secrets(world: &World) -> Vec<String> {
    let key = PRETEND_KEY_PEM.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned);
    let mut secrets = world.issuer().secrets.clone();
    secrets.push(world.client.secret.clone());
    secrets.extend(key.filter(|line| line.len() > 20));
    secrets
}

async fn index(State(world): Shared) -> Response {
    answer(&json!({
        "what": "a pretend Google Workspace, for dirsync's demo and tests",
        "customer_id": world.tenant().customer_id,
        "controls": [
            "GET /sandbox/truth", "POST /sandbox/day?days=1", "POST /sandbox/vanish?percent=40&deleted=true",
            "POST /sandbox/unvanish", "GET, POST, DELETE /sandbox/faults", "POST /sandbox/revoke?subtype=invalid_rapt",
            "POST /sandbox/expire", "GET, DELETE /sandbox/requests", "GET /sandbox/secrets",
            "GET /sandbox/client_secrets.json", "GET /sandbox/service_account.json",
        ],
    }))
}

async fn day(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    match params(query).get("days").unwrap_or("1").parse() {
        Ok(days) => answer(&json!(world.play_days(days))),
        Err(_) => wrong("days: a number"),
    }
}

async fn vanish(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    let params = params(query);
    match params.get("percent").unwrap_or("40").parse() {
        Ok(percent) => answer(&json!(world.tenant_mut().vanish(percent, params.is_true("deleted")))),
        Err(_) => wrong("percent: a number"),
    }
}

async fn revoke(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    world.issuer().kill(Death::named(params(query).get("subtype")));
    answer(&json!({}))
}

async fn expire(State(world): Shared) -> Response {
    world.issuer().expire();
    answer(&json!({}))
}

async fn client_file(State(world): Shared) -> Response {
    ([("content-type", "application/json")], world.client.secrets_json(&world.stage.base_url)).into_response()
}

async fn service_account_file(State(world): Shared) -> Response {
    ([("content-type", "application/json")], world.client.service_account_json(&world.stage.base_url)).into_response()
}
