//! People and their devices: what a serial number is, who may hold a device, and what a list of devices means. Decisions
//! are pure; what they need to know and what they change goes through [`crate::store::DeviceWriter`].

mod assign;
mod evidence;
pub mod import;
pub mod rules;
mod serial;
mod values;

pub use assign::{Assign, Given, Refusal, assign, handover, unassign};
pub use evidence::{Kept, Telling, tell};
pub use serial::{InvalidSerial, Serial};
pub use values::{canonical, moment, truth};
