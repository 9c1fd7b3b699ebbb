//! The service: from a request to its answer. One handler file per resource; what they hand on to is pure or the store.

mod answer;
mod body;
mod bulk;
mod call;
mod cursor;
mod discovery;
mod door;
mod entry;
mod groups;
mod listing;
mod query;
mod readers;
mod state;
mod target;
mod users;
mod view;
mod writer;

pub use entry::routes;
pub use state::{Leniency, Service, Setup};
