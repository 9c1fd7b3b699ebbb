//! People who come back, people who may be one, and the reports: by the real binary.

mod again;
mod conflicts;
mod connectors;
mod histories;
mod reports;
#[cfg(unix)]
pub(crate) mod terminal;
