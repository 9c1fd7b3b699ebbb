//! The real program against the embedded pretend Google Workspace.

mod adding;
mod again_and_gone;
mod asked;
mod company;
mod first_steps;
mod key_stores;
mod refused;
