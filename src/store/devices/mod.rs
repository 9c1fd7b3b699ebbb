//! Devices: listings, what is known of one, and every change of them, their evidence and their holders.

mod assignments;
mod evidence;
mod export;
mod facts;
mod fields;
mod links;
mod list;
mod matches;
mod writer;

pub(super) use assignments::take_all_from;
pub use evidence::NewEvidence;
pub use export::ExportedDevice;
pub use facts::{DeviceFacts, Holding, KnownEvidence, Person};
pub use list::{DeviceFilter, KnownDevice};
pub use matches::{AskedRow, Match, RowFacts};
pub use writer::{DeviceWriter, NewAssignment};
