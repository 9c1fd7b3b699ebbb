//! The body of a request: of the right kind, not too large, not too slow, and JSON (RFC 7644 §3.8, §8.1).

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use serde_json::Value;

use crate::scim::{Problem, ScimType};

/// Bytes of a body at most. A group of 50,000 members with their names, whole, is about half of it.
pub(in crate::scim) const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads a body.
///
/// # Errors
/// 415 for another kind of content, 413 for too much of it, 408 if it does not come, 400 for what is not JSON.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    if kind.is_some_and(|kind| !is_json(kind)) {
        return Err(Problem::new(415, "a body is application/scim+json or application/json, in UTF-8"));
    }
    let too_large = || Problem::new(413, format!("a body holds at most {LARGEST_BODY} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST_BODY) {
        return Err(too_large());
    }
    let collected = collect(body, announced.unwrap_or(0));
    let bytes = match tokio::time::timeout(PATIENCE, collected).await {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => return Err(too_large()),
        Ok(Err(_)) => return Err(Problem::of(ScimType::InvalidSyntax, "the body broke off")),
        Err(_) => return Err(Problem::new(408, "the body did not arrive in time")),
    };
    parse(&bytes)
}

/// The whole body, unless it is too large.
async fn collect(body: Body, announced: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let (mut stream, mut bytes) = (body.into_data_stream(), Vec::with_capacity(announced.min(1 << 16)));
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > LARGEST_BODY {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let syntax = |detail: &str| Problem::of(ScimType::InvalidSyntax, detail);
    let text = std::str::from_utf8(bytes).map_err(|_| syntax("the body is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(syntax("the body is empty"));
    }
    // Its words may repeat what was sent; the place is enough. It stops at 128 levels by itself.
    serde_json::from_str(text)
        .map_err(|error| syntax(&format!("the body is not JSON (line {}, column {})", error.line(), error.column())))
}

fn is_json(kind: &str) -> bool {
    let mut parts = kind.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    utf8 && ["application/scim+json", "application/json"].iter().any(|json| media.eq_ignore_ascii_case(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_by_either_name_in_utf_8_is_taken() {
        for kind in ["application/scim+json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(is_json(kind), "{kind}");
        }
        for kind in ["text/plain", "application/xml", "application/json; charset=latin1", ""] {
            assert!(!is_json(kind), "{kind}");
        }
    }

    #[test]
    fn what_is_not_json_is_invalid_syntax_and_is_not_repeated() {
        for body in [&b"\xff"[..], b"", b"  ", b"{\"secret\":", &vec![b'['; 100_000]] {
            let problem = parse(body).unwrap_err();
            assert_eq!(problem.kind, Some(ScimType::InvalidSyntax));
            assert!(!problem.detail.contains("secret"));
        }
        assert_eq!(parse(b"\xef\xbb\xbf{}").unwrap(), serde_json::json!({}));
    }
}
