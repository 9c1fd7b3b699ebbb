//! One platform's timer as files, a piece of the crontab, and the commands that start and stop it. Nothing is done here.

use std::path::{Path, PathBuf};

use super::choice::{Platform, folder};
use super::job::{Job, Scope};
use super::{cron, launchd, systemd, windows};
use crate::cli::{CliError, environment};

/// What it takes.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) pieces: Vec<Piece>,
    /// Commands that start it once the pieces are there; the last is what starts it.
    pub(super) enable: Vec<Vec<String>>,
    /// Commands that stop it before the pieces are taken away.
    pub(super) disable: Vec<Vec<String>>,
    /// Commands that make its absence known.
    pub(super) forget: Vec<Vec<String>>,
    /// Whether the manager that understands these commands runs.
    pub(super) running: bool,
    /// What it leaves behind besides.
    pub(super) leftovers: Vec<PathBuf>,
    /// Worth knowing once it is there.
    pub(super) notes: Vec<String>,
}

/// One thing to write.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A file of its own.
    File(PathBuf, String),
    /// Lines in this account's crontab.
    Crontab(String),
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The setup of `platform`.
pub(super) fn setup(platform: Platform, job: &Job) -> Result<Setup, CliError> {
    match platform {
        Platform::Systemd => with_systemd(job),
        Platform::Cron => with_cron(job),
        Platform::Launchd => with_launchd(job),
        Platform::Windows => with_windows(job),
    }
}

fn with_systemd(job: &Job) -> Result<Setup, CliError> {
    let name = systemd::NAME;
    let user = job.scope == Scope::User;
    let (units, stamps, manager) = if user {
        let running =
            environment::variable("XDG_RUNTIME_DIR").is_some_and(|it| Path::new(&it).join("systemd").exists());
        (
            folder(Some("XDG_CONFIG_HOME"), ".config")?.join("systemd/user"),
            folder(Some("XDG_DATA_HOME"), ".local/share")?,
            running,
        )
    } else {
        let running = Path::new("/run/systemd/system").exists();
        (PathBuf::from("/etc/systemd/system"), PathBuf::from("/var/lib"), running)
    };
    let systemctl = |rest: String| words(&format!("systemctl{} {rest}", if user { " --user" } else { "" }));
    let mut notes = Vec::new();
    if user {
        notes.push("it runs while you are signed in; 'loginctl enable-linger' lets it run at all times".to_owned());
    }
    if job.credential {
        let place = if user { "~/.config/credstore.encrypted" } else { "/etc/credstore.encrypted" };
        notes.push(format!(
            "the key comes from {place}/dirsync.key: 'systemd-creds encrypt --name=dirsync.key' makes it"
        ));
    }
    Ok(Setup {
        pieces: vec![
            Piece::File(units.join(format!("{name}.service")), systemd::service(job)),
            Piece::File(units.join(format!("{name}.timer")), systemd::timer(job)),
        ],
        enable: vec![systemctl("daemon-reload".into()), systemctl(format!("enable --now {name}.timer"))],
        disable: vec![systemctl(format!("disable --now {name}.timer"))],
        forget: vec![systemctl("daemon-reload".into())],
        running: manager,
        leftovers: vec![
            units.join(format!("timers.target.wants/{name}.timer")),
            stamps.join("systemd/timers").join(format!("stamp-{name}.timer")),
        ],
        notes,
    })
}

fn with_cron(job: &Job) -> Result<Setup, CliError> {
    let refused = |why: String| CliError::usage(why).hint("a systemd timer can: --systemd");
    let piece = match job.scope {
        Scope::User => Piece::Crontab(cron::block(job).map_err(refused)?),
        Scope::System => Piece::File("/etc/cron.d/dirsync".into(), cron::file(job).map_err(refused)?),
    };
    // cron looks by itself.
    let (enable, disable, forget) = (Vec::new(), Vec::new(), Vec::new());
    let mut notes = vec!["cron mails what goes wrong, to MAILTO if the crontab names one".to_owned()];
    if job.credential {
        notes.push("cron has no systemd credentials: choose another place for the key (--key-store file)".to_owned());
    }
    Ok(Setup { pieces: vec![piece], enable, disable, forget, running: true, leftovers: Vec::new(), notes })
}

fn with_launchd(job: &Job) -> Result<Setup, CliError> {
    let label = launchd::LABEL;
    let (folder, domain) = match job.scope {
        Scope::User => {
            // launchctl wants the account's number, which the shell knows.
            (folder(None, "Library/LaunchAgents")?, "gui/$(id -u)")
        }
        Scope::System => (PathBuf::from("/Library/LaunchDaemons"), "system"),
    };
    let file = folder.join(format!("{label}.plist"));
    let shell = |line: String| vec!["/bin/sh".to_owned(), "-c".to_owned(), line];
    let quoted = crate::auth::shell_word(&file.display().to_string());
    Ok(Setup {
        pieces: vec![Piece::File(file, launchd::plist(job))],
        enable: vec![shell(format!(
            "launchctl bootout {domain}/{label} 2>/dev/null; launchctl bootstrap {domain} {quoted}"
        ))],
        disable: vec![shell(format!("launchctl bootout {domain}/{label} 2>/dev/null || true"))],
        forget: Vec::new(),
        running: cfg!(target_os = "macos"),
        leftovers: vec![Path::new(&job.data).join("schedule.log")],
        notes: vec!["errors go to schedule.log beside the database; 'dirsync check' tells a monitor".to_owned()],
    })
}

fn with_windows(job: &Job) -> Result<Setup, CliError> {
    let name = windows::NAME;
    let task = windows::task(job).map_err(CliError::usage)?;
    let file = Path::new(&job.data).join("dirsync-task.xml");
    let mut enable = words(&format!("schtasks /Create /F /TN {name} /XML"));
    enable.push(file.display().to_string());
    let notes = match job.scope {
        Scope::User => "it runs while you are signed in, for only then your credentials hold the key",
        Scope::System => "the system's account has no credentials of yours: its key is in a file or from a command",
    };
    Ok(Setup {
        pieces: vec![Piece::File(file, task)],
        enable: vec![enable],
        disable: vec![words(&format!("schtasks /Delete /F /TN {name}"))],
        forget: Vec::new(),
        running: cfg!(windows),
        leftovers: Vec::new(),
        notes: vec![notes.to_owned()],
    })
}
