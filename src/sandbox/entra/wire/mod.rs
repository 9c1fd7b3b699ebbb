//! Records as Graph writes them: which fields there are ([`fields`]), how an object is put down ([`writer`]), and the
//! user and group resources.

pub(super) mod fields;
pub(super) mod group;
pub(super) mod user;
pub(super) mod writer;
