//! Cursors (RFC 9865): where a listing goes on, sealed so that a client can neither make one nor use it for another
//! query. They hold the last row's sort value and id, so that deletions in between lose nothing.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::scim::{Problem, ScimType};

/// How long a cursor is good for, in seconds; advertised as `cursorTimeout`.
pub(in crate::scim) const CURSOR_SECONDS: i64 = 3600;

/// Where a listing goes on: after this row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// What the last row was sorted by.
    pub(super) value: Option<String>,
    /// The last row's place in the order of creation.
    pub(super) row: i64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    position: Position,
    expires: i64,
}

/// Makes and reads cursors; the key dies with the server, and its cursors with it.
pub(super) struct Cursors(hmac::Key);

impl Cursors {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A cursor for going on with `query` (everything that decides what is listed, and whose it is) after `position`.
    pub(super) fn seal(&self, position: &Position, query: &str, now: Timestamp) -> String {
        let expires =
            now.saturating_add(SignedDuration::from_secs(CURSOR_SECONDS)).map_or(i64::MAX, Timestamp::as_second);
        let sealed = Sealed { position: position.clone(), expires };
        let body = serde_json::to_vec(&sealed).unwrap_or_default();
        let tag = hmac::sign(&self.0, &bound(&body, query));
        let tag = tag.as_ref().get(..TAG).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode([tag, &body].concat())
    }

    /// Where the cursor says the listing goes on.
    ///
    /// # Errors
    /// It is not of this server's making for this query, or too old.
    pub(super) fn open(&self, cursor: &str, query: &str, now: Timestamp) -> Result<Position, Problem> {
        let invalid = || Problem::of(ScimType::InvalidCursor, "the cursor was not made for this query; begin anew");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let (tag, body) = bytes.split_at_checked(TAG).ok_or_else(invalid)?;
        let right = hmac::sign(&self.0, &bound(body, query));
        let right = right.as_ref().get(..TAG).unwrap_or_default();
        if !bool::from(subtle::ConstantTimeEq::ct_eq(right, tag)) {
            return Err(invalid());
        }
        let sealed: Sealed = serde_json::from_slice(body).map_err(|_| invalid())?;
        if sealed.expires < now.as_second() {
            return Err(Problem::of(ScimType::ExpiredCursor, "the cursor is too old; begin anew"));
        }
        Ok(sealed.position)
    }
}

/// 128 bits keep forgers away and cursors short.
const TAG: usize = 16;

/// What is signed: the query cannot run into the body, for its length comes first.
fn bound(body: &[u8], query: &str) -> Vec<u8> {
    let length = (query.len() as u64).to_be_bytes();
    [&length, query.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_cursor_is_good_for_its_query_for_an_hour_and_for_nobody_elses() {
        let (ours, theirs) = (Cursors::new(&[1; 32]), Cursors::new(&[2; 32]));
        let position = Position { value: Some("zoë".into()), row: 7 };
        let cursor = ours.seal(&position, "1 Users filter", now());
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)));
        assert_eq!(ours.open(&cursor, "1 Users filter", now()), Ok(position));
        let kind = |result: Result<Position, Problem>| result.unwrap_err().kind.unwrap();
        assert_eq!(kind(ours.open(&cursor, "2 Users filter", now())), ScimType::InvalidCursor);
        assert_eq!(kind(theirs.open(&cursor, "1 Users filter", now())), ScimType::InvalidCursor);
        let later = now() + SignedDuration::from_secs(CURSOR_SECONDS + 1);
        assert_eq!(kind(ours.open(&cursor, "1 Users filter", later)), ScimType::ExpiredCursor);
    }

    #[test]
    fn no_changed_cursor_is_taken() {
        let cursors = Cursors::new(&[1; 32]);
        let cursor = cursors.seal(&Position { value: None, row: 1 }, "q", now());
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = cursors.open(&changed, "q", now());
            assert!(opened.is_err() || changed == cursor, "at {at}");
        }
        for rubbish in ["", "x", "%", "AAAA", &"A".repeat(5000)] {
            assert!(cursors.open(rubbish, "q", now()).is_err());
        }
    }
}
