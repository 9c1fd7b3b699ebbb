//! The process's environment; the only place besides `paths`' caller that reads it.

use std::ffi::OsString;

/// The value of a variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "cli is the room that may read the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// As [`variable`], as text.
pub(crate) fn text(name: &str) -> Option<String> {
    variable(name).and_then(|value| value.into_string().ok())
}
