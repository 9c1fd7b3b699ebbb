//! An administrator's sign-in by browser, from the address to a checked grant. The caller then tries the grant on the
//! directory, stores it, and tells the browser how it ended.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secrecy::SecretString;

use super::addresses::redirect_uri;
use super::app::App;
use super::errors::Asked;
use super::granted::{self, Grant};
use super::{consent, permissions};
use crate::auth::loopback::{Listener, Redirected, Wait, Wanted};
use crate::auth::oauth::{self, Authorization};
use crate::auth::{Conversation, Pending, Post, Show};
use crate::clock::Clock;
use crate::model::Failure;

/// A browser may take `localhost` for either (learn.microsoft.com/entra/identity-platform/reply-url wants the name).
pub(super) const HOSTS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// How to sign in.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignIn<'a> {
    /// The app registration.
    pub app: &'a App,
    /// The fixed port of the redirect; any free one otherwise.
    pub port: Option<u16>,
    /// On re-authentication, the account to suggest.
    pub login_hint: Option<&'a str>,
    /// The organisation that it has to be, by its id.
    pub tenant: Option<&'a str>,
    /// Whether to ask for the organisation's consent first.
    pub consent: bool,
}

/// Lets an administrator sign in.
///
/// # Errors
/// Declined, refused, incomplete or too late; the browser has then been told already.
pub(super) async fn sign_in(
    request: SignIn<'_>,
    mut conversation: Conversation<'_>,
) -> Result<(Grant, Pending), Failure> {
    let SignIn { app, .. } = request;
    let listener = Listener::bind(&HOSTS, request.port.unwrap_or(0)).await?;
    let consented = if request.consent {
        let scope = permissions::delegated(app.cloud).join(" ");
        Some(consent::ask(app, &scope, listener.again()?, &mut conversation).await?)
    } else {
        None
    };
    let scopes = permissions::scopes(app.cloud);
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let account = match request.login_hint {
        Some(hint) => ("login_hint", hint),
        None => ("prompt", "select_account"),
    };
    let (client, endpoints) = (app.client(), app.authority()?.endpoints());
    let redirect = redirect_uri(listener.port());
    let authorization = oauth::authorize(&client, &endpoints, &redirect, &scopes, &[account], conversation.random)?;
    match consented {
        Some(pending) if pending.has_browser() => {
            (conversation.show)(Show::GoOn(&authorization.url));
            pending.send_on(&authorization.url).await;
        }
        _ => (conversation.show)(Show::SignIn(&authorization.url)),
    }
    let state = authorization.state.clone();
    let wait = Wait {
        state: &state,
        wanted: Wanted::Code,
        pasted: conversation.pasted.as_mut(),
        complain: conversation.complain,
        deadline: conversation.deadline,
    };
    let (redirected, pending) = listener.wait(wait).await.map_err(|failure| {
        let page = "if Microsoft's page showed an error, README explains it";
        failure.hint(format!("{page}; to try once more: {}", app.again))
    })?;
    let granted = match redirected {
        Redirected::Code(code) => exchange(request, authorization, &code, conversation.post, conversation.clock).await,
        Redirected::Refused(refusal) => Err(app.explain(&refusal, Asked::Redirect)),
        Redirected::Consented => Err(app.explain(&Default::default(), Asked::Redirect)),
    };
    match granted {
        Ok(grant) => Ok((grant, pending)),
        Err(failure) => {
            pending.finish(Err(&failure)).await;
            Err(failure)
        }
    }
}

async fn exchange(
    request: SignIn<'_>,
    authorization: Authorization,
    code: &SecretString,
    post: &Post,
    clock: &Clock,
) -> Result<Grant, Failure> {
    let app = request.app;
    let nonce = authorization.nonce.clone();
    let answer = authorization
        .exchange(&app.client(), &app.authority()?.endpoints(), code, post)
        .await
        .map_err(|error| error.explained(|refusal| app.explain(refusal, Asked::Code)))?;
    granted::check(answer, app, Some(&nonce), request.tenant, clock.now())
}
