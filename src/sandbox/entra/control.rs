//! `/sandbox/…`: what the pretend Microsoft has besides the controls that all pretend services share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::login::{App, approve};
use super::server::{End, World};
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
        .route("/sandbox/expire", post(expire))
        .route("/sandbox/revoke", post(revoke))
        .route("/sandbox/consent", post(consent))
        .route("/sandbox/device", post(device))
        .route("/sandbox/cursors", post(cursors))
        .route("/sandbox/secrets", get(async |State(world): Shared| answer(&json!(secrets(&world)))))
        .route("/sandbox/app", get(app))
        .route("/sandbox/certificate.pem", get(async || App::certificate_pem().into_response()))
}

/// Every secret of this world so far.
pub(super) fn secrets(world: &World) -> Vec<String> {
    let key = PRETEND_KEY_PEM.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned);
    let mut secrets = world.issuer().secrets.clone();
    secrets.push(world.app.secret.clone());
    secrets.extend(key.filter(|line| line.len() > 20));
    secrets
}

/// Whom the consent page offers.
pub(super) fn accounts(world: &World) -> Vec<(String, &'static str)> {
    super::login::accounts(&world.tenant())
}

async fn index(State(world): Shared) -> Response {
    answer(&json!({
        "what": "a pretend Microsoft Entra tenant, for dirsync's demo and tests",
        "tenant_id": world.tenant().id.to_string(),
        "controls": [
            "GET /sandbox/truth", "POST /sandbox/day?days=1", "POST /sandbox/vanish?percent=40&deleted=true",
            "POST /sandbox/unvanish", "GET, POST, DELETE /sandbox/faults", "POST /sandbox/revoke",
            "POST /sandbox/expire", "POST /sandbox/consent?granted=false",
            "POST /sandbox/device?user_code=CODE&account=UPN&decline=false", "POST /sandbox/cursors?moved=false",
            "GET, DELETE /sandbox/requests", "GET /sandbox/secrets", "GET /sandbox/app", "GET /sandbox/certificate.pem",
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

async fn expire(State(world): Shared) -> Response {
    world.issuer().expire();
    answer(&json!({}))
}

async fn revoke(State(world): Shared) -> Response {
    world.issuer().revoke();
    answer(&json!({}))
}

async fn consent(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    let granted = params(query).get("granted") != Some("false");
    let mut issuer = world.issuer();
    if granted {
        issuer.grant_all()
    } else {
        issuer.withdraw()
    }
    answer(&json!({"granted": granted}))
}

async fn device(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    let params = params(query);
    let account = params.get("account").map_or_else(|| world.admin(), str::to_owned);
    match approve(&world, params.get("user_code"), &account, params.is_true("decline")) {
        Ok(()) => answer(&json!({"account": account})),
        Err(words) => wrong(words),
    }
}

async fn cursors(State(world): Shared, RawQuery(query): RawQuery) -> Response {
    world.end(if params(query).is_true("moved") { End::Moved } else { End::Expired });
    answer(&json!({}))
}

async fn app(State(world): Shared) -> Response {
    let accounts: Vec<_> =
        accounts(&world).into_iter().map(|(account, note)| json!({"account": account, "note": note})).collect();
    answer(&json!({"client_id": world.app.id, "client_secret": world.app.secret,
        "tenant_id": world.tenant().id.to_string(), "admin": world.admin(), "accounts": accounts}))
}
