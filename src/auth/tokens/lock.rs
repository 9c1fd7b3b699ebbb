//! One refresh at a time among all processes of this machine: where refresh tokens rotate, the loser of a race would
//! throw the winner's away.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::model::{Failure, FailureKind};
use crate::store::make_private_folder;

/// How often a held lock is tried again.
const STEP: Duration = Duration::from_millis(50);

/// Held until dropped; the operating system lets go of it when the process dies.
#[derive(Debug)]
pub struct RefreshLock(File);

impl Drop for RefreshLock {
    /// Closing would not do while a process that is just being started still has a copy of the handle.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl RefreshLock {
    /// Takes the lock at `path`, waiting at most `patience`.
    pub(in crate::auth) async fn take(path: &Path, patience: Duration) -> Result<Self, Failure> {
        let unusable = |error: std::io::Error| {
            Failure::new(FailureKind::Misconfigured, format!("cannot use the lock file {}: {error}", path.display()))
                .hint("check who owns the folder ('dirsync paths'), or set DIRSYNC_HOME")
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        if let Some(folder) = path.parent() {
            make_private_folder(folder).map_err(unusable)?;
        }
        let file = options.open(path).map_err(unusable)?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if waited < patience => {
                    tokio::time::sleep(STEP).await;
                    waited += STEP;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::new(FailureKind::Temporary, "another dirsync is renewing this sign-in")
                        .hint("try again when it has ended"));
                }
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
        }
    }
}
