//! `dirsync reauth`: signing in again, with another account or other credentials, never to another organisation.

use clap::Args;

use super::online::{KeyStoreArgs, Online};
use super::sign_in::{SignInArgs, refuse, sign_in};
use super::{CliError, Context, Exit, details, values};
use crate::auth;
use crate::model::{Failure, FailureKind, Integration, Tenant};

/// Sign in again: after a sign-in died, with another account, or with new credentials
///
/// What is not given stays: without --client-secrets or --service-account the stored ones are used. The organisation
/// must be the same; to connect another one, add it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync reauth corp
  dirsync reauth corp --service-account new-key.json --admin admin@corp.example")]
pub struct ReauthArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
    #[command(flatten)]
    sign_in: SignInArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

pub(super) fn run(context: &Context, args: &ReauthArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let integration = context.which_integration(&store, args.name.as_deref())?;
    let (name, id) = (integration.name.clone(), integration.id);
    let service = auth::service(&integration.kind)?;
    let vault = context.vault(&store, &args.key_store)?;
    let stored = context.stored(integration.clone(), &vault)?;
    let online = Online::new(context)?;
    let again = auth::reauth_command(&name);
    context.block_on(async {
        let offered = args.sign_in.offered_now(context)?;
        let signed_in = sign_in(&online, service, &args.sign_in, &offered, Some(&stored), &again).await;
        let signed_in = signed_in.map_err(|error| error.of(&name))?;
        if signed_in.tenant.id != integration.tenant.id {
            let failure = another_organisation(&integration, &signed_in.tenant);
            return Err(refuse(signed_in.pending, failure).await.of(&name));
        }
        let admin = signed_in.proposal.admin_email.clone();
        let account = signed_in.account();
        // A sync that is running keeps the token it has; what it must not meet is half of a new sign-in.
        let replaced = store.sign_in_again(
            id,
            &signed_in.tenant,
            &account,
            &|id| signed_in.sealed(id, &vault),
            context.clock.now(),
        );
        signed_in.finish(replaced).await.map_err(|error| error.of(&name))?;
        context.ui.say(&format!("{name}: signed in again as {admin}"));
        Ok(())
    })?;
    if context.ui.options().format.is_some() {
        details::show(context, &store, &name)?;
    }
    Ok(Exit::Done)
}

fn another_organisation(integration: &Integration, found: &Tenant) -> Failure {
    let label = |tenant: &Tenant| tenant.label.clone().unwrap_or_else(|| tenant.id.clone());
    let (ours, theirs) = (label(&integration.tenant), label(found));
    let message = format!("this account belongs to {theirs}, and {} is {ours}; nothing was changed", integration.name);
    Failure::new(FailureKind::SignInNeeded, message)
        .hint(format!("sign in with an account of {ours}; to connect {theirs} as well, add it under a name of its own"))
}
