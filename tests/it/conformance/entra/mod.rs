//! Microsoft Entra ID, pretended by the embedded sandbox: once followed by its delta queries, and once in a tenant that
//! has none, where everything is listed every time.

mod breaking;
mod odd;
mod rounds;
mod tenant;
mod troubles;
pub(crate) mod truth;

pub(super) use tenant::{followed, listed};
