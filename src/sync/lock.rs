//! One run per integration at a time: OS locks on files, which die with their process and so are never stale.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::model::IntegrationId;
use crate::store::open_lock_file;

/// The right to change one integration, until dropped.
#[derive(Debug)]
pub struct IntegrationLock(File);

impl Drop for IntegrationLock {
    /// Closing would not do while a process that is just being started still has a copy of the handle.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// The lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Busy {
    /// Another process has it.
    #[error("another run is at it ({holder})")]
    Held {
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The lock file cannot be made.
    #[error("cannot lock {path}: {reason}")]
    Unusable {
        /// The lock file.
        path: String,
        /// The system's words.
        reason: String,
    },
}

impl IntegrationLock {
    /// Takes the lock of `integration` in the folder `locks`, or says who has it.
    ///
    /// # Errors
    /// Another process has it, or the folder cannot be written.
    pub fn acquire(locks: &Path, integration: IntegrationId, doing: &str, now: Timestamp) -> Result<Self, Busy> {
        take(locks, &format!("{integration}.lock"), doing, now).map(Self)
    }
}

/// The right to be the server of this database, until dropped.
#[derive(Debug)]
pub struct ServerLock(File);

impl Drop for ServerLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl ServerLock {
    /// Takes the lock in the folder `locks`, or says who has it.
    ///
    /// # Errors
    /// Another process has it, or the folder cannot be written.
    pub fn acquire(locks: &Path, now: Timestamp) -> Result<Self, Busy> {
        take(locks, "serve.lock", "serve", now).map(Self)
    }
}

fn take(locks: &Path, name: &str, doing: &str, now: Timestamp) -> Result<File, Busy> {
    let path = locks.join(name);
    let mut file = open_lock_file(locks, &path).map_err(|error| unusable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let read = file.read_to_string(&mut holder);
            let known = read.is_ok() && !holder.trim().is_empty();
            let holder = if known { holder.trim().to_owned() } else { "another process".to_owned() };
            return Err(Busy::Held { holder });
        }
        Err(TryLockError::Error(error)) => return Err(unusable(&path, &error)),
    }
    // Only a courtesy to whoever finds it locked: that it could not be written is no reason not to work.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{doing}, process {} since {now:.0}", std::process::id()));
    Ok(file)
}

fn unusable(path: &Path, error: &std::io::Error) -> Busy {
    Busy::Unusable { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_who_is_at_it_and_the_lock_ends_with_its_holder() {
        let home = tempfile::tempdir().unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let take = |id| IntegrationLock::acquire(home.path(), IntegrationId(id), "sync", now);
        let held = take(1).unwrap();
        let Err(Busy::Held { holder }) = take(1) else { panic!("locked twice") };
        assert_eq!(holder, format!("sync, process {} since 2026-11-24T08:00:00Z", std::process::id()));
        take(2).unwrap();
        drop(held);
        take(1).unwrap();
        let _server = ServerLock::acquire(home.path(), now).unwrap();
        let second = ServerLock::acquire(home.path(), now);
        assert!(matches!(second, Err(Busy::Held { holder }) if holder.starts_with("serve, process ")));
    }
}
