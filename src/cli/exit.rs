//! The exit codes: a promise to scripts, the same in `--help`, the man page and the README.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing due.
    Done,
    /// Failed.
    Failed,
    /// Wrong usage.
    Usage,
    /// Done in part: some records or some integrations were refused.
    Partial,
    /// Somebody has to sign in.
    SignInNeeded,
    /// Removals are held and need approval.
    Held,
    /// No such thing, or several.
    NoSuchThing,
    /// The secret store is absent or locked.
    SecretStore,
    /// Asked by `--exit-code`: there is something to report.
    Findings,
    /// Try again later.
    TryAgain,
    /// Stopped by Ctrl-C.
    Interrupted,
    /// Stopped by SIGTERM.
    Terminated,
    /// What a monitor calls a warning; 'check' alone.
    Warning,
    /// What a monitor calls critical.
    Critical,
    /// What a monitor calls unknown.
    Unknown,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed | Self::Warning => 1,
            Self::Usage | Self::Critical => 2,
            Self::Partial | Self::Unknown => 3,
            Self::SignInNeeded => 4,
            Self::Held => 5,
            Self::NoSuchThing => 6,
            Self::SecretStore => 7,
            Self::Findings => 10,
            Self::TryAgain => 75,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The gravest of several endings, in the order 1, 4, 7, 5, 75, 3; whatever concerns the whole call, such as being
    /// stopped, beats them all.
    pub fn gravest(endings: impl IntoIterator<Item = Self>) -> Self {
        endings.into_iter().max_by_key(|exit| exit.gravity()).unwrap_or(Self::Done)
    }

    fn gravity(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Partial | Self::Warning => 2,
            Self::TryAgain => 3,
            Self::Held => 4,
            Self::SecretStore => 5,
            Self::SignInNeeded => 6,
            Self::Failed => 7,
            Self::NoSuchThing => 8,
            Self::Usage | Self::Critical | Self::Unknown => 9,
            Self::Terminated => 10,
            Self::Interrupted => 11,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The end of every help text.
pub(super) const HELP: &str = "\
Exit codes:
  0    done, or nothing due
  1    failed
  2    wrong usage
  3    done in part: some records or some integrations were refused
  4    sign-in needed: dirsync reauth NAME
  5    removals are held: dirsync plans
  6    no such thing, or more than one
  7    the secret store is absent or locked
  10   with --exit-code: there is something to report
  75   try again later: another run is at it, or the network or the directory is away
  130, 143   stopped
  With several integrations the gravest wins, in the order 1, 4, 7, 5, 75, 3.
  'check' alone ends as monitoring plugins do: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

Settings:
  Every setting comes from its flag (--key-store file), else from the environment
  (DIRSYNC_KEY_STORE=file), else from config.toml (key_store = \"file\").
  'dirsync paths' prints where that is; DIRSYNC_HOME=DIR puts all files in one folder.

Output:
  In csv and tsv a list's entries are joined by ';'. In tsv and in pipes a tab, line break
  or backslash within a value is written \\t, \\n, \\r or \\\\. Times are RFC 3339 in UTC.";

#[cfg(test)]
mod tests {
    use super::Exit::*;
    use super::*;

    #[test]
    fn the_gravest_ending_wins() {
        let order = [Failed, SignInNeeded, SecretStore, Held, TryAgain, Partial, Done];
        for (index, gravest) in order.into_iter().enumerate() {
            assert_eq!(Exit::gravest(order[index..].iter().rev().copied()), gravest);
        }
        assert_eq!(Exit::gravest([]), Done);
        assert_eq!(order.map(Exit::code), [1, 4, 7, 5, 75, 3, 0]);
    }
}
