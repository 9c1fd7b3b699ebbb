//! The pretend app registration: its id, secret and certificate, where it may return to, and what it may ask for.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::Url;

use crate::sandbox::entra::tenant::Guid;
use crate::sandbox::key::PRETEND_KEY_PEM;
use crate::sandbox::random::Random;

/// The certificate of the pretend key, made once with `openssl req -x509`.
const CERTIFICATE_PEM: &str = include_str!("../../pretend_certificate.pem");

/// An app, registered as "mobile and desktop", that also has a secret and a certificate for acting by itself.
pub(in crate::sandbox::entra) struct App {
    pub(in crate::sandbox::entra) id: String,
    pub(in crate::sandbox::entra) secret: String,
    /// SHA-256 of the certificate, as assertions name it.
    pub(super) thumbprint: String,
    /// The path behind `http://localhost` of the registered redirect.
    pub(super) redirect_path: String,
    /// "Allow public client flows".
    pub(super) is_public: bool,
}

impl App {
    pub(in crate::sandbox::entra) fn new(seed: u64, is_public: bool, redirect_path: &str) -> io::Result<Self> {
        let mut random = Random::new(seed ^ 0xA99);
        let base64: String = CERTIFICATE_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(base64).map_err(io::Error::other)?;
        Ok(Self {
            id: Guid::new(random.next()).to_string(),
            secret: format!("{}~{}", random.text(3), random.text(36)),
            thumbprint: URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, &der)),
            redirect_path: redirect_path.to_owned(),
            is_public,
        })
    }

    /// Private key and certificate, in one file.
    pub(in crate::sandbox::entra) fn certificate_pem() -> String {
        format!("{PRETEND_KEY_PEM}{CERTIFICATE_PEM}")
    }

    /// Whether a redirect is the registered one: `http://localhost` on any port, and the very same path.
    pub(super) fn may_return_to(&self, redirect: &str) -> bool {
        let Ok(url) = Url::parse(redirect) else { return false };
        let path = if redirect.ends_with('/') || url.path() != "/" { url.path() } else { "" };
        url.scheme() == "http"
            && url.host_str() == Some("localhost")
            && url.query().is_none()
            && url.fragment().is_none()
            && path.trim_end_matches('/') == self.redirect_path.trim_end_matches('/')
            && (path == self.redirect_path || self.redirect_path.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_to_localhost_on_any_port_and_one_path_only() {
        let app = App::new(1, true, "").unwrap();
        for good in ["http://localhost", "http://localhost:4711", "http://localhost:1/"] {
            assert!(app.may_return_to(good), "{good}");
        }
        for bad in ["http://127.0.0.1:1/", "https://localhost", "http://localhost/x", "http://localhost.evil.example"] {
            assert!(!app.may_return_to(bad), "{bad}");
        }
        let app = App::new(1, true, "/MyApp").unwrap();
        assert!(app.may_return_to("http://localhost:9/MyApp"));
        assert!(!app.may_return_to("http://localhost:9/myapp") && !app.may_return_to("http://localhost:9"));
        assert_eq!(app.thumbprint.len(), 43);
    }
}
