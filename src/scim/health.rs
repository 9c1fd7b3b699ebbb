//! The one address that anybody may ask: whether the server works.

use axum::Router;
use axum::routing::get;

/// `/healthz`.
pub fn routes() -> Router {
    Router::new().route("/healthz", get(async || "ok\n"))
}
