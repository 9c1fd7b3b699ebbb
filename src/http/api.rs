//! One authorised GET with patience: bearer token, quota, retries, one renewal on 401, same-origin rule, and a parse
//! that is part of the attempt, so that an answer cut short is asked for again.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use url::Url;

use super::challenge::claims_challenge;
use super::client::network_failure;
use super::{Answer, Bearer, Client, Judge, Quota, RetryPolicy, TokenSource, Verdict, retry_after};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// How often an answer that cannot be understood is asked for again.
const DOUBTFUL_RETRIES: u32 = 2;

/// How much longer than a failing request one is kept up that is only throttled, without a word on when to come back.
const THROTTLE_PATIENCE: u32 = 3;

/// What to do about an answer that no directory gives.
pub(super) const ODD_ANSWER: &str = "something between here and the directory (a captive portal, a proxy) may answer in \
    its place; try again later";

/// What an [`Api`] is made of.
pub struct ApiOptions {
    /// The shared client.
    pub client: Client,
    /// Origin and root path of the API; no request leaves this origin.
    pub base: Url,
    /// Where bearer tokens come from.
    pub tokens: Arc<dyn TokenSource>,
    /// The run's quota.
    pub quota: Quota,
    /// Patience of one request.
    pub retry: RetryPolicy,
    /// The provider's reading of error answers.
    pub judge: Judge,
    /// What a request costs of the quota.
    pub cost: fn(&Url) -> NonZeroU32,
    /// For `Retry-After` dates and deadlines.
    pub clock: Clock,
}

/// A provider's API as seen by its calls.
pub struct Api(ApiOptions);

/// What one attempt came to.
enum Attempt<T> {
    Done(T),
    Again {
        failure: Failure,
        why: Why,
    },
    /// The token was refused, perhaps for want of claims.
    Refused {
        failure: Failure,
        claims: Option<String>,
    },
}

/// Why an attempt is made again.
enum Why {
    /// The answer names a moment.
    Told(Duration),
    /// Too many requests, and no word on when to come back.
    Throttled,
    /// It failed.
    Failed,
    /// It failed, and may well do so for ever.
    Doubtful,
}

impl Api {
    /// An API with these parts.
    pub fn new(options: ApiOptions) -> Self {
        Self(options)
    }

    /// The URL of `path` below the base, with `query`.
    pub fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.base.clone();
        let root = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{root}/{path}"));
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// GETs `url` and reads the answer with `parse`. `doing` names the listing for messages and logs; no personal data.
    ///
    /// # Errors
    /// The last attempt's failure, once patience has run out or no further attempt would help.
    pub async fn get<T>(
        &self,
        doing: &str,
        url: Url,
        parse: impl Fn(&[u8]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if url.origin() != self.0.base.origin() {
            let message = "the next page is at another address than the directory's own; nothing was sent there";
            return Err(Failure::new(FailureKind::Malformed, message).hint(ODD_ANSWER).context(doing));
        }
        let mut pauses = self.0.retry.pauses();
        let mut bearer = self.0.tokens.bearer().await?;
        let mut renewed = false;
        let (mut failing, mut throttled) = (Duration::ZERO, Duration::ZERO);
        let mut doubts = 0;
        loop {
            // Waiting for a turn, as told or for the quota, is not failing.
            let turn = self.0.quota.turn((self.0.cost)(&url)).await?;
            let began = self.0.clock.instant();
            let attempt = self.attempt(&url, &bearer, &parse, turn).await.map_err(|failure| failure.context(doing))?;
            let (failure, pause) = match attempt {
                Attempt::Done(read) => return Ok(read),
                Attempt::Refused { failure, .. } if renewed => return Err(failure.context(doing)),
                Attempt::Refused { claims, .. } => {
                    tracing::debug!(doing, wants_claims = claims.is_some(), "token refused, getting another");
                    bearer = self.0.tokens.renew(&bearer, claims.as_deref()).await?;
                    renewed = true;
                    continue;
                }
                Attempt::Again { failure, why: Why::Told(wait) } => (failure, wait),
                Attempt::Again { failure, why } => {
                    let pause = pauses.next().unwrap_or(self.0.retry.longest_pause);
                    let lost = self.0.clock.instant().duration_since(began) + pause;
                    match why {
                        // Waiting is not failing, but it has to end as well.
                        Why::Throttled => throttled += lost,
                        _ => failing += lost,
                    }
                    doubts += u32::from(matches!(why, Why::Doubtful));
                    if failing > self.0.retry.give_up_after
                        || throttled > self.0.retry.give_up_after * THROTTLE_PATIENCE
                        || doubts > DOUBTFUL_RETRIES
                    {
                        return Err(failure.context(doing));
                    }
                    (failure, pause)
                }
            };
            tracing::info!(doing, %failure, pause_ms = pause.as_millis(), "trying again");
            tokio::time::sleep(pause).await;
            bearer = self.0.tokens.bearer().await?;
        }
    }

    /// One attempt; `Err` is a failure that no further attempt would mend.
    async fn attempt<T>(
        &self,
        url: &Url,
        bearer: &Bearer,
        parse: &impl Fn(&[u8]) -> Result<T, Failure>,
        _turn: SemaphorePermit<'_>,
    ) -> Result<Attempt<T>, Failure> {
        let again = |failure, why| Ok(Attempt::Again { failure, why });
        let request = self.0.client.inner().get(url.clone()).bearer_auth(bearer.expose());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = network_failure(&error);
                return if failure.kind == FailureKind::Temporary { again(failure, Why::Failed) } else { Err(failure) };
            }
        };
        let status = answer.status();
        let query = url.query().unwrap_or_default();
        tracing::debug!(status = status.as_u16(), path = url.path(), query, "asked the directory");
        let headers = answer.headers().clone();
        let body = match self.0.client.body(answer).await {
            Ok(body) => body,
            Err(failure) if failure.kind == FailureKind::Temporary => return again(failure, Why::Failed),
            Err(failure) => return Err(failure),
        };
        if status.is_success() {
            return match parse(&body) {
                Ok(read) => Ok(Attempt::Done(read)),
                Err(failure) if failure.kind == FailureKind::Malformed => again(failure, Why::Doubtful),
                Err(failure) => Err(failure),
            };
        }
        if status.is_redirection() {
            let message = "the directory answered with a redirect, which is not followed";
            return Err(Failure::new(FailureKind::Malformed, message).hint(ODD_ANSWER).status(status.as_u16()));
        }
        match (self.0.judge)(&Answer { status: status.as_u16(), headers: &headers, body: &body }) {
            Verdict::Final(failure) => Err(failure),
            Verdict::Unauthorized(failure) => Ok(Attempt::Refused { failure, claims: claims_challenge(&headers) }),
            Verdict::Doubtful(failure) => again(failure, Why::Doubtful),
            Verdict::Transient(failure) => {
                let wait = self.told_to_wait(&headers);
                if wait.is_some() {
                    self.0.quota.throttled(wait)?;
                }
                again(failure, wait.map_or(Why::Failed, Why::Told))
            }
            Verdict::Throttled(failure) => {
                let wait = self.told_to_wait(&headers);
                self.0.quota.throttled(wait)?;
                again(failure, wait.map_or(Why::Throttled, Why::Told))
            }
        }
    }

    /// The wait an answer asks for. "At once" is no wait: it is left to our own pauses, which come to an end.
    fn told_to_wait(&self, headers: &http::HeaderMap) -> Option<Duration> {
        retry_after(headers, self.0.clock.now()).filter(|wait| *wait >= self.0.retry.first_pause)
    }
}
