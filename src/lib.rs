//! dirsync
pub mod auth;
pub mod cli;
pub mod clock;
pub mod http;
pub mod model;
pub mod output;
pub mod paths;
pub mod provider;
pub mod sandbox;
pub mod store;
pub mod sync;
