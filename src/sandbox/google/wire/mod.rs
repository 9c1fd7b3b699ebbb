//! How the tenant looks on the wire: a small JSON writer that leaves out what the `fields` mask does not ask for, the
//! mask itself, and the resources (users, groups, members, the rest).

pub(super) mod group;
pub(super) mod mask;
pub(super) mod org;
pub(super) mod user;
pub(super) mod writer;
