//! A pretend Google Workspace: sign-in (`oauth`), the Directory API (`api`), a made-up company that lives from day to
//! day (`tenant`), and what goes wrong (`faults`). It behaves as Google does, or as it should.

mod api;
mod client;
mod control;
mod faults;
mod oauth;
mod send;
mod server;
mod tenant;
#[cfg(test)]
mod tests;
mod wire;

pub use server::{Options, Sandbox};
