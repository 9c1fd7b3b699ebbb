//! OAuth 2.0 as every provider speaks it: authorization code with PKCE, refresh, other grants by form, revocation. Knows no
//! vendor: addresses, scopes and extra parameters come in, and an error answer goes out for the vendor's file to
//! explain. Connections are made by whoever gave the [`Post`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use oauth2::basic::BasicTokenType;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use ring::rand::SecureRandom;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::endpoint::Endpoints;
use super::random::unguessable;
use super::refusal::Refusal;
use crate::model::{Failure, FailureKind};

/// Sends one request to a sign-in service and reads the whole answer. Made from the http room's client, with redirects
/// off (a redirected secret is a lost one) and timeouts on. An answer with an error status is an answer, not a failure.
pub type Post = Arc<dyn Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Failure>> + Send + Sync>;

/// An OAuth client as registered with the vendor.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its public id.
    pub id: String,
    /// Its secret, where it has one.
    pub secret: Option<SecretString>,
}

/// What a token endpoint gave.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// For the directory's API.
    pub access_token: SecretString,
    /// How long the access token is good for; an hour where the service does not say.
    pub expires_in: Duration,
    /// For the next access token; absent when the earlier one stays good.
    pub refresh_token: Option<SecretString>,
    /// How long the refresh token is good for, where the service says that it ends by itself.
    pub refresh_token_expires_in: Option<Duration>,
    /// Who signed in.
    pub id_token: Option<SecretString>,
    /// What was granted; absent means "all you asked for" (RFC 6749 §5.1).
    pub scopes: Option<Vec<String>>,
}

/// Why a token endpoint gave no token.
#[derive(Clone, Debug)]
pub enum TokenError {
    /// It answered, and its answer is no: the vendor's file knows what that means.
    Refused(Box<Refusal>),
    /// It did not answer, or not so that it can be understood.
    Failed(Failure),
}

impl TokenError {
    /// The failure for the caller, with `explain` for the vendor's own words.
    pub fn explained(self, explain: impl FnOnce(&Refusal) -> Failure) -> Failure {
        match self {
            Self::Refused(refusal) => explain(&refusal),
            Self::Failed(failure) => failure,
        }
    }
}

/// What comes beside the standard fields; oauth2's own type would print it.
#[derive(Deserialize, Serialize)]
struct Extra {
    #[serde(default)]
    id_token: Option<String>,
    /// Whatever it may be: it is only for a warning.
    #[serde(default)]
    refresh_token_expires_in: Option<serde_json::Value>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extra(…)")
    }
}

impl oauth2::ExtraTokenFields for Extra {}

type Answer = StandardTokenResponse<Extra, BasicTokenType>;
type OauthClient<Authorize = EndpointNotSet, Token = EndpointNotSet> = oauth2::Client<
    Refusal,
    Answer,
    oauth2::basic::BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    oauth2::basic::BasicRevocationErrorResponse,
    Authorize,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    Token,
>;

/// A sign-in under way: the address for the browser, and what proves the answer to be ours.
#[derive(Debug)]
pub(super) struct Authorization {
    /// Where the browser goes.
    pub url: Url,
    /// Must come back with the redirect.
    pub state: SecretString,
    /// Must come back inside the id token.
    pub nonce: SecretString,
    verifier: PkceCodeVerifier,
    redirect_uri: String,
}

