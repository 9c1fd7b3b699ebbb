//! `dirsync reauth`: signing in again, with another account or other credentials, never to another organisation.

use clap::Args;

use super::credentials::{BrowserArgs, EndArgs, EntraArgs, GoogleArgs, Offers};
use super::online::{KeyStoreArgs, Online, spec};
use super::reauth_push::{self, RenewArgs};
use super::sign_in::{NOBODY, refuse, sign_in};
use super::{CliError, Context, Exit, details, values, ways};
use crate::auth::{self, Offered, SERVICES, Service};
use crate::model::{Failure, FailureKind, Integration, Tenant};

/// Sign in again: after a sign-in died, with another account, or with new credentials
///
/// What is not given stays: without other credentials the stored ones are used, in the same way as before. The
/// organisation must be the same; to connect another one, add it. A directory that pushes gets a new token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync reauth corp
  dirsync reauth corp --service-account new-key.json --admin admin@corp.example
  dirsync reauth hq --admin-consent
  dirsync reauth hq --certificate new.pem
  dirsync reauth hq --client-secret-file new.txt --credentials-end 2027-11-01
  dirsync reauth okta --grace 7d")]
pub struct ReauthArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
    #[command(flatten)]
    google: GoogleArgs,
    #[command(flatten)]
    entra: EntraArgs,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
    #[command(flatten)]
    renew: RenewArgs,
}

/// The settings that are about signing in, whatever the service.
const SIGN_IN: &[&str] = &["credentials_end", "no_browser", "port", "key_store", "key_file", "key_command"];

pub(super) fn run(context: &Context, args: &ReauthArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let integration = context.which_integration(&store, args.name.as_deref())?;
    let (name, id) = (integration.name.clone(), integration.id);
    if spec(&integration.kind)?.push().is_some() {
        let strange = SERVICES.iter().flat_map(|service| service.settings).chain(SIGN_IN);
        refuse_strange(context, &integration, strange, "directories that are signed in to")?;
        return reauth_push::run(context, &mut store, &integration, &args.renew);
    }
    refuse_strange(context, &integration, reauth_push::SETTINGS, "directories that push")?;
    let service = auth::service(&integration.kind)?;
    let offered = offered(context, args, service, &integration)?;
    let vault = context.vault(&store, &args.key_store)?;
    let stored = context.stored(integration.clone(), &vault)?;
    let online = Online::new(context)?;
    let again = auth::reauth_command(&name);
    context.block_on(async {
        let no_browser = args.browser.no_browser;
        let signed_in = sign_in(&online, service, no_browser, &offered, Some(&stored), &again).await;
        let signed_in = signed_in.map_err(|error| error.of(&name))?;
        if signed_in.tenant.id != integration.tenant.id {
            let failure = another_organisation(&integration, &signed_in.tenant);
            return Err(refuse(signed_in.pending, failure).await.of(&name));
        }
        let admin = signed_in.proposal.admin_email.clone().unwrap_or_else(|| NOBODY.to_owned());
        let account = signed_in.account();
        // A sync that is running keeps the access token it has. A refresh that is under way ends first: what it stores
        // afterwards would be of the former sign-in.
        let held = match stored.hold_refreshes().await {
            Ok(held) => held,
            Err(failure) => return Err(refuse(signed_in.pending, failure).await.of(&name)),
        };
        store.make_durable()?;
        let replaced = store.sign_in_again(
            id,
            &signed_in.tenant,
            &account,
            &|id| signed_in.sealed(id, &vault),
            context.clock.now(),
        );
        drop(held);
        signed_in.finish(replaced).await.map_err(|error| error.of(&name))?;
        context.ui.say(&format!("{name}: signed in again as {admin}"));
        Ok(())
    })?;
    if context.ui.options().format.is_some() {
        details::show(context, &store, &name)?;
    }
    Ok(Exit::Done)
}

/// Refuses a flag that was typed and has no meaning for this integration.
fn refuse_strange<'a>(
    context: &Context,
    integration: &Integration,
    settings: impl IntoIterator<Item = &'a &'a str>,
    whose: &str,
) -> Result<(), CliError> {
    let Some(setting) = settings.into_iter().find(|setting| context.typed.contains(**setting)) else { return Ok(()) };
    let (flag, ours) = (setting.replace('_', "-"), spec(&integration.kind)?.label);
    Err(CliError::usage(format!("--{flag} is for {whose}, and {} is {ours}", integration.name))
        .of(&integration.name)
        .hint(format!("leave --{flag} away")))
}

/// What was typed for this kind of directory; what was typed for another means a misunderstanding.
fn offered(
    context: &Context,
    args: &ReauthArgs,
    service: &Service,
    integration: &Integration,
) -> Result<Offered, CliError> {
    for other in SERVICES.iter().filter(|other| other.kind != service.kind) {
        let strange = |setting: &&&str| context.typed.contains(**setting) && !service.settings.contains(*setting);
        if let Some(setting) = other.settings.iter().find(strange) {
            let (flag, theirs, ours) = (setting.replace('_', "-"), spec(other.kind)?.label, spec(service.kind)?.label);
            let message = format!("--{flag} is for {theirs}, and {} is {ours}", integration.name);
            return Err(CliError::usage(message).of(&integration.name).hint(format!("leave --{flag} away")));
        }
    }
    let mut offered = args.browser.offered(context);
    args.google.offer_again(context, &mut offered);
    args.entra.offer_again(context, &mut offered);
    offered.ends_at = args.end.credentials_end;
    ways::check(service, &offered, Some(&integration.credentials)).map_err(|error| error.of(&integration.name))?;
    Ok(offered)
}

fn another_organisation(integration: &Integration, found: &Tenant) -> Failure {
    let label = |tenant: &Tenant| tenant.label.clone().unwrap_or_else(|| tenant.id.clone());
    let (ours, theirs) = (label(&integration.tenant), label(found));
    let message = format!("this account belongs to {theirs}, and {} is {ours}; nothing was changed", integration.name);
    Failure::new(FailureKind::SignInNeeded, message)
        .hint(format!("sign in with an account of {ours}; to connect {theirs} as well, add it under a name of its own"))
}
