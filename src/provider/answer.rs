//! What every provider's answers have in common: they are JSON or they are not, and ids are ids.

use serde::de::DeserializeOwned;

use crate::model::{Failure, FailureKind};

/// Longer ids exist nowhere; one that long is an attack on our index, not an id.
const LONGEST_ID: usize = 256;

/// Whether `text` can be an immutable id.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control)
}

/// Reads an answer that must be JSON of a certain shape.
///
/// # Errors
/// It is something else; the sentence says what.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| not_readable(body, &error))
}

/// What an answer is instead of what was expected.
pub(super) fn not_readable(body: &[u8], error: &serde_json::Error) -> Failure {
    let message = match error.classify() {
        serde_json::error::Category::Data => "the answer is not of the shape of a listing",
        serde_json::error::Category::Eof => "the answer is cut short",
        _ if body.trim_ascii_start().starts_with(b"<") => "a web page came where the directory's answer belongs",
        _ => "the answer is not JSON",
    };
    malformed(message)
        .hint("something between here and the directory may be answering in its place (a proxy, a portal)")
}

/// An answer that cannot be what was asked for.
pub(super) fn malformed(message: &str) -> Failure {
    Failure::new(FailureKind::Malformed, message)
}
