//! What a sign-in service can do for an integration, as values: one per kind of directory in [`SERVICES`]. Whoever adds,
//! syncs, re-authenticates or deletes works with these and knows no vendor.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use ring::rand::SecureRandom;
use secrecy::SecretString;
use url::Url;

use super::secrets::Vault;
use super::tokens::REFRESH_PATIENCE;
use super::{Conversation, KeptToken, Pending, Post, RefreshLock, shell_word};
use super::{entra, google};
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
    /// An app registration's id.
    pub client_id: Option<String>,
    /// The organisation, by id or domain.
    pub tenant: Option<String>,
    /// Which of a vendor's separate clouds.
    pub cloud: Option<String>,
    /// A PEM file with a certificate and its private key.
    pub certificate: Option<PathBuf>,
    /// A file that holds an app's secret.
    pub client_secret_file: Option<PathBuf>,
    /// To sign in with a code on another device.
    pub device_code: bool,
    /// To sign in by browser and in no other way that may be remembered.
    pub browser: bool,
    /// To ask for the organisation's consent first.
    pub admin_consent: bool,
    /// When what was given ends, as whoever gives it knows: neither a service account's key nor an app's secret says so.
    pub ends_at: Option<jiff::Timestamp>,
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
    /// Where unguessable numbers come from.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Google's addresses, where they are set.
    pub google: google::Overrides,
    /// Entra's addresses, where they are set.
    pub entra: entra::Overrides,
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

impl Stored {
    /// Where the refresh token is kept.
    pub(super) fn refresh_token(&self, clock: &Clock) -> KeptToken {
        let (vault, store) = (Arc::clone(&self.vault), Arc::clone(&self.store));
        KeptToken::new(vault, store, self.integration.id, clock.clone())
    }

    /// The lock file of its refreshes.
    pub(super) fn refresh_lock(&self) -> PathBuf {
        self.locks.join(format!("refresh-{}.lock", self.integration.id))
    }

    /// A secret of it, opened.
    pub(super) fn secret(&self, kind: &str) -> Result<Option<SecretString>, Failure> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.vault.open(&store, self.integration.id, kind)?)
    }

    /// Keeps every process from refreshing its sign-in until the lock is dropped: for replacing it.
    ///
    /// # Errors
    /// Another process holds it for too long, or the folder of locks cannot be used.
    pub async fn hold_refreshes(&self) -> Result<RefreshLock, Failure> {
        RefreshLock::take(&self.refresh_lock(), REFRESH_PATIENCE).await
    }
}

/// A sign-in that went through and is not stored yet.
pub struct Proposal {
    /// Whose account it is, as far as the sign-in tells; an app of its own right is nobody.
    pub admin_email: Option<String>,
    /// The account's immutable id, where the service tells.
    pub admin_subject: Option<String>,
    /// The organisation's immutable id, where the service tells; the directory has to say the same.
    pub tenant: Option<String>,
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
    /// Whether the organisation has consented a moment ago: it may take a minute until the directory knows.
    pub just_consented: bool,
}

/// Why credentials do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// One sentence.
    pub message: String,
    /// The way out.
    pub hint: String,
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
    /// Which of the vendor's separate clouds.
    pub cloud: Option<&'static str>,
    /// What was granted, where the service tells.
    pub scopes: Vec<String>,
    /// What this way of signing in needs to be granted.
    pub needed: &'static [&'static str],
    /// When the credentials end by themselves, where that is known.
    pub ends_at: Option<jiff::Timestamp>,
    /// Whether they were made by the sign-in, so that it tells how long they live: not a key, a secret or a certificate.
    pub made_at_sign_in: bool,
}

/// One way of signing in, for those who are asked.
pub struct Way {
    /// What people call it.
    pub label: &'static str,
    /// Its flags, for those who cannot be asked.
    pub flags: &'static str,
    /// What it needs; what tells it from other ways comes first.
    pub needs: &'static [Need],
    /// Takes the choice itself, where nothing that it needs would tell it from another way.
    pub choose: fn(&mut Offered),
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
    /// The settings that are about signing in here; another service's have no meaning.
    pub settings: &'static [&'static str],
    /// Looks for what does not go together, before anything is opened; the second is what is remembered of an
    /// integration that signs in again.
    pub mistake: fn(&Offered, Option<&serde_json::Value>) -> Option<Mistake>,
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
    /// Where tokens come from, for these credentials.
    pub token_url: fn(&serde_json::Value, &Access) -> Result<Url, Failure>,
    /// Root of the API for these credentials, where it depends on them.
    pub api: fn(&serde_json::Value) -> Option<&'static str>,
    /// For `details`.
    pub describe: fn(&serde_json::Value) -> Described,
}

/// Every service there is.
pub const SERVICES: &[Service] = &[google::SERVICE, entra::SERVICE];

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
