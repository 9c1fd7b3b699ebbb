//! What the doctor looks at on this machine: configuration, file modes, database, secret store, timers.

use std::path::Path;

use jiff::SignedDuration;

use super::finding::Finding;
use crate::auth::secrets::where_key_is;
use crate::auth::shell_word;
use crate::cli::online::{KeyStoreArgs, surroundings};
use crate::cli::schedule::installed;
use crate::cli::{CliError, Context, fired};
use crate::store::Store;
use crate::sync::verdict::span;

/// Twice the longest that `schedule --every` takes.
const SILENCE: SignedDuration = SignedDuration::from_hours(24);

/// `config.toml` was read before this began: had it been wrong, nothing would run.
pub(super) fn configuration(context: &Context) -> Finding {
    let path = &context.paths.config_file;
    match path.exists() {
        true => Finding::ok("configuration", format!("{} is read", path.display())),
        false => Finding::ok("configuration", format!("there is none ({})", path.display())),
    }
}

/// Whose eyes the files are for.
pub(super) fn files(context: &Context) -> Vec<Finding> {
    let paths = &context.paths;
    let mine = [(&paths.data_dir, 0o700), (&paths.database, 0o600), (&paths.config_file, 0o600)];
    let loose: Vec<Finding> = mine.into_iter().filter_map(|(path, mode)| open_to_others(path, mode)).collect();
    if loose.is_empty() { vec![Finding::ok("files", "for their owner alone")] } else { loose }
}

#[cfg(unix)]
fn open_to_others(path: &Path, should: u32) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let message = format!("{} can be used by others (mode {mode:04o})", path.display());
        Finding::warning("files", message, format!("chmod {should:o} {}", shell_word(&path.to_string_lossy())))
    })
}

#[cfg(not(unix))]
fn open_to_others(_: &Path, _: u32) -> Option<Finding> {
    None
}

/// The database from its first page to its last; the store, if it can be opened.
pub(super) fn database(context: &Context) -> (Finding, Option<Store>) {
    let path = &context.paths.database;
    let store = match Store::open_read_only(path) {
        Ok(Some(store)) => store,
        Ok(None) => {
            let remedy = "'dirsync add' connects a directory";
            return (Finding::warning("database", format!("there is none yet ({})", path.display()), remedy), None);
        }
        Err(error) => return (Finding::failure("database", error), None),
    };
    if let Err(error) = store.check_whole() {
        return (Finding::failure("database", error), Some(store));
    }
    let size = std::fs::metadata(path).map(|it| it.len() as f64 / f64::from(1 << 20)).unwrap_or_default();
    (Finding::ok("database", format!("sound, {size:.1} MiB ({})", path.display())), Some(store))
}

/// Whether the secrets can be opened.
pub(super) fn secret_store(context: &Context, store: &Store, args: &KeyStoreArgs) -> Finding {
    let told =
        args.choice().and_then(|asked| Ok(where_key_is(store, &surroundings(), asked, context.prompt.allowed())?));
    match told {
        Ok(key) => match (key.trouble, key.key_id) {
            (Some(trouble), _) => Finding::failure("secret store", trouble),
            // It may be asked for in another place than where it is.
            (None, Some(_)) => match store
                .has_secrets()
                .map_err(CliError::from)
                .and_then(|any| if any { context.vault_as_it_is(store, args).map(drop) } else { Ok(()) })
            {
                Ok(()) => Finding::ok("secret store", format!("the key is in {}", key.place)),
                Err(error) => Finding::failure("secret store", error),
            },
            (None, None) => {
                Finding::ok("secret store", format!("nothing is sealed yet; the key would go to {}", key.place))
            }
        },
        Err(error) => Finding::failure("secret store", error),
    }
}

/// What starts syncs by itself. Whoever has another way to start them needs none of ours.
pub(super) fn schedule(context: &Context) -> Finding {
    let ago = fired::last(context).map(|at| context.clock.now().duration_since(at));
    let fired = ago.map(|ago| format!("'sync --due' was last started {} ago", span(ago.max(SignedDuration::ZERO))));
    match (installed(context).as_slice(), fired) {
        ([], None) => {
            Finding::ok("schedule", "none of dirsync's own is installed ('dirsync schedule install' has one)")
        }
        ([], Some(fired)) => Finding::ok("schedule", format!("none of dirsync's own is installed; {fired}")),
        (places, fired) => {
            let fired = fired.unwrap_or_else(|| "it has never started 'sync --due'".to_owned());
            let message = format!("installed: {}; {fired}", places.join(", "));
            if ago.is_none_or(|ago| ago > SILENCE) {
                let remedy = "look whether the timer runs: systemctl list-timers (with --user for your own), or \
                              systemctl status cron; right after installing, wait for its first round";
                return Finding::warning("schedule", message, remedy);
            }
            Finding::ok("schedule", message)
        }
    }
}
