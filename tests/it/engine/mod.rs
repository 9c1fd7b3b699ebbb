//! The sync engine against a directory made of plain data.

mod days;
mod home;
mod plain;
mod runs;
