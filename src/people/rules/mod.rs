//! Rules that say whose a device is, as people write and read them: a file of TOML in and out, what is wrong with a rule,
//! and the reasoning about a device in words. What rules come to is decided by [`crate::store`], for all devices at once.

mod check;
mod explain;
mod file;

pub use check::check;
pub use explain::{conclusion, verdict};
pub use file::{InvalidRules, read, write};
