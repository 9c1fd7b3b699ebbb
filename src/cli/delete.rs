//! `dirsync delete`: shows what goes and who stays, wants the name typed, gives the grant back, deletes.

use clap::Args;

use super::delete_shown::{describe, show};
use super::online::{KeyStoreArgs, Online, spec};
use super::{CliError, Context, Exit, plans, values};
use crate::auth::{self, GiveBack};
use crate::model::Integration;
use crate::output::thousands;
use crate::people::LIFE_CYCLE;
use crate::store::{Deletion, Farewell, Store, WriteTurn};
use crate::sync::IntegrationLock;

/// Disconnect a directory
///
/// Removes its people who hold no device, its groups and its sign-in. People who hold a device stay, no longer
/// synchronised, with the names of their groups, and are taken back when the same directory is added again. Once they
/// have held nothing for 30 days they go by themselves, or at once with 'dirsync users prune'. With --keep-all everybody
/// stays like that, also without a device, until 'dirsync users prune --kept'. The history stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync delete corp --dry-run
  dirsync delete corp                   asks for the name
  dirsync delete corp --confirm corp    in a script; says on stderr what goes and who stays
  dirsync delete corp --keep-all        keeps everybody")]
pub struct DeleteArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
    /// The name once more, instead of typing it
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Show what would go and who would stay, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep everybody, also those who hold no device
    #[arg(long)]
    keep_all: bool,
    /// Leave the grant at the directory's sign-in service as it is
    #[arg(long)]
    no_revoke: bool,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

pub(super) fn run(context: &Context, args: &DeleteArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let integration = context.which_integration(&store, args.name.as_deref())?;
    let id = integration.id;
    let by = plans::who();
    let how = Farewell { keep_all: args.keep_all, actor: Some(&by) };
    if args.dry_run {
        show(context, store.preview_deletion(LIFE_CYCLE, id, how)?)?;
        return Ok(Exit::Done);
    }
    confirm(context, args, &integration, &store.preview_deletion(LIFE_CYCLE, id, how)?)?;
    let _lock = IntegrationLock::acquire(&context.paths.locks, id, "delete", context.clock.now())
        .map_err(|busy| CliError::from(busy).of(&integration.name))?;
    let grant = if args.no_revoke { Ok(None) } else { grant(context, args, &store, &integration) };
    // First: a sign-in that was given back would be lost if the integration then stayed.
    let deleted = {
        let _turn = WriteTurn::wait(&context.paths.locks)?;
        store.delete_integration(LIFE_CYCLE, id, how, context.clock.now())?
    };
    let kept = if args.keep_all { format!("{} kept without one, ", thousands(deleted.kept)) } else { String::new() };
    context.ui.say(&format!(
        "{}: deleted; {} people removed, {} kept with their devices, {kept}{} groups removed",
        integration.name,
        thousands(deleted.removed),
        deleted.retained.len(),
        thousands(deleted.groups),
    ));
    give_back(context, &integration, grant)?;
    if context.ui.options().format.is_some() {
        show(context, deleted)?;
    }
    Ok(Exit::Done)
}

fn confirm(
    context: &Context,
    args: &DeleteArgs,
    integration: &Integration,
    deletion: &Deletion,
) -> Result<(), CliError> {
    let name = &integration.name;
    let agreed = match &args.confirm {
        Some(typed) => {
            let agreed = typed == name;
            if agreed {
                // Whoever reads a script's mail afterwards is to find there what went and who stayed.
                describe(context, integration, deletion);
            }
            agreed
        }
        None if context.prompt.allowed() => {
            describe(context, integration, deletion);
            context.prompt.typed_name(&format!("Type {name} to delete it"), "--confirm NAME", name)?
        }
        None => {
            return Err(CliError::usage("deleting needs its name as confirmation")
                .of(name)
                .hint(format!("dirsync delete {0} --confirm {0}", auth::shell_word(name))));
        }
    };
    let other = || CliError::usage(format!("that is not '{name}'; nothing was deleted")).of(name);
    if agreed { Ok(()) } else { Err(other().hint("the name must be given exactly as 'dirsync list' shows it")) }
}

/// What gives the grant back, unless another integration lives by it.
fn grant(
    context: &Context,
    args: &DeleteArgs,
    store: &Store,
    integration: &Integration,
) -> Result<Option<GiveBack>, CliError> {
    if spec(&integration.kind)?.push().is_some() {
        return Ok(None);
    }
    let service = auth::service(&integration.kind)?;
    let others = store.integrations()?;
    let mut others = others.iter().filter(|other| other.id != integration.id && other.kind == integration.kind);
    if let Some(other) = others.find(|other| (service.shares_grant)(integration, other)) {
        context.ui.detail(&format!("the grant stays: {} lives by it", other.name));
        return Ok(None);
    }
    let vault = context.vault(store, &args.key_store)?;
    let stored = context.stored(integration.clone(), &vault)?;
    Ok((service.revoke)(&stored, &Online::new(context)?.access)?)
}

/// Whatever fails here must not keep anybody from deleting.
fn give_back(
    context: &Context,
    integration: &Integration,
    grant: Result<Option<GiveBack>, CliError>,
) -> Result<(), CliError> {
    let given_back = grant.and_then(|grant| match grant {
        Some(grant) => context.block_on(async { Ok(grant.await.map(|()| true)?) }),
        None => Ok(false),
    });
    match given_back {
        Ok(true) => context.ui.remark("the grant was given back"),
        Ok(false) => {}
        Err(error) if error.kind == super::ErrorKind::Stopped => return Err(error),
        Err(error) => context.ui.warn(&format!(
            "{}: the grant could not be given back ({}); remove dirsync's access at the directory's own account page",
            integration.name, error.message
        )),
    }
    Ok(())
}
