//! `dirsync reauth` for directories that push: a new token, the old ones living on for a while.

use clap::Args;
use jiff::SignedDuration;

use super::push::TokenArgs;
use super::{CliError, Context, Exit, values};
use crate::model::Integration;
use crate::store::Store;

/// How a token is replaced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Token (SCIM)")]
pub(super) struct RenewArgs {
    /// How long older tokens still work; 0: no more
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = values::grace)]
    grace: SignedDuration,
    #[command(flatten)]
    token: TokenArgs,
}

/// The settings that are about tokens; for a directory that is signed in to they have no meaning.
pub(super) const SETTINGS: &[&str] = &["grace", "token_ttl", "token_file"];

pub(super) fn run(
    context: &Context,
    store: &mut Store,
    integration: &Integration,
    args: &RenewArgs,
) -> Result<Exit, CliError> {
    let now = context.clock.now();
    let end = now.checked_add(args.grace).map_err(|error| CliError::usage(format!("--grace: {error}")))?;
    let issued = args.token.issue(context)?;
    let number = issued.or_withdraw(store.issue_token(integration.id, &issued.stored, Some(end), now))?;
    let older = if args.grace.is_zero() { "work no more".to_owned() } else { format!("work until {end:.0}") };
    context.ui.say(&format!("{}: token {number} is new; older ones {older}", integration.name));
    issued.show(context, store, integration)?;
    Ok(Exit::Done)
}
