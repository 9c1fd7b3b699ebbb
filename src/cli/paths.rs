//! `dirsync paths`.

use clap::Args;

use super::{CliError, Context, Exit};
use crate::output::{Cell, Column, Listing};
use crate::paths::Paths;

/// Print where things are: configuration, database, locks, key file
///
/// DIRSYNC_HOME=DIR puts all of them in one folder.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync paths\n  sqlite3 \"$(dirsync paths -o json | jq -r .database)\"")]
pub struct PathsArgs {}

pub(super) fn run(context: &Context, _: &PathsArgs) -> Result<Exit, CliError> {
    fn path(path: &std::path::Path) -> Cell<'_> {
        path.to_string_lossy().into_owned().into()
    }
    let listing = Listing::new(vec![
        Column::new("config_file", |paths: &Paths| path(&paths.config_file)),
        Column::new("data_dir", |paths: &Paths| path(&paths.data_dir)),
        Column::new("database", |paths: &Paths| path(&paths.database)),
        Column::new("locks", |paths: &Paths| path(&paths.locks)),
        Column::new("key_file", |paths: &Paths| path(&paths.key_file)),
    ]);
    context.ui.one(&listing, &context.paths)?;
    Ok(Exit::Done)
}
