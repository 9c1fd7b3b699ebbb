//! `dirsync backup`: a copy of everything, while syncs run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use serde::Serialize;

use super::online::KeyStoreArgs;
use super::passphrase::PassphraseArgs;
use super::{CliError, Context, ErrorKind, Exit};
use crate::auth::secrets::carry_key;
use crate::auth::shell_word;
use crate::output::{Cell, Column, Listing};
use crate::store::Store;

/// Copy the whole directory into a file, while syncs run
///
/// The copy is one file for its owner alone, as of one moment: people, groups, devices, history, integrations and their
/// sealed sign-ins. The master key that opens those is not in it, unless --with-key seals it under a passphrase.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync backup /var/backups/dirsync.db --force        in a crontab
  dirsync backup move.db --with-key                     to another machine: dirsync restore move.db")]
pub struct BackupArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Bring the master key along, sealed under a passphrase
    #[arg(long)]
    with_key: bool,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

/// What was written; field names are the keys of the JSON output.
#[derive(Serialize)]
struct Written {
    file: String,
    bytes: i64,
    with_key: bool,
}

pub(super) fn run(context: &Context, args: &BackupArgs) -> Result<Exit, CliError> {
    let file = &args.file;
    if !args.force && file.exists() {
        return Err(CliError::usage(format!("{} exists already", file.display()))
            .hint("--force replaces it, or give another name"));
    }
    let Some(store) = Store::open_read_only(&context.paths.database)? else {
        return Err(
            CliError::not_found("there is nothing to back up yet").hint("'dirsync paths' says where dirsync looks")
        );
    };
    let passphrase = if args.with_key { Some(args.passphrase.get(context, true)?) } else { None };
    let unfinished = Unfinished::beside(file, context.clock.now())?;
    store.back_up(&unfinished.0)?;
    if let Some(passphrase) = passphrase {
        let vault = context.vault(&context.writer()?, &args.key_store)?;
        let copy = Store::open(&unfinished.0)?;
        carry_key(&copy, &vault, &passphrase, &SystemRandom::new())?;
        copy.close_as_one_file()?;
    }
    std::fs::rename(&unfinished.0, file).map_err(|error| unwritten(file, &error))?;
    let bytes = std::fs::metadata(file).map(|it| i64::try_from(it.len()).unwrap_or(i64::MAX)).unwrap_or_default();
    context.ui.say(&format!("backed up to {}", file.display()));
    if !args.with_key && store.has_secrets()? {
        context.ui.remark("the master key is not in it: without that, restored integrations have to sign in again");
    }
    if context.ui.options().format.is_some() {
        let listing = Listing::new(vec![
            Column::new("file", |it: &Written| (&it.file).into()),
            Column::new("bytes", |it: &Written| Cell::Number(it.bytes)),
            Column::new("with_key", |it: &Written| it.with_key.into()),
        ]);
        let written = Written { file: file.display().to_string(), bytes, with_key: args.with_key };
        context.ui.one(&listing, &written)?;
    }
    Ok(Exit::Done)
}

/// A file that goes away unless it gets its name.
pub(super) struct Unfinished(pub(super) PathBuf);

/// How the name of an unfinished file ends, behind the number of its process.
const UNFINISHED: &str = ".unfinished";

/// What SQLite adds to a name: nothing, and of the files beside it.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Whoever writes does not let a file lie for so long.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24);

impl Unfinished {
    /// In the folder of `file`, under a name of this process's. What processes that were killed left there for the same
    /// file a day or longer ago goes.
    pub(super) fn beside(file: &Path, now: Timestamp) -> Result<Self, CliError> {
        let name = file.file_name().ok_or_else(|| CliError::usage(format!("{} is no file", file.display())))?;
        let mut prefix = OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        sweep(file, &prefix, now);
        prefix.push(format!("{}{UNFINISHED}", std::process::id()));
        let path = file.with_file_name(prefix);
        let _ = std::fs::remove_file(&path);
        Ok(Self(path))
    }
}

/// Removes what was abandoned; that something of it cannot be removed is no reason to write nothing.
fn sweep(file: &Path, prefix: &OsStr, now: Timestamp) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let rest = rest.and_then(|rest| std::str::from_utf8(rest).ok());
        let of_process = rest.and_then(|rest| rest.split_once(UNFINISHED)).is_some_and(|(process, beside)| {
            BESIDE.contains(&beside) && !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit())
        });
        let changed = || Timestamp::try_from(entry.metadata().ok()?.modified().ok()?).ok();
        if of_process && changed().is_some_and(|changed| now.duration_since(changed) >= ABANDONED) {
            let removed = std::fs::remove_file(entry.path());
            tracing::debug!(?removed, name = %name.display(), "an abandoned file");
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for beside in BESIDE {
            let mut path = self.0.clone().into_os_string();
            path.push(beside);
            let _ = std::fs::remove_file(path);
        }
    }
}

pub(super) fn unwritten(file: &Path, error: &std::io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", file.display()))
        .hint(format!("look at its folder: ls -ld {}", shell_word(&file.parent().unwrap_or(file).to_string_lossy())))
}
