//! The OAuth client that the administrator downloads from Google's console (`client_secret_….json`).

use std::path::Path;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::facts::redirect_uri;
use crate::auth::private_file::{self, PrivateFileError};
use crate::auth::{Client, endpoint};
use crate::model::{Failure, FailureKind};

/// Where a client file comes from, for every error about one.
const DOWNLOAD: &str = "download the JSON of an OAuth client of type 'Desktop app' at \
                        https://console.cloud.google.com/auth/clients";

/// A client file, read.
#[derive(Clone, Debug)]
pub struct ClientFile {
    /// Id and secret.
    pub client: Client,
    /// The Cloud project that the client belongs to; a revocation reaches all clients of one.
    pub project_id: Option<String>,
    /// The file's own token address.
    pub token_uri: Option<Url>,
    /// Worth telling, not worth refusing: the file is readable by others.
    pub warning: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    installed: Option<WireClient>,
    web: Option<WireClient>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct WireClient {
    client_id: String,
    #[serde(default, deserialize_with = "secret")]
    client_secret: Option<SecretString>,
    project_id: Option<String>,
    token_uri: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// Reads a client file. `port` is the fixed `--port`, without which a 'Web application' client cannot work.
///
/// # Errors
/// Unreadable, not a client file, or one that cannot work; each says what to download where.
pub fn read_client_file(path: &Path, port: Option<u16>) -> Result<ClientFile, Failure> {
    let (content, loose) = private_file::read(path).map_err(|error| unusable(&error))?;
    let shown = path.display();
    let wrong = |what: &str| Failure::new(FailureKind::Misconfigured, format!("{shown} {what}"));
    let wire: Wire = serde_json::from_slice(&content)
        .map_err(|_| wrong("is not a Google client file (its JSON cannot be read)").hint(DOWNLOAD))?;
    let client = match wire {
        Wire { installed: Some(client), .. } => client,
        Wire { web: Some(client), .. } => check_web(client, port, &wrong)?,
        Wire { kind: Some(kind), .. } if kind == "service_account" => {
            return Err(wrong("is a service account's key, not an OAuth client")
                .hint("give it as --service-account, with --admin EMAIL"));
        }
        _ => return Err(wrong("is not a Google client file ('installed' is missing)").hint(DOWNLOAD)),
    };
    if client.client_id.trim().is_empty() {
        return Err(wrong("has no client_id").hint(DOWNLOAD));
    }
    let token_uri = |text: &str| endpoint(&format!("token_uri in {shown}"), text).map_err(|wrong| wrong.hint(DOWNLOAD));
    let token_uri = client.token_uri.map(|text| token_uri(&text)).transpose()?;
    Ok(ClientFile {
        client: Client { id: client.client_id, secret: client.client_secret },
        project_id: client.project_id,
        token_uri,
        warning: loose.map(|mode| {
            format!(
                "{shown} can be read by other users of this machine (mode {mode:04o}): {}",
                private_file::tighten(path)
            )
        }),
    })
}

fn check_web(client: WireClient, port: Option<u16>, wrong: &dyn Fn(&str) -> Failure) -> Result<WireClient, Failure> {
    let Some(port) = port else {
        return Err(wrong("is of type 'Web application', which takes only registered redirect addresses")
            .hint(format!("{DOWNLOAD}; or register {} with this client and give --port 53682", redirect_uri(53682))));
    };
    let uri = redirect_uri(port);
    if client.redirect_uris.contains(&uri) {
        return Ok(client);
    }
    Err(wrong(&format!("is of type 'Web application' and does not list the redirect address {uri}"))
        .hint(format!("register {uri} with this client and download the file again, or {DOWNLOAD}")))
}

fn unusable(error: &PrivateFileError) -> Failure {
    let failure = Failure::new(FailureKind::Misconfigured, error.to_string());
    failure.hint(error.remedy().unwrap_or_else(|| DOWNLOAD.to_owned()))
}

/// A text that is secret from here on (absent and null are nothing).
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}
