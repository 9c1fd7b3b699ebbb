//! A sign-in by a code that is typed on any other device (RFC 8628, learn.microsoft.com/entra/identity-platform/
//! v2-oauth2-device-code). The polling is ours: the oauth2 crate's drops the numbers and suberrors that hints are made of.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::app::App;
use super::errors::Asked;
use super::granted::{self, Grant};
use super::permissions;
use crate::auth::oauth::{self, TokenError};
use crate::auth::{Conversation, Pending, Show};
use crate::model::{Failure, FailureKind};

/// RFC 8628 §3.5: what `slow_down` adds, and the pause where the service names none.
const STEP: Duration = Duration::from_secs(5);
/// Whatever the service says, it is not asked more often.
const SHORTEST: Duration = Duration::from_secs(1);
/// Whatever the service says, nobody needs longer.
const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct Started {
    #[serde(deserialize_with = "secret")]
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    interval: Option<u64>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Lets somebody sign in on another device. `waiting` is a browser that has consented and goes on to the page for codes.
///
/// # Errors
/// Declined, refused, incomplete, or the code ran out.
pub(super) async fn sign_in(
    app: &App,
    tenant: Option<&str>,
    waiting: Option<Pending>,
    conversation: &Conversation<'_>,
) -> Result<Grant, Failure> {
    let authority = app.authority()?;
    let refused = |error: TokenError| error.explained(|refusal| app.explain(refusal, Asked::Device));
    let scope = permissions::scopes(app.cloud).join(" ");
    let form = [("client_id", app.client_id.as_str()), ("scope", &scope)];
    let started: Started = oauth::ask(&authority.device_code(), &form, conversation.post).await.map_err(refused)?;
    (conversation.show)(Show::Device { url: &started.verification_uri, code: &started.user_code });
    if let (Some(pending), Ok(page)) = (waiting, Url::parse(&started.verification_uri)) {
        pending.send_on(&page).await;
    }
    let mut pause = started.interval.map_or(STEP, Duration::from_secs).max(SHORTEST);
    let left = Duration::from_secs(started.expires_in.unwrap_or(900)).min(LONGEST);
    let (token, mut waited) = (authority.token(), Duration::ZERO);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", app.client_id.as_str()),
        ("device_code", started.device_code.expose_secret()),
    ];
    while waited < left {
        tokio::time::sleep(pause).await;
        waited += pause;
        match oauth::grant(&token, &form, conversation.post).await {
            // No nonce can be sent this way: that the token came for our code is what ties it to this sign-in.
            Ok(answer) => return granted::check(answer, app, None, tenant, conversation.clock.now()),
            Err(TokenError::Refused(refusal)) if refusal.error == "authorization_pending" => {}
            Err(TokenError::Refused(refusal)) if refusal.error == "slow_down" => pause += STEP,
            // RFC 8628 §3.5: a service that does not answer is asked less often.
            Err(TokenError::Failed(failure)) if failure.kind == FailureKind::Temporary => pause += STEP,
            Err(other) => return Err(refused(other)),
        }
    }
    let message = format!("nobody typed the code within {} minutes", left.as_secs().div_ceil(60));
    Err(Failure::new(FailureKind::SignInNeeded, message).hint(format!("for a new code: {}", app.again)))
}
