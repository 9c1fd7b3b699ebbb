//! Sign-in, tokens and secrets: from the browser (or a key file) to a bearer token that the http room can use. What is
//! one vendor's alone is in that vendor's folder; the rest knows no vendor.

mod conversation;
mod endpoint;
pub mod entra;
pub mod google;
mod id_token;
mod jwt;
mod loopback;
mod oauth;
#[cfg(test)]
mod oauth_tests;
mod private_file;
mod random;
mod refusal;
pub mod secrets;
mod service;
#[cfg(test)]
mod test_support;
mod tokens;

pub use conversation::{Conversation, Show};
pub use endpoint::{Endpoints, endpoint};
pub use loopback::Pending;
pub use oauth::{Client, Post, TokenAnswer, TokenError, revoke};
pub use private_file::shell_word;
pub use refusal::Refusal;
pub use service::{
    Access, Described, GiveBack, Mistake, Need, Offered, Proposal, SERVICES, Service, SignInRequest, Source, Stored,
    Way, reauth_command, service,
};
pub use tokens::{FixedToken, KeptToken, RefreshLock};
