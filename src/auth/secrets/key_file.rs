//! The master key in a file that only its owner may read: protects copies of the database, not against root or this user.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::key_text;
use crate::auth::private_file::{PrivateFileError, read_private};

/// Random letters in an unfinished file's name, and how it ends.
const RANDOM: usize = 6;
const SUFFIX: &str = ".new";

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

/// Puts a key into `path`. The file appears complete or not at all; one that is there already is never replaced, its key
/// is returned. What earlier makers left when they were killed goes.
pub(super) fn put(path: &Path, key: MasterKey) -> Result<MasterKey, KeyStoreError> {
    write(path, &key, |file| {
        file.persist_noclobber(path).map(drop).or_else(|error| match path.exists() {
            // Somebody was quicker, or it was there all the time.
            true => Ok(()),
            false => Err(error.error),
        })
    })?;
    load(path)?.ok_or_else(|| KeyStoreError::FileAbsent(path.to_owned()))
}

/// Puts a key into `path` in the place of the one that is there.
pub(super) fn replace(path: &Path, key: &MasterKey) -> Result<(), KeyStoreError> {
    write(path, key, |file| file.persist(path).map(drop).map_err(|error| error.error))
}

/// Takes the file away; that there is none is as good.
pub(super) fn remove(path: &Path) -> Result<(), KeyStoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(path, &error)),
        _ => Ok(()),
    }
}

/// Writes a file of its own beside `path`, on the disk when `persist` gives it its name.
fn write(
    path: &Path,
    key: &MasterKey,
    persist: impl FnOnce(tempfile::NamedTempFile) -> io::Result<()>,
) -> Result<(), KeyStoreError> {
    let unusable = |error: io::Error| unusable(path, &error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = prefix(path);
    let mut unfinished = tempfile::Builder::new();
    // tempfile makes it with O_EXCL and mode 0600.
    let unfinished = unfinished.prefix(&prefix).rand_bytes(RANDOM).suffix(SUFFIX).tempfile_in(folder);
    let mut file = unfinished.map_err(unusable)?;
    file.write_all(key_text::write(key).as_bytes()).map_err(unusable)?;
    file.as_file().sync_all().map_err(unusable)?;
    persist(file).map_err(unusable)?;
    // The name has to survive a power cut as well, or all that is sealed from now on would be lost.
    #[cfg(unix)]
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)?;
    sweep(folder, &prefix);
    Ok(())
}

fn unusable(path: &Path, error: &io::Error) -> KeyStoreError {
    KeyStoreError::FileUnusable { path: path.to_owned(), reason: error.to_string() }
}

/// How the names of unfinished files for `path` begin.
fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Removes unfinished files. Only once the key has its name: who is still at one is told that it exists, and takes it.
fn sweep(folder: &Path, prefix: &OsStr) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let random = rest.and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
        let is_unfinished =
            |random: &[u8]| random.len() == RANDOM && random.iter().all(|byte| byte.is_ascii_alphanumeric());
        if random.is_some_and(is_unfinished)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::debug!(%error, "an unfinished key file stays");
        }
    }
}

/// How errors call it.
pub(super) fn place(path: &Path) -> String {
    format!("the key file {}", path.display())
}
