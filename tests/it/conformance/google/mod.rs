//! Google Workspace, pretended by the embedded sandbox.

mod troubles;
mod truth;
mod workspace;

pub(super) use workspace::pretend;
