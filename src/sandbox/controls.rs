//! `/sandbox/…`: the controls every pretend service has for other processes. No vendor has anything of the kind.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::faults::Rule;
use super::params::Params;
use super::stage::Stage;

/// Faults and the log of requests.
pub(super) fn routes<W: AsRef<Stage> + Send + Sync + 'static>() -> Router<Arc<W>> {
    Router::new()
        .route("/sandbox/faults", get(faults::<W>).post(add_faults::<W>).delete(clear_faults::<W>))
        .route("/sandbox/requests", get(requests::<W>).delete(clear_requests::<W>))
}

pub(super) fn answer(value: &Value) -> Response {
    ([("content-type", "application/json")], format!("{value:#}\n")).into_response()
}

pub(super) fn wrong(words: impl std::fmt::Display) -> Response {
    (StatusCode::BAD_REQUEST, format!("{words}\n")).into_response()
}

pub(super) fn params(query: Option<String>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes())
}

fn stage<W: AsRef<Stage>>(world: &Arc<W>) -> &Stage {
    let world: &W = world;
    world.as_ref()
}

async fn requests<W: AsRef<Stage>>(State(world): State<Arc<W>>) -> Response {
    answer(&stage(&world).log.report())
}

async fn clear_requests<W: AsRef<Stage>>(State(world): State<Arc<W>>) -> Response {
    stage(&world).log.clear();
    answer(&json!({}))
}

async fn faults<W: AsRef<Stage>>(State(world): State<Arc<W>>) -> Response {
    answer(&json!(stage(&world).faults().rules()))
}

async fn add_faults<W: AsRef<Stage>>(State(world): State<Arc<W>>, body: Bytes) -> Response {
    // One rule, or a list of them.
    let rules = serde_json::from_slice::<Value>(&body).and_then(|value| match value {
        Value::Array(_) => serde_json::from_value::<Vec<Rule>>(value),
        _ => serde_json::from_value::<Rule>(value).map(|rule| vec![rule]),
    });
    match rules {
        Ok(rules) => {
            let mut faults = stage(&world).faults();
            rules.into_iter().for_each(|rule| faults.add(rule));
            answer(&json!(faults.rules()))
        }
        Err(error) => wrong(error),
    }
}

async fn clear_faults<W: AsRef<Stage>>(State(world): State<Arc<W>>) -> Response {
    stage(&world).faults().clear();
    answer(&json!([]))
}
