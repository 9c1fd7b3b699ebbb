//! `dirsync completions`, and what shells ask while the user types.

use std::ffi::{OsStr, OsString};
use std::sync::mpsc;
use std::time::Duration;

use clap::{Args, CommandFactory};
use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::{Cli, CliError, Context, ErrorKind, Exit, environment};
use crate::paths::Paths;
use crate::provider;
use crate::store::Store;

/// How long a shell may be kept waiting for names.
const PATIENCE: Duration = Duration::from_millis(50);

/// zsh loads a script that lies in `fpath` at the first Tab, by running it: that Tab wants an answer too.
const ZSH_FIRST_TAB: &str = "
if [ \"$funcstack[1]\" = \"_dirsync\" ]; then
    _clap_dynamic_completer_dirsync
fi
";

/// Print the completion script of a shell
///
/// It asks dirsync itself while you type, so that it completes the names of your integrations too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync completions bash > ~/.local/share/bash-completion/completions/dirsync
  dirsync completions zsh > ~/.zfunc/_dirsync
  dirsync completions fish > ~/.config/fish/completions/dirsync.fish
  dirsync completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell"])]
    shell: String,
}

pub(super) fn run(context: &Context, args: &CompletionsArgs) -> Result<Exit, CliError> {
    let failed = |reason: String| CliError::new(ErrorKind::Failed, format!("cannot write the script: {reason}"));
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell).ok_or_else(|| failed("unknown shell".into()))?;
    let mut script = Vec::new();
    shell
        .write_registration("COMPLETE", "dirsync", "dirsync", "dirsync", &mut script)
        .map_err(|error| failed(error.to_string()))?;
    if args.shell == "zsh" {
        script.extend_from_slice(ZSH_FIRST_TAB.as_bytes());
    }
    context.ui.verbatim(&script)?;
    Ok(Exit::Done)
}

/// Answers a shell that asks for completions (`COMPLETE` is set); `false` in an ordinary run.
pub(super) fn answer_shell(arguments: &[OsString]) -> clap::error::Result<bool> {
    CompleteEnv::with_factory(Cli::command)
        .completer("dirsync")
        .try_complete(arguments.iter().cloned(), std::env::current_dir().ok().as_deref())
}

/// The integrations whose names begin with what is typed. Silent, and never longer than a keystroke: a shell is no place
/// for errors.
pub(super) fn integration_names(typed: &OsStr) -> Vec<CompletionCandidate> {
    names_of(typed, |_| true)
}

/// As [`integration_names`], of those that can be asked.
pub(super) fn names_to_sync(typed: &OsStr) -> Vec<CompletionCandidate> {
    names_of(typed, |kind| provider::find(kind).is_none_or(|spec| spec.pull().is_some()))
}

fn names_of(typed: &OsStr, wanted: fn(&str) -> bool) -> Vec<CompletionCandidate> {
    let (sender, names) = mpsc::channel();
    let look = move || {
        let names = Paths::locate(&environment::variable)
            .ok()
            .and_then(|paths| Store::open_read_only(&paths.database).ok().flatten())
            .and_then(|store| store.integration_names().ok());
        let _ = sender.send(names.unwrap_or_default());
    };
    if std::thread::Builder::new().spawn(look).is_err() {
        return Vec::new();
    }
    let typed = typed.to_string_lossy().to_lowercase();
    names
        .recv_timeout(PATIENCE)
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, kind)| name.to_lowercase().starts_with(&typed) && wanted(kind))
        .map(|(name, kind)| CompletionCandidate::new(name).help(Some(kind.into())))
        .collect()
}
