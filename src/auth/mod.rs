//! Sign-in, tokens and secrets: from the browser (or a key file) to a bearer token that the http room can use.

mod endpoint;
mod loopback;
mod oauth;
mod random;

pub use endpoint::{Endpoints, endpoint};
pub use loopback::Pending;
pub use oauth::{Client, Post, Refusal, TokenAnswer, TokenError, revoke};
