//! An embedded pretend Google Workspace on loopback, for `dirsync demo`, the tests and the benchmarks: sign-in
//! (`oauth`), the Directory API (`api`), a made-up company that lives from day to day (`tenant`), and everything
//! that can go wrong (`faults`). It knows nothing of the rest of dirsync: it behaves as Google does, or as it should.

mod api;
mod client;
mod control;
mod faults;
mod key;
mod log;
mod oauth;
mod params;
mod random;
mod server;
mod stage;
mod tenant;
#[cfg(test)]
mod tests;
mod wire;

pub use faults::{Fault, Rule};
pub use server::{Options, Sandbox};
pub use tenant::DaySummary;
