//! Which addresses may be trusted with a secret: https anywhere, plain http on this machine only.

use url::{Host, Url};

use crate::model::{Failure, FailureKind};

/// The three addresses of a sign-in service; values, so that national clouds and tests can set them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Where the browser goes.
    pub authorize: Url,
    /// Where codes, refresh tokens and assertions become access tokens.
    pub token: Url,
    /// Where a token is given back; not every service has one.
    pub revoke: Option<Url>,
}

/// Reads an address that secrets will be sent to. `what` names it in the error ("DIRSYNC_GOOGLE_TOKEN_URL").
///
/// # Errors
/// It is no URL, or neither https nor http on loopback.
pub fn endpoint(what: &str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text)
        .map_err(|error| Failure::new(FailureKind::Misconfigured, format!("{what} is not a URL: {error}")))?;
    if is_private(&url) {
        Ok(url)
    } else {
        Err(Failure::new(
            FailureKind::Misconfigured,
            format!("{what} must be https (http is allowed on this machine only, as http://127.0.0.1:PORT)"),
        ))
    }
}

/// Whether nobody on the way can listen: https, or http that never leaves the machine.
fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_over_https_or_not_at_all() {
        for good in
            ["https://oauth2.googleapis.com/token", "http://127.0.0.1:9/token", "http://[::1]:9/", "http://localhost"]
        {
            assert!(endpoint("x", good).is_ok(), "{good}");
        }
        for bad in
            ["http://oauth2.googleapis.com/token", "http://127.0.0.1.evil.example/", "ftp://localhost/", "token", ""]
        {
            let refused = endpoint("DIRSYNC_GOOGLE_TOKEN_URL", bad).unwrap_err();
            assert_eq!(refused.kind, FailureKind::Misconfigured, "{bad}");
            assert!(refused.message.starts_with("DIRSYNC_GOOGLE_TOKEN_URL "), "{refused}");
        }
    }
}
