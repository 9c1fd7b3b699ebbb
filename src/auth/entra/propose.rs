//! From what an administrator gives, or what is stored, to a sign-in that went through and is not stored yet.

use std::sync::Arc;

use secrecy::SecretString;

use super::app::App;
use super::credentials::{Credentials, Method};
use super::granted::Grant;
use super::sign_in::{HOSTS, SignIn, sign_in};
use super::unattended::{Proof, Unattended};
use super::{Cloud, certificate, client_secret, consent, device, permissions, service, tenant, tokens};
use crate::auth::loopback::Listener;
use crate::auth::secrets::kind;
use crate::auth::service::{Access, Proposal, SignInRequest};
use crate::auth::{Conversation, FixedToken, Pending};
use crate::model::{Failure, FailureKind};

const README: &str = "README, \"Microsoft Entra ID, click by click\", shows how to make an app registration";

pub(super) async fn propose(
    request: SignInRequest<'_>,
    access: &Access,
    conversation: Conversation<'_>,
) -> Result<Proposal, Failure> {
    let remembered = request.stored.map(|stored| Credentials::read(&stored.integration.credentials)).transpose()?;
    let offered = request.offered;
    let cloud = offered.cloud.as_deref().and_then(Cloud::parse);
    let known = remembered.as_ref().map(|credentials| credentials.client_id.clone());
    let Some(client_id) = offered.client_id.clone().or(known) else {
        let message = "signing in to Entra needs an app registration of yours";
        return Err(Failure::new(FailureKind::Misconfigured, message).hint(format!("give --client-id ID; {README}")));
    };
    let app = App {
        client_id: client_id.trim().to_owned(),
        cloud: cloud.or(remembered.as_ref().map(|credentials| credentials.cloud)).unwrap_or_default(),
        overrides: access.entra.clone(),
        tenant: service::authority(offered, remembered.as_ref()),
        again: request.again.to_owned(),
    };
    let stays = remembered.as_ref().map(|credentials| credentials.tenant.as_str());
    let app = stay(app, stays, &conversation).await?;
    match service::method(offered, remembered.as_ref()) {
        method @ (Method::Certificate | Method::ClientSecret) => {
            unattended(app, method, &request, remembered.as_ref(), access, conversation).await
        }
        method => attended(app, method, &request, remembered.as_ref(), conversation).await,
    }
}

/// An integration keeps its organisation, whatever domain is given for it.
async fn stay(app: App, stays: Option<&str>, conversation: &Conversation<'_>) -> Result<App, Failure> {
    let Some(stays) = stays.filter(|stays| *stays != app.tenant) else { return Ok(app) };
    let given = tenant::resolve(&app, conversation.post).await?;
    if !given.eq_ignore_ascii_case(stays) {
        let message = format!("'{}' is another organisation ({given}) than this integration's ({stays})", app.tenant);
        return Err(Failure::new(FailureKind::SignInNeeded, message)
            .hint("leave --tenant away; another organisation is added under a name of its own"));
    }
    Ok(app.of(stays))
}

/// Somebody signs in, in a browser or with a code.
async fn attended(
    app: App,
    method: Method,
    request: &SignInRequest<'_>,
    remembered: Option<&Credentials>,
    mut conversation: Conversation<'_>,
) -> Result<Proposal, Failure> {
    let offered = request.offered;
    let needed = Some(app.tenant.as_str()).filter(|tenant| tenant::is_id(tenant));
    let (grant, pending) = if method == Method::DeviceCode {
        let consented = if offered.admin_consent {
            let listener = Listener::bind(&HOSTS, offered.port.unwrap_or(0)).await?;
            let scope = permissions::delegated(app.cloud).join(" ");
            Some(consent::ask(&app, &scope, listener, &mut conversation).await?)
        } else {
            None
        };
        (device::sign_in(&app, needed, consented, &conversation).await?, None)
    } else {
        let sign = SignIn {
            app: &app,
            port: offered.port,
            login_hint: remembered.and_then(|credentials| credentials.account.as_deref()),
            tenant: needed,
            consent: offered.admin_consent,
        };
        let (grant, pending) = sign_in(sign, conversation).await?;
        (grant, Some(pending))
    };
    Ok(granted(&app, method, grant, pending, offered.admin_consent))
}

