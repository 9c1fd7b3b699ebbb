//! The real program against the embedded pretend Google Workspace.

pub(crate) mod company;
mod first_steps;
