//! Signing in, for `add` and `reauth` alike: credentials from flags or answers, the browser, the try-out of every
//! listing. Nothing is stored here.

use std::io::BufRead;
use std::path::PathBuf;

use clap::Args;
use ring::rand::SystemRandom;
use tokio::sync::mpsc;
use url::Url;

use super::online::{Online, spec};
use super::{CliError, Context, environment};
use crate::auth::secrets::Vault;
use crate::auth::{Conversation, Need, Offered, Pending, Proposal, Service, SignInRequest, Stored};
use crate::model::{Failure, FailureKind, IntegrationId, Tenant};
use crate::provider::Probe;
use crate::store::{SealedSecret, SignedIn as Account, StoreError};

/// How to sign in.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignInArgs {
    /// Google: the JSON file of your OAuth client of type "Desktop app"
    #[arg(long, value_name = "FILE")]
    client_secrets: Option<PathBuf>,
    /// Google: the JSON key of a service account with domain-wide delegation, instead of a sign-in by browser
    #[arg(long, value_name = "KEY")]
    service_account: Option<PathBuf>,
    /// The administrator that a service account acts for
    #[arg(long, value_name = "EMAIL")]
    admin: Option<String>,
    /// Print the address instead of opening a browser, and take the pasted redirect as well (SSH)
    #[arg(long)]
    no_browser: bool,
    /// Port of the redirect on this machine (any free one unless told otherwise)
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

impl SignInArgs {
    /// What was given for a new integration. A way that was typed beats one that the environment or the file always
    /// offers.
    pub(super) fn offered(&self, context: &Context) -> Result<Offered, CliError> {
        let typed = |flag: &str| context.typed.contains(flag);
        let (client_secrets, service_account) = match (&self.client_secrets, &self.service_account) {
            (Some(_), Some(_)) if typed("client_secrets") && typed("service_account") => {
                return Err(CliError::usage("--client-secrets and --service-account are two ways of signing in")
                    .hint("give --client-secrets to sign in by browser, or --service-account with --admin"));
            }
            (client, Some(_)) if client.is_some() && typed("client_secrets") => (client, &None),
            (client, None) => (client, &None),
            (_, account) => (&None, account),
        };
        Ok(Offered {
            client_secrets: client_secrets.clone(),
            service_account: service_account.clone(),
            admin: self.admin.clone(),
            port: self.port,
        })
    }

    /// What was given to sign in again: only what was typed, for what an environment or a file always offers must not
    /// replace what an integration signs in with.
    pub(super) fn offered_now(&self, context: &Context) -> Result<Offered, CliError> {
        let typed = |path: &Option<PathBuf>, flag: &str| path.clone().filter(|_| context.typed.contains(flag));
        let client_secrets = typed(&self.client_secrets, "client_secrets");
        let service_account = typed(&self.service_account, "service_account");
        let admin = self.admin.clone().filter(|_| context.typed.contains("admin"));
        Self { client_secrets, service_account, admin, ..self.clone() }.offered(context)
    }
}

/// Asks for what a service needs and was not given: the rest of a way that flags began, or else a way of choice.
pub(super) fn complete(context: &Context, service: &Service, mut offered: Offered) -> Result<Offered, CliError> {
    let given = |need: &Need| (need.given)(&offered);
    let whole = service.ways.iter().find(|way| way.needs.iter().all(given));
    let way = match whole.or_else(|| service.ways.iter().find(|way| way.needs.iter().any(given))) {
        Some(way) => way,
        None => {
            let flags: Vec<&str> = service.ways.iter().map(|way| way.flags).collect();
            let labels: Vec<String> = service.ways.iter().map(|way| way.label.to_owned()).collect();
            &service.ways[context.prompt.select("How do you want to sign in?", &flags.join(", or "), &labels)?]
        }
    };
    for need in way.needs {
        if (need.given)(&offered) {
            continue;
        }
        let answer = if need.file {
            context.prompt.file(need.question, need.flag)?.to_string_lossy().into_owned()
        } else {
            let filled = |answer: &str| if answer.is_empty() { Err("an answer is needed".into()) } else { Ok(()) };
            context.prompt.text(need.question, need.flag, None, filled)?
        };
        (need.set)(&mut offered, answer.clone());
        if let Some(setting) = need.remember {
            super::remember::offer(context, setting, &answer)?;
        }
    }
    Ok(offered)
}

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
            admin_email: Some(self.proposal.admin_email.clone()),
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
                pending.finish(Ok(&self.proposal.admin_email)).await;
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
    args: &SignInArgs,
    offered: &Offered,
    stored: Option<&Stored>,
    again: &str,
) -> Result<SignedIn, CliError> {
    let context = online.context;
    let complain = |line: &str| context.ui.warn(line);
    let random = SystemRandom::new();
    let conversation = Conversation {
        show: Box::new(|url: &Url| show(context, url, args.no_browser)),
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
    let directory = online.directory(spec(service.kind)?, std::sync::Arc::clone(&proposal.tokens), None)?;
    match directory.probe().await {
        Ok(Probe { tenant, account }) => {
            let tenant = Tenant { label: tenant.label.or_else(|| proposal.tenant_label.clone()), ..tenant };
            proposal.admin_email = account.unwrap_or(proposal.admin_email);
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

fn show(context: &Context, url: &Url, no_browser: bool) {
    // On a line of its own, and first: it can be copied whole, and it is there even if no browser opens.
    context.ui.say("Open this address to sign in:");
    context.ui.say(url.as_str());
    if no_browser || !context.prompt.allowed() || !has_display() {
        if context.prompt.allowed() {
            context.ui.say(
                "If the browser is on another machine, its last page cannot be shown there: paste that page's address \
                 here and press Enter.",
            );
        }
        return;
    }
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
