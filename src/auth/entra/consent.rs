//! The organisation's consent, given by an administrator before anybody signs in (learn.microsoft.com/entra/
//! identity-platform/v2-admin-consent). It brings no token, and what its redirect says of the tenant proves nothing.

use std::time::Duration;

use super::addresses::redirect_uri;
use super::app::App;
use super::errors::Asked;
use crate::auth::loopback::{Listener, Redirected, Wait, Wanted};
use crate::auth::random::unguessable;
use crate::auth::{Conversation, Pending, Refusal, Show};
use crate::model::Failure;

/// Has an administrator consent to `scope` for the app's organisation. The browser waits to be sent on.
///
/// # Errors
/// Declined, refused or too late; the browser has then been told already.
pub(super) async fn ask(
    app: &App,
    scope: &str,
    listener: Listener,
    deadline: Duration,
    conversation: &mut Conversation<'_>,
) -> Result<Pending, Failure> {
    let state = unguessable(conversation.random)?;
    let redirect = redirect_uri(listener.port());
    let page = app.authority()?.admin_consent(&app.client_id, scope, &redirect, Some(&state));
    (conversation.show)(Show::Consent(&page));
    let wait = Wait {
        state: &state.into(),
        wanted: Wanted::Consent,
        pasted: conversation.pasted.as_mut(),
        complain: conversation.complain,
        deadline,
    };
    let too_late = |failure: Failure| failure.hint(format!("to try once more: {}", app.again));
    let (redirected, pending) = listener.wait(wait).await.map_err(too_late)?;
    let refusal = match redirected {
        Redirected::Consented => return Ok(pending),
        Redirected::Refused(refusal) => refusal,
        Redirected::Code(_) => Refusal::default(),
    };
    let failure = app.explain(&refusal, Asked::Consent);
    pending.finish(Err(&failure)).await;
    Err(failure)
}
