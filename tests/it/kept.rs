//! A home as it was once, to be put back any number of times.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A copy of a home.
pub(crate) struct Kept {
    copy: tempfile::TempDir,
    home: PathBuf,
}

impl Kept {
    /// Copies `home` as it is now.
    pub(crate) fn new(home: &Path) -> Self {
        let kept = Self { copy: tempfile::tempdir().unwrap(), home: home.to_owned() };
        copy(home, kept.copy.path());
        kept
    }

    /// Puts the home back to how it was.
    pub(crate) fn restore(&self) {
        for entry in std::fs::read_dir(&self.home).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
        }
        copy(self.copy.path(), &self.home);
    }
}

/// Copies a folder's files and folders.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o700)).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
