//! Google Workspace: the Directory API of the Admin SDK.

mod calls;
mod person;
mod verdict;
mod wire;

pub use calls::SPEC;
