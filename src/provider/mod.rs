//! The kinds of directories dirsync can connect: one value per kind in [`PROVIDERS`], and the [`Directory`] trait that
//! each pulling kind fulfils. No secrets, no database, no printing here.

mod answer;
mod directory;
pub mod entra;
pub mod google;
mod loose;
mod members;
pub mod scim;
mod spec;

pub use directory::{Directory, Fetched, Following, Probe};
pub use spec::{Connect, Direction, PROVIDERS, ProviderSpec, Pull, Push, find};
