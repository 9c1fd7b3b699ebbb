//! What every request passes through: the log, the latency, the faults before an answer and those upon it, and how an
//! answer goes out (pretty or not, gzipped or not).

use std::io::{self, Write as _};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::Value;

use super::faults::{Claims, Cut, Edit, Effect};
use super::params::Params;
use super::server::World;

/// What a request is for, as faults see it.
pub(super) struct Call {
    /// `users`, `groups`, `members`, `orgunits`, `domains`, `customers`, `schemas`, `auth`, `token` or `revoke`.
    pub(super) area: &'static str,
    /// Whether the area belongs to the Directory API.
    pub(super) is_api: bool,
    /// The user or group in question, by each name it has.
    pub(super) keys: Vec<String>,
    pub(super) params: Params,
    /// The page token this request carries, or one that leads to where it begins.
    pub(super) here: String,
    pub(super) now: Timestamp,
}

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

const JSON: &str = "application/json; charset=UTF-8";

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// A body that is JSON already.
    pub(super) fn written(body: Vec<u8>) -> Self {
        Self { status: 200, content_type: JSON, headers: Vec::new(), body }
    }

    pub(super) fn html(status: u16, body: String) -> Self {
        Self { status, content_type: "text/html; charset=utf-8", headers: Vec::new(), body: body.into_bytes() }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self { headers: vec![("location", to.to_owned())], ..Self::html(302, String::new()) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn is_json(&self) -> bool {
        self.content_type == JSON
    }
}

/// What the faults on one request do to its answer.
#[derive(Default)]
pub(super) struct Upon {
    edits: Vec<Edit>,
    pub(super) claims: Vec<Claims>,
    cut: Option<Cut>,
}

/// Lets the faults on a request act before it is answered. An `Err` is the answer itself.
pub(super) async fn before(world: &World, call: &Call) -> Result<Upon, Answer> {
    pause(world, world.latency).await;
    let mut upon = Upon::default();
    let effects = world.faults().take(call);
    for effect in effects {
        match effect {
            Effect::Answer(answer) => return Err(answer),
            Effect::Wait(time) => pause(world, time).await,
            Effect::Hang => {
                world.stopped().await;
                return Err(Answer::text(503, "the sandbox is closing"));
            }
            Effect::Edit(edit) => upon.edits.push(edit),
            Effect::Claims(claims) => upon.claims.push(claims),
            Effect::Cut(cut) => upon.cut = Some(cut),
        }
    }
    Ok(upon)
}

/// Waits, but not longer than the sandbox lives.
async fn pause(world: &World, time: Duration) {
    if !time.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = world.stopped() => {}
        }
    }
}

/// Sends an answer out, with what the faults do upon it.
pub(super) fn send(
    world: &World,
    mut answer: Answer,
    upon: &Upon,
    headers: &HeaderMap,
    pretty: bool,
) -> Response<Body> {
    if answer.is_json() && (pretty || !upon.edits.is_empty()) {
        let mut value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            let tenant = world.tenant();
            upon.edits.iter().for_each(|edit| edit(&mut value, &tenant));
        }
        answer.body = if pretty { format!("{value:#}\n").into_bytes() } else { value.to_string().into_bytes() };
    }
    if upon.cut == Some(Cut::Json) {
        answer.body.truncate(answer.body.len() / 2);
    }
    let mut response = Response::builder()
        .status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::CONTENT_TYPE, answer.content_type)
        .header(header::VARY, "Origin, X-Origin, Referer")
        .header(header::CACHE_CONTROL, "private");
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response = response.header(*name, value);
        }
    }
    let mut body = answer.body;
    if wants_gzip(headers)
        && let Ok(packed) = gzip(&body)
    {
        response = response.header(header::CONTENT_ENCODING, "gzip");
        body = packed;
    }
    if upon.cut == Some(Cut::Gzip) {
        body.truncate(body.len() / 2);
    }
    let body = match upon.cut {
        Some(Cut::Connection) => {
            body.truncate(body.len() / 2);
            let parts = [Ok(Bytes::from(body)), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
            Body::from_stream(futures_util::stream::iter(parts))
        }
        _ => Body::from(body),
    };
    response.body(body).unwrap_or_default()
}

/// Google packs only for those who say gzip twice.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let says_gzip = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("gzip"))
    };
    says_gzip(header::ACCEPT_ENCODING) && says_gzip(header::USER_AGENT)
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
