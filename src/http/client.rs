//! The one HTTP client: user agent, timeouts, extra certificate authorities, no redirects, no secrets in errors.

use std::error::Error as _;
use std::time::Duration;

use super::RetryPolicy;
use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// How to build a [`Client`].
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// PEM bundle of certificate authorities to trust besides the system's (`--ca-file`).
    pub extra_roots: Option<Vec<u8>>,
    /// How long one connection may stay silent before its attempt counts as failed.
    pub silence: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { extra_roots: None, silence: Duration::from_secs(30) }
    }
}

/// A pooled HTTP client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

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
        built.map(Self).map_err(|error| network_failure(&error))
    }

    /// The client itself, for this room.
    pub(super) fn inner(&self) -> &reqwest::Client {
        &self.0
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
        let answer = self.0.get(url.clone()).send().await.map_err(|error| network_failure(&error))?;
        let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
        Ok(location.and_then(|location| url.join(location).ok()))
    }

    /// One attempt; a failure comes with whether a connection had been made.
    async fn oauth_once(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, (Failure, bool)> {
        let failed = |error: reqwest::Error| (network_failure(&error), !error.is_connect());
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let path = request.url().path().to_owned();
        let mut answer = self.0.execute(request).await.map_err(failed)?;
        tracing::debug!(status = answer.status().as_u16(), path, "asked the sign-in service");
        let mut response = oauth2::HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        std::mem::swap(response.headers_mut(), answer.headers_mut());
        *response.body_mut() = answer.bytes().await.map_err(failed)?.to_vec();
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
