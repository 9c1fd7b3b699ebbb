//! The real program against the embedded pretend Google Workspace.

mod company;
mod crashes;
mod disks;
mod faults;
mod first_steps;
mod guard;
mod secrets;
mod truth;
