//! Microsoft Entra ID: users and groups of Microsoft Graph, followed by its delta queries.

mod calls;
mod fuzz;
mod group;
mod object;
mod person;
mod rounds;
mod verdict;
mod wire;

pub use calls::SPEC;
#[doc(hidden)]
pub use fuzz::fuzz;
