//! People and their devices: the life of a person, what a serial number is, who may hold a device, and what a list of
//! devices means. Decisions are pure; what they need to know and what they change goes through
//! [`crate::store::DeviceWriter`]; the table of lives is handed to the store.

mod assign;
mod evidence;
pub mod import;
mod life_cycle;
mod link;
pub mod rules;
mod serial;
mod values;

pub use assign::{Assign, Given, Refusal, assign, handover, unassign};
pub use evidence::{Kept, Telling, tell};
pub use life_cycle::{LIFE_CYCLE, TRANSITIONS, next};
pub use link::{LinkRefusal, Linked, keep_apart, link};
pub use serial::{InvalidSerial, Serial};
pub use values::{canonical, latest, moment, truth};
