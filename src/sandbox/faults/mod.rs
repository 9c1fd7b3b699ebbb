//! Everything that goes wrong, on demand: what faults there are ([`fault`]), what they do ([`effect`]), and which
//! requests they strike ([`rules`]).

mod effect;
mod fault;
mod rules;

pub use fault::Fault;
pub use rules::Rule;

pub(super) use effect::{Claims, Edit, Effect, Shape, edit, patience};
pub(super) use rules::Faults;
