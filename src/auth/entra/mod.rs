//! What is Microsoft's alone in signing in: its clouds, addresses, permissions, consent, certificates, and what its errors
//! mean.

mod addresses;
mod app;
mod certificate;
mod client_secret;
mod cloud;
mod consent;
mod credentials;
mod device;
mod error_table;
mod errors;
mod granted;
mod permissions;
mod propose;
mod service;
mod sign_in;
mod tenant;
#[cfg(test)]
mod tests;
mod tokens;
mod unattended;
mod validity;

pub use addresses::Overrides;
pub use cloud::Cloud;
pub use credentials::{Credentials, Method};
pub use permissions::{APPLICATION, DELEGATED};
pub use service::SERVICE;
