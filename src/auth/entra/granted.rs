//! Looks at what a sign-in gave before anything is done with it: whose it is, of which organisation, and whether it is
//! enough and will last (learn.microsoft.com/entra/identity-platform/id-token-claims-reference).

use jiff::Timestamp;
use secrecy::SecretString;

use super::app::App;
use super::{permissions, tenant};
use crate::auth::TokenAnswer;
use crate::auth::id_token::{self, Claims, Expected};
use crate::model::{Failure, FailureKind};

/// The tenant that all personal Microsoft accounts are in.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What somebody granted, checked.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// For the directory, now.
    pub access_token: SecretString,
    /// For later.
    pub refresh_token: SecretString,
    /// What was granted, by the short names.
    pub scopes: Vec<String>,
    /// The organisation's immutable id.
    pub tid: String,
    /// The account's immutable id in it.
    pub oid: String,
    /// What the account is called; may change, and is no address to rely on.
    pub name: Option<String>,
}

/// Checks `answer`. `nonce` is that of the sign-in, where one was sent; `needed` the organisation it has to be.
///
/// # Errors
/// It is another sign-in's or organisation's, a personal account's, lacks a permission, or would not last.
pub(super) fn check(
    answer: TokenAnswer,
    app: &App,
    nonce: Option<&SecretString>,
    needed: Option<&str>,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let again = &app.again;
    let altered = || {
        format!("if something on the way alters answers (a proxy, DIRSYNC_ENTRA_LOGIN_URL), mend that, then: {again}")
    };
    let nobody =
        || Failure::new(FailureKind::Malformed, "Microsoft's answer does not say who signed in").hint(altered());
    let issuer = |issuer: &str, claims: &Claims| claims.tid.as_deref().is_some_and(|tid| app.cloud.issues(issuer, tid));
    let expected = Expected { issuer: &issuer, audience: &app.client_id, nonce };
    let id_token = answer.id_token.as_ref().ok_or_else(nobody)?;
    let claims = id_token::read(id_token, expected, now).map_err(|failure| match failure.hint {
        Some(_) => failure,
        None => failure.hint(altered()),
    })?;
    let tid = claims.tid.filter(|tid| tenant::is_id(tid)).ok_or_else(nobody)?;
    let oid = claims.oid.filter(|oid| !oid.is_empty()).ok_or_else(nobody)?;
    if tid.eq_ignore_ascii_case(PERSONAL) {
        let message = "the account that signed in is a personal Microsoft account, not one of an organisation";
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("sign in with an administrator of the organisation: {again}")));
    }
    if let Some(needed) = needed.filter(|needed| !tid.eq_ignore_ascii_case(needed)) {
        let message = format!("the account that signed in belongs to another organisation ({tid} instead of {needed})");
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("sign in with an account of the organisation itself: {again}")));
    }
    // Without a list, all that was asked for is granted (RFC 6749 §5.1); Microsoft always sends one.
    let scopes = answer.scopes.unwrap_or_else(|| permissions::scopes(app.cloud));
    if let Some(missing) = permissions::missing(app.cloud, &scopes) {
        let message = format!("the permission to {} was not granted ({missing})", permissions::purpose(missing));
        let link = app.of(&tid).consent_link();
        return Err(Failure::new(FailureKind::ConsentNeeded, message)
            .hint(format!("{again} --admin-consent, or pass this on to an administrator: {link}")));
    }
    let Some(refresh_token) = answer.refresh_token else {
        let message = "Microsoft gave no refresh token, so this sign-in would end within the hour";
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint(format!("the organisation has to allow offline_access for this app, then: {again}")));
    };
    Ok(Grant {
        access_token: answer.access_token,
        refresh_token,
        scopes: scopes.iter().map(|scope| permissions::short(app.cloud, scope).to_owned()).collect(),
        tid: tid.to_ascii_lowercase(),
        oid,
        name: claims.preferred_username.or(claims.email).filter(|name| !name.is_empty()),
    })
}
