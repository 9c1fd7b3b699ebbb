//! Secrets at rest: sealed in the database under one master key, and the places where that key may live.

mod carried;
mod command;
mod error;
mod keeper;
mod key;
mod key_file;
mod key_store;
mod key_text;
mod keyring;
#[cfg(test)]
mod tests;
mod vault;

pub use carried::{carries_key, carry_key, forget_command, passphrase_from, unpack_key};
pub use error::KeyStoreError;
pub use keeper::{Former, KeyPlace, move_key, rotate, where_key_is};
pub use key_store::{KeyStore, KeyStoreChoice, Surroundings};
pub use keyring::Keyring;
pub use vault::Vault;

/// The kinds of secrets that an integration has, as stored (column `kind`); bound into the seal.
pub mod kind {
    /// What an OAuth refresh gives access tokens for.
    pub const REFRESH_TOKEN: &str = "refresh_token";
    /// The refresh token before that one: kept for one step, for services that do not end it by giving another.
    pub const PREVIOUS_REFRESH_TOKEN: &str = "previous_refresh_token";
    /// An OAuth client's secret.
    pub const CLIENT_SECRET: &str = "client_secret";
    /// A private key in PEM, where it has one with its certificate.
    pub const PRIVATE_KEY: &str = "private_key";
}
