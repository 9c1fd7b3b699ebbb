//! `dirsync add`: connecting a directory, by flags or by answers.

use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::adopt::{self, AdoptArgs};
use super::credentials::{BrowserArgs, EndArgs, EntraArgs, GoogleArgs, Offers};
use super::online::{KeyStoreArgs, Online};
use super::sign_in::{NOBODY, sign_in};
use super::sync::{HowArgs, sync_one, tell};
use super::ways::complete;
use super::{CliError, Context, Exit, add_push, details, plans, values};
use crate::auth::{self, Service};
use crate::model::IntegrationName;
use crate::provider::{PROVIDERS, ProviderSpec, entra, google, scim};
use crate::store::{NewIntegration, Store, StoreError};

/// Connect a directory
///
/// Signs an administrator in, tries whether people, groups and members can be read, stores the sign-in sealed, and
/// reads the directory for the first time. A directory that pushes by SCIM gets an address and a token instead. Without a kind, on a terminal, it asks.
///
/// Who is left of a directory that was deleted here is taken back when it is added again: same person, same history,
/// same devices. Where the same organisation comes back by another way (Entra ID directly, then by SCIM, or the other
/// way round), --adopt-from says so.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  dirsync add
  dirsync add google --name corp --client-secrets client.json
  dirsync add google --name corp --service-account key.json --admin admin@corp.example
  dirsync add entra --name hq --client-id 11111111-2222-3333-4444-555555555555
  dirsync add entra --name hq --client-id ID --tenant contoso.com --certificate dirsync.pem
  dirsync add scim --name okta --email admin@corp.example
  dirsync add scim --name hq --adopt-from hq"
)]
pub struct AddArgs {
    #[command(subcommand)]
    kind: Option<AddKind>,
}

#[derive(Debug, Subcommand)]
enum AddKind {
    /// Connect a Google Workspace
    Google(NewArgs<GoogleArgs>),
    /// Connect a Microsoft Entra ID tenant
    Entra(NewArgs<EntraArgs>),
    /// Let a directory push by SCIM 2.0 (Okta, Entra, OneLogin, JumpCloud …)
    Scim(add_push::PushArgs),
}

#[derive(Debug, Args)]
struct NewArgs<S: Args> {
    /// What to call it here: unique, shown as the directory a person comes from
    #[arg(long, value_name = "NAME")]
    name: Option<IntegrationName>,
    /// Only connect; read the directory later with 'dirsync sync'
    #[arg(long)]
    no_sync: bool,
    /// Time between syncs
    #[arg(long, value_name = "DURATION", default_value = "4h", value_parser = values::interval)]
    interval: SignedDuration,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    sign_in: S,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

pub(super) fn run(context: &Context, args: &AddArgs) -> Result<Exit, CliError> {
    match &args.kind {
        Some(kind) => kind.connect(context),
        None => {
            let kinds: Vec<&str> = PROVIDERS.iter().map(|spec| spec.kind).collect();
            let labels: Vec<String> = PROVIDERS.iter().map(|spec| spec.label.to_owned()).collect();
            let flag = format!("'dirsync add {}'", kinds.join("', 'dirsync add "));
            let chosen = context.prompt.select("Which directory do you want to connect?", &flag, &labels)?;
            defaults(context, kinds[chosen])?.connect(context)
        }
    }
}

impl AddKind {
    fn connect(&self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Google(new) => connect(context, &google::SPEC, new),
            Self::Entra(new) => connect(context, &entra::SPEC, new),
            Self::Scim(new) => add_push::run(context, &scim::SPEC, new),
        }
    }
}

/// The arguments as if `dirsync add KIND` had been typed, settings from the environment and the file included.
fn defaults(context: &Context, kind: &str) -> Result<AddKind, CliError> {
    let parsed = super::start::parse_again(&["dirsync", "add", kind], &context.paths)?;
    match parsed.command {
        super::Command::Add(AddArgs { kind: Some(kind) }) => Ok(kind),
        _ => Err(CliError::usage(format!("'dirsync add {kind}' is not known"))),
    }
}

fn connect<S: Args + Offers>(
    context: &Context,
    spec: &'static ProviderSpec,
    args: &NewArgs<S>,
) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let name = name(context, &store, args.name.as_ref())?;
    let source = args.adopt.choose(context, &store, spec)?;
    let kind = spec.kind;
    let service = auth::service(kind)?;
    let mut offered = args.browser.offered(context);
    args.sign_in.offer(context, &mut offered);
    offered.ends_at = args.end.credentials_end;
    let offered = complete(context, service, offered)?;
    // Before the browser opens: a consent that cannot be stored is worse than none.
    let vault = context.vault(&store, &args.key_store)?;
    let online = Online::new(context)?;
    let again = format!("dirsync add {kind} --name {}", auth::shell_word(name.as_str()));
    let who = plans::who();
    let stored = context.block_on(async {
        let signed_in = sign_in(&online, service, args.browser.no_browser, &offered, None, &again).await?;
        let new = NewIntegration {
            name: name.clone(),
            kind,
            tenant: signed_in.tenant.clone(),
            signed_in: signed_in.account(),
            interval: args.interval,
        };
        store.make_durable()?;
        let adoption = source.as_ref().map(|source| adopt::adoption(source, &who));
        let seal = |id| signed_in.sealed(id, &vault);
        let added = store.add_integration_adopting(&new, adoption.as_ref(), &seal, context.clock.now());
        signed_in.finish(added).await?;
        context.stored(context.integration(&store, name.as_str())?, &vault)
    })?;
    greet(context, &store, service, name.as_str())?;
    adopt::tell(
        context,
        &store,
        &stored.integration,
        source.as_ref(),
        "the first sync takes back who is in the directory",
    )?;
    let ending = if args.no_sync {
        Exit::Done
    } else {
        let result = context.block_on(async { Ok(sync_one(&online, &stored, HowArgs::default(), None).await) })?;
        let ending = tell(context, &stored.integration, &result)?;
        if let Ok(report) = &result {
            adopt::taken_back(context, &stored.integration, report)?;
        }
        ending
    };
    if context.ui.options().format.is_some() {
        details::show(context, &store, name.as_str())?;
    }
    Ok(ending)
}

pub(super) fn name(
    context: &Context,
    store: &Store,
    given: Option<&IntegrationName>,
) -> Result<IntegrationName, CliError> {
    let name = match given {
        Some(name) => name.clone(),
        None => {
            let check = |answer: &str| IntegrationName::new(answer).map(drop).map_err(|error| error.to_string());
            let answer = context.prompt.text("What shall it be called here?", "--name NAME", None, check)?;
            IntegrationName::new(&answer).map_err(|error| CliError::usage(error.to_string()))?
        }
    };
    // Checked again when it is stored; here only to spare a sign-in that would be for nothing.
    match store.integration(name.as_str())? {
        Some(taken) => Err(StoreError::NameTaken(taken.name).into()),
        None => Ok(name),
    }
}

fn greet(context: &Context, store: &Store, service: &Service, name: &str) -> Result<(), CliError> {
    let integration = context.integration(store, name)?;
    let label = super::online::spec(service.kind)?.label;
    let tenant = integration.tenant.label.as_deref().unwrap_or(&integration.tenant.id);
    let admin = integration.admin_email.as_deref().unwrap_or(NOBODY);
    context.ui.say(&format!("{name}: connected to {label} {tenant} as {admin}"));
    Ok(())
}
