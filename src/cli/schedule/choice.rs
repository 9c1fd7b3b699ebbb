//! Which platform's timer, whose, and the job that goes with it: from flags and from what this machine has.

use std::path::{Path, PathBuf};

use clap::Args;

use super::every::{Every, every};
use super::job::{Job, Scope, plain};
use crate::cli::{CliError, Context, ErrorKind, environment};

/// Which kind of timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    Systemd,
    Cron,
    Launchd,
    Windows,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ChoiceArgs {
    /// Of the machine, running whoever is signed in (as root: the usual)
    #[arg(long, conflicts_with = "user")]
    system: bool,
    /// Of this account
    #[arg(long)]
    user: bool,
    /// A systemd timer
    #[arg(long, group = "platform")]
    systemd: bool,
    /// A line in the crontab
    #[arg(long, group = "platform")]
    cron: bool,
    /// A launchd job (macOS)
    #[arg(long, group = "platform")]
    launchd: bool,
    /// A task of Windows' Task Scheduler
    #[arg(long, group = "platform")]
    windows: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct EveryArgs {
    /// How often to look whether something is due; how often that is, is each directory's own ('dirsync set')
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = every)]
    every: Every,
}

impl EveryArgs {
    pub(super) fn usual() -> Self {
        Self { every: Every { minutes: 15 } }
    }
}

impl ChoiceArgs {
    /// The kind that was named.
    pub(super) fn named(&self) -> Option<Platform> {
        let named = [
            (self.systemd, Platform::Systemd),
            (self.cron, Platform::Cron),
            (self.launchd, Platform::Launchd),
            (self.windows, Platform::Windows),
        ];
        named.into_iter().find(|(named, _)| *named).map(|(_, platform)| platform)
    }

    /// Whose that was named.
    pub(super) fn scope_named(&self) -> Option<Scope> {
        match (self.system, self.user) {
            (true, _) => Some(Scope::System),
            (_, true) => Some(Scope::User),
            _ => None,
        }
    }

    /// The kind that was named, else what this machine has.
    pub(super) fn platform(&self) -> Result<Platform, CliError> {
        if let Some(named) = self.named() {
            return Ok(named);
        }
        if cfg!(windows) {
            Ok(Platform::Windows)
        } else if cfg!(target_os = "macos") {
            Ok(Platform::Launchd)
        } else if Path::new("/run/systemd/system").exists() {
            Ok(Platform::Systemd)
        } else if is_there("crontab") {
            Ok(Platform::Cron)
        } else {
            Err(CliError::usage("neither systemd nor cron is to be found here")
                .hint("name what there will be: --systemd, --cron, --launchd or --windows"))
        }
    }

    /// Whose timer: as named; else of the machine for root, whose own service manager hardly ever runs.
    pub(super) fn scope(&self, platform: Platform) -> Scope {
        let usual = if platform == Platform::Systemd && is_root() { Scope::System } else { Scope::User };
        self.scope_named().unwrap_or(usual)
    }
}

/// The job.
pub(super) fn job(context: &Context, every: &EveryArgs, scope: Scope) -> Result<Job, CliError> {
    let odd = |what: String| CliError::usage(format!("{what}, which no timer can be told"));
    let program = std::env::current_exe()
        .map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot tell where this program is: {error}")))?;
    let paths = &context.paths;
    let mut variables = Vec::new();
    let mut tell = |name: &str, path: &Path| plain(path).map(|value| variables.push((name.to_owned(), value)));
    if environment::variable("DIRSYNC_HOME").is_some_and(|home| !home.is_empty()) {
        tell("DIRSYNC_HOME", &paths.data_dir).map_err(odd)?;
    } else if cfg!(unix) {
        // Whatever a timer takes for home, these are the places meant.
        for (name, folder) in
            [("XDG_CONFIG_HOME", paths.config_file.parent()), ("XDG_DATA_HOME", Some(&*paths.data_dir))]
        {
            if let Some(base) = folder.and_then(Path::parent) {
                tell(name, base).map_err(odd)?;
            }
        }
    }
    for name in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] {
        // One with a password in it has no place in a file that others may read.
        let set = environment::text(name).filter(|value| !value.contains('@') && !value.contains(char::is_control));
        variables.extend(set.map(|value| (name.to_owned(), value)));
    }
    let credential = context.reader()?.setting("key_store")?.as_deref() == Some("systemd");
    Ok(Job {
        program: plain(&program).map_err(odd)?,
        environment: variables,
        data: plain(&paths.data_dir).map_err(odd)?,
        every: every.every,
        scope,
        user: if scope == Scope::System { owner(&paths.data_dir) } else { None },
        credential,
    })
}

/// Whether a program is to be found.
pub(super) fn is_there(program: &str) -> bool {
    let path = environment::variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The home folder, or wherever this variable says instead.
pub(super) fn folder(variable: Option<&str>, below_home: &str) -> Result<PathBuf, CliError> {
    let set = variable.and_then(environment::variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || environment::variable("HOME").map(|home| PathBuf::from(home).join(below_home));
    set.or_else(home).ok_or_else(|| CliError::from(crate::paths::NoHome))
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Whom the data belong to, if not to root: the number and, where it has one, the name.
#[cfg(unix)]
fn owner(data: &Path) -> Option<(u32, Option<String>)> {
    use std::os::unix::fs::MetadataExt;
    let number = std::fs::metadata(data).ok()?.uid();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    (number != 0).then_some((number, named))
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<(u32, Option<String>)> {
    None
}
