//! An answer before it is sent, and how it goes out: packed or not, whole or broken off.

use std::io::{self, Write as _};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Json,
    Gzip,
    Connection,
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

    pub(super) fn is_json(&self) -> bool {
        self.content_type == JSON
    }

    /// The response as it goes over the wire.
    pub(super) fn pack(mut self, gzipped: bool, cut: Option<Cut>) -> Response<Body> {
        if cut == Some(Cut::Json) {
            self.body.truncate(self.body.len() / 2);
        }
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .header(header::CONTENT_TYPE, self.content_type);
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response = response.header(*name, value);
            }
        }
        let mut body = self.body;
        if gzipped && let Ok(packed) = gzip(&body) {
            response = response.header(header::CONTENT_ENCODING, "gzip");
            body = packed;
        }
        if cut == Some(Cut::Gzip) {
            body.truncate(body.len() / 2);
        }
        let body = match cut {
            Some(Cut::Connection) => {
                body.truncate(body.len() / 2);
                let parts = [Ok(Bytes::from(body)), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
                Body::from_stream(futures_util::stream::iter(parts))
            }
            _ => Body::from(body),
        };
        response.body(body).unwrap_or_default()
    }
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
