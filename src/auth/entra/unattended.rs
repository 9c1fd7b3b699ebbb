//! A token of the app's own right, with nobody signed in (learn.microsoft.com/entra/identity-platform/
//! v2-oauth2-client-creds-grant-flow and …/certificate-credentials). There is no refresh token: it is asked for anew.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use ring::rand::SecureRandom;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::app::App;
use super::errors::Asked;
use super::permissions;
use super::tokens::AHEAD;
use crate::auth::jwt::{Algorithm, Signer};
use crate::auth::random::unguessable;
use crate::auth::service::Access;
use crate::auth::tokens::{Mint, Minted, Tokens};
use crate::auth::{Post, oauth};
use crate::clock::Clock;
use crate::http::TokenSource;
use crate::model::Failure;

/// How long an assertion is good for, in seconds: Microsoft recommends 5 to 10 minutes.
const LIFE: i64 = 600;

/// How the app proves itself.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// By what it signs.
    Certificate {
        /// PEM with its private key.
        pem: SecretString,
        /// Names it to Microsoft.
        thumbprint: String,
    },
    /// By what it knows.
    Secret(SecretString),
}

/// An app that acts in its own right.
#[derive(Clone)]
pub(super) struct Unattended {
    app: App,
    proof: Proof,
    post: Post,
    clock: Clock,
    random: Arc<dyn SecureRandom + Send + Sync>,
}

impl fmt::Debug for Unattended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unattended").field("app", &self.app).finish_non_exhaustive()
    }
}

impl Unattended {
    /// `app` has to know its tenant's id.
    pub(super) fn new(app: App, proof: Proof, access: &Access) -> Self {
        let (post, clock, random) = (Arc::clone(&access.post), access.clock.clone(), Arc::clone(&access.random));
        Self { app, proof, post, clock, random }
    }

    /// The source; asks nothing before the first token is needed.
    pub(super) fn source(self) -> Arc<dyn TokenSource> {
        let clock = self.clock.clone();
        Arc::new(Tokens::new(self, clock).renewed_ahead(AHEAD))
    }

    async fn token(&self, claims: Option<&str>) -> Result<Minted, Failure> {
        let endpoint = self.app.authority()?.token();
        let scope = permissions::default_scope(self.app.cloud);
        let proof = match &self.proof {
            Proof::Certificate { pem, thumbprint } => {
                self.assertion(pem, thumbprint, endpoint.as_str(), self.clock.now())?
            }
            Proof::Secret(secret) => secret.clone(),
        };
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.app.client_id.as_str()),
            ("scope", scope.as_str()),
        ];
        match &self.proof {
            Proof::Certificate { .. } => form.extend([
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", proof.expose_secret()),
            ]),
            Proof::Secret(_) => form.push(("client_secret", proof.expose_secret())),
        }
        form.extend(claims.map(|claims| ("claims", claims)));
        let answer = oauth::grant(&endpoint, &form, &self.post).await;
        let refused =
            |error: oauth::TokenError| error.explained(|refusal| self.app.explain(refusal, Asked::Unattended));
        Ok(answer.map_err(refused)?.into())
    }

    fn assertion(
        &self,
        pem: &SecretString,
        thumbprint: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<SecretString, Failure> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
        let claims = json!({
            "aud": audience,
            "iss": self.app.client_id,
            "sub": self.app.client_id,
            "jti": unguessable(&*self.random)?,
            "nbf": now.as_second(),
            "iat": now.as_second(),
            "exp": now.as_second() + LIFE,
        });
        Signer::from_pem(pem)?.sign(Algorithm::Ps256, &header, &claims)
    }
}

impl Mint for Unattended {
    fn mint<'a>(&'a self, claims: Option<&'a str>) -> BoxFuture<'a, Result<Minted, Failure>> {
        Box::pin(self.token(claims))
    }
}
