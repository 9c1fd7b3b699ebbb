//! The id token that comes with `openid`.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Account;
use crate::sandbox::key::Key;

/// Google's issuer, whatever address the sandbox listens on.
const ISSUER: &str = "https://accounts.google.com";

/// The claims of an id token.
pub(super) fn claims(
    account: &Account,
    client: &str,
    nonce: Option<&str>,
    access: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let hash = ring::digest::digest(&ring::digest::SHA256, access.as_bytes());
    let mut claims = Map::new();
    let mut set = |key: &str, value: Value| {
        claims.insert(key.to_owned(), value);
    };
    set("iss", json!(ISSUER));
    set("azp", json!(client));
    set("aud", json!(client));
    set("sub", json!(account.sub));
    set("email", json!(account.email));
    set("email_verified", json!(true));
    set("at_hash", json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])));
    set("name", json!(account.name));
    set("iat", json!(now.as_second()));
    set("exp", json!(now.as_second() + 3600));
    if let Some(hd) = &account.hd {
        set("hd", json!(hd));
    }
    if let Some(nonce) = nonce {
        set("nonce", json!(nonce));
    }
    claims
}

/// The signed token.
pub(super) fn sign(key: &Key, claims: Map<String, Value>) -> io::Result<String> {
    key.sign(&Value::Object(claims))
}
