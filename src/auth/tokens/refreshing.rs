//! Access tokens from a stored refresh token, safe against other threads, other processes, and rotation.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::kept::{Found, KeptToken};
use super::lock::RefreshLock;
use super::source::{Mint, Minted};
use crate::auth::oauth::{self, Client, Post, TokenAnswer, TokenError};
use crate::auth::refusal::Refusal;
use crate::model::{Failure, FailureKind};

/// How long one process waits for another's refresh; longer than a refresh with its retries.
pub(crate) const REFRESH_PATIENCE: Duration = Duration::from_secs(120);

/// How a vendor's refresh goes.
#[derive(Clone)]
pub(crate) struct Rules {
    /// The OAuth client that the refresh token was given to.
    pub client: Client,
    /// Where to refresh.
    pub token_endpoint: Url,
    /// What to ask for by name, where the vendor wants that at every refresh; empty: what was granted.
    pub scopes: Vec<String>,
    /// Explains a refusal in the vendor's terms.
    pub explain: Arc<dyn Fn(&Refusal) -> Failure + Send + Sync>,
    /// The command that signs in again: `dirsync reauth corp`.
    pub again: String,
    /// Held while refreshing; one file per integration.
    pub lock: PathBuf,
    /// How long another process may hold it.
    pub patience: Duration,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("client", &self.client.id).finish_non_exhaustive()
    }
}

/// Mints access tokens from a stored refresh token.
pub(crate) struct Refreshing {
    rules: Rules,
    kept: KeptToken,
    post: Post,
    /// A refresh token found dead, and why: sixteen requests at once must not ask sixteen times.
    dead: Mutex<Option<(SecretString, Failure)>>,
}

impl fmt::Debug for Refreshing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshing").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Refreshing {
    /// `kept` is where the refresh token lives.
    pub(crate) fn new(rules: Rules, kept: KeptToken, post: Post) -> Self {
        Self { rules, kept, post, dead: Mutex::new(None) }
    }

    async fn refresh(&self, claims: Option<&str>) -> Result<Minted, Failure> {
        let _lock = RefreshLock::take(&self.rules.lock, self.rules.patience).await?;
        // Read only now: whoever held the lock may have stored another.
        let found = self.stored().await?;
        if let Some(failure) = self.known_dead(&found.token) {
            return Err(failure);
        }
        let refusal = match self.ask(&found.token, claims).await {
            Ok(answer) => return self.keep(found.clone(), found.token, answer).await,
            Err(TokenError::Failed(failure)) => return Err(failure),
            Err(TokenError::Refused(refusal)) => refusal,
        };
        if refusal.error == "invalid_grant" {
            // A restored database may have replaced the token without holding the lock.
            let newer = self.stored().await?;
            if newer.token.expose_secret() != found.token.expose_secret() {
                return match self.ask(&newer.token, claims).await {
                    Ok(answer) => self.keep(newer.clone(), newer.token, answer).await,
                    Err(TokenError::Failed(failure)) => Err(failure),
                    Err(TokenError::Refused(refusal)) => Err(self.bury(newer.token, &refusal)),
                };
            }
            // Where giving another token does not end the one before, that one may have outlived its successor. Once: if
            // it works, it becomes the stored one or gives it.
            if let Some(previous) = self.kept.previous().await?
                && let Ok(answer) = self.ask(&previous, claims).await
            {
                return self.keep(found, previous, answer).await;
            }
        }
        Err(self.bury(found.token, &refusal))
    }

    async fn stored(&self) -> Result<Found, Failure> {
        self.kept.read().await?.ok_or_else(|| {
            Failure::new(FailureKind::SignInNeeded, "no sign-in is stored for this integration")
                .hint(self.rules.again.clone())
        })
    }

    async fn ask(&self, token: &SecretString, claims: Option<&str>) -> Result<TokenAnswer, TokenError> {
        let Rules { client, token_endpoint, scopes, .. } = &self.rules;
        oauth::refresh(client, token_endpoint, token, scopes, claims, &self.post).await
    }

    /// A rotated refresh token is on the disk before anybody uses the access token that came with it: the one that was
    /// used may be dead already, and a crash would leave nothing. What somebody else stored meanwhile (a new sign-in) stays.
    async fn keep(&self, found: Found, used: SecretString, answer: TokenAnswer) -> Result<Minted, Failure> {
        let fresh = answer.refresh_token.as_ref().unwrap_or(&used);
        if fresh.expose_secret() != found.token.expose_secret() {
            let (fresh, used) = (fresh.clone(), used.clone());
            if !self.kept.rotate(found, used, fresh).await? {
                tracing::info!("another sign-in was stored meanwhile; it stays");
            }
        }
        Ok(answer.into())
    }

    fn known_dead(&self, token: &SecretString) -> Option<Failure> {
        let dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        dead.as_ref()
            .filter(|(dead, _)| dead.expose_secret() == token.expose_secret())
            .map(|(_, failure)| failure.clone())
    }

    fn bury(&self, token: SecretString, refusal: &Refusal) -> Failure {
        let failure = (self.rules.explain)(refusal);
        if failure.kind != FailureKind::Temporary {
            *self.dead.lock().unwrap_or_else(PoisonError::into_inner) = Some((token, failure.clone()));
        }
        failure
    }
}

impl Mint for Arc<Refreshing> {
    /// On a task of its own, which goes on when the one who asked is dropped (a sibling request failed): between a
    /// rotated refresh token's arrival and its storing nobody may stop.
    fn mint<'a>(&'a self, claims: Option<&'a str>) -> BoxFuture<'a, Result<Minted, Failure>> {
        let (refreshing, claims) = (Arc::clone(self), claims.map(str::to_owned));
        let task = tokio::spawn(async move { refreshing.refresh(claims.as_deref()).await });
        Box::pin(async move {
            let cut_off =
                |_| Failure::new(FailureKind::Temporary, "the renewal of the sign-in was cut off").hint("try again");
            task.await.map_err(cut_off)?
        })
    }
}
