//! Rules that say whose a device is: the table they are kept in, the pass over all devices, and why it comes to what it
//! comes to. An explanation and the list of contradictions are read from the tables of the same pass.

mod conditions;
mod contradictions;
mod decide;
mod explain;
mod few;
mod give;
mod ground;
mod named;
mod pass;
mod table;
mod words;

pub use pass::AutoAssign;
pub(super) use pass::assign_by_rules;
pub use table::RuleWriter;
