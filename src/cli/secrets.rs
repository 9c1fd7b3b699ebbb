//! `dirsync secrets`: where the master key is, moving it, replacing it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ring::rand::SystemRandom;
use serde::Serialize;

use super::online::{KeyStoreKind, surroundings};
use super::{CliError, Context, Exit};
use crate::auth::secrets::{Former, move_key, rotate, where_key_is};
use crate::output::{Cell, Column, Listing};
use crate::store::Store;
use crate::sync::{IntegrationLock, ServerLock};

/// Show where the key of all secrets is, move it, replace it
///
/// Sign-ins and keys of directories lie in the database, sealed under one master key; that lives in the OS keyring, a
/// systemd credential, a file or whatever a command prints. None of it is ever shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync secrets                                    where the key is, and what it opens
  dirsync secrets move --to file                     for cron
  dirsync secrets rotate                             a new key; everything is sealed anew")]
pub struct SecretsArgs {
    #[command(subcommand)]
    command: Option<SecretsCommand>,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Show where the key is, and what it opens
    Show,
    Move(MoveArgs),
    /// Replace the key by a new one and seal everything anew
    Rotate,
    Reset(ResetArgs),
}

/// Move the key to another place
///
/// Into the keyring or a file it is copied; a systemd credential or a command has to hold it already (a key in a file is one
/// line: 'systemd-creds encrypt --name=dirsync.key FILE …' takes it). Only once it can be read in the new place is it taken from the old one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync secrets move --to file\n  dirsync secrets move --to systemd --keep")]
struct MoveArgs {
    /// Where to
    #[arg(long, value_name = "PLACE")]
    to: KeyStoreKind,
    /// With --to file: the key file (default: beside the database)
    #[arg(long, value_name = "PATH")]
    key_file: Option<PathBuf>,
    /// With --to command: a shell command that prints the key
    #[arg(long, value_name = "COMMAND")]
    key_command: Option<String>,
    /// Leave the key where it was as well
    #[arg(long)]
    keep: bool,
}

/// Forget all secrets, where their key is lost for good
///
/// Everything else stays; 'dirsync reauth NAME' signs in again, under a new key.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync secrets reset\n  dirsync secrets reset --confirm 669d7e639c4aa655")]
struct ResetArgs {
    /// The lost key's id, as 'dirsync secrets' shows it, instead of typing it
    #[arg(long, value_name = "KEY_ID")]
    confirm: Option<String>,
}

/// Where the key is; field names are the keys of the JSON output.
#[derive(Serialize)]
struct Shown {
    key_store: &'static str,
    place: String,
    key_id: Option<String>,
    usable: bool,
    trouble: Option<String>,
    secrets: Vec<String>,
}

pub(super) fn run(context: &Context, args: &SecretsArgs) -> Result<Exit, CliError> {
    match &args.command {
        None | Some(SecretsCommand::Show) => show(context),
        Some(SecretsCommand::Move(args)) => relocate(context, args),
        Some(SecretsCommand::Rotate) => renew(context),
        Some(SecretsCommand::Reset(args)) => reset(context, args),
    }
}

fn show(context: &Context) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let key = where_key_is(&store, &surroundings(), None, context.prompt.allowed())?;
    let trouble = key.trouble.as_ref().map(ToString::to_string);
    let (usable, secrets) = (trouble.is_none(), told(&store)?);
    let shown = Shown { key_store: key.key_store, place: key.place, key_id: key.key_id, usable, trouble, secrets };
    let listing = Listing::new(vec![
        Column::new("key_store", |it: &Shown| Cell::Text(it.key_store.into())),
        Column::new("place", |it: &Shown| (&it.place).into()),
        Column::new("key_id", |it: &Shown| it.key_id.as_ref().map_or(Cell::Empty, Into::into)),
        Column::new("usable", |it: &Shown| it.usable.into()),
        Column::new("trouble", |it: &Shown| it.trouble.as_ref().map_or(Cell::Empty, Into::into)),
        Column::new("secrets", |it: &Shown| (&it.secrets).into()),
    ]);
    context.ui.one(&listing, &shown)?;
    match key.trouble {
        Some(trouble) => Err(trouble.into()),
        None => Ok(Exit::Done),
    }
}

/// What is sealed, in words.
fn told(store: &Store) -> Result<Vec<String>, CliError> {
    let names = store.integrations()?;
    let secrets = store.all_secrets()?.into_iter().map(|secret| {
        let name = names.iter().find(|it| it.id == secret.integration).map_or("?", |it| it.name.as_str());
        format!("{name}: {}", secret.kind.replace('_', " "))
    });
    Ok(secrets.collect())
}

fn relocate(context: &Context, args: &MoveArgs) -> Result<Exit, CliError> {
    let to = args.to.at(args.key_file.as_ref(), args.key_command.as_deref())?;
    let store = context.writer()?;
    let _locks = lock_everything(context, &store, "secrets move")?;
    let former = move_key(&store, &surroundings(), &to, args.keep, context.prompt.allowed(), SystemRandom::new())?;
    let key = where_key_is(&store, &surroundings(), None, context.prompt.allowed())?;
    context.ui.say(&match former {
        Former::Same => format!("the key is in {} already", key.place),
        Former::Removed => format!("the key is in {} now, and no longer where it was", key.place),
        Former::Kept => format!("the key is in {} now; it is still where it was as well", key.place),
    });
    Ok(Exit::Done)
}

fn renew(context: &Context) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let _locks = lock_everything(context, &store, "secrets rotate")?;
    rotate(&mut store, &surroundings(), context.prompt.allowed(), SystemRandom::new())?;
    context.ui.say(&format!("a new key; sealed anew: {}", told(&store)?.join(", ")));
    context.ui.remark("a copy of the former key opens backups made before, and nothing else");
    Ok(Exit::Done)
}

fn reset(context: &Context, args: &ResetArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let Some(id) = where_key_is(&store, &surroundings(), None, context.prompt.allowed())?.key_id else {
        context.ui.remark("nothing is sealed, so there is nothing to forget");
        return Ok(Exit::Done);
    };
    let agreed = match &args.confirm {
        Some(typed) => *typed == id,
        None => {
            context.prompt.typed_name(&format!("Type {id} to forget what that key opens"), "--confirm KEY_ID", &id)?
        }
    };
    if !agreed {
        return Err(CliError::usage(format!("that is not {id}; nothing was forgotten")));
    }
    let _locks = lock_everything(context, &store, "secrets reset")?;
    let told = told(&store)?;
    store.drop_secrets("its sign-in was forgotten with a lost key")?;
    context.ui.say(&format!("forgotten: {}; 'dirsync reauth NAME' signs in again", told.join(", ")));
    Ok(Exit::Done)
}

/// The right to everything: no run, no server meanwhile.
pub(super) struct Everything {
    _integrations: Vec<IntegrationLock>,
    _server: ServerLock,
}

/// Takes the locks of all integrations and of the server.
pub(super) fn lock_everything(context: &Context, store: &Store, doing: &str) -> Result<Everything, CliError> {
    let (locks, now) = (&context.paths.locks, context.clock.now());
    let server = ServerLock::acquire(locks, now)?;
    let mut integrations = Vec::new();
    for it in store.integrations()? {
        let lock = IntegrationLock::acquire(locks, it.id, doing, now);
        integrations.push(lock.map_err(|busy| CliError::from(busy).of(&it.name))?);
    }
    Ok(Everything { _integrations: integrations, _server: server })
}
