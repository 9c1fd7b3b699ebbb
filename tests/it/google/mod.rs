//! The real program against the embedded pretend Google Workspace.

mod company;
mod first_steps;
mod guard;
mod truth;
