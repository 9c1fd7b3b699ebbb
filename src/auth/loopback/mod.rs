//! The browser's way back: a listener on this machine that takes one redirect, or the same address pasted by hand.

mod page;
mod pasted;
mod redirected;
mod server;
#[cfg(test)]
mod tests;

pub(super) use redirected::{Redirected, Wanted};
pub use server::Pending;
pub(super) use server::{Listener, Wait};
