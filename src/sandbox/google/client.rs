//! The pretend app registrations: an installed OAuth client and a service account, and the files one downloads for them.

use serde_json::json;

use crate::sandbox::key::{KEY_ID, PRETEND_KEY_PEM};
use crate::sandbox::random::Random;

/// What the pretend Cloud project has registered.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) service_email: String,
    pub(super) service_id: String,
}

impl Client {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0xC11E);
        Self {
            id: format!("407408718192-{}.apps.googleusercontent.com", random.text(32).to_ascii_lowercase()),
            secret: format!("GOCSPX-{}", random.text(28)),
            service_email: "dirsync@brightwater-directory.iam.gserviceaccount.com".to_owned(),
            service_id: format!("1{:020}", random.next()),
        }
    }

    /// The file of a "Desktop app" client.
    pub(super) fn secrets_json(&self, base: &str) -> String {
        let file = json!({"installed": {
            "client_id": self.id,
            "project_id": "brightwater-directory",
            "auth_uri": format!("{base}/o/oauth2/v2/auth"),
            "token_uri": format!("{base}/token"),
            "auth_provider_x509_cert_url": format!("{base}/oauth2/v1/certs"),
            "client_secret": self.secret,
            "redirect_uris": ["http://localhost"],
        }});
        format!("{file:#}\n")
    }

    /// The key file of the service account, which has domain-wide delegation for every directory scope.
    pub(super) fn service_account_json(&self, base: &str) -> String {
        let file = json!({
            "type": "service_account",
            "project_id": "brightwater-directory",
            "private_key_id": KEY_ID,
            "private_key": PRETEND_KEY_PEM,
            "client_email": self.service_email,
            "client_id": self.service_id,
            "auth_uri": format!("{base}/o/oauth2/v2/auth"),
            "token_uri": format!("{base}/token"),
            "auth_provider_x509_cert_url": format!("{base}/oauth2/v1/certs"),
            "client_x509_cert_url": format!("{base}/robot/v1/metadata/x509/dirsync"),
            "universe_domain": "googleapis.com",
        });
        format!("{file:#}\n")
    }
}