fn granted(app: &App, method: Method, grant: Grant, pending: Option<Pending>, just_consented: bool) -> Proposal {
    let credentials = Credentials {
        method,
        client_id: app.client_id.clone(),
        tenant: grant.tid.clone(),
        cloud: app.cloud,
        scopes: grant.scopes,
        account: grant.name.clone(),
        thumbprint: None,
        ends_at: None,
    };
    Proposal {
        admin_email: grant.name,
        admin_subject: Some(grant.oid),
        tenant: Some(grant.tid),
        tenant_label: None,
        credentials: credentials.write(),
        secrets: vec![(kind::REFRESH_TOKEN, grant.refresh_token)],
        tokens: Arc::new(FixedToken::new(grant.access_token, &app.again)),
        pending,
        warnings: Vec::new(),
        just_consented,
    }
}

/// The app signs in itself.
async fn unattended(
    app: App,
    method: Method,
    request: &SignInRequest<'_>,
    remembered: Option<&Credentials>,
    access: &Access,
    mut conversation: Conversation<'_>,
) -> Result<Proposal, Failure> {
    if !app.knows_tenant() {
        let message = "an app of its own right signs in to one organisation, and none is named";
        return Err(Failure::new(FailureKind::Misconfigured, message).hint("give --tenant, its id or a domain of it"));
    }
    let mut warnings = Vec::new();
    let offered = request.offered;
    let ends_at;
    let proof = match (&offered.certificate, &offered.client_secret_file, request.stored.zip(remembered)) {
        (Some(path), ..) => {
            let certificate = certificate::read(path, access.clock.now())?;
            warnings.extend(certificate.warning);
            ends_at = certificate.ends_at;
            Proof::Certificate { pem: certificate.pem, thumbprint: certificate.thumbprint }
        }
        (None, Some(path), _) => {
            ends_at = offered.ends_at;
            Proof::Secret(client_secret::read(path)?)
        }
        (None, None, Some((stored, remembered))) => {
            ends_at = offered.ends_at.or(remembered.ends_at);
            tokens::proof(stored, remembered)?
        }
        (None, None, None) => {
            let message = "an app of its own right needs a certificate or a secret";
            return Err(Failure::new(FailureKind::Misconfigured, message)
                .hint("give --certificate PEM or --client-secret-file FILE"));
        }
    };
    let tid = tenant::resolve(&app, &access.post).await?;
    let app = app.of(&tid);
    let pending = if offered.admin_consent {
        let listener = Listener::bind(&HOSTS, offered.port.unwrap_or(0)).await?;
        // Application permissions can be consented to only all at once, as they stand on the registration.
        let scope = permissions::default_scope(app.cloud);
        Some(consent::ask(&app, &scope, listener, &mut conversation).await?)
    } else {
        None
    };
    let (thumbprint, secret): (_, (&str, SecretString)) = match &proof {
        Proof::Certificate { pem, thumbprint } => (Some(thumbprint.clone()), (kind::PRIVATE_KEY, pem.clone())),
        Proof::Secret(secret) => (None, (kind::CLIENT_SECRET, secret.clone())),
    };
    let credentials = Credentials {
        method,
        client_id: app.client_id.clone(),
        tenant: tid.clone(),
        cloud: app.cloud,
        scopes: Vec::new(),
        account: None,
        thumbprint,
        ends_at,
    };
    let source = Unattended::new(app, proof, access).source();
    // What does not work says so here, with its own sentence, before any listing is tried.
    if let Err(failure) = source.bearer().await {
        if let Some(pending) = pending {
            pending.finish(Err(&failure)).await;
        }
        return Err(failure);
    }
    Ok(Proposal {
        admin_email: None,
        admin_subject: None,
        tenant: Some(tid),
        tenant_label: None,
        credentials: credentials.write(),
        secrets: vec![secret],
        tokens: source,
        pending,
        warnings,
        just_consented: offered.admin_consent,
    })
}
