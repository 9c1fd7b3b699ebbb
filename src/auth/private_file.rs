//! Reads files that only their owner may read: key files, service-account keys, and (more leniently) client files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// More than any key or client file is; a path given by mistake (a disk image) must not fill the memory.
const LIMIT: u64 = 64 * 1024;

/// Why a private file could not be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrivateFileError {
    /// Not there.
    #[error("{} does not exist", .0.display())]
    Absent(PathBuf),
    /// There, but not readable.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// Larger than any file of its sort.
    #[error("{} is too large to be a key or client file", .0.display())]
    TooLarge(PathBuf),
    /// Others may read it.
    #[error("{} can be read by other users of this machine (mode {mode:04o})", path.display())]
    Loose { path: PathBuf, mode: u32 },
}

impl PrivateFileError {
    /// The command that mends it, where there is one.
    pub(super) fn remedy(&self) -> Option<String> {
        match self {
            Self::Loose { path, .. } => Some(tighten(path)),
            _ => None,
        }
    }
}

/// The command that makes `path` private.
pub(super) fn tighten(path: &Path) -> String {
    format!("chmod 600 {}", shell_word(&path.to_string_lossy()))
}

/// `text` as one word for a shell to copy.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The content of `path`, and its mode if that lets others read it.
pub(super) fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Option<u32>), PrivateFileError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => PrivateFileError::Absent(path.to_owned()),
        _ => PrivateFileError::Unreadable { path: path.to_owned(), reason: error.to_string() },
    };
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that nobody can put another in its place in between.
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::Error::other("it is a folder")));
    }
    let mut content = Zeroizing::new(Vec::with_capacity(4096));
    file.take(LIMIT + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > LIMIT {
        return Err(PrivateFileError::TooLarge(path.to_owned()));
    }
    Ok((content, loose_mode(&metadata)))
}

/// The content of `path`, refused if others may read it.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    match read(path)? {
        (_, Some(mode)) => Err(PrivateFileError::Loose { path: path.to_owned(), mode }),
        (content, None) => Ok(content),
    }
}

#[cfg(unix)]
fn loose_mode(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    // A pipe (`<(pass show key)`) has no lasting content that others could read.
    let mode = metadata.mode() & 0o7777;
    (metadata.is_file() && mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn loose_mode(_: &std::fs::Metadata) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell_survive_blanks_and_quotes() {
        assert_eq!(shell_word("/home/a/key.json"), "/home/a/key.json");
        assert_eq!(shell_word("my corp"), "'my corp'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
