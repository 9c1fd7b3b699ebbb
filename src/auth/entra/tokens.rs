//! Tokens of a stored sign-in.

use std::sync::Arc;

use jiff::SignedDuration;

use super::app::App;
use super::credentials::{Credentials, Method};
use super::errors::Asked;
use super::permissions;
use super::unattended::{Proof, Unattended};
use crate::auth::reauth_command;
use crate::auth::secrets::kind;
use crate::auth::service::{Access, Source, Stored};
use crate::auth::tokens::{REFRESH_PATIENCE, Refreshing, Rules, Tokens};
use crate::model::{Failure, FailureKind};

/// As Microsoft's own libraries renew: a long listing must not meet the end of its token.
pub(super) const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Tokens of a stored integration.
pub(super) fn stored(stored: &Stored, access: &Access) -> Source {
    let credentials = Credentials::read(&stored.integration.credentials)?;
    let app = App {
        client_id: credentials.client_id.clone(),
        cloud: credentials.cloud,
        overrides: access.entra.clone(),
        // Not `organizations`: a guest's sign-in is good in this tenant only.
        tenant: credentials.tenant.clone(),
        again: reauth_command(&stored.integration.name),
    };
    if credentials.method.is_unattended() {
        let proof = proof(stored, &credentials)?;
        return Ok(Unattended::new(app, proof, access).source());
    }
    let rules = Rules {
        client: app.client(),
        token_endpoint: app.authority()?.token(),
        scopes: permissions::scopes(app.cloud),
        again: app.again.clone(),
        explain: Arc::new(move |refusal| app.explain(refusal, Asked::Refresh)),
        lock: stored.refresh_lock(),
        patience: REFRESH_PATIENCE,
    };
    let refreshing = Refreshing::new(rules, stored.refresh_token(&access.clock), Arc::clone(&access.post));
    Ok(Arc::new(Tokens::new(Arc::new(refreshing), access.clock.clone()).renewed_ahead(AHEAD)))
}

/// How a stored app of its own right proves itself.
///
/// # Errors
/// What it needs for that is not stored any more.
pub(super) fn proof(stored: &Stored, credentials: &Credentials) -> Result<Proof, Failure> {
    let missing = |what: &str, flag: &str| {
        Failure::new(FailureKind::SignInNeeded, format!("the {what} of this integration is not stored any more"))
            .hint(format!("give it again: {} {flag}", reauth_command(&stored.integration.name)))
    };
    if credentials.method == Method::Certificate {
        let lost = || missing("certificate's key", "--certificate PEM");
        let pem = stored.secret(kind::PRIVATE_KEY)?.ok_or_else(lost)?;
        let thumbprint = credentials.thumbprint.clone().ok_or_else(lost)?;
        return Ok(Proof::Certificate { pem, thumbprint });
    }
    let secret = stored.secret(kind::CLIENT_SECRET)?;
    secret.map(Proof::Secret).ok_or_else(|| missing("app's secret", "--client-secret-file FILE"))
}
