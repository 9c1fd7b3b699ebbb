//! The one RSA key of the pretend world: it signs id tokens, and is the private key in the service-account
//! file and of the Entra app.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RsaKeyPair, RsaParameters,
    UnparsedPublicKey,
};
use serde_json::{Value, json};

/// A pretend key, made once with `openssl genpkey -algorithm RSA`, that protects nothing: ring cannot generate RSA keys,
/// and a demo must start at once.
pub(super) const PRETEND_KEY_PEM: &str = include_str!("pretend_key.pem");

/// The `kid` under which the key is published and named in JWT headers.
pub(super) const KEY_ID: &str = "5a0db0c5pretend5a0db0c5pretend5a0db0c5ab";

/// The key, parsed.
pub(super) struct Key(RsaKeyPair);

impl Key {
    pub(super) fn load() -> io::Result<Self> {
        let base64: String = PRETEND_KEY_PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(base64).map_err(io::Error::other)?;
        RsaKeyPair::from_pkcs8(&der).map(Self).map_err(|rejected| io::Error::other(rejected.to_string()))
    }

    /// A compact JWT over `claims`, signed RS256.
    pub(super) fn sign(&self, claims: &Value) -> io::Result<String> {
        let header = json!({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"});
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| io::Error::other("the pretend key refused to sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a compact RS256 JWT, if this key signed it.
    pub(super) fn verify(&self, token: &str) -> Option<Value> {
        self.verified(token, "RS256", &RSA_PKCS1_2048_8192_SHA256).map(|(_, claims)| claims)
    }

    /// The header and claims of a compact PS256 JWT, if this key signed it.
    pub(super) fn verify_ps256(&self, token: &str) -> Option<(Value, Value)> {
        self.verified(token, "PS256", &RSA_PSS_2048_8192_SHA256)
    }

    fn verified(&self, token: &str, algorithm: &str, how: &'static RsaParameters) -> Option<(Value, Value)> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header["alg"] != algorithm {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(how, self.0.public().as_ref()).verify(message.as_bytes(), &signature).ok()?;
        Some((header, serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?))
    }

    /// The public half as a JSON Web Key Set, for clients that check id tokens.
    pub(super) fn jwks(&self) -> Value {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.0.public());
        json!({"keys": [{
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_what_it_verifies() {
        let key = Key::load().unwrap();
        let token = key.sign(&json!({"sub": "1"})).unwrap();
        assert_eq!(key.verify(&token).unwrap()["sub"], "1");
        let tampered = token.replacen('.', ".e30", 1);
        assert!(key.verify(&tampered).is_none());
        assert!(key.verify("a.b").is_none());
    }
}