/// Prepares a sign-in: PKCE S256, state and nonce fresh from `random`, `extra` parameters as the vendor wants them.
///
/// # Errors
/// No randomness, or a redirect URI that is no URL.
pub(super) fn authorize(
    client: &Client,
    endpoints: &Endpoints,
    redirect_uri: &str,
    scopes: &[&str],
    extra: &[(&str, &str)],
    random: &dyn SecureRandom,
) -> Result<Authorization, Failure> {
    let state = unguessable(random)?;
    let nonce = unguessable(random)?;
    let verifier = PkceCodeVerifier::new(unguessable(random)?);
    let oauth = oauth_client(client)
        .set_auth_uri(AuthUrl::from_url(endpoints.authorize.clone()))
        .set_redirect_uri(redirect(redirect_uri)?);
    let mut request = oauth
        .authorize_url(|| CsrfToken::new(state.clone()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
        .add_extra_param("nonce", nonce.clone());
    for (name, value) in extra {
        request = request.add_extra_param(*name, *value);
    }
    let (url, _) = request.url();
    Ok(Authorization { url, state: state.into(), nonce: nonce.into(), verifier, redirect_uri: redirect_uri.to_owned() })
}

impl Authorization {
    /// Turns the code of the redirect into tokens; consumes the sign-in, since a code is good once.
    ///
    /// # Errors
    /// The service refused or could not be understood.
    pub(super) async fn exchange(
        self,
        client: &Client,
        endpoints: &Endpoints,
        code: &SecretString,
        post: &Post,
    ) -> Result<TokenAnswer, TokenError> {
        let oauth = token_client(client, &endpoints.token);
        let code = AuthorizationCode::new(code.expose_secret().to_owned());
        let service = Watched::new(post);
        let oauth = oauth.set_redirect_uri(redirect(&self.redirect_uri).map_err(TokenError::Failed)?);
        let answer = oauth.exchange_code(code).set_pkce_verifier(self.verifier).request_async(&service).await;
        settle(answer, service.status())
    }
}

/// A new access token for a refresh token. `scopes` where they have to be named again, `claims` after a claims challenge.
///
/// # Errors
/// The service refused or could not be understood.
pub(super) async fn refresh(
    client: &Client,
    token_endpoint: &Url,
    refresh_token: &SecretString,
    scopes: &[String],
    claims: Option<&str>,
    post: &Post,
) -> Result<TokenAnswer, TokenError> {
    let oauth = token_client(client, token_endpoint);
    let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
    let service = Watched::new(post);
    let mut request =
        oauth.exchange_refresh_token(&token).add_scopes(scopes.iter().map(|scope| Scope::new(scope.clone())));
    if let Some(claims) = claims {
        request = request.add_extra_param("claims", claims.to_owned());
    }
    let answer = request.request_async(&service).await;
    settle(answer, service.status())
}

/// An access token for a form of ours: grants that the oauth2 crate does not know, or whose refusals it cuts short.
///
/// # Errors
/// The service refused or could not be understood.
pub(super) async fn grant(token_endpoint: &Url, form: &[(&str, &str)], post: &Post) -> Result<TokenAnswer, TokenError> {
    ask::<Answer>(token_endpoint, form, post).await.map(taken)
}

/// Sends a form and reads the answer, of whatever endpoint of the service.
///
/// # Errors
/// The service refused or could not be understood.
pub(super) async fn ask<T: DeserializeOwned>(
    endpoint: &Url,
    form: &[(&str, &str)],
    post: &Post,
) -> Result<T, TokenError> {
    read(form_request(endpoint, form).map_err(TokenError::Failed)?, post).await
}

/// Reads a document that the service publishes.
///
/// # Errors
/// The service refused or could not be understood.
pub(super) async fn document<T: DeserializeOwned>(url: &Url, post: &Post) -> Result<T, TokenError> {
    let request = http::Request::get(url.as_str()).header(http::header::ACCEPT, "application/json").body(Vec::new());
    let unusable = |_| Failure::new(FailureKind::Misconfigured, format!("cannot ask '{url}'"));
    read(request.map_err(unusable).map_err(TokenError::Failed)?, post).await
}

async fn read<T: DeserializeOwned>(request: HttpRequest, post: &Post) -> Result<T, TokenError> {
    let service = Watched::new(post);
    let response = service.send(request).await.map_err(|Unanswered(failure)| TokenError::Failed(failure))?;
    let garbled = |_| TokenError::Failed(malformed(service.status()));
    if response.status().is_success() {
        serde_json::from_slice(response.body()).map_err(garbled)
    } else {
        Err(refused(serde_json::from_slice(response.body()).map_err(garbled)?, service.status()))
    }
}

/// Gives a refresh or access token back (RFC 7009). A token that the service no longer knows counts as given back.
///
/// # Errors
/// The service has no such endpoint, could not be reached, or refused.
pub async fn revoke(endpoints: &Endpoints, token: &SecretString, post: &Post) -> Result<(), Failure> {
    let Some(endpoint) = &endpoints.revoke else {
        return Err(Failure::new(FailureKind::Misconfigured, "this sign-in service has no way to revoke a token"));
    };
    // Written by hand because oauth2's insists on https, which a test on loopback does not have.
    let service = Watched::new(post);
    let response = service
        .send(form_request(endpoint, &[("token", token.expose_secret())])?)
        .await
        .map_err(|Unanswered(failure)| failure)?;
    if response.status().is_success() {
        return Ok(());
    }
    match serde_json::from_slice::<Refusal>(response.body()) {
        Ok(refusal) if refusal.error == "invalid_token" => Ok(()),
        Ok(refusal) => Err(Failure::new(FailureKind::Refused, "the sign-in service refused to revoke the token")
            .reason(refusal.error)
            .status(response.status().as_u16())),
        Err(_) => Err(Failure::new(FailureKind::Refused, "the sign-in service refused to revoke the token")
            .status(response.status().as_u16())),
    }
}

fn oauth_client(client: &Client) -> OauthClient {
    let oauth = OauthClient::new(ClientId::new(client.id.clone())).set_auth_type(AuthType::RequestBody);
    match &client.secret {
        Some(secret) => oauth.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        None => oauth,
    }
}

fn token_client(client: &Client, token_endpoint: &Url) -> OauthClient<EndpointNotSet, EndpointSet> {
    oauth_client(client).set_token_uri(TokenUrl::from_url(token_endpoint.clone()))
}

fn redirect(uri: &str) -> Result<RedirectUrl, Failure> {
    RedirectUrl::new(uri.to_owned())
        .map_err(|_| Failure::new(FailureKind::Misconfigured, format!("'{uri}' is not a redirect address")))
}

fn form_request(endpoint: &Url, form: &[(&str, &str)]) -> Result<HttpRequest, Failure> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
    http::Request::post(endpoint.as_str())
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .map_err(|_| Failure::new(FailureKind::Misconfigured, format!("cannot send to '{endpoint}'")))
}

/// A failure to get any answer, in the shape that oauth2 wants of an error.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Unanswered(Failure);

/// A [`Post`] that remembers the status, which oauth2 forgets, and turns the service's own troubles into temporary
/// failures. A type with a name: through a closure the compiler cannot prove that oauth2's futures may change threads.
struct Watched {
    post: Post,
    status: Arc<AtomicU16>,
}

impl Watched {
    fn new(post: &Post) -> Self {
        Self { post: Arc::clone(post), status: Arc::default() }
    }

    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Unanswered>> {
        let (sent, status) = ((self.post)(request), Arc::clone(&self.status));
        Box::pin(async move {
            let response = sent.await.map_err(Unanswered)?;
            let code = response.status();
            status.store(code.as_u16(), Ordering::SeqCst);
            if code.is_server_error() || code == http::StatusCode::TOO_MANY_REQUESTS {
                let message = format!("the sign-in service is in trouble (HTTP {})", code.as_u16());
                let failure = Failure::new(FailureKind::Temporary, message).status(code.as_u16());
                return Err(Unanswered(failure.hint("nothing is lost; try again later")));
            }
            Ok(response)
        })
    }

    fn status(&self) -> u16 {
        self.status.load(Ordering::SeqCst)
    }
}

impl<'c> oauth2::AsyncHttpClient<'c> for Watched {
    type Error = Unanswered;
    type Future = BoxFuture<'static, Result<HttpResponse, Unanswered>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.send(request)
    }
}

