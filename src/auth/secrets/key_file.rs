//! The master key in a file that only its owner may read: protects copies of the database, not against root or this user.

use std::io::{self, Write};
use std::path::Path;

use ring::rand::SecureRandom;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::key_text;
use crate::auth::private_file::{PrivateFileError, read_private};

/// The key in `path`, if there is such a file.
pub(super) fn load(path: &Path) -> Result<Option<MasterKey>, KeyStoreError> {
    let content = match read_private(path) {
        Ok(content) => content,
        Err(PrivateFileError::Absent(_)) => return Ok(None),
        Err(PrivateFileError::Loose { path, mode }) => return Err(KeyStoreError::FileLoose { path, mode }),
        Err(PrivateFileError::Unreadable { path, reason }) => return Err(KeyStoreError::FileUnusable { path, reason }),
        Err(PrivateFileError::TooLarge(path)) => {
            return Err(KeyStoreError::FileUnusable { path, reason: "it is too large to be a key".into() });
        }
    };
    key_text::read(&content).map(Some).map_err(|found| KeyStoreError::NotAKey { place: place(path), found })
}

/// Makes a key in `path`. The file appears complete or not at all; one that is there already is never replaced, its key
/// is taken.
pub(super) fn create(path: &Path, random: &dyn SecureRandom) -> Result<MasterKey, KeyStoreError> {
    let unusable = |error: io::Error| KeyStoreError::FileUnusable { path: path.to_owned(), reason: error.to_string() };
    let key = MasterKey::generate(random).map_err(|_| KeyStoreError::NoRandomness)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // tempfile makes it with O_EXCL and mode 0600.
    let mut file = tempfile::Builder::new().prefix(".dirsync.key.").tempfile_in(folder).map_err(unusable)?;
    file.write_all(key_text::write(&key).as_bytes()).map_err(unusable)?;
    file.as_file().sync_all().map_err(unusable)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            return load(path)?.ok_or_else(|| KeyStoreError::FileAbsent(path.to_owned()));
        }
        Err(error) => return Err(unusable(error.error)),
    }
    // The name has to survive a power cut as well, or all that is sealed from now on would be lost.
    #[cfg(unix)]
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)?;
    Ok(key)
}

/// How errors call it.
pub(super) fn place(path: &Path) -> String {
    format!("the key file {}", path.display())
}
