//! The pretend Directory API: which method a path means ([`method`]), who may call it ([`gate`]), its errors
//! ([`errors`]), its paging ([`page`]), and a file for each kind of resource.

pub(super) mod errors;
mod gate;
mod groups;
mod members;
mod method;
mod org;
mod page;
mod query;
mod routes;
mod users;

pub(super) use routes::routes;
