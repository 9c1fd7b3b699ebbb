//! `dirsync restore`: a backup takes the place of what is here.

use std::path::{Path, PathBuf};

use clap::Args;

use super::backup::{Unfinished, unwritten};
use super::online::{KeyStoreArgs, surroundings};
use super::passphrase::PassphraseArgs;
use super::secrets::lock_everything;
use super::{CliError, Context, ErrorKind, Exit, list};
use crate::auth::secrets::{carries_key, forget_command, unpack_key, where_key_is};
use crate::output::thousands;
use crate::store::{Store, StoreError, WriteTurn, make_private_folder};

/// Put a backup in the place of the directory here
///
/// On another machine this moves the whole house: integrations, people, devices, history. A backup made with
/// --with-key brings its master key, which goes where --key-store says; without it the key has to come by other means, or
/// --without-secrets leaves the sign-ins out, and 'dirsync reauth' renews them. What was here is kept beside it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync restore move.db --key-store file
  dirsync restore /var/backups/dirsync.db --replace --without-secrets")]
pub struct RestoreArgs {
    /// What 'dirsync backup' wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take the place of a directory that has something in it
    #[arg(long)]
    replace: bool,
    /// Leave the sign-ins out; 'dirsync reauth NAME' renews them
    #[arg(long)]
    without_secrets: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
}

pub(super) fn run(context: &Context, args: &RestoreArgs) -> Result<Exit, CliError> {
    let database = &context.paths.database;
    make_private_folder(&context.paths.data_dir).map_err(|error| unwritten(database, &error))?;
    let unfinished = Unfinished::beside(database, context.clock.now())?;
    let mut copy = fetched(&args.file, &unfinished.0)?;
    // Before anything is touched: whether there is anything to lose, and what opens the secrets.
    let here = Here::look(database)?;
    if here != Here::Empty && !args.replace {
        return Err(CliError::usage("there is a directory here already")
            .hint("--replace puts the backup in its place; what is here now is kept beside it"));
    }
    let choice = args.key_store.choice()?;
    if choice.is_none() && forget_command(&copy)? {
        context.ui.warn("the backup remembers a key command, which is not run on its word: give --key-store command");
    }
    if args.without_secrets {
        let dropped = copy.drop_secrets("restored from a backup without its sign-in")?;
        context.ui.remark(&format!("{dropped} secrets left out"));
    } else if carries_key(&copy)? {
        if !args.passphrase.can_be_had(context) {
            return Err(CliError::usage("the backup's key needs its passphrase").hint("give --passphrase-file PATH"));
        }
        let passphrase = args.passphrase.get(context, false)?;
        unpack_key(&copy, &surroundings(), choice, &passphrase, database, context.prompt.allowed())?;
    }
    let kept = take_the_place(context, here, copy, &unfinished.0)?;
    let store = context.writer()?;
    let overview = store.overview()?;
    let people: i64 = overview.iter().map(|it| it.users).sum();
    let names: Vec<&str> = overview.iter().map(|it| it.name.as_str()).collect();
    context.ui.say(&format!("restored: {}; {} people", names.join(", "), thousands(people)));
    if let Some(kept) = kept {
        context.ui.say(&format!("what was here is kept as {}", kept.display()));
    }
    if store.has_secrets()? {
        let key = where_key_is(&store, &surroundings(), None, context.prompt.allowed())?;
        if let Some(trouble) = key.trouble {
            context.ui.warn(&format!("the sign-ins cannot be used yet: {trouble}"));
            context.ui.say(&format!("bring the master key to {}; or restore --without-secrets and reauth", key.place));
        }
    }
    if context.ui.options().format.is_some() {
        list::run(context, &list::ListArgs {})?;
    }
    Ok(Exit::Done)
}

/// A copy of the backup, brought up to date and looked through; the backup itself stays as it is.
fn fetched(file: &Path, target: &Path) -> Result<Store, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::usage(format!("cannot read {}: {error}", file.display())).hint("'dirsync backup FILE' makes one")
    };
    std::fs::copy(file, target).map_err(unreadable)?;
    // A file that was copied by hand from under a running program has the latest of it beside it.
    let beside = |path: &Path| {
        let mut path = path.as_os_str().to_owned();
        path.push("-wal");
        PathBuf::from(path)
    };
    if beside(file).exists() {
        std::fs::copy(beside(file), beside(target)).map_err(unreadable)?;
    }
    private(target).map_err(unreadable)?;
    let opened = Store::open_read_only(target).and_then(|found| match found {
        Some(_) => Store::open(target),
        None => Err(StoreError::Corrupt("it is empty".into())),
    });
    let copy = opened.and_then(|copy| copy.check_whole().map(|()| copy));
    copy.map_err(|error| match error {
        StoreError::Corrupt(reason) => {
            CliError::new(ErrorKind::Failed, format!("{} is no backup of dirsync's: {reason}", file.display()))
                .hint("nothing was changed; 'dirsync backup FILE' makes one")
        }
        error => error.into(),
    })
}

#[cfg(unix)]
fn private(file: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What is where the backup is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    /// Nothing that could be lost.
    Empty,
    /// A directory.
    Filled,
    /// Something that cannot be opened.
    Broken,
}

impl Here {
    fn look(database: &Path) -> Result<Self, CliError> {
        match Store::open_read_only(database) {
            Ok(None) => Ok(Self::Empty),
            Ok(Some(store)) if store.is_unused()? => Ok(Self::Empty),
            Ok(Some(_)) => Ok(Self::Filled),
            Err(StoreError::Corrupt(_) | StoreError::Newer { .. }) => Ok(Self::Broken),
            Err(error) => Err(error.into()),
        }
    }
}

/// Nobody syncs, serves or writes while one file takes the other's place. Returns where the other is now.
fn take_the_place(context: &Context, here: Here, copy: Store, from: &Path) -> Result<Option<PathBuf>, CliError> {
    let (paths, now) = (&context.paths, context.clock.now());
    let _locks = match here {
        Here::Broken => None,
        _ => Some(lock_everything(context, &context.writer()?, "restore")?),
    };
    let _turn = WriteTurn::wait(&paths.locks)?;
    copy.close_as_one_file()?;
    if here != Here::Broken {
        context.writer()?.close_as_one_file()?;
    }
    let kept = match here {
        Here::Empty => None,
        Here::Filled | Here::Broken => {
            let name = format!("dirsync.db.before-{}", now.strftime("%Y%m%dT%H%M%SZ"));
            let kept = paths.data_dir.join(name);
            // Under both names until the backup takes one of them: at no moment is there nothing.
            std::fs::hard_link(&paths.database, &kept)
                .or_else(|_| std::fs::copy(&paths.database, &kept).map(drop))
                .map_err(|error| unwritten(&kept, &error))?;
            Some(kept)
        }
    };
    for left in ["-wal", "-shm"] {
        let mut path = paths.database.as_os_str().to_owned();
        path.push(left);
        let _ = std::fs::remove_file(path);
    }
    std::fs::rename(from, &paths.database).map_err(|error| unwritten(&paths.database, &error))?;
    #[cfg(unix)]
    std::fs::File::open(&paths.data_dir)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| unwritten(&paths.database, &error))?;
    Ok(kept)
}
