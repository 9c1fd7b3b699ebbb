//! One run per integration at a time: OS locks on files, which die with their process and so are never stale.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::model::IntegrationId;
use crate::store::open_lock_file;

/// The right to change one integration, until dropped.
#[derive(Debug)]
pub struct IntegrationLock(File);

/// How often whoever waits for a lock looks whether it is free.
const LOOK: Duration = Duration::from_millis(100);

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

    /// As [`IntegrationLock::acquire`], waiting for `patience` while another process has it.
    ///
    /// # Errors
    /// Another process still has it then, or the folder cannot be written.
    pub async fn wait_for(
        locks: &Path,
        integration: IntegrationId,
        doing: &str,
        clock: &Clock,
        patience: Duration,
    ) -> Result<Self, Busy> {
        let began = clock.instant();
        loop {
            match Self::acquire(locks, integration, doing, clock.now()) {
                Err(Busy::Held { .. }) if clock.instant().duration_since(began) < patience => {
                    tokio::time::sleep(LOOK).await;
                }
                other => return other,
            }
        }
    }

    /// Tells whoever finds it locked how far its holder is.
    pub fn reached(&mut self, phase: &str) {
        // As the rest of what is written there: a courtesy.
        let _ = self.0.seek(SeekFrom::End(0)).and_then(|_| writeln!(self.0, "{phase}"));
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
            let mut lines = holder.lines().map(str::trim).filter(|line| !line.is_empty());
            // Who it is, and the last thing it told of itself.
            let holder = match (lines.next().filter(|_| read.is_ok()), lines.next_back()) {
                (Some(who), Some(phase)) => format!("{who}: {phase}"),
                (Some(who), None) => who.to_owned(),
                (None, _) => "another process".to_owned(),
            };
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
        let mut held = take(1).unwrap();
        let Err(Busy::Held { holder }) = take(1) else { panic!("locked twice") };
        assert_eq!(holder, format!("sync, process {} since 2026-11-24T08:00:00Z", std::process::id()));
        held.reached("fetching");
        held.reached("applying");
        let told = take(1).unwrap_err().to_string();
        assert!(told.ends_with(": applying)"), "{told}");
        take(2).unwrap();
        drop(held);
        take(1).unwrap();
        let _server = ServerLock::acquire(home.path(), now).unwrap();
        let second = ServerLock::acquire(home.path(), now);
        assert!(matches!(second, Err(Busy::Held { holder }) if holder.starts_with("serve, process ")));
    }

    #[tokio::test]
    async fn whoever_waits_has_it_as_soon_as_it_is_free_and_gives_up_in_the_end() {
        let home = tempfile::tempdir().unwrap();
        let (id, clock) = (IntegrationId(1), Clock::system());
        let held = IntegrationLock::acquire(home.path(), id, "sync", clock.now()).unwrap();
        let short = Duration::from_millis(150);
        let refused = IntegrationLock::wait_for(home.path(), id, "sync", &clock, short).await;
        assert!(matches!(refused, Err(Busy::Held { .. })));
        let waiting = IntegrationLock::wait_for(home.path(), id, "sync", &clock, Duration::from_secs(60));
        let freed = async {
            tokio::time::sleep(short).await;
            drop(held);
        };
        futures_util::future::join(waiting, freed).await.0.unwrap();
    }
}
