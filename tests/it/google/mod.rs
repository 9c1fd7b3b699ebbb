//! The real program against the embedded pretend Google Workspace.

mod adding;
mod again_and_gone;
mod asked;
mod at_once;
pub(crate) mod company;
mod crashes;
mod demo;
mod disks;
mod doctor;
mod faults;
mod first_steps;
mod guard;
mod half_way;
mod history;
mod key_stores;
mod looking;
mod moving;
mod refused;
mod rotation;
mod scenes;
mod secrets;
mod several;
mod stopped;
pub(crate) mod truth;
