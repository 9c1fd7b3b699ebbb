//! A pretend Microsoft Entra tenant: sign-in (`login`), Microsoft Graph (`graph`), a made-up organisation that lives from
//! day to day and remembers its changes (`tenant`), and what goes wrong (`faults`). Where Microsoft's documentation leaves
//! room, it behaves at the worst that is allowed.

mod control;
mod faults;
mod graph;
mod login;
mod server;
mod tenant;
#[cfg(test)]
mod tests;
mod wire;

pub use server::{Options, Sandbox};
