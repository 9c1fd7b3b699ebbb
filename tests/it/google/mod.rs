//! The whole program against the pretend Google Workspace: what users do, what can go wrong, and that nothing is lost.

mod add;
mod company;
mod sync;
mod truth;
