//! Access tokens from a stored refresh token, safe against other threads, other processes, and rotation.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::kept::KeptSecret;
use super::lock::RefreshLock;
use super::source::{Mint, Minted};
use crate::auth::oauth::{self, Client, Post, Refusal, TokenAnswer, TokenError};
use crate::model::{Failure, FailureKind};

/// How a vendor's refresh goes.
#[derive(Clone)]
pub(crate) struct Rules {
    /// The OAuth client that the refresh token was given to.
    pub client: Client,
    /// Where to refresh.
    pub token_endpoint: Url,
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
    kept: KeptSecret,
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
    pub(crate) fn new(rules: Rules, kept: KeptSecret, post: Post) -> Self {
        Self { rules, kept, post, dead: Mutex::new(None) }
    }

    async fn refresh(&self) -> Result<Minted, Failure> {
        let _lock = RefreshLock::take(&self.rules.lock, self.rules.patience).await?;
        // Read only now: whoever held the lock may have stored another.
        let token = self.stored().await?;
        if let Some(failure) = self.known_dead(&token) {
            return Err(failure);
        }
        let refusal = match self.ask(&token).await {
            Ok(answer) => return self.keep(answer).await,
            Err(TokenError::Failed(failure)) => return Err(failure),
            Err(TokenError::Refused(refusal)) => refusal,
        };
        // `reauth` or a restored database may have replaced the token without holding the lock.
        let newer = self.stored().await?;
        if refusal.error == "invalid_grant" && newer.expose_secret() != token.expose_secret() {
            return match self.ask(&newer).await {
                Ok(answer) => self.keep(answer).await,
                Err(TokenError::Failed(failure)) => Err(failure),
                Err(TokenError::Refused(refusal)) => Err(self.bury(newer, &refusal)),
            };
        }
        Err(self.bury(token, &refusal))
    }

    async fn stored(&self) -> Result<SecretString, Failure> {
        self.kept.read().await?.ok_or_else(|| {
            Failure::new(FailureKind::SignInNeeded, "no sign-in is stored for this integration")
                .hint(self.rules.again.clone())
        })
    }

    async fn ask(&self, token: &SecretString) -> Result<TokenAnswer, TokenError> {
        oauth::refresh(&self.rules.client, &self.rules.token_endpoint, token, &self.post).await
    }

    /// A rotated refresh token is on the disk before anybody uses the access token that came with it: the old one may be
    /// dead already, and a crash would leave nothing.
    async fn keep(&self, answer: TokenAnswer) -> Result<Minted, Failure> {
        if let Some(rotated) = &answer.refresh_token {
            self.kept.write(rotated.clone()).await?;
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
    fn mint(&self) -> BoxFuture<'_, Result<Minted, Failure>> {
        let refreshing = Arc::clone(self);
        let task = tokio::spawn(async move { refreshing.refresh().await });
        Box::pin(async move {
            let cut_off = |_| Failure::new(FailureKind::Temporary, "the renewal of the sign-in was cut off");
            task.await.map_err(cut_off)?
        })
    }
}
