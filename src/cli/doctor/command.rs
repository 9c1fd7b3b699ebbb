//! `dirsync doctor`: one screen, a line for each thing that a sync needs.

use std::sync::Arc;

use clap::Args;

use super::finding::{Finding, listing, tell};
use super::{directory, local};
use crate::auth::secrets::Vault;
use crate::cli::online::{KeyStoreArgs, Online, spec};
use crate::cli::{CliError, Context, Exit, values};
use crate::http::RetryPolicy;
use crate::output::Rows;
use crate::store::Store;

/// Test everything a sync needs, and say what to do
///
/// In order: configuration, file modes, database, secret store, timers; then of each directory the network, the clock, the
/// sign-in, the permissions, a little of every listing, and the last sync. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync doctor
  dirsync doctor corp -o json | jq '.[] | select(.state != \"ok\")'

The exit code is 0 without failures, else the gravest: 4 sign-in needed, 7 secret store, 75 network, 1 anything else.")]
pub struct DoctorArgs {
    /// Only these integrations
    #[arg(value_name = "NAME", add = values::integration_names())]
    names: Vec<String>,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

/// Tells findings as they come; what a person reads is not a table.
struct Telling<'a> {
    context: &'a Context,
    rows: Option<Rows<'a, Finding>>,
    endings: Vec<Exit>,
}

impl Telling<'_> {
    fn tell(&mut self, finding: &Finding) -> Result<(), CliError> {
        self.endings.push(finding.exit);
        match &mut self.rows {
            Some(rows) => Ok(rows.push(finding)?),
            None => tell(self.context, finding),
        }
    }

    fn heading(&self, name: &str) -> Result<(), CliError> {
        if self.rows.is_none() { Ok(self.context.ui.text(&format!("\n{name}\n"))?) } else { Ok(()) }
    }
}

pub(in crate::cli) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit, CliError> {
    let listing = listing();
    let options = context.ui.options();
    let for_a_person = options.format.is_none() && options.terminal_out;
    let rows = if for_a_person { None } else { Some(context.ui.rows(&listing)?) };
    let mut telling = Telling { context, rows, endings: Vec::new() };
    telling.tell(&local::configuration(context))?;
    for finding in local::files(context) {
        telling.tell(&finding)?;
    }
    let (finding, store) = local::database(context);
    telling.tell(&finding)?;
    if let Some(store) = &store {
        telling.tell(&local::secret_store(context, store, &args.key_store))?;
        telling.tell(&local::schedule(context))?;
        directories(context, args, store, &mut telling)?;
    }
    if let Some(rows) = telling.rows.take() {
        rows.finish()?;
    }
    Ok(Exit::gravest(telling.endings))
}

fn directories(context: &Context, args: &DoctorArgs, store: &Store, telling: &mut Telling<'_>) -> Result<(), CliError> {
    let integrations = match &args.names[..] {
        [] => store.integrations()?,
        names => names.iter().map(|name| context.integration(store, name)).collect::<Result<_, _>>()?,
    };
    let overview = store.overview()?;
    // Where the secrets cannot be opened, that was said; the rest can be looked at all the same.
    let vault: Option<Arc<Vault>> = match store.has_secrets()? {
        true => context.vault_as_it_is(store, &args.key_store).ok(),
        false => None,
    };
    let patience = context.endpoints.retry_policy();
    let patience = RetryPolicy { give_up_after: patience.give_up_after.min(PATIENCE), ..patience };
    let online = Online::patient(context, patience)?;
    for integration in &integrations {
        telling.heading(&integration.name)?;
        let mut findings = Vec::new();
        if spec(&integration.kind)?.pull().is_some() {
            let examined = context.block_on(directory::examine(&online, integration, vault.as_ref()));
            match examined {
                Err(error) if error.kind == crate::cli::ErrorKind::Stopped => return Err(error),
                Err(error) => findings.push(Finding::failure("sign-in", error)),
                Ok(found) => findings = found,
            }
        }
        if let Some(overview) = overview.iter().find(|it| it.name == integration.name) {
            findings.extend(directory::past(context, store, integration, overview)?);
        }
        for finding in findings {
            telling.tell(&finding.about(&integration.name))?;
        }
    }
    Ok(())
}

/// Whoever waits for the doctor does not want to wait as long as a sync would.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
