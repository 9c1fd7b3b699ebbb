//! Google's token sources, assembled: from a stored sign-in or from a service account's key.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use url::Url;

use super::key_file::ServiceAccountKey;
use super::service_account::service_account_token;
use super::token_errors::{Asked, explain};
use crate::auth::tokens::{KeptToken, Mint, Minted, REFRESH_PATIENCE, Refreshing, Rules, Tokens};
use crate::auth::{Client, Post};
use crate::clock::Clock;
use crate::http::TokenSource;
use crate::model::Failure;

/// Tokens from an administrator's stored sign-in.
#[derive(Debug)]
pub struct StoredSignIn {
    /// The client that the sign-in was given to.
    pub client: Client,
    /// Where to refresh.
    pub token_endpoint: Url,
    /// Where the refresh token lives.
    pub refresh_token: KeptToken,
    /// When somebody last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// `dirsync reauth corp`
    pub again: String,
    /// This integration's refresh lock: `locks/refresh-7.lock` beside the database.
    pub lock: PathBuf,
}

impl StoredSignIn {
    /// The source; asks nothing before the first token is needed.
    pub fn source(self, post: Post, clock: Clock) -> Arc<dyn TokenSource> {
        let (asked, again, now) =
            (Asked::Refresh { signed_in_at: self.signed_in_at }, self.again.clone(), clock.clone());
        let rules = Rules {
            client: self.client,
            token_endpoint: self.token_endpoint,
            scopes: Vec::new(),
            explain: Arc::new(move |refusal| explain(refusal, &asked, &again, now.now())),
            again: self.again,
            lock: self.lock,
            patience: REFRESH_PATIENCE,
        };
        Arc::new(Tokens::new(Arc::new(Refreshing::new(rules, self.refresh_token, post)), clock))
    }
}

/// Tokens from a service account that acts for an administrator; needs no store, so it serves for probing at `add` too.
#[derive(Clone, Debug)]
pub struct Delegated {
    /// The key.
    pub key: ServiceAccountKey,
    /// The administrator's address.
    pub admin: String,
    /// Where to send the assertion.
    pub token_endpoint: Url,
    /// The command to name in hints.
    pub again: String,
}

impl Delegated {
    /// The source; asks nothing before the first token is needed.
    pub fn source(self, post: Post, clock: Clock) -> Arc<dyn TokenSource> {
        Arc::new(Tokens::new(Delegating { delegated: self, post, clock: clock.clone() }, clock))
    }
}

struct Delegating {
    delegated: Delegated,
    post: Post,
    clock: Clock,
}

impl Mint for Delegating {
    fn mint<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<Minted, Failure>> {
        Box::pin(async move {
            let Delegated { key, admin, token_endpoint, again } = &self.delegated;
            let answer = service_account_token(key, admin, token_endpoint, again, &self.post, self.clock.now()).await?;
            Ok(answer.into())
        })
    }
}
