//! A small client: signs in as a browser and an app would, and reads the API.

use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use url::Url;

use crate::sandbox::google::Sandbox;

pub(super) const REDIRECT: &str = "http://127.0.0.1:45678/";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const USERS: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";
pub(super) const GROUPS: &str = "https://www.googleapis.com/auth/admin.directory.group.readonly";
pub(super) const ADMIN: &str = "admin@brightwater.example";

/// A client of one sandbox.
pub(super) struct Visitor<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) http: Client,
    pub(super) client: Value,
}

#[expect(clippy::disallowed_methods, reason = "the sandbox must not depend on the room whose client it tests")]
pub(super) fn http(gzip: bool, unpack: bool) -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let agent = if gzip { "visitor (gzip)" } else { "visitor" };
    Client::builder().user_agent(agent).gzip(unpack).redirect(redirect::Policy::none()).no_proxy().build().unwrap()
}

impl<'a> Visitor<'a> {
    pub(super) fn new(sandbox: &'a Sandbox) -> Self {
        let file: Value = serde_json::from_str(&sandbox.client_secrets_json()).unwrap();
        Self { sandbox, http: http(true, true), client: file["installed"].clone() }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(self.sandbox.base_url()).unwrap().join(path).unwrap()
    }

    /// The sign-in page's address, with more or other parameters.
    pub(super) fn auth_url(&self, more: &[(&str, &str)]) -> Url {
        let mut url = self.url("/o/oauth2/v2/auth");
        let scope = format!("openid email {USERS} {GROUPS}");
        let usual = [
            ("client_id", self.client["client_id"].as_str().unwrap()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", &scope),
            ("state", "st&te"),
            ("nonce", "n0nce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("access_type", "offline"),
            ("prompt", "consent"),
        ];
        let kept = usual.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
        url.query_pairs_mut().extend_pairs(kept).extend_pairs(more.iter().filter(|(_, value)| !value.is_empty()));
        url
    }

    /// Where the browser is sent back to, when the person decides at once.
    pub(super) async fn decided(&self, more: &[(&str, &str)]) -> Url {
        let response = self.http.get(self.auth_url(more)).send().await.unwrap();
        assert_eq!(response.status(), 302);
        Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
    }

    pub(super) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let response = self.http.post(self.url("/token")).form(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(super) async fn exchange(&self, code: &str) -> (u16, Value) {
        let (id, secret) = (self.client["client_id"].as_str().unwrap(), self.client["client_secret"].as_str().unwrap());
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        let id = self.client["client_id"].as_str().unwrap();
        self.token(&[("grant_type", "refresh_token"), ("client_id", id), ("refresh_token", token)]).await
    }

    /// Signs somebody in; the token answer.
    pub(super) async fn sign_in(&self, account: &str) -> Value {
        let back = self.decided(&[("sandbox_account", account)]).await;
        let (status, body) = self.exchange(&param(&back, "code").unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Response {
        let url = self.url(&format!("/admin/directory/v1/{path}"));
        self.http.get(url).bearer_auth(token).send().await.unwrap()
    }

    /// Status and body of a call as the admin.
    pub(super) async fn read(&self, token: &str, path: &str) -> (u16, Value) {
        let response = self.get(token, path).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// All items of a listing, page by page, and how many pages there were.
    pub(super) async fn all(&self, token: &str, path: &str, key: &str) -> (Vec<Value>, usize) {
        let (mut items, mut pages, mut next) = (Vec::new(), 0, String::new());
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let (status, mut body) = self.read(token, &format!("{path}{join}pageToken={next}")).await;
            assert_eq!(status, 200, "{body}");
            pages += 1;
            if let Some(Value::Array(list)) = body.get_mut(key).map(Value::take) {
                items.extend(list);
            }
            match body["nextPageToken"].as_str() {
                Some(token) => next = token.to_owned(),
                None => return (items, pages),
            }
        }
    }
}

pub(super) fn param(url: &Url, key: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// The claims inside a JWT.
pub(super) fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
