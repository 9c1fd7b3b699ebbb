//! The pretend Microsoft Graph: what a path means ([`mod@routes`]), who may ask ([`gate`]), lists and delta queries.

mod delta;
pub(super) mod errors;
mod gate;
mod groups_delta;
pub(super) mod link;
mod lists;
mod members;
mod query;
mod routes;
mod single;
mod users_delta;

pub(super) use routes::routes;
