//! Everything that goes wrong at Google's, on demand: what faults there are and do ([`fault`]), and which requests they
//! strike ([`rules`]).

mod fault;
mod rules;

pub use fault::Fault;
pub use rules::Rule;

pub(super) use fault::{Claims, Cut, Edit, Effect};
pub(super) use rules::Faults;
