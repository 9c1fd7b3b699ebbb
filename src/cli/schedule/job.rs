//! What is to be run, from where, as whom: all that the platforms' texts are made of.

use std::path::Path;

use super::every::Every;

/// The account whose timer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Of whoever installs it.
    User,
    /// Of the machine.
    System,
}

/// The job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// The program's absolute path.
    pub(super) program: String,
    /// What a timer's bare environment has to be told.
    pub(super) environment: Vec<(String, String)>,
    /// The folder it writes to.
    pub(super) data: String,
    /// How often it is started.
    pub(super) every: Every,
    /// Whose timer it is.
    pub(super) scope: Scope,
    /// Of the machine's timer: whom it runs as (a number and, where it has one, a name), if not as root.
    pub(super) user: Option<(u32, Option<String>)>,
    /// Whether the master key is a systemd credential.
    pub(super) credential: bool,
}

/// What is started.
pub(super) const ARGUMENTS: [&str; 3] = ["sync", "--due", "--no-input"];

/// The first line of everything that is ours.
pub(super) const MARK: &str = "Written by 'dirsync schedule install'; 'dirsync schedule remove' takes it away.";

/// A path as text that fits into one line of any platform's format.
pub(super) fn plain(path: &Path) -> Result<String, String> {
    let text = path.to_str().ok_or_else(|| format!("{} is not Unicode", path.display()))?;
    if text.chars().any(char::is_control) {
        return Err(format!("{text:?} has a control character in its name"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
pub(super) fn example(scope: Scope) -> Job {
    Job {
        program: "/opt/dir sync/100%/dirsync".into(),
        environment: vec![("DIRSYNC_HOME".into(), "/srv/it's 5% \"here\" & <there>".into())],
        data: "/srv/it's 5% \"here\" & <there>".into(),
        every: Every { minutes: 15 },
        scope,
        user: Some((995, Some("dirsync".into()))).filter(|_| scope == Scope::System),
        credential: scope == Scope::System,
    }
}
