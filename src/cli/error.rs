//! The one error of the command line: every room's failure becomes a kind (hence an exit code), a sentence and hints
//! here and nowhere else.

use std::io;

use super::Exit;
use crate::auth::secrets::KeyStoreError;
use crate::model::{Failure, FailureKind};
use crate::output::{OutputError, Report};
use crate::paths::NoHome;
use crate::people::import::ImportError;
use crate::people::{LinkRefusal, Refusal};
use crate::store::StoreError;
use crate::sync::{Busy, SyncError};

/// What sort of failure; decides the exit code and the word in JSON errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Failed for good.
    Failed,
    /// Wrong usage.
    Usage,
    /// An administrator has to sign in.
    SignInNeeded,
    /// Signed in, but permissions are missing.
    ConsentNeeded,
    /// The organisation's policy refuses.
    Blocked,
    /// Settings on the other side are wrong.
    Misconfigured,
    /// Somebody else holds the device.
    Taken,
    /// Removals wait for approval.
    Held,
    /// There is no such thing.
    NotFound,
    /// There are several.
    Ambiguous,
    /// The secret store is absent or locked.
    SecretStore,
    /// Another run is at it.
    Busy,
    /// It may work later.
    TryAgain,
    /// Stopped by Ctrl-C.
    Stopped,
    /// Nobody reads stdout any more; not an error to anybody.
    BrokenPipe,
}

/// A failed command.
#[derive(Clone, Debug)]
pub struct CliError {
    /// What sort.
    pub kind: ErrorKind,
    /// One sentence without a full stop; further lines are shown indented.
    pub message: String,
    /// The ways out, best first.
    pub hints: Vec<String>,
    /// Whose failure.
    pub integration: Option<String>,
}

impl CliError {
    /// An error without hints.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), integration: None }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// No such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Stopped by Ctrl-C at a prompt or within a statement.
    pub fn stopped() -> Self {
        Self::new(ErrorKind::Stopped, "stopped")
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says whose failure it is.
    #[must_use]
    pub fn of(mut self, integration: impl Into<String>) -> Self {
        self.integration = Some(integration.into());
        self
    }

    /// How the program ends after it.
    pub fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Failed | ErrorKind::Misconfigured | ErrorKind::Taken => Exit::Failed,
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::SignInNeeded | ErrorKind::ConsentNeeded | ErrorKind::Blocked => Exit::SignInNeeded,
            ErrorKind::Held => Exit::Held,
            ErrorKind::NotFound | ErrorKind::Ambiguous => Exit::NoSuchThing,
            ErrorKind::SecretStore => Exit::SecretStore,
            ErrorKind::Busy | ErrorKind::TryAgain => Exit::TryAgain,
            ErrorKind::Stopped => Exit::Interrupted,
            ErrorKind::BrokenPipe => Exit::Done,
        }
    }

    /// The word for programs; none for a reader who left, who is told nothing.
    pub(super) fn word(&self) -> Option<&'static str> {
        Some(match self.kind {
            ErrorKind::Failed => "failed",
            ErrorKind::Usage => "usage",
            ErrorKind::SignInNeeded => "sign_in_needed",
            ErrorKind::ConsentNeeded => "consent_needed",
            ErrorKind::Blocked => "blocked",
            ErrorKind::Misconfigured => "misconfigured",
            ErrorKind::Taken => "taken",
            ErrorKind::Held => "held",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Ambiguous => "ambiguous",
            ErrorKind::SecretStore => "secret_store",
            ErrorKind::Busy | ErrorKind::TryAgain => "try_again",
            ErrorKind::Stopped => "stopped",
            ErrorKind::BrokenPipe => return None,
        })
    }

    /// What to show; nothing for a reader who left.
    pub fn report(&self) -> Option<Report> {
        let code = self.word()?;
        Some(Report {
            code,
            integration: self.integration.clone(),
            message: self.message.clone(),
            hints: self.hints.clone(),
            retryable: matches!(self.kind, ErrorKind::Busy | ErrorKind::TryAgain),
        })
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Temporary => ErrorKind::TryAgain,
            FailureKind::SignInNeeded => ErrorKind::SignInNeeded,
            FailureKind::ConsentNeeded => ErrorKind::ConsentNeeded,
            FailureKind::Blocked => ErrorKind::Blocked,
            FailureKind::Misconfigured => ErrorKind::Misconfigured,
            FailureKind::NotFound | FailureKind::Malformed | FailureKind::Refused => ErrorKind::Failed,
        };
        Self { kind, message: failure.message, hints: failure.hint.into_iter().collect(), integration: None }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let (kind, hint) = match &error {
            StoreError::Newer { .. } => (ErrorKind::Failed, "update dirsync, or use the one that made it"),
            StoreError::Corrupt(_) => {
                (ErrorKind::Failed, "'dirsync paths' says which file it is; put a backup in its place")
            }
            StoreError::Locked => (ErrorKind::TryAgain, "try again when the other program has finished"),
            StoreError::DiskFull => (ErrorKind::Failed, "nothing was lost; make room and run it again"),
            StoreError::ReadOnly(_) | StoreError::Open { .. } | StoreError::Turn { .. } => {
                (ErrorKind::Failed, "check who owns the folder ('dirsync paths'), or set DIRSYNC_HOME")
            }
            StoreError::NameTaken(_) => (ErrorKind::Usage, "choose another with --name"),
            StoreError::TenantTaken(name) => {
                let error = Self::new(ErrorKind::Failed, error.to_string());
                return error.hint(format!("'{}' renews its sign-in", crate::auth::reauth_command(name)));
            }
            StoreError::Deleted => (ErrorKind::NotFound, "'dirsync list' shows those there are"),
            StoreError::NotDeleted => (ErrorKind::Usage, "'dirsync list' shows those there are; nothing was stored"),
            StoreError::OtherTenant(_) => (
                ErrorKind::Usage,
                "nothing was stored; add it without --adopt-from, 'dirsync conflicts' shows who may be whom",
            ),
            StoreError::Refused => (ErrorKind::Usage, "ask with one SELECT"),
            StoreError::Unbalanced(_) => (ErrorKind::Failed, "please report this as a fault of dirsync's"),
            StoreError::KeyReplaced => (ErrorKind::TryAgain, "nothing was stored; run it again"),
            StoreError::Seal(_) => (ErrorKind::Failed, "nothing was stored; run it again"),
            StoreError::Sql(_) => (
                ErrorKind::Failed,
                "nothing was changed; run it again, and report it as a fault of dirsync's if it stays",
            ),
        };
        Self::new(kind, error.to_string()).hint(hint)
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::NoDevice(_) => Self::not_found(message).hint("'dirsync devices' lists those there are"),
            Refusal::NoPerson => Self::not_found(message).hint("'dirsync users' lists those there are"),
            Refusal::NotHeld(_) => Self::not_found(message).hint("'dirsync devices assign' gives it to somebody"),
            Refusal::Held { .. } => {
                Self::new(ErrorKind::Taken, message).hint("'dirsync devices assign --replace' takes it from them")
            }
            Refusal::Gone(_) => Self::new(ErrorKind::Failed, message)
                .hint("whoever comes back to the directory is taken back by its next sync"),
        }
    }
}

