//! A small client: signs in as a browser and an app would, and reads Graph.

use std::cell::Cell;

use reqwest::{Client, Response, redirect};
use serde_json::Value;
use url::Url;

use crate::sandbox::entra::Sandbox;

pub(super) const REDIRECT: &str = "http://localhost:45678/";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const ADMIN: &str = "admin@brightwater.example";
pub(super) const SCOPE: &str = "openid profile email offline_access User.Read User.Read.All GroupMember.Read.All";

/// A client of one sandbox.
pub(super) struct Visitor<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) http: Client,
    /// Whether a day passes between any two pages.
    pub(super) is_lively: Cell<bool>,
}

#[expect(clippy::disallowed_methods, reason = "the sandbox must not depend on the room whose client it tests")]
pub(super) fn http() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().user_agent("visitor").gzip(true).redirect(redirect::Policy::none()).no_proxy().build().unwrap()
}

impl<'a> Visitor<'a> {
    pub(super) fn new(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, http: http(), is_lively: Cell::new(false) }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(self.sandbox.base_url()).unwrap().join(path).unwrap()
    }

    /// The sign-in page's address at `organizations`, with more or other parameters.
    pub(super) fn auth_url(&self, more: &[(&str, &str)]) -> Url {
        let mut url = self.url("/organizations/oauth2/v2.0/authorize");
        let client = self.sandbox.client_id();
        let usual = [
            ("client_id", &*client),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", SCOPE),
            ("state", "st&te"),
            ("nonce", "n0nce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("prompt", "select_account"),
        ];
        let kept = usual.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
        url.query_pairs_mut().extend_pairs(kept).extend_pairs(more.iter().filter(|(_, value)| !value.is_empty()));
        url
    }

    /// Where the browser is sent back to, when the person decides at once.
    pub(super) async fn decided(&self, more: &[(&str, &str)]) -> Url {
        let response = self.http.get(self.auth_url(more)).send().await.unwrap();
        assert_eq!(response.status(), 302, "{}", response.text().await.unwrap());
        location(&response)
    }

    /// Status and page, where the browser is not sent back.
    pub(super) async fn page(&self, url: Url) -> (u16, String) {
        let response = self.http.get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(super) async fn token_at(&self, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = self.url(&format!("/{tenant}/oauth2/v2.0/token"));
        let response = self.http.post(url).form(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(super) async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let client = self.sandbox.client_id();
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", &*client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let mut form: Vec<_> =
            usual.into_iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key)).collect();
        form.extend(more);
        self.token_at("organizations", &form).await
    }

    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        let (client, tenant) = (self.sandbox.client_id(), self.sandbox.tenant_id());
        let form = [("grant_type", "refresh_token"), ("client_id", &*client), ("refresh_token", token)];
        self.token_at(&tenant, &form).await
    }

    /// Signs somebody in; the token answer.
    pub(super) async fn sign_in(&self, account: &str) -> Value {
        let back = self.decided(&[("sandbox_account", account)]).await;
        let code = param(&back, "code").unwrap_or_else(|| panic!("no code: {back}"));
        let (status, body) = self.exchange(&code, &[]).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// An access token of the admin.
    pub(super) async fn token(&self) -> String {
        self.sign_in(ADMIN).await["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Response {
        let url = self.url("/v1.0/").join(path).unwrap();
        self.http.get(url).bearer_auth(token).send().await.unwrap()
    }

    /// Status and body of a call.
    pub(super) async fn read(&self, token: &str, path: &str) -> (u16, Value) {
        let response = self.get(token, path).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Every page of a list or of a delta round, and the delta link at its end.
    pub(super) async fn pages(&self, token: &str, path: &str) -> (Vec<Vec<Value>>, Option<String>) {
        let (mut pages, mut next) = (Vec::new(), path.to_owned());
        loop {
            let (status, body) = self.read(token, &next).await;
            assert_eq!(status, 200, "{next}: {body}");
            pages.push(body["value"].as_array().unwrap().clone());
            let (link, delta) = (body["@odata.nextLink"].as_str(), body["@odata.deltaLink"].as_str());
            assert!(link.is_none() || delta.is_none(), "both links");
            match link {
                Some(link) => next = link.to_owned(),
                None => return (pages, delta.map(str::to_owned)),
            }
            assert!(pages.len() < 1_000, "no end of it");
            if self.is_lively.get() {
                self.sandbox.play_day();
            }
        }
    }

    /// All items of a list.
    pub(super) async fn all(&self, token: &str, path: &str) -> Vec<Value> {
        self.pages(token, path).await.0.into_iter().flatten().collect()
    }
}

pub(super) fn location(response: &Response) -> Url {
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

pub(super) fn param(url: &Url, key: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// The claims inside a JWT.
pub(super) fn claims(token: &Value) -> Value {
    use base64::Engine as _;
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
