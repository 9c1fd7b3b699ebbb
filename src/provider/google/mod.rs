//! Google Workspace: the Directory API of the Admin SDK.

mod calls;
mod fuzz;
mod person;
mod verdict;
mod wire;

pub use calls::SPEC;
#[doc(hidden)]
pub use fuzz::fuzz;