fn settle(
    answer: Result<Answer, RequestTokenError<Unanswered, Refusal>>,
    status: u16,
) -> Result<TokenAnswer, TokenError> {
    match answer {
        Ok(answer) => Ok(taken(answer)),
        Err(RequestTokenError::ServerResponse(refusal)) => Err(refused(refusal, status)),
        Err(RequestTokenError::Request(Unanswered(failure))) => Err(TokenError::Failed(failure)),
        // What the parser says quotes the answer, and the answer may hold a token.
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => Err(TokenError::Failed(malformed(status))),
    }
}

fn refused(refusal: Refusal, status: u16) -> TokenError {
    TokenError::Refused(Box::new(Refusal { status, ..refusal }))
}

fn malformed(status: u16) -> Failure {
    Failure::new(FailureKind::Malformed, "the sign-in service's answer is not the JSON it should be")
        .hint("a proxy or a login page may be answering in its place; -vv shows what was asked")
        .status(status)
}

fn taken(answer: Answer) -> TokenAnswer {
    TokenAnswer {
        access_token: answer.access_token().secret().clone().into(),
        expires_in: answer.expires_in().unwrap_or(Duration::from_secs(3600)),
        refresh_token: answer.refresh_token().map(|token| token.secret().clone().into()),
        refresh_token_expires_in: answer
            .extra_fields()
            .refresh_token_expires_in
            .as_ref()
            .and_then(serde_json::Value::as_u64)
            .map(Duration::from_secs),
        id_token: answer.extra_fields().id_token.clone().map(Into::into),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
    }
}
