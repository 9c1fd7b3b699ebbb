//! The whole program against the pretend Google Workspace: what users do, what can go wrong, and that nothing is lost.

mod add;
mod add_answers;
mod add_files;
mod company;
mod key_stores;
mod sync;
mod truth;
