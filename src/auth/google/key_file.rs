//! The key of a Google service account (`….json`), for unattended access by domain-wide delegation.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::client_file::secret;
use crate::auth::endpoint;
use crate::auth::jwt::Signer;
use crate::auth::private_file::{self, PrivateFileError};
use crate::model::{Failure, FailureKind};

const DOWNLOAD: &str = "make a JSON key of the service account at \
                        https://console.cloud.google.com/iam-admin/serviceaccounts (Keys, Add key)";

/// A service account's key, read and found able to sign.
#[derive(Clone, Debug)]
pub struct ServiceAccountKey {
    /// The account's own address: the assertion's issuer.
    pub client_email: String,
    /// Its numeric id, which the Admin console wants for the delegation.
    pub client_id: Option<String>,
    /// Names the key to Google.
    pub private_key_id: String,
    /// PKCS#8 PEM.
    pub private_key: SecretString,
    /// Where to send the assertion, where the file says so.
    pub token_uri: Option<Url>,
    /// The Cloud project that it belongs to.
    pub project_id: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    installed: Option<serde::de::IgnoredAny>,
    web: Option<serde::de::IgnoredAny>,
    client_email: Option<String>,
    client_id: Option<String>,
    private_key_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    private_key: Option<SecretString>,
    token_uri: Option<String>,
    project_id: Option<String>,
}

/// Reads a service account's key file.
///
/// # Errors
/// Unreadable, readable by others (with the `chmod` that mends it), not a key file, or a key that cannot sign.
pub fn read_key_file(path: &Path) -> Result<ServiceAccountKey, Failure> {
    let content = private_file::read_private(path).map_err(|error| unusable(&error))?;
    let shown = path.display();
    let wrong = |what: &str| Failure::new(FailureKind::Misconfigured, format!("{shown} {what}"));
    let wire: Wire = serde_json::from_slice(&content)
        .map_err(|_| wrong("is not a service account's key (its JSON cannot be read)").hint(DOWNLOAD))?;
    if wire.installed.is_some() || wire.web.is_some() {
        return Err(wrong("is an OAuth client, not a service account's key").hint("give it as --client-secrets"));
    }
    if wire.kind.as_deref() != Some("service_account") {
        return Err(wrong("is not a service account's key ('type' is not 'service_account')").hint(DOWNLOAD));
    }
    let given = |value: Option<String>, name: &str| {
        value.filter(|text| !text.is_empty()).ok_or_else(|| wrong(&format!("has no {name}")).hint(DOWNLOAD))
    };
    let private_key = wire
        .private_key
        .filter(|key| !key.expose_secret().is_empty())
        .ok_or_else(|| wrong("has no private_key").hint(DOWNLOAD))?;
    Signer::from_pem(&private_key).map_err(|_| wrong("has a private_key that is not an RSA key").hint(DOWNLOAD))?;
    let token_uri = |text: &str| endpoint(&format!("token_uri in {shown}"), text).map_err(|wrong| wrong.hint(DOWNLOAD));
    Ok(ServiceAccountKey {
        client_email: given(wire.client_email, "client_email")?,
        client_id: wire.client_id,
        private_key_id: given(wire.private_key_id, "private_key_id")?,
        private_key,
        token_uri: wire.token_uri.map(|text| token_uri(&text)).transpose()?,
        project_id: wire.project_id,
    })
}

fn unusable(error: &PrivateFileError) -> Failure {
    let failure = Failure::new(FailureKind::Misconfigured, error.to_string());
    failure.hint(error.remedy().unwrap_or_else(|| DOWNLOAD.to_owned()))
}
