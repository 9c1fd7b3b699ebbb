//! Reads who signed in from an id token, and checks that it was issued by whom, for whom, when and for which sign-in it
//! should be (OpenID Connect Core 1.0 §3.1.3.7). Its signature is not checked: the token came straight from the token
//! endpoint over TLS, and then the certificate of the issuer's own server takes the signature's place (same section,
//! step 6). Never feed this a token that came by another way.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::model::{Failure, FailureKind};

/// How far this machine's clock and the issuer's may disagree.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How old a token fresh from the token endpoint can look: some issuers date it back, or to when the person signed in.
const FRESH: SignedDuration = SignedDuration::from_mins(30);

/// What an id token must say to be accepted.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    /// Whether this issuer may say what these claims say.
    pub issuer: &'a (dyn Fn(&str, &Claims) -> bool + Sync),
    /// Our client id.
    pub audience: &'a str,
    /// Of this sign-in, where one was sent.
    pub nonce: Option<&'a SecretString>,
}

/// Who signed in, as the sign-in service says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Claims {
    /// The account's immutable id at the issuer.
    pub sub: String,
    /// Its address; may change.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the issuer vouches for the address; absent counts as no.
    #[serde(default, deserialize_with = "truth")]
    pub email_verified: bool,
    /// Google: the organisation's domain, absent for a private account.
    #[serde(default)]
    pub hd: Option<String>,
    /// Microsoft: the tenant.
    #[serde(default)]
    pub tid: Option<String>,
    /// Microsoft: the account's immutable id in that tenant.
    #[serde(default)]
    pub oid: Option<String>,
    /// Microsoft: what the account is called; may change, and need not be an address.
    #[serde(default)]
    pub preferred_username: Option<String>,
}

#[derive(Deserialize)]
struct Checked {
    iss: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    azp: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Reads and checks `token`, at the time `now`.
///
/// # Errors
/// It is no id token, or not the one expected; a clock that is far off is named as such.
pub(super) fn read(token: &SecretString, expected: Expected<'_>, now: Timestamp) -> Result<Claims, Failure> {
    let payload = payload(token.expose_secret()).ok_or_else(|| unusable("it is not an id token"))?;
    let checked: Checked = serde_json::from_slice(&payload).map_err(|_| unusable("it lacks a required claim"))?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| unusable("it does not say who signed in"))?;
    if !(expected.issuer)(&checked.iss, &claims) {
        return Err(unusable("it comes from another issuer"));
    }
    let for_us = match &checked.aud {
        Audience::One(one) => one == expected.audience,
        Audience::Many(many) => {
            many.iter().any(|one| one == expected.audience)
                && (many.len() == 1 || checked.azp.as_deref() == Some(expected.audience))
        }
    };
    if !for_us {
        return Err(unusable("it was made for another application"));
    }
    if expected.nonce.is_some_and(|nonce| checked.nonce.as_deref() != Some(nonce.expose_secret())) {
        return Err(unusable("it belongs to another sign-in"));
    }
    check_times(&checked, now)?;
    if claims.sub.is_empty() {
        return Err(unusable("it does not say who signed in"));
    }
    Ok(claims)
}

fn check_times(checked: &Checked, now: Timestamp) -> Result<(), Failure> {
    let (Ok(issued), Ok(expires)) = (Timestamp::from_second(checked.iat), Timestamp::from_second(checked.exp)) else {
        return Err(unusable("its times make no sense"));
    };
    if expires <= issued {
        return Err(unusable("its times make no sense"));
    }
    // It was issued a moment ago, for this very sign-in: a large difference can only be the clock.
    let ahead = now.duration_since(issued);
    if ahead < -SKEW || ahead > FRESH || now.duration_since(expires) > SKEW {
        let minutes = ahead.abs().as_mins();
        let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
        return Err(Failure::new(
            FailureKind::Misconfigured,
            format!("this machine's clock is about {minutes} minutes {direction} the sign-in service's"),
        )
        .hint("set the clock (Linux: `timedatectl set-ntp true`), then sign in again"));
    }
    Ok(())
}

fn payload(token: &str) -> Option<Vec<u8>> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()
}

fn unusable(why: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("the sign-in service's id token cannot be used: {why}"))
}

/// `true`, or the text "true" that some issuers write.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == serde_json::Value::Bool(true) || value.as_str() == Some("true"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(claims: &Value) -> SecretString {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", encode(&json!({"alg": "RS256"})), encode(claims)).into()
    }

    fn good() -> Value {
        json!({
            "iss": "https://accounts.google.com", "aud": "me", "sub": "113", "nonce": "n", "iat": 1000, "exp": 4600,
            "email": "admin@corp.example", "email_verified": "true", "hd": "corp.example", "unknown": [1]
        })
    }

    fn read_at(claims: &Value, now: i64) -> Result<Claims, Failure> {
        let nonce = SecretString::from("n");
        let expected = Expected {
            issuer: &|issuer, _| ["https://accounts.google.com", "accounts.google.com"].contains(&issuer),
            audience: "me",
            nonce: Some(&nonce),
        };
        read(&token(claims), expected, Timestamp::from_second(now).unwrap())
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    #[test]
    fn the_right_token_says_who_signed_in() {
        let claims = read_at(&good(), 1001).unwrap();
        assert_eq!((claims.sub.as_str(), claims.hd.as_deref()), ("113", Some("corp.example")));
        assert!(claims.email_verified);
        for same in [with("iss", json!("accounts.google.com")), with("aud", json!(["me"])), with("iat", json!(1299))] {
            assert!(read_at(&same, 1000).is_ok(), "{same}");
        }
    }

    #[test]
    fn anybody_elses_token_is_refused() {
        for (claims, says) in [
            (with("iss", json!("https://evil.example")), "issuer"),
            (with("iss", json!("https://accounts.google.com/")), "issuer"),
            (with("aud", json!("you")), "another application"),
            (with("aud", json!(["me", "you"])), "another application"),
            (with("aud", json!([])), "another application"),
            (with("nonce", json!("other")), "another sign-in"),
            (with("nonce", Value::Null), "another sign-in"),
            (with("sub", json!("")), "who signed in"),
            (with("sub", json!(1)), "who signed in"),
            (with("exp", json!(900)), "times"),
            (with("exp", Value::Null), "required claim"),
        ] {
            let refused = read_at(&claims, 1000).unwrap_err();
            assert_eq!(refused.kind, FailureKind::Malformed);
            assert!(refused.message.contains(says), "{claims}: {refused}");
        }
        let nonce = SecretString::from("n");
        let expected = Expected { issuer: &|_, _| true, audience: "me", nonce: Some(&nonce) };
        for rubbish in ["", "a.b", "a.b.c.d", "a.!!.c", "a.e30.c"] {
            assert!(read(&rubbish.into(), expected, Timestamp::UNIX_EPOCH).is_err(), "{rubbish}");
        }
    }

    #[test]
    fn a_wrong_clock_is_called_by_its_name() {
        for (now, says) in [(1000 - 3600, "60 minutes behind"), (1000 + 3600, "60 minutes ahead of")] {
            let refused = read_at(&good(), now).unwrap_err();
            assert_eq!(refused.kind, FailureKind::Misconfigured);
            assert!(refused.message.contains("clock") && refused.message.contains(says), "{refused}");
        }
        assert!(read_at(&good(), 1000 - 299).is_ok());
        let short = with("exp", json!(1060));
        assert!(read_at(&short, 1060 + 299).is_ok());
        assert!(read_at(&short, 1060 + 301).unwrap_err().message.contains("clock"));
    }
}
