//! What is Google's alone in signing in: its client and key files, addresses, scopes, parameters, and what its errors mean.

mod client_file;
mod credentials;
mod facts;
mod key_file;
mod redirect_errors;
mod service;
mod service_account;
mod sign_in;
#[cfg(test)]
mod tests;
mod token_errors;
mod tokens;

pub use client_file::{ClientFile, read_client_file};
pub use credentials::Credentials;
pub use facts::{AUTHORIZE_URL, Overrides, REVOKE_URL, SCOPES, TOKEN_URL};
pub use key_file::{ServiceAccountKey, read_key_file};
pub use service::SERVICE;
pub use service_account::service_account_token;
pub use sign_in::{Grant, SignIn, SignedIn, sign_in};
pub use token_errors::{Asked, explain};
pub use tokens::{Delegated, StoredSignIn};
