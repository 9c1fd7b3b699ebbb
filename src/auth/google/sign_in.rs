//! An administrator's sign-in, from the address for the browser to a checked grant. The caller then tries the grant on
//! the directory, stores it, and tells the browser how it ended.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use secrecy::SecretString;

use super::facts::{ISSUERS, OFFLINE, SCOPES, is_granted, purpose, redirect_uri};
use super::redirect_errors;
use super::token_errors::{Asked, explain};
use crate::auth::id_token::{self, Expected};
use crate::auth::loopback::{Listener, Redirected, Wait, Wanted};
use crate::auth::oauth::{self, Authorization};
use crate::auth::{Client, Conversation, Endpoints, Pending, Post, Show, TokenAnswer};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// What to sign in with.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// The administrator's OAuth client.
    pub client: &'a Client,
    /// Where Google is.
    pub endpoints: &'a Endpoints,
    /// The fixed port of the redirect; any free one otherwise.
    pub port: Option<u16>,
    /// On re-authentication, the account to suggest.
    pub login_hint: Option<&'a str>,
    /// The command that would do this once more, for hints: `dirsync add google --name corp`, `dirsync reauth corp`.
    pub again: &'a str,
}

/// What an administrator granted, checked.
#[derive(Clone, Debug)]
pub struct Grant {
    /// For the directory, now.
    pub access_token: SecretString,
    /// For later.
    pub refresh_token: SecretString,
    /// When the refresh token ends by itself: after seven days, for an app whose consent screen is in "Testing".
    pub ends_at: Option<Timestamp>,
    /// What was granted, in Google's words.
    pub scopes: Vec<String>,
    /// The account's immutable id.
    pub subject: String,
    /// Its address.
    pub email: String,
    /// The organisation's domain.
    pub hosted_domain: String,
}

/// A grant, and the browser that waits to hear how it ends.
#[derive(Debug)]
pub struct SignedIn {
    /// What was granted.
    pub grant: Grant,
    /// To be finished when everything is stored, or has failed.
    pub pending: Pending,
}

/// Lets an administrator sign in.
///
/// # Errors
/// Declined, refused, incomplete or too late; the browser has then been told already.
pub async fn sign_in(request: SignIn<'_>, conversation: Conversation<'_>) -> Result<SignedIn, Failure> {
    let Conversation { show, mut pasted, complain, deadline, post, clock, random } = conversation;
    let listener = Listener::bind(&[IpAddr::V4(Ipv4Addr::LOCALHOST)], request.port.unwrap_or(0)).await?;
    let port = listener.port();
    let mut extra = OFFLINE.to_vec();
    extra.extend(request.login_hint.map(|hint| ("login_hint", hint)));
    let authorization =
        oauth::authorize(request.client, request.endpoints, &redirect_uri(port), SCOPES, &extra, random)?;
    show(Show::SignIn(&authorization.url));
    let state = authorization.state.clone();
    let wait = Wait { state: &state, wanted: Wanted::Code, pasted: pasted.as_mut(), complain, deadline };
    let (redirected, pending) = listener.wait(wait).await.map_err(|failure| {
        failure
            .hint(format!("if Google's page showed an error, README explains it; to try once more: {}", request.again))
    })?;
    let granted = match redirected {
        Redirected::Code(code) => grant(request, authorization, &code, post, clock).await,
        Redirected::Refused(refusal) => Err(redirect_errors::explain(&refusal.error, request.again, Some(port))),
        Redirected::Consented => Err(redirect_errors::explain("invalid_request", request.again, Some(port))),
    };
    match granted {
        Ok(grant) => Ok(SignedIn { grant, pending }),
        Err(failure) => {
            pending.finish(Err(&failure)).await;
            Err(failure)
        }
    }
}

async fn grant(
    request: SignIn<'_>,
    authorization: Authorization,
    code: &SecretString,
    post: &Post,
    clock: &Clock,
) -> Result<Grant, Failure> {
    let nonce = authorization.nonce.clone();
    let answer = authorization
        .exchange(request.client, request.endpoints, code, post)
        .await
        .map_err(|error| error.explained(|refusal| explain(refusal, &Asked::Code, request.again, clock.now())))?;
    let now = clock.now();
    let expected =
        Expected { issuer: &|issuer, _| ISSUERS.contains(&issuer), audience: &request.client.id, nonce: Some(&nonce) };
    check(answer, expected, request.again, now)
}

fn check(answer: TokenAnswer, expected: Expected<'_>, again: &str, now: Timestamp) -> Result<Grant, Failure> {
    let altered = || {
        format!("if something on the way alters answers (a proxy, DIRSYNC_GOOGLE_TOKEN_URL), mend that, then: {again}")
    };
    let nobody = || Failure::new(FailureKind::Malformed, "Google's answer does not say who signed in").hint(altered());
    let id_token = answer.id_token.as_ref().ok_or_else(nobody)?;
    let claims = id_token::read(id_token, expected, now).map_err(|failure| match failure.hint {
        Some(_) => failure,
        None => failure.hint(altered()),
    })?;
    let Some(hosted_domain) = claims.hd.filter(|domain| !domain.is_empty()) else {
        let message = "the account that signed in is a private Google account, not one of a Workspace organisation";
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("sign in with an administrator of the organisation: {again}")));
    };
    let email = claims.email.filter(|email| !email.is_empty()).ok_or_else(nobody)?;
    if !claims.email_verified {
        let message = "Google does not vouch for the address of the account that signed in";
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("sign in with an administrator of the organisation: {again}")));
    }
    // Without a list, all that was asked for is granted (RFC 6749 §5.1); Google always sends one.
    let scopes = answer.scopes.unwrap_or_else(|| SCOPES.iter().map(|scope| (*scope).to_owned()).collect());
    if let Some(missing) = SCOPES.iter().find(|scope| !is_granted(scope, &scopes)) {
        let message = format!("the permission to {} was not granted ({missing})", purpose(missing));
        return Err(Failure::new(FailureKind::ConsentNeeded, message)
            .hint(format!("sign in once more and tick every box on Google's page: {again}")));
    }
    let Some(refresh_token) = answer.refresh_token else {
        let message = "Google gave no refresh token, so this sign-in would end within the hour";
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("remove dirsync's access at https://myaccount.google.com/connections, then: {again}")));
    };
    let ends_at = answer.refresh_token_expires_in.and_then(|life| now.checked_add(life).ok());
    Ok(Grant {
        access_token: answer.access_token,
        refresh_token,
        ends_at,
        scopes,
        subject: claims.sub,
        email,
        hosted_domain,
    })
}
