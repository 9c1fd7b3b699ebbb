//! The token sources themselves: one that keeps what a [`Mint`] makes, and one that has a single token to offer.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::auth::TokenAnswer;
use crate::clock::Clock;
use crate::http::{Bearer, TokenSource};
use crate::model::{Failure, FailureKind};

/// A token is not handed out in its last minute (or last tenth, if it lives for minutes only): the request that carries
/// it has to arrive, too.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A fresh access token.
#[derive(Clone, Debug)]
pub(crate) struct Minted {
    /// The token.
    pub token: SecretString,
    /// How long it is good for, from now.
    pub life: Duration,
}

impl From<TokenAnswer> for Minted {
    fn from(answer: TokenAnswer) -> Self {
        Self { token: answer.access_token, life: answer.expires_in }
    }
}

/// A way to get a fresh access token: by refresh token, by service account …
pub(crate) trait Mint: Send + Sync {
    /// A fresh one, from the sign-in service, that satisfies `claims` (a claims challenge) if there are any.
    ///
    /// # Errors
    /// The sign-in is dead or the service cannot be reached.
    fn mint<'a>(&'a self, claims: Option<&'a str>) -> BoxFuture<'a, Result<Minted, Failure>>;
}

/// Keeps the token that `mint` made until shortly before its end; one renewal at a time, whoever asks.
#[derive(Debug)]
pub(crate) struct Tokens<M> {
    mint: M,
    clock: Clock,
    margin: SignedDuration,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    bearer: Bearer,
    ends: Timestamp,
}

impl<M: Mint> Tokens<M> {
    /// Nothing is asked for before the first token is needed.
    pub(crate) fn new(mint: M, clock: Clock) -> Self {
        Self { mint, clock, margin: MARGIN, kept: Mutex::new(None) }
    }

    /// Renewed so long before its end, where the service wants it earlier than in the last minute.
    pub(crate) fn renewed_ahead(self, margin: SignedDuration) -> Self {
        Self { margin, ..self }
    }

    async fn other_than(&self, refused: Option<&Bearer>, claims: Option<&str>) -> Result<Bearer, Failure> {
        // Held across the renewal on purpose: all who wait here want its result, not a renewal of their own.
        let mut kept = self.kept.lock().await;
        if let Some(Kept { bearer, ends }) = &*kept
            && !refused.is_some_and(|refused| refused.is(bearer))
            && self.clock.now() < *ends
        {
            return Ok(bearer.clone());
        }
        let minted = self.mint.mint(claims).await?;
        let bearer = Bearer::new(minted.token);
        let life = SignedDuration::try_from(minted.life).unwrap_or(MARGIN);
        let margin = self.margin.min(life / 10);
        let now = self.clock.now();
        *kept = Some(Kept { bearer: bearer.clone(), ends: now.checked_add(life - margin).unwrap_or(now) });
        Ok(bearer)
    }
}

impl<M: Mint> TokenSource for Tokens<M> {
    fn bearer(&self) -> BoxFuture<'_, Result<Bearer, Failure>> {
        Box::pin(self.other_than(None, None))
    }

    fn renew<'a>(&'a self, refused: &'a Bearer, claims: Option<&'a str>) -> BoxFuture<'a, Result<Bearer, Failure>> {
        Box::pin(self.other_than(Some(refused), claims))
    }
}

/// One token, as a sign-in just gave it: for trying the directory before anything is stored.
#[derive(Clone, Debug)]
pub struct FixedToken {
    bearer: Bearer,
    again: String,
}

impl FixedToken {
    /// Offers `token` and no other; `again` is the command that would sign in once more, for the hint.
    pub fn new(token: SecretString, again: &str) -> Self {
        Self { bearer: Bearer::new(token), again: again.to_owned() }
    }
}

impl TokenSource for FixedToken {
    fn bearer(&self) -> BoxFuture<'_, Result<Bearer, Failure>> {
        Box::pin(std::future::ready(Ok(self.bearer.clone())))
    }

    fn renew<'a>(&'a self, _: &'a Bearer, _: Option<&'a str>) -> BoxFuture<'a, Result<Bearer, Failure>> {
        let message = "the directory refuses the token that the sign-in has just given";
        let failure = Failure::new(FailureKind::SignInNeeded, message).status(401);
        Box::pin(std::future::ready(Err(failure.hint(format!("to try once more: {}", self.again)))))
    }
}
