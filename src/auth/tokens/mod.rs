//! Bearer tokens for the http room: kept while they last, renewed once for all who need it.

mod kept;
mod lock;
mod refreshing;
mod source;
#[cfg(test)]
mod tests;

pub use kept::KeptSecret;
pub(super) use refreshing::{Refreshing, Rules};
pub use source::FixedToken;
pub(super) use source::{Mint, Minted, Tokens};
