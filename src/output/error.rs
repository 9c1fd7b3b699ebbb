//! What can go wrong while printing.

use std::io;

/// A failed attempt to print.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// stdout cannot be written; a closed pipe is not a fault of ours and ends the program quietly.
    #[error("cannot write the output: {0}")]
    Io(#[from] io::Error),
    /// `--columns` names something this command does not have.
    #[error("there is no column '{asked}' here; there are {}", .known.join(", "))]
    UnknownColumn {
        /// What was asked for.
        asked: String,
        /// What there is, in order.
        known: Vec<String>,
    },
}

impl From<serde_json::Error> for OutputError {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<csv::Error> for OutputError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(format!("{other:?}"))),
        }
    }
}
