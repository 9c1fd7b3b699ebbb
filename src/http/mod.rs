//! Conversations with directories: the client, retries, quotas, pages. The only room that opens outgoing connections.

mod token;

pub use token::{Bearer, TokenSource};
