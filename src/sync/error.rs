//! Why a sync did not happen.

use super::Busy;
use crate::model::{Failure, Standing};
use crate::store::StoreError;

/// A sync that changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Another run is at this integration.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The directory or its sign-in service.
    #[error(transparent)]
    Directory(#[from] Failure),
    /// The local database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody deleted the integration before the run could begin.
    #[error("the integration has been deleted")]
    Deleted,
    /// This program was asked to stop.
    #[error("stopped before everything was fetched; nothing was changed")]
    Stopped,
    /// A fault of ours.
    #[error("an inner task of the sync broke off: {0}")]
    Broken(String),
}

/// Where a failed run leaves its integration; `None` where it says nothing about the sign-in or the settings.
pub(super) fn standing_after(error: &SyncError) -> Option<Standing> {
    match error {
        SyncError::Directory(failure) => standing_after_failure(failure),
        _ => None,
    }
}

/// Where a failed conversation leaves its integration.
pub(super) fn standing_after_failure(failure: &Failure) -> Option<Standing> {
    use crate::model::FailureKind::{
        Blocked, ConsentNeeded, Malformed, Misconfigured, NotFound, Refused, SignInNeeded, Temporary,
    };
    match failure.kind {
        SignInNeeded => Some(Standing::SignInNeeded),
        ConsentNeeded => Some(Standing::ConsentNeeded),
        Blocked => Some(Standing::Blocked),
        Misconfigured => Some(Standing::Misconfigured),
        Temporary | NotFound | Malformed | Refused => None,
    }
}
