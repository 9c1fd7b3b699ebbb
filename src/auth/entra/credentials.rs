//! How an integration signs in to Entra, as it is remembered beside it: everything but the secrets, which are sealed.

use serde::{Deserialize, Serialize};

use super::Cloud;
use crate::model::{Failure, FailureKind};

/// The content of `Integration::credentials` for Entra.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// How.
    pub method: Method,
    /// The app registration's id.
    pub client_id: String,
    /// The tenant's immutable id.
    pub tenant: String,
    /// Which of Microsoft's clouds.
    pub cloud: Cloud,
    /// What was granted; an app of its own right is not told.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What the account that signed in is called, to suggest it when it signs in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// SHA-256 of the certificate, as an assertion names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// When the certificate ends, where that can be read, or the secret, where its owner told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<jiff::Timestamp>,
}

/// A way of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Somebody's sign-in in a browser; sealed beside it: the refresh token and the one before.
    Browser,
    /// Somebody's sign-in by a code on another device; sealed as above.
    DeviceCode,
    /// The app itself, by certificate; sealed beside it: its PEM file with the private key.
    Certificate,
    /// The app itself, by secret; sealed beside it: the secret.
    ClientSecret,
}

impl Method {
    /// The stable word for `details`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::DeviceCode => "device_code",
            Self::Certificate => "certificate",
            Self::ClientSecret => "client_secret",
        }
    }

    /// Whether the app acts in its own right, with nobody signed in.
    pub fn is_unattended(self) -> bool {
        matches!(self, Self::Certificate | Self::ClientSecret)
    }
}

impl Credentials {
    /// From the database.
    ///
    /// # Errors
    /// It is of another program's making.
    pub fn read(value: &serde_json::Value) -> Result<Self, Failure> {
        Self::deserialize(value).map_err(|_| {
            let message = "what is remembered about this integration's sign-in cannot be read";
            Failure::new(FailureKind::Misconfigured, message)
                .hint("update dirsync, or connect the directory anew (dirsync delete, then dirsync add entra)")
        })
    }

    /// For the database.
    pub fn write(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
