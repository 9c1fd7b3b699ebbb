//! What a sign-in service can do for an integration, as values: one per kind of directory in [`SERVICES`]. Whoever adds,
//! syncs, re-authenticates or deletes works with these and knows no vendor.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::google;
use super::secrets::Vault;
use super::{Conversation, Pending, Post, shell_word};
use crate::clock::Clock;
use crate::http::TokenSource;
use crate::model::{Failure, Integration};
use crate::store::Store;

/// Credentials as an administrator gives them; each service takes what is its own.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// An OAuth client's JSON file.
    pub client_secrets: Option<PathBuf>,
    /// A service account's key file.
    pub service_account: Option<PathBuf>,
    /// The administrator a service account acts for.
    pub admin: Option<String>,
    /// Fixed port of the loopback redirect.
    pub port: Option<u16>,
}

/// How sign-in services are reached.
#[derive(Clone)]
pub struct Access {
    /// Sends a request.
    pub post: Post,
    /// The time.
    pub clock: Clock,
    /// Google's addresses, where they are set.
    pub google: google::Overrides,
}

/// Gives a grant back.
pub type GiveBack = BoxFuture<'static, Result<(), Failure>>;

/// An integration with its sealed secrets at hand.
#[derive(Clone)]
pub struct Stored {
    /// The integration.
    pub integration: Integration,
    /// Opens its secrets.
    pub vault: Arc<Vault>,
    /// A connection of their own.
    pub store: Arc<Mutex<Store>>,
    /// Folder of lock files.
    pub locks: PathBuf,
}

/// A sign-in that went through and is not stored yet.
pub struct Proposal {
    /// Whose account it is.
    pub admin_email: String,
    /// The account's immutable id, where the service tells.
    pub admin_subject: Option<String>,
    /// What people call the organisation.
    pub tenant_label: Option<String>,
    /// What is remembered in clear.
    pub credentials: serde_json::Value,
    /// What is remembered sealed, by kind.
    pub secrets: Vec<(&'static str, SecretString)>,
    /// Tokens to try the directory with.
    pub tokens: Arc<dyn TokenSource>,
    /// The browser that waits to hear how it ends.
    pub pending: Option<Pending>,
    /// Worth telling the administrator.
    pub warnings: Vec<String>,
}

/// What to sign in with.
pub struct SignInRequest<'a> {
    /// Credentials given now.
    pub offered: &'a Offered,
    /// The integration that signs in again; its credentials serve where none are given.
    pub stored: Option<&'a Stored>,
    /// The command that would do this once more, for hints.
    pub again: &'a str,
}

/// How an integration signs in, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// `browser`, `service_account` …
    pub method: &'static str,
    /// The client's or service account's id.
    pub client: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// What this way of signing in needs to be granted.
    pub needed: &'static [&'static str],
}

/// One way of signing in, for those who are asked.
pub struct Way {
    /// What people call it.
    pub label: &'static str,
    /// Its flags, for those who cannot be asked.
    pub flags: &'static str,
    /// What it needs.
    pub needs: &'static [Need],
}

/// One thing that a way of signing in needs.
pub struct Need {
    /// The question.
    pub question: &'static str,
    /// The flag that answers it.
    pub flag: &'static str,
    /// Whether the answer is the path of a file.
    pub file: bool,
    /// The setting under which the answer may be remembered.
    pub remember: Option<&'static str>,
    /// Whether it was given already.
    pub given: fn(&Offered) -> bool,
    /// Takes the answer.
    pub set: fn(&mut Offered, String),
}

/// A source of bearer tokens, or why there is none.
pub type Source = Result<Arc<dyn TokenSource>, Failure>;

/// One kind's sign-in service.
pub struct Service {
    /// The provider's word.
    pub kind: &'static str,
    /// The ways to sign in, the usual one first.
    pub ways: &'static [Way],
    /// Signs in. Nothing is stored.
    pub sign_in:
        for<'a> fn(SignInRequest<'a>, &'a Access, Conversation<'a>) -> BoxFuture<'a, Result<Proposal, Failure>>,
    /// Tokens of a stored sign-in.
    pub tokens: fn(&Stored, &Access) -> Source,
    /// Takes what gives the grant back out of the store; `None` where there is no grant. Nothing is given back before the
    /// future is awaited, and by then the integration may be deleted.
    pub revoke: fn(&Stored, &Access) -> Result<Option<GiveBack>, Failure>,
    /// Whether revoking one integration's grant would end the other's.
    pub shares_grant: fn(&Integration, &Integration) -> bool,
    /// For `details`.
    pub describe: fn(&serde_json::Value) -> Described,
}

/// Every service there is.
pub const SERVICES: &[Service] = &[google::SERVICE];

/// The sign-in service of a kind of directory.
///
/// # Errors
/// The kind is unknown here: the database was written by a newer program.
pub fn service(kind: &str) -> Result<&'static Service, Failure> {
    SERVICES.iter().find(|service| service.kind == kind).ok_or_else(|| {
        let message = format!("this dirsync knows no directories of kind '{kind}'");
        Failure::new(crate::model::FailureKind::Misconfigured, message).hint("update dirsync")
    })
}

/// The command that signs `integration` in again, ready to copy.
pub fn reauth_command(integration: &str) -> String {
    format!("dirsync reauth {}", shell_word(integration))
}
