//! Google's sign-in, as far as an installed app and a service account see it: consent, tokens, revocation.

mod accounts;
mod authorize;
mod id_token;
mod issuer;
mod pages;
mod revoke;
mod scopes;
mod service_account;
mod token;

pub(super) use accounts::Account;
pub(super) use authorize::{authorize, decide, refused_page};
pub(super) use issuer::{Death, Issuer};
pub(super) use revoke::{discovery, jwks, revoke, user_info};
pub(super) use scopes::SCOPE;
pub(super) use token::{invalid_grant, token};
