//! dirsync
pub mod auth;
pub mod clock;
pub mod http;
pub mod model;
pub mod provider;
pub mod sandbox;
pub mod store;
pub mod sync;
