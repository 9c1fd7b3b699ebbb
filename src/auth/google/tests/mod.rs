//! Google's sign-in against a pretend Google: whole flows, files, and what each error becomes.

mod delegation;
mod errors;
mod files;
mod flow;

/// An RSA key made for these tests with `openssl genpkey`; no account has ever had it.
const TEST_KEY: &str = include_str!("test_key.pem");
