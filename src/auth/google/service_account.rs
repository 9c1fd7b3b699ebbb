//! An access token for a service account that acts for an administrator (domain-wide delegation). Source:
//! developers.google.com/identity/protocols/oauth2/service-account.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::facts::DELEGATED_SCOPES;
use super::key_file::ServiceAccountKey;
use super::token_errors::{Asked, explain};
use crate::auth::jwt::{Algorithm, Signer};
use crate::auth::oauth;
use crate::auth::{Post, TokenAnswer};
use crate::model::Failure;

/// Google's limit for an assertion, in seconds.
const LIFE: i64 = 3600;

/// A fresh access token. `admin` is the address of the administrator to act for, `again` the command to name in hints.
///
/// # Errors
/// The key cannot sign, or Google refuses it, the delegation or the administrator.
pub async fn service_account_token(
    key: &ServiceAccountKey,
    admin: &str,
    token_endpoint: &Url,
    again: &str,
    post: &Post,
    now: Timestamp,
) -> Result<TokenAnswer, Failure> {
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": key.private_key_id});
    let claims = json!({
        "iss": key.client_email,
        "sub": admin,
        "scope": DELEGATED_SCOPES.join(" "),
        // Google wants its own address here, wherever the request is really sent; the file names it.
        "aud": key.token_uri.as_ref().unwrap_or(token_endpoint).as_str(),
        "iat": now.as_second(),
        "exp": now.as_second() + LIFE,
    });
    let assertion = Signer::from_pem(&key.private_key)?.sign(Algorithm::Rs256, &header, &claims)?;
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose_secret())];
    oauth::grant(token_endpoint, &form, post).await.map_err(|error| {
        let asked = Asked::Delegation { client_id: key.client_id.clone() };
        error.explained(|refusal| explain(refusal, &asked, again, now))
    })
}
