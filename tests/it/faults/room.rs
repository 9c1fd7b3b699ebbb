//! An API of the http room for these tests: short patience, a plain reading of errors, tokens that are counted.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::http::{Answer, Api, ApiOptions, Bearer, Client, ClientOptions, Quota, RetryPolicy, TokenSource, Verdict};
use dirsync::model::{Failure, FailureKind};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

pub(super) const RETRY: RetryPolicy = RetryPolicy {
    give_up_after: Duration::from_millis(400),
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(40),
};

/// How long one connection may stay silent.
pub(super) const SILENCE: Duration = Duration::from_millis(300);

/// How long a run waits as told.
pub(super) const TOLD: Duration = Duration::from_millis(700);

/// What an error status means here.
pub(super) fn judge(answer: &Answer<'_>) -> Verdict {
    let failure = |kind, message: &str| Failure::new(kind, message).status(answer.status);
    match answer.status {
        429 => Verdict::Throttled(failure(FailureKind::Temporary, "too many requests")),
        500.. => Verdict::Transient(failure(FailureKind::Temporary, "a fault of its own")),
        401 => Verdict::Unauthorized(failure(FailureKind::SignInNeeded, "not signed in")),
        409 => Verdict::Doubtful(failure(FailureKind::Refused, "doubtful")),
        _ => Verdict::Final(failure(FailureKind::Refused, "refused")),
    }
}

/// Tokens `token-0`, `token-1` … one for each renewal; after `last`, none.
pub(super) struct Numbered {
    number: AtomicU32,
    last: u32,
    /// The claims asked for at each renewal.
    pub(super) claims: Mutex<Vec<Option<String>>>,
}

impl Numbered {
    pub(super) fn up_to(last: u32) -> Arc<Self> {
        Arc::new(Self { number: AtomicU32::new(0), last, claims: Mutex::default() })
    }

    fn current(&self) -> Result<Bearer, Failure> {
        let number = self.number.load(Ordering::SeqCst);
        if number > self.last {
            return Err(Failure::new(FailureKind::SignInNeeded, "the sign-in was revoked"));
        }
        Ok(Bearer::new(SecretString::from(format!("token-{number}"))))
    }
}

impl TokenSource for Numbered {
    fn bearer(&self) -> BoxFuture<'_, Result<Bearer, Failure>> {
        Box::pin(async { self.current() })
    }

    fn renew<'a>(&'a self, _: &'a Bearer, claims: Option<&'a str>) -> BoxFuture<'a, Result<Bearer, Failure>> {
        Box::pin(async move {
            self.claims.lock().unwrap().push(claims.map(str::to_owned));
            self.number.fetch_add(1, Ordering::SeqCst);
            self.current()
        })
    }
}

pub(super) fn api(base: &Url) -> Api {
    api_with(base, Numbered::up_to(9), Clock::system())
}

pub(super) fn api_with(base: &Url, tokens: Arc<dyn TokenSource>, clock: Clock) -> Api {
    api_through(client(), base, tokens, clock)
}

/// An API whose client reads only so much, and gives an attempt only so long.
pub(super) fn narrow_api(base: &Url, largest: usize, attempt: Duration) -> Api {
    let _ = client();
    let options = ClientOptions { silence: SILENCE, attempt, largest, ..ClientOptions::default() };
    api_through(Client::new(&options).unwrap(), base, Numbered::up_to(9), Clock::system())
}

fn api_through(client: Client, base: &Url, tokens: Arc<dyn TokenSource>, clock: Clock) -> Api {
    Api::new(ApiOptions {
        client,
        base: base.clone(),
        tokens,
        quota: Quota::new(600_000.try_into().unwrap(), 16, TOLD, clock.clone()),
        retry: RETRY,
        cost: |_| std::num::NonZeroU32::MIN,
        judge,
        clock,
    })
}

pub(super) fn client() -> Client {
    static TLS: Once = Once::new();
    // Another test of this binary may have installed it already.
    TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::new(&ClientOptions { silence: SILENCE, ..ClientOptions::default() }).unwrap()
}

/// Reads `ok`, and takes everything else for malformed.
pub(super) fn parse(body: &[u8]) -> Result<(), Failure> {
    if body == b"ok" { Ok(()) } else { Err(Failure::new(FailureKind::Malformed, "not ok")) }
}

/// Asks for a thing called `things`.
pub(super) async fn get(api: &Api) -> Result<(), Failure> {
    api.get("things", api.url("things", &[("a", "1")]), parse).await
}
