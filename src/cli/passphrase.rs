//! The passphrase of a backup's key: from a file, or typed where nobody sees it.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::{CliError, Context};
use crate::auth::secrets::passphrase_from;

#[derive(Debug, Args)]
pub(super) struct PassphraseArgs {
    /// The file (mode 0600) whose first line is the passphrase, instead of typing it
    #[arg(long, value_name = "PATH")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase; a new one is typed twice.
    pub(super) fn get(&self, context: &Context, new: bool) -> Result<SecretString, CliError> {
        match &self.passphrase_file {
            Some(path) => Ok(passphrase_from(path)?),
            None => context.prompt.passphrase("Passphrase of the backup's key", "--passphrase-file PATH", new),
        }
    }

    /// Whether there is one, or somebody to type it.
    pub(super) fn can_be_had(&self, context: &Context) -> bool {
        self.passphrase_file.is_some() || context.prompt.allowed()
    }
}
