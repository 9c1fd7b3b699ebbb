//! What the http room wants to know of sign-in: a bearer token now, and another when that one is refused.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::model::Failure;

/// An access token; cloning shares it, `Debug` does not show it.
#[derive(Clone)]
pub struct Bearer(Arc<SecretString>);

impl Bearer {
    /// Wraps a token.
    pub fn new(token: SecretString) -> Self {
        Self(Arc::new(token))
    }

    /// The token itself, for the `Authorization` header.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether `other` is this very token, not only an equal one.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

/// Where bearer tokens come from; implemented by the auth room, so that neither http nor a provider sees a secret store.
pub trait TokenSource: Send + Sync {
    /// A token believed good for at least another minute.
    ///
    /// # Errors
    /// The sign-in is dead ([`crate::model::FailureKind::SignInNeeded`] and its like) or cannot be reached now.
    fn bearer(&self) -> BoxFuture<'_, Result<Bearer, Failure>>;

    /// Another token, after the directory answered 401 to `refused`. Concurrent calls about the same token refresh once.
    /// `claims` is what the directory demands of it (a claims challenge, decoded: JSON), for the sign-in service.
    ///
    /// # Errors
    /// As [`TokenSource::bearer`].
    fn renew<'a>(&'a self, refused: &'a Bearer, claims: Option<&'a str>) -> BoxFuture<'a, Result<Bearer, Failure>>;
}
