//! The turn to write: one that writes at a time, by an OS lock on a file, which dies with its process and so is never
//! stale.

use std::fs::{self, File};
use std::path::Path;

use super::{StoreError, make_private_folder};

/// The turn to write, until dropped. SQLite has one writer at a time and waits for seconds only; a large directory
/// takes longer than that to be written.
#[derive(Debug)]
pub struct WriteTurn(File);

impl Drop for WriteTurn {
    /// Closing would not do while a process that is just being started still has a copy of the handle.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl WriteTurn {
    /// Waits for the turn in the folder `locks`, as long as it takes: whoever has it does not wait for anybody.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn wait(locks: &Path) -> Result<Self, StoreError> {
        let path = locks.join("write.lock");
        let unusable =
            |error: std::io::Error| StoreError::Turn { path: path.display().to_string(), reason: error.to_string() };
        let file = open_lock_file(locks, &path).map_err(unusable)?;
        file.lock().map_err(unusable)?;
        Ok(Self(file))
    }
}

/// Opens the file `path` in the folder `locks`, making both (its owner's alone) if need be.
///
/// # Errors
/// The system refuses.
pub fn open_lock_file(locks: &Path, path: &Path) -> std::io::Result<File> {
    make_private_folder(locks)?;
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_gets_the_turn_when_it_is_given_up() {
        let home = tempfile::tempdir().unwrap();
        let locks = home.path().join("locks");
        let turn = WriteTurn::wait(&locks).unwrap();
        let folder = locks.clone();
        let waiting = std::thread::spawn(move || WriteTurn::wait(&folder).map(drop));
        assert!(File::open(locks.join("write.lock")).unwrap().try_lock().is_err());
        drop(turn);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_a_folder_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(WriteTurn::wait(&file), Err(StoreError::Turn { path, .. }) if path.ends_with("write.lock")));
    }
}