impl From<LinkRefusal> for CliError {
    fn from(refusal: LinkRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            LinkRefusal::Store(error) => error.into(),
            LinkRefusal::Same(_) => {
                Self::usage(message).hint("give the ids of both; 'dirsync conflicts' shows who may be meant")
            }
            LinkRefusal::NoPerson => {
                Self::not_found(message).hint("'dirsync users --status all' lists those there are")
            }
            LinkRefusal::Present(_) => Self::new(ErrorKind::Failed, message)
                .hint("'dirsync devices handover' gives a device from one to the other")
                .hint("the first of the two is who is given up; is it the other way round?"),
            LinkRefusal::Gone(_) => Self::new(ErrorKind::Failed, message)
                .hint("the second of the two is who goes on; is it the other way round?"),
        }
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        let message = error.to_string();
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::TooManyAbsent { absent, .. } => Self::new(ErrorKind::Held, message)
                .hint(format!("nothing was changed; --max-remove {absent} allows it, --dry-run shows it")),
        }
    }
}

impl From<KeyStoreError> for CliError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Store(error) => error.into(),
            error => Self { hints: error.hint(), ..Self::new(ErrorKind::SecretStore, error.to_string()) },
        }
    }
}

impl From<SyncError> for CliError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Directory(failure) => failure.into(),
            SyncError::Store(error) => error.into(),
            SyncError::Busy(busy) => Self::from(busy),
            SyncError::Deleted => {
                Self::new(ErrorKind::NotFound, error.to_string()).hint("'dirsync list' shows those there are")
            }
            SyncError::Stopped => Self::new(ErrorKind::Stopped, error.to_string()),
            SyncError::Broken(_) => Self::new(ErrorKind::Failed, error.to_string())
                .hint("nothing was changed; run it again, and report it as a fault of dirsync's if it stays"),
        }
    }
}

impl From<Busy> for CliError {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Held { .. } => Self::new(ErrorKind::Busy, busy.to_string()).hint("try again when it has ended"),
            Busy::Unusable { .. } => Self::new(ErrorKind::Failed, busy.to_string())
                .hint("check who owns the folder ('dirsync paths'), or set DIRSYNC_HOME"),
        }
    }
}

impl From<OutputError> for CliError {
    fn from(error: OutputError) -> Self {
        match &error {
            OutputError::Io(cause) if cause.kind() == io::ErrorKind::BrokenPipe => {
                Self::new(ErrorKind::BrokenPipe, "nobody reads the output")
            }
            OutputError::Io(_) => {
                Self::new(ErrorKind::Failed, error.to_string()).hint("check where the output goes: a full disk?")
            }
            OutputError::UnknownColumn { asked, known } => Self::usage(format!("there is no column '{asked}' here"))
                .hint(format!("choose from --columns {}", known.join(","))),
        }
    }
}

impl From<NoHome> for CliError {
    fn from(error: NoHome) -> Self {
        Self::new(ErrorKind::Failed, error.to_string()).hint("set DIRSYNC_HOME to a folder of its own")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_way_out() {
        let said = || "words".to_owned();
        let failures = [
            StoreError::Newer { found: 2, known: 1 },
            StoreError::Corrupt(said()),
            StoreError::Locked,
            StoreError::DiskFull,
            StoreError::ReadOnly(said()),
            StoreError::Open { path: "x".into(), reason: said() },
            StoreError::Turn { path: said(), reason: said() },
            StoreError::NameTaken(said()),
            StoreError::TenantTaken(said()),
            StoreError::Unbalanced(said()),
            StoreError::NotDeleted,
            StoreError::OtherTenant(said()),
            StoreError::Refused,
            StoreError::Seal(said()),
            StoreError::Sql(said()),
        ];
        let mut errors: Vec<CliError> = failures.into_iter().map(CliError::from).collect();
        errors.push(SyncError::Broken(said()).into());
        errors.push(OutputError::Io(io::Error::other("words")).into());
        for error in errors {
            assert!(!error.hints.is_empty(), "{error:?}");
        }
    }
}
