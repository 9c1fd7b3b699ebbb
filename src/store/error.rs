//! What can go wrong with the database, each case with a sentence of its own.

use std::path::PathBuf;

/// A failure of the local database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Made by a newer dirsync.
    #[error("the database is of version {found}, this dirsync knows versions up to {known}")]
    Newer {
        /// `PRAGMA user_version` found.
        found: i64,
        /// Newest known here.
        known: i64,
    },
    /// Not a database, or damaged.
    #[error("the database is damaged or not a dirsync database: {0}")]
    Corrupt(String),
    /// Somebody else holds it.
    #[error("the database is locked by another program")]
    Locked,
    /// The disk is full.
    #[error("no space is left on the disk of the database")]
    DiskFull,
    /// Not writable.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// Cannot be opened at all.
    #[error("cannot open the database {path}: {reason}")]
    Open {
        /// Where it should be.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The turn to write cannot be waited for.
    #[error("cannot lock {path}: {reason}")]
    Turn {
        /// The lock file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The integration's name is taken by a live one.
    #[error("an integration named '{0}' exists already")]
    NameTaken(String),
    /// The tenant is connected already.
    #[error("this directory is connected already, as '{0}'")]
    TenantTaken(String),
    /// The integration was deleted meanwhile.
    #[error("the integration has been deleted")]
    Deleted,
    /// The integration whose people were to be taken over is connected.
    #[error("its people cannot be taken over, for it is connected")]
    NotDeleted,
    /// People of one organisation would be taken over into another.
    #[error("the people of '{0}' are of another organisation of the same kind")]
    OtherTenant(String),
    /// A fault of ours: a fetched record would be neither applied nor refused.
    #[error("the run's counts do not balance, so nothing was changed: {0}")]
    Unbalanced(String),
    /// A query that would do more than read.
    #[error("a query only reads")]
    Refused,
    /// The key of all secrets was replaced while this one was made.
    #[error("the key of all secrets has just been replaced")]
    KeyReplaced,
    /// A secret could not be sealed.
    #[error("a secret could not be sealed: {0}")]
    Seal(String),
    /// Wrong SQL in `dirsync query`, or a fault of ours.
    #[error("{0}")]
    Sql(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        // On a full disk the file beside the database that readers share is the first that cannot grow.
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::PermissionDenied,
            ) => Self::ReadOnly(error.to_string()),
            _ => Self::Sql(error.to_string()),
        }
    }
}
