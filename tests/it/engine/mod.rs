//! The sync engine against a directory made of plain data.

mod days;
pub(crate) mod home;
pub(crate) mod plain;
mod runs;
mod stopping;
pub(crate) mod teller;
mod tellings;
