//! `dirsync man`: for packagers.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::{Cli, CliError, Context, ErrorKind, Exit};

/// Write the man pages into a folder
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct ManArgs {
    /// An existing folder
    folder: PathBuf,
}

pub(super) fn run(_: &Context, args: &ManArgs) -> Result<Exit, CliError> {
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(|error| {
        CliError::new(ErrorKind::Failed, format!("cannot write man pages into {}: {error}", args.folder.display()))
    })?;
    Ok(Exit::Done)
}
