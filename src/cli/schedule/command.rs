//! What `dirsync schedule` can do.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::choice::{ChoiceArgs, EveryArgs, Platform, job};
use super::install::{self, State};
use super::job::Scope;
use super::setup::{Piece, Setup, setup};
use crate::cli::{CliError, Context, Exit};
use crate::output::{Cell, Column, Listing};

/// Have the machine start 'dirsync sync --due' by itself
///
/// A timer of systemd, a line in the crontab, a job of launchd or a task of Windows: whatever the machine has, unless one is
/// named. It looks every 15 minutes whether a directory is due, which takes milliseconds; how often each is synced is its
/// own matter ('dirsync set NAME --interval'). The timer is told where this program and its files are; other settings
/// belong into config.toml. A server that runs anyway needs no timer: 'dirsync serve --sync'.
///
/// What is written for launchd and for Windows follows their manuals but has not been run there by dirsync's own tests.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync schedule show
  dirsync schedule install
  sudo dirsync schedule install --system --yes
  dirsync schedule install --cron --every 10m
  dirsync schedule remove")]
pub struct ScheduleArgs {
    #[command(subcommand)]
    command: ScheduleCommand,
}

#[derive(Debug, Subcommand)]
enum ScheduleCommand {
    Show(ShowArgs),
    Install(InstallArgs),
    Remove(RemoveArgs),
}

/// Show what 'install' would write, and whether it is there
#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    every: EveryArgs,
}

/// Write the timer and start it; twice is the same as once
#[derive(Debug, Args)]
struct InstallArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    every: EveryArgs,
    /// Without asking
    #[arg(long)]
    yes: bool,
}

/// Stop the timer and take away all of it, of whatever kind unless one is named
#[derive(Debug, Args)]
struct RemoveArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
}

/// Field names are the keys of the JSON output.
#[derive(Serialize)]
struct Shown {
    path: String,
    installed: bool,
    text: String,
}

pub(in crate::cli) fn run(context: &Context, args: &ScheduleArgs) -> Result<Exit, CliError> {
    match &args.command {
        ScheduleCommand::Show(args) => {
            let setup = chosen(context, &args.choice, &args.every)?;
            show(context, &setup)?;
        }
        ScheduleCommand::Install(args) => {
            let setup = chosen(context, &args.choice, &args.every)?;
            if !args.yes {
                if context.prompt.allowed() {
                    show(context, &setup)?;
                }
                if !context.prompt.confirm("Write this and start it?", "--yes", true)? {
                    return Err(CliError::usage("nothing was written").hint("--yes writes it without asking"));
                }
            }
            crate::store::make_private_folder(&context.paths.data_dir).map_err(|error| {
                CliError::from(crate::store::StoreError::Open {
                    path: context.paths.data_dir.clone(),
                    reason: error.to_string(),
                })
            })?;
            install::install(context, &setup)?;
            let database = &context.paths.database;
            if !database.exists() {
                let place = database.display();
                context
                    .ui
                    .warn(&format!("nothing is at {place} yet; if your directories are elsewhere, set DIRSYNC_HOME"));
            }
        }
        ScheduleCommand::Remove(args) => remove(context, &args.choice)?,
    }
    Ok(Exit::Done)
}

fn chosen(context: &Context, choice: &ChoiceArgs, every: &EveryArgs) -> Result<Setup, CliError> {
    let platform = choice.platform()?;
    setup(platform, &job(context, every, choice.scope(platform))?)
}

fn show(context: &Context, setup: &Setup) -> Result<(), CliError> {
    let shown = setup.pieces.iter().map(|piece| {
        // What cannot be looked at is not known to be there: no crontab command, a folder that others may not read.
        let installed = piece.state().is_ok_and(|state| state == State::Current);
        Shown { path: piece.place(), installed, text: piece.text().to_owned() }
    });
    let shown: Vec<Shown> = shown.collect();
    if context.ui.options().format.is_some() {
        let listing = Listing::new(vec![
            Column::new("path", |it: &Shown| (&it.path).into()).priority(100),
            Column::new("installed", |it: &Shown| Cell::word(if it.installed { "true" } else { "false" })),
            Column::new("text", |it: &Shown| (&it.text).into()),
        ]);
        return Ok(context.ui.list(&listing, &shown)?);
    }
    let texts = shown.iter().map(|it| {
        let there = if it.installed { " (installed)" } else { "" };
        format!("── {}{there}\n{}", it.path, it.text)
    });
    context.ui.text(&texts.collect::<Vec<_>>().join("\n"))?;
    Ok(())
}

/// Looks wherever `install` may have written anything.
fn remove(context: &Context, choice: &ChoiceArgs) -> Result<(), CliError> {
    let mut found = false;
    for setup in setups(context, choice) {
        found |= install::take_away(context, &setup)?;
    }
    if !found {
        context.ui.say("nothing is installed");
    }
    Ok(())
}

/// Where timers of ours are, of whatever kind.
pub(in crate::cli) fn installed(context: &Context) -> Vec<String> {
    let any = ChoiceArgs::default();
    let pieces = setups(context, &any).flat_map(|setup| setup.pieces);
    let ours = pieces.filter(|piece| matches!(piece.state(), Ok(State::Current | State::Different)));
    ours.map(|piece| piece.place()).collect()
}

/// What `install` would write, of each kind that `choice` does not rule out.
fn setups(context: &Context, choice: &ChoiceArgs) -> impl Iterator<Item = Setup> {
    let platforms = [Platform::Systemd, Platform::Cron, Platform::Launchd, Platform::Windows];
    let platforms = platforms.into_iter().filter(|it| choice.named().is_none_or(|named| named == *it));
    let scopes = [Scope::User, Scope::System].into_iter();
    let scopes = scopes.filter(|it| choice.scope_named().is_none_or(|named| named == *it));
    let each = platforms.flat_map(move |platform| scopes.clone().map(move |scope| (platform, scope)));
    each.filter_map(|(platform, scope)| {
        let setup = job(context, &EveryArgs::usual(), scope).and_then(|job| setup(platform, &job)).ok()?;
        // Whoever has no cron has nothing in a crontab either.
        let crontab = |piece: &Piece| matches!(piece, Piece::Crontab(_)) && piece.state().is_err();
        (choice.named().is_some() || !setup.pieces.iter().any(crontab)).then_some(setup)
    })
}
