//! The end of a life: deleting integrations, letting go of who is retained, forgetting, and the table of lives held
//! against the store.

mod deleting;
mod forgetting;
mod lives;
mod model;
mod names;
mod pruning;
