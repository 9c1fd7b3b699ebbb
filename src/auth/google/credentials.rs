//! How an integration signs in to Google, as it is remembered beside it: everything but the secrets, which are sealed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ClientFile, ServiceAccountKey};
use crate::auth::endpoint;
use crate::model::{Failure, FailureKind};

/// The content of `Integration::credentials` for Google.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Credentials {
    /// An administrator's own sign-in; sealed beside it: the refresh token and, if any, the client secret.
    Account {
        /// The OAuth client.
        client_id: String,
        /// Its Cloud project, where the file said.
        project_id: Option<String>,
        /// The file's own token address.
        token_uri: Option<String>,
        /// What was granted.
        scopes: Vec<String>,
        /// When the grant ends by itself, where Google said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
    },
    /// A service account with domain-wide delegation; sealed beside it: its private key.
    ServiceAccount {
        /// Its address.
        client_email: String,
        /// Its numeric id.
        client_id: Option<String>,
        /// The key's id.
        private_key_id: String,
        /// Its Cloud project.
        project_id: Option<String>,
        /// The file's own token address.
        token_uri: Option<String>,
        /// When the key ends, as its owner told: the file does not, and reading it from Google takes another scope.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
    },
}

impl Credentials {
    /// Of a completed sign-in.
    pub fn account(file: &ClientFile, scopes: &[String]) -> Self {
        Self::Account {
            client_id: file.client.id.clone(),
            project_id: file.project_id.clone(),
            token_uri: file.token_uri.as_ref().map(Url::to_string),
            scopes: scopes.to_vec(),
            ends_at: None,
        }
    }

    /// The same, of a grant or a key that ends then.
    #[must_use]
    pub fn ending(mut self, at: Option<Timestamp>) -> Self {
        let (Self::Account { ends_at, .. } | Self::ServiceAccount { ends_at, .. }) = &mut self;
        *ends_at = at;
        self
    }

    /// What is remembered of this key's end.
    pub fn end_of_key(&self, id: &str) -> Option<Timestamp> {
        match self {
            Self::ServiceAccount { private_key_id, ends_at, .. } if private_key_id == id => *ends_at,
            _ => None,
        }
    }

    /// Of a service account.
    pub fn service_account(key: &ServiceAccountKey) -> Self {
        Self::ServiceAccount {
            client_email: key.client_email.clone(),
            client_id: key.client_id.clone(),
            private_key_id: key.private_key_id.clone(),
            project_id: key.project_id.clone(),
            token_uri: key.token_uri.as_ref().map(Url::to_string),
            ends_at: None,
        }
    }

    /// From the database.
    ///
    /// # Errors
    /// It is of another program's making.
    pub fn read(value: &serde_json::Value) -> Result<Self, Failure> {
        Self::deserialize(value).map_err(|_| {
            Failure::new(
                FailureKind::Misconfigured,
                "what is remembered about this integration's sign-in cannot be read",
            )
            .hint("sign in anew: dirsync reauth NAME, with --client-secrets or --service-account; or update dirsync")
        })
    }

    /// For the database.
    pub fn write(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The file's own token address, for [`super::Overrides::endpoints`].
    ///
    /// # Errors
    /// It is no private address.
    pub fn token_uri(&self) -> Result<Option<Url>, Failure> {
        let (Self::Account { token_uri, .. } | Self::ServiceAccount { token_uri, .. }) = self;
        token_uri.as_deref().map(|uri| endpoint("the remembered token address", uri)).transpose()
    }

    /// The service account's key with its (unsealed) private half; `None` for an account.
    ///
    /// # Errors
    /// The remembered token address is no private one.
    pub fn key(&self, private_key: secrecy::SecretString) -> Result<Option<ServiceAccountKey>, Failure> {
        let Self::ServiceAccount { client_email, client_id, private_key_id, project_id, .. } = self else {
            return Ok(None);
        };
        Ok(Some(ServiceAccountKey {
            client_email: client_email.clone(),
            client_id: client_id.clone(),
            private_key_id: private_key_id.clone(),
            private_key,
            token_uri: self.token_uri()?,
            project_id: project_id.clone(),
        }))
    }

    /// Whether revoking this grant would end `other`'s too, both being the same account's: Google withdraws what the
    /// account granted to the whole Cloud project (developers.google.com/identity/protocols/oauth2/limited-input-device).
    pub fn shares_grant_with(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Account { client_id, project_id, .. },
                Self::Account { client_id: theirs, project_id: other, .. },
            ) => {
                client_id == theirs
                    || project_number(client_id) == project_number(theirs)
                    || project_id.is_some() && project_id == other
            }
            _ => false,
        }
    }
}

/// A client id begins with its project's number: `123456-abc.apps.googleusercontent.com`.
fn project_number(client_id: &str) -> &str {
    client_id.split_once('-').map_or(client_id, |(number, _)| number)
}
