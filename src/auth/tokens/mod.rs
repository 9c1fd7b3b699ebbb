//! Bearer tokens for the http room: kept while they last, renewed once for all who need it.

mod kept;
mod lock;
mod refreshing;
mod source;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_rotation;

pub use kept::KeptToken;
pub use lock::RefreshLock;
pub(super) use refreshing::{REFRESH_PATIENCE, Refreshing, Rules};
pub use source::FixedToken;
pub(super) use source::{Mint, Minted, Tokens};
