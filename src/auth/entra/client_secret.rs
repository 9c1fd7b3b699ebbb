//! The file that holds an app registration's secret, so that it never stands in a command line.

use std::path::Path;

use secrecy::SecretString;

use crate::auth::private_file;
use crate::model::{Failure, FailureKind};

const MAKE: &str = "make a client secret in the Entra admin centre (App registrations > your app > Certificates & secrets), \
                    and put its Value (not its Secret ID) into a file of mode 600";

/// Reads a secret; blanks and line ends around it are not part of it.
///
/// # Errors
/// Unreadable, readable by others (with the `chmod` that mends it), empty, or something else than a secret.
pub(super) fn read(path: &Path) -> Result<SecretString, Failure> {
    let wrong = |what: &str| Failure::new(FailureKind::Misconfigured, format!("{} {what}", path.display())).hint(MAKE);
    let content = private_file::read_private(path).map_err(|error| {
        let failure = Failure::new(FailureKind::Misconfigured, error.to_string());
        failure.hint(error.remedy().unwrap_or_else(|| MAKE.to_owned()))
    })?;
    let text = std::str::from_utf8(&content).map_err(|_| wrong("is not a text"))?;
    let secret = text.trim_start_matches('\u{feff}').trim();
    if secret.is_empty() {
        return Err(wrong("is empty"));
    }
    if secret.contains("-----BEGIN ") {
        return Err(wrong("holds a key or certificate, not a secret").hint("give it as --certificate"));
    }
    if secret.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong("holds more than a secret"));
    }
    Ok(SecretString::from(secret))
}
