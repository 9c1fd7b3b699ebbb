//! Google Workspace, pretended by the embedded sandbox.

mod troubles;
pub(crate) mod truth;
mod workspace;

pub(super) use workspace::pretend;
