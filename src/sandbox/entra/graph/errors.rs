//! Errors in Graph's words.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::answer::Answer;
use crate::sandbox::entra::tenant::Guid;
use crate::sandbox::random::fingerprint;

/// An error: the body has the code, a message, and what support asks for.
pub(in crate::sandbox::entra) fn error(status: u16, code: &str, message: &str) -> Answer {
    with_inner(status, code, message, None)
}

/// An error whose inner error has a code of its own.
pub(in crate::sandbox::entra) fn with_inner(status: u16, code: &str, message: &str, inner: Option<&str>) -> Answer {
    let id = Guid::new(fingerprint(message) ^ u64::from(status)).to_string();
    let mut details = json!({"date": "2026-07-01T12:00:00", "request-id": id, "client-request-id": id});
    if let Some(code) = inner {
        details["code"] = json!(code);
    }
    let body: Value = json!({"error": {"code": code, "message": message, "innerError": details}});
    Answer::json(status, &body).header("request-id", id.clone()).header("client-request-id", id)
}

/// An error by its status, with what is customary where nothing is said.
pub(in crate::sandbox::entra) fn plain(status: u16, code: Option<&str>, message: Option<&str>) -> Answer {
    let (usual, words) = match status {
        400 => ("Request_BadRequest", "The request is malformed."),
        401 => return unauthorized("Access token validation failure."),
        403 => ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        404 => (
            "Request_ResourceNotFound",
            "Resource does not exist or one of its queried reference-property objects are not present.",
        ),
        409 => ("Request_MultipleObjectsWithSameKeyValue", "Conflict."),
        429 => ("TooManyRequests", "Too many requests."),
        500 => ("InternalServerError", "Internal server error."),
        501 => ("NotImplemented", "The requested feature isn't implemented."),
        503 => ("serviceNotAvailable", "The service is temporarily unavailable."),
        504 => ("UnknownError", "Gateway timeout."),
        509 => ("activityLimitReached", "The app or user has been throttled."),
        _ => ("UnknownError", "An unknown error occurred."),
    };
    error(status, code.unwrap_or(usual), message.unwrap_or(words))
}

/// A query Graph does not understand, or does not take here.
pub(super) fn unsupported(message: &str) -> Answer {
    error(400, "Request_UnsupportedQuery", message)
}

pub(super) fn bad_request(message: &str) -> Answer {
    error(400, "BadRequest", message)
}

/// What the token's holder may not do.
pub(in crate::sandbox::entra) fn forbidden() -> Answer {
    plain(403, None, None)
}

/// An object that is not there (any more).
pub(in crate::sandbox::entra) fn not_found(id: &str) -> Answer {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    error(404, "Request_ResourceNotFound", &message)
}

/// A token that is missing, wrong or too old.
pub(in crate::sandbox::entra) fn unauthorized(message: &str) -> Answer {
    error(401, "InvalidAuthenticationToken", message).header(
        "www-authenticate",
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         client_id=\"00000003-0000-0000-c000-000000000000\"",
    )
}

/// A token that is good, but must have other claims. `now` is when the session was revoked.
pub(in crate::sandbox::entra) fn challenge(now: Timestamp) -> Answer {
    use base64::Engine as _;
    let claims = json!({"access_token": {"nbf": {"essential": true, "value": now.as_second().to_string()}}});
    let claims = base64::engine::general_purpose::STANDARD.encode(claims.to_string());
    let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                   TokenIssuedBeforeRevocationTimestamp";
    let header = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{claims}\""
    );
    error(401, "InvalidAuthenticationToken", message).header("www-authenticate", header)
}

/// A delta link that is too old, or of another time.
pub(in crate::sandbox::entra) fn sync_state(code: &str, nested: bool) -> Answer {
    let message = "The delta token is expired and data must be synchronized again. Please reset the sync state.";
    if nested { with_inner(400, "BadRequest", message, Some(code)) } else { error(400, code, message) }
}

/// Start over, perhaps from the address given.
pub(in crate::sandbox::entra) fn gone(location: Option<&str>) -> Answer {
    let answer = error(410, "resyncRequired", "Resync required. Replace any local items with the server's version.");
    match location {
        Some(location) => answer.header("location", location),
        None => answer,
    }
}

/// A list's page token that is too old.
pub(in crate::sandbox::entra) fn expired_page() -> Answer {
    error(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )
}
