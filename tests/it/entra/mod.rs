//! The real program against the embedded pretend Microsoft Entra tenant.

mod adding;
mod admin_consent;
mod apps;
mod crashes;
mod device;
mod error_table;
mod faults;
mod followed;
mod guard;
pub(crate) mod hq;
mod moved;
mod refused;
mod rotation;
mod secrets;
mod side_by_side;
mod truth;
