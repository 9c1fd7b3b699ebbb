//! People and their devices: what a serial number is, who may hold a device, and what a list of devices means. Decisions
//! are pure; what they need to know and what they change goes through [`crate::store::DeviceWriter`].

mod assign;
pub mod import;
mod link;
mod serial;
mod values;

pub use assign::{Assign, Given, Refusal, assign, handover, unassign};
pub use link::{LinkRefusal, Linked, keep_apart, link};
pub use serial::{InvalidSerial, Serial};
pub use values::{canonical, truth};
