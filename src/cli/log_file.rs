//! The file that log lines go to: appended to, its owner's alone, and opened again when its rotation says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use super::CliError;

/// A file of log lines; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct LogFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: Mutex<File>,
}

impl LogFile {
    /// Opens it, and makes it if need be.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let file = Mutex::new(appended(path).map_err(|error| unusable(path, &error))?);
        Ok(Self(Arc::new(Inner { path: path.to_owned(), file })))
    }

    /// Opens it anew, for what was under its name may have been moved away; what cannot be opened changes nothing.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn reopen(&self) -> Result<(), CliError> {
        let anew = appended(&self.0.path).map_err(|error| unusable(&self.0.path, &error))?;
        *self.0.file.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for LogFile {
    /// A line is written at once, so that those of several processes do not mingle.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.file.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn appended(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unusable(path: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("the log cannot be written to {}: {error}", path.display()))
        .hint("--log-file takes a file in a folder that is there and may be written")
}
