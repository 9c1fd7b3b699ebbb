//! The one HTTP client: user agent, timeouts, extra certificate authorities, no redirects, no secrets in errors.

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::RetryPolicy;
use super::api::ODD_ANSWER;
use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// How to build a [`Client`].
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// PEM bundle of certificate authorities to trust besides the system's (`--ca-file`).
    pub extra_roots: Option<Vec<u8>>,
    /// How long one connection may stay silent before its attempt counts as failed.
    pub silence: Duration,
    /// How long one attempt may take in all, however lively its answer drips.
    pub attempt: Duration,
    /// The largest answer that is read, unpacked, in bytes; more of it is never held.
    pub largest: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        // A page of 500 people with long profiles has a few MiB; at 120 s that is a line of 50 kB/s.
        let (silence, attempt) = (Duration::from_secs(30), Duration::from_secs(120));
        Self { extra_roots: None, silence, attempt, largest: 64 << 20 }
    }
}

/// A pooled HTTP client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    largest: usize,
}

/// Google compresses only for agents that say `gzip` in their name
/// (developers.google.com/workspace/admin/directory/v1/guides/performance).
const USER_AGENT: &str = concat!("dirsync/", env!("CARGO_PKG_VERSION"), " (gzip)");

impl Client {
    /// Builds the client; loads the system's certificate authorities, so build it once and only when needed.
    ///
    /// # Errors
    /// The extra certificate authorities cannot be read.
    #[expect(clippy::disallowed_methods, reason = "this is the place the rule points to")]
    pub fn new(options: &ClientOptions) -> Result<Self, Failure> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(options.silence)
            .timeout(options.attempt)
            .tcp_nodelay(true)
            // A redirect could carry a bearer token to another origin; no API of ours redirects.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &options.extra_roots {
            let bad = |_| {
                Failure::new(FailureKind::Misconfigured, "the file of certificate authorities is not a PEM bundle")
                    .hint("give --ca-file a file of -----BEGIN CERTIFICATE----- blocks")
            };
            let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(bad)?;
            builder = builder.tls_certs_merge(roots);
        }
        let built = builder.build();
        built.map(|inner| Self { inner, largest: options.largest }).map_err(|error| network_failure(&error))
    }

    /// The client itself, for this room.
    pub(super) fn inner(&self) -> &reqwest::Client {
        &self.inner
    }

    /// The answer's body, unpacked; one that will not end is not read to its end.
    pub(super) async fn body(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| network_failure(&error))? {
            if body.len() + part.len() > self.largest {
                let most = self.largest >> 20;
                let message = format!("the answer is larger than {most} MiB, which no answer of a directory is");
                return Err(Failure::new(FailureKind::Malformed, message).hint(ODD_ANSWER));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    /// Carries one request to the sign-in service. Asks again while no connection can be made or the service has a
    /// fault of its own; never after an answer may have been lost on its way, for a code or a rotated token counts once.
    ///
    /// # Errors
    /// No answer came within the patience of `retry`.
    pub async fn oauth(
        &self,
        request: oauth2::HttpRequest,
        retry: RetryPolicy,
        clock: &Clock,
    ) -> Result<oauth2::HttpResponse, Failure> {
        let mut pauses = retry.pauses();
        let began = clock.instant();
        loop {
            let outcome = self.oauth_once(request.clone()).await;
            let again = match &outcome {
                Ok(response) => response.status().is_server_error() || response.status().as_u16() == 429,
                Err((_, connected)) => !connected,
            };
            let pause = pauses.next().unwrap_or(retry.longest_pause);
            if !again || clock.instant().duration_since(began) + pause > retry.give_up_after {
                return outcome.map_err(|(failure, _)| failure);
            }
            tracing::info!(pause_ms = pause.as_millis(), "the sign-in service does not answer properly, trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Asks for a page as a browser would; returns where it redirects to.
    ///
    /// # Errors
    /// No answer came.
    pub async fn visit(&self, url: url::Url) -> Result<Option<url::Url>, Failure> {
        let answer = self.inner.get(url.clone()).send().await.map_err(|error| network_failure(&error))?;
        let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
        Ok(location.and_then(|location| url.join(location).ok()))
    }

    /// Whether there is a way to `url`: any answer at all will do. Returns what time it is there, where that is told.
    ///
    /// # Errors
    /// No answer came.
    pub async fn reach(&self, url: url::Url) -> Result<Option<Timestamp>, Failure> {
        let answer = self.inner.get(url).send().await.map_err(|error| network_failure(&error))?;
        let date = answer.headers().get(http::header::DATE).and_then(|value| value.to_str().ok());
        Ok(date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp()))
    }

    /// Asks for `url` and reads no further than whether that went well, up to `tries` times of `patience` each: to tell a
    /// watchdog something.
    ///
    /// # Errors
    /// It never went well.
    pub async fn touch(&self, url: &url::Url, tries: u32, patience: Duration) -> Result<(), Failure> {
        let mut failure = Failure::new(FailureKind::Temporary, "it was never tried");
        for _ in 0..tries {
            failure = match self.inner.get(url.clone()).timeout(patience).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    Failure::new(FailureKind::Refused, format!("the answer was {status}")).status(status)
                }
                Err(error) => network_failure(&error),
            };
        }
        Err(failure)
    }

    /// One attempt; a failure comes with whether a connection had been made.
    async fn oauth_once(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, (Failure, bool)> {
        let failed = |error: reqwest::Error| (network_failure(&error), !error.is_connect());
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let path = request.url().path().to_owned();
        let mut answer = self.inner.execute(request).await.map_err(failed)?;
        tracing::debug!(status = answer.status().as_u16(), path, "asked the sign-in service");
        let mut response = oauth2::HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        std::mem::swap(response.headers_mut(), answer.headers_mut());
        *response.body_mut() = self.body(answer).await.map_err(|failure| (failure, true))?;
        Ok(response)
    }
}

/// A sentence about a failed connection: the innermost causes, never the URL (its query may hold personal data).
pub(super) fn network_failure(error: &reqwest::Error) -> Failure {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    };
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let message = match causes.last() {
        Some(innermost) => format!("{what}: {innermost}"),
        None => what.to_owned(),
    };
    let failure = Failure::new(FailureKind::Temporary, message);
    if causes.iter().any(|cause| cause.contains("UnknownIssuer") || cause.contains("certificate")) {
        let hint = "if a proxy inspects TLS here, give its certificate authority with --ca-file";
        return Failure { kind: FailureKind::Misconfigured, ..failure }.hint(hint);
    }
    failure.hint("check the network, DNS and HTTPS_PROXY, then try again")
}
