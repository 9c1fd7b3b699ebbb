//! Signing in, for `add` and `reauth` alike: the browser, the try-out of every listing. Nothing is stored here.

use std::io::BufRead;
use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio::sync::mpsc;
use url::Url;

use super::online::{Online, spec};
use super::probe::{CONSENT_TRIES, probe};
use super::{CliError, Context, environment};
use crate::auth::secrets::Vault;
use crate::auth::{Conversation, Offered, Pending, Proposal, Service, Show, SignInRequest, Stored};
use crate::model::{Failure, FailureKind, IntegrationId, Tenant};
use crate::provider::Probe;
use crate::store::{SealedSecret, SignedIn as Account, StoreError};

/// Who signed in where nobody did.
pub(super) const NOBODY: &str = "an app of its own right";

/// A sign-in that went through, tried out on the directory.
pub(super) struct SignedIn {
    pub(super) proposal: Proposal,
    pub(super) tenant: Tenant,
    pub(super) pending: Option<Pending>,
}

impl SignedIn {
    /// What is stored in clear.
    pub(super) fn account(&self) -> Account {
        Account {
            admin_email: self.proposal.admin_email.clone(),
            admin_subject: self.proposal.admin_subject.clone(),
            credentials: self.proposal.credentials.clone(),
        }
    }

    /// What is stored sealed.
    pub(super) fn sealed(
        &self,
        id: IntegrationId,
        vault: &Vault,
    ) -> Result<Vec<(&'static str, SealedSecret)>, StoreError> {
        let secrets = self.proposal.secrets.iter();
        let sealed = secrets.map(|(kind, secret)| vault.sealed(id, kind, secret).map(|sealed| (*kind, sealed)));
        sealed.collect::<Result<_, _>>().map_err(|error| StoreError::Seal(error.to_string()))
    }

    /// Tells the browser how storing it went.
    pub(super) async fn finish<T>(self, stored: Result<T, StoreError>) -> Result<T, CliError> {
        match (stored, self.pending) {
            (Ok(stored), Some(pending)) => {
                pending.finish(Ok(self.proposal.admin_email.as_deref().unwrap_or(NOBODY))).await;
                Ok(stored)
            }
            (Ok(stored), None) => Ok(stored),
            (Err(error), pending) => {
                refuse(pending, Failure::new(FailureKind::Refused, error.to_string())).await;
                Err(error.into())
            }
        }
    }
}

/// Signs in and asks a little of every listing.
pub(super) async fn sign_in(
    online: &Online<'_>,
    service: &Service,
    no_browser: bool,
    offered: &Offered,
    stored: Option<&Stored>,
    again: &str,
) -> Result<SignedIn, CliError> {
    let context = online.context;
    let complain = |line: &str| context.ui.warn(line);
    let random = SystemRandom::new();
    let show = |page: Show<'_>| show(context, page, no_browser);
    let conversation = Conversation {
        show: &show,
        pasted: context.prompt.allowed().then(pasted_lines),
        complain: &complain,
        post: &online.access.post,
        clock: &context.clock,
        random: &random,
    };
    let request = SignInRequest { offered, stored, again };
    let mut proposal = (service.sign_in)(request, &online.access, conversation).await?;
    for warning in &proposal.warnings {
        context.ui.warn(warning);
    }
    context.ui.remark("signed in; trying whether people, groups and members can be read");
    let pending = proposal.pending.take();
    let known = proposal.tenant.clone().map(|id| Tenant { id, label: None, domain: None });
    let directory =
        online.directory(spec(service.kind)?, Arc::clone(&proposal.tokens), known, &proposal.credentials)?;
    let pause = context.endpoints.retry_policy().give_up_after / CONSENT_TRIES;
    let tries = if proposal.just_consented { CONSENT_TRIES } else { 1 };
    match probe(&*directory, tries, pause).await {
        Ok(Probe { tenant, account }) => {
            let tenant = Tenant { label: tenant.label.or_else(|| proposal.tenant_label.clone()), ..tenant };
            proposal.admin_email = account.or(proposal.admin_email);
            Ok(SignedIn { proposal, tenant, pending })
        }
        Err(failure) => Err(refuse(pending, not_an_administrator(failure)).await),
    }
}

/// Tells the browser and the caller the same.
pub(super) async fn refuse(pending: Option<Pending>, failure: Failure) -> CliError {
    if let Some(pending) = pending {
        pending.finish(Err(&failure)).await;
    }
    failure.into()
}

/// Somebody who may not read is somebody else than the administrator that is wanted.
fn not_an_administrator(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Refused if failure.status == Some(403) => Failure { kind: FailureKind::SignInNeeded, ..failure },
        _ => failure,
    }
}

fn show(context: &Context, page: Show<'_>, no_browser: bool) {
    let ui = &context.ui;
    // An address on a line of its own, and first: it can be copied whole, and it is there even if no browser opens.
    let url = match page {
        Show::SignIn(url) => {
            ui.say("Open this address to sign in:");
            url
        }
        Show::Consent(url) => {
            ui.say("Open this address to consent for the organisation; after that, the sign-in follows:");
            url
        }
        Show::GoOn(url) => {
            ui.say("The browser goes on to this address to sign in:");
            ui.say(url.as_str());
            return;
        }
        Show::Device { url, code } => {
            ui.say(&format!("Open this address on any device: {url}"));
            ui.say(&format!("and type this code there: {code}"));
            return;
        }
    };
    ui.say(url.as_str());
    if no_browser || !context.prompt.allowed() || !has_display() {
        if context.prompt.allowed() {
            ui.say(
                "If the browser is on another machine, its last page cannot be shown there: paste that page's address \
                 here and press Enter.",
            );
        }
        return;
    }
    open(context, url);
}

fn open(context: &Context, url: &Url) {
    match webbrowser::open(url.as_str()) {
        Ok(()) => context.ui.remark("(a browser should have opened)"),
        Err(error) => context.ui.detail(&format!("no browser opened by itself: {error}")),
    }
}

/// Over SSH or on a bare console a "browser" would be a text browser inside this very terminal.
fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].into_iter().any(|name| environment::variable(name).is_some())
}

/// Lines typed or pasted; the thread ends with the process, for a read of a terminal cannot be called off.
fn pasted_lines() -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel(4);
    let read = move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    };
    // Without the thread nobody can paste; the redirect still comes.
    let _ = std::thread::Builder::new().name("paste".into()).spawn(read);
    lines
}
