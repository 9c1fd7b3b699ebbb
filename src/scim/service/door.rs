//! Who may come in: bearer tokens, each of one integration, and patience with whoever brings wrong ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use crate::model::IntegrationId;
use crate::scim::Problem;

/// How long a list of integrations and tokens is good for: a token that is taken back opens nothing after so long.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// Wrong tokens that a peer may bring within [`MEMORY`] and still be told that they are wrong.
const ALLOWED: u32 = 20;
/// How long a wrong token is held against a peer.
const MEMORY: Duration = Duration::from_secs(60);
/// Peers remembered at most.
const PEERS: usize = 4096;

/// A token that opens.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) token: i64,
    pub(super) hash: [u8; 32],
    pub(super) expires_at: Option<Timestamp>,
}

/// An integration that is pushed to.
#[derive(Clone, Debug)]
pub(super) struct Served {
    pub(super) id: IntegrationId,
    pub(super) name: String,
    pub(super) leniency: super::Leniency,
    pub(super) keys: Vec<Key>,
}

impl Served {
    /// The token in the request's header, if it opens this integration. How long the comparison takes says nothing of
    /// how right the token was: hashes are compared, all of them, each to its end.
    pub(super) fn opened_by(&self, headers: &HeaderMap, now: Timestamp) -> Option<i64> {
        let token = bearer(headers)?;
        let hash = digest(&SHA256, token.as_bytes());
        let mut opened = None;
        for key in &self.keys {
            let right = bool::from(key.hash.as_slice().ct_eq(hash.as_ref()));
            if right && key.expires_at.is_none_or(|end| now < end) {
                opened = Some(key.token);
            }
        }
        opened
    }
}

/// The credentials of an `Authorization: Bearer` header; the scheme's case means nothing.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Wrong tokens by peer. A right one is never refused for them: behind one address there may be many.
#[derive(Debug, Default)]
pub(super) struct Strikes(Mutex<HashMap<IpAddr, Strike>>);

#[derive(Debug)]
struct Strike {
    count: u32,
    last: Instant,
}

impl Strikes {
    /// Holds a wrong token against `peer`.
    ///
    /// # Errors
    /// Always: 401, and 429 once there were too many.
    pub(super) fn strike(&self, peer: Option<IpAddr>, now: Instant) -> Problem {
        let wrong = Problem::new(401, "the bearer token is missing, not this integration's, or no longer valid");
        let Some(peer) = peer else { return wrong };
        let mut strikes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if strikes.len() >= PEERS {
            strikes.retain(|_, strike| now.duration_since(strike.last) < MEMORY);
        }
        if strikes.len() >= PEERS && !strikes.contains_key(&peer) {
            return wrong;
        }
        let strike = strikes.entry(peer).or_insert(Strike { count: 0, last: now });
        if now.duration_since(strike.last) >= MEMORY {
            strike.count = 0;
        }
        strike.count = strike.count.saturating_add(1);
        strike.last = now;
        // Twice as long for every further twenty, up to a minute.
        match (strike.count - 1) / ALLOWED {
            0 => wrong,
            rounds => Problem::too_many("too many wrong tokens from this address", 1 << rounds.min(6)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())])
    }

    fn served(expires_at: Option<&str>) -> Served {
        let hash = digest(&SHA256, b"right").as_ref().try_into().unwrap();
        let key = Key { token: 7, hash, expires_at: expires_at.map(|at| at.parse().unwrap()) };
        Served {
            id: IntegrationId(1),
            name: "okta".into(),
            leniency: super::super::Leniency::default(),
            keys: vec![key],
        }
    }

    #[test]
    fn a_token_opens_until_it_ends() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for (authorization, opens) in [
            ("Bearer right", true),
            ("bearer   right", true),
            ("Bearer wrong", false),
            ("Bearer", false),
            ("Basic right", false),
            ("Bearer right right", false),
        ] {
            assert_eq!(served(None).opened_by(&headers(authorization), now).is_some(), opens, "{authorization}");
        }
        assert!(served(Some("2026-11-24T08:00:01Z")).opened_by(&headers("Bearer right"), now).is_some());
        assert!(served(Some("2026-11-24T08:00:00Z")).opened_by(&headers("Bearer right"), now).is_none());
        assert!(served(None).opened_by(&HeaderMap::new(), now).is_none());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    fn whoever_keeps_bringing_wrong_tokens_waits_and_nobody_else_does() {
        let (strikes, start) = (Strikes::default(), Instant::now());
        let peer = Some(IpAddr::from([192, 0, 2, 1]));
        let status = |peer, now| strikes.strike(peer, now).status;
        assert!((0..ALLOWED).all(|_| status(peer, start) == 401));
        let problem = strikes.strike(peer, start);
        assert_eq!((problem.status, problem.retry_after), (429, Some(2)));
        assert_eq!(status(Some(IpAddr::from([192, 0, 2, 2])), start), 401);
        assert_eq!(status(peer, start + MEMORY), 401, "forgiven");
        assert!((0..1000).all(|_| strikes.strike(peer, start + MEMORY).retry_after.is_none_or(|wait| wait <= 64)));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    fn strangers_cannot_fill_the_memory() {
        let (strikes, start) = (Strikes::default(), Instant::now());
        for number in 0..10_000_u32 {
            strikes.strike(Some(IpAddr::from(number.to_be_bytes())), start);
        }
        assert!(strikes.0.lock().unwrap().len() <= PEERS);
    }
}
