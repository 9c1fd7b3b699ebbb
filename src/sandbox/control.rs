//! `/sandbox/…`: the controls of the pretend world for other processes. Google has nothing of the kind.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::faults::Rule;
use super::oauth::Death;
use super::params::Params;
use super::server::World;

type Shared = State<Arc<World>>;

/// The control routes.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(index))
        .route("/sandbox/truth", get(async |State(world): Shared| answer(&world.tenant().truth())))
        .route("/sandbox/day", post(day))
        .route("/sandbox/vanish", post(vanish))
        .route("/sandbox/unvanish", post(async |State(world): Shared| answer(&json!(world.tenant_mut().unvanish()))))
        .route("/sandbox/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/sandbox/revoke", post(revoke))
        .route("/sandbox/expire", post(expire))
        .route("/sandbox/requests", get(async |State(world): Shared| answer(&world.log.report())).delete(clear_log))
        .route("/sandbox/secrets", get(async |State(world): Shared| answer(&json!(secrets(&world)))))
        .route("/sandbox/client_secrets.json", get(client_file))
        .route("/sandbox/service_account.json", get(service_account_file))
}

/// Every secret of this world so far.
pub(super) fn secrets(world: &World) -> Vec<String> {
    let key = super::key::PRETEND_KEY_PEM.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned);
    let mut secrets = world.issuer().secrets.clone();
    secrets.push(world.client.secret.clone());
    secrets.extend(key.filter(|line| line.len() > 20));
    secrets
}

fn answer(value: &Value) -> Response {
    ([("content-type", "application/json")], format!("{value:#}\n")).into_response()
}

fn wrong(words: impl std::fmt::Display) -> Response {
    (StatusCode::BAD_REQUEST, format!("{words}\n")).into_response()
}

fn params(query: Option<String>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes())
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

async fn faults(State(world): Shared) -> Response {
    answer(&json!(world.faults().rules()))
}

async fn add_faults(State(world): Shared, body: Bytes) -> Response {
    // One rule, or a list of them.
    let rules = serde_json::from_slice::<Value>(&body).and_then(|value| match value {
        Value::Array(_) => serde_json::from_value::<Vec<Rule>>(value),
        _ => serde_json::from_value::<Rule>(value).map(|rule| vec![rule]),
    });
    match rules {
        Ok(rules) => {
            rules.into_iter().for_each(|rule| world.faults().add(rule));
            answer(&json!(world.faults().rules()))
        }
        Err(error) => wrong(error),
    }
}

async fn clear_faults(State(world): Shared) -> Response {
    world.faults().clear();
    answer(&json!([]))
}

async fn revoke(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    world.issuer().kill(Death::named(params(query).get("subtype")));
    answer(&json!({}))
}

async fn expire(State(world): Shared) -> Response {
    world.issuer().expire();
    answer(&json!({}))
}

async fn clear_log(State(world): Shared) -> Response {
    world.log.clear();
    answer(&json!({}))
}

async fn client_file(State(world): Shared) -> Response {
    ([("content-type", "application/json")], world.client.secrets_json(&world.base_url)).into_response()
}

async fn service_account_file(State(world): Shared) -> Response {
    ([("content-type", "application/json")], world.client.service_account_json(&world.base_url)).into_response()
}
