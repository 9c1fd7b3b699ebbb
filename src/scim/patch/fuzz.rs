//! The entry of the fuzz target: any bytes, as the body of a PATCH.

use serde_json::{Map, Value};

use super::{Rules, UnknownPaths, apply, parse};
use crate::scim::resource::{self, Strictness};
use crate::scim::schema::{GROUP, ResourceType, USER};

/// Applies `bytes` to a user and a group, by all rules. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// What comes out is no document a client could have sent, or it says that something changed when nothing did.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    for (kind, document) in [(&USER, user()), (&GROUP, Map::from_iter([("displayName".to_owned(), "G".into())]))] {
        let Ok(operations) = parse(&body, kind) else { continue };
        for strictness in [Strictness::Lenient, Strictness::Strict] {
            for unknown_paths in [UnknownPaths::Refuse, UnknownPaths::Ignore] {
                let rules = Rules { strictness, unknown_paths };
                let Ok(patched) = apply(document.clone(), None, &operations, kind, rules) else { continue };
                assert_eq!(patched.changed, patched.document != document || patched.external_id.is_some());
                is_canonical(&patched.document, kind);
            }
        }
    }
}

fn is_canonical(document: &Map<String, Value>, kind: &'static ResourceType) {
    let read = resource::read(&Value::Object(document.clone()), kind, Strictness::Lenient);
    assert_eq!(read.map(|it| it.document).as_ref(), Ok(document));
}

/// A user with something of every shape.
fn user() -> Map<String, Value> {
    let said = serde_json::json!({
        "userName": "ada", "active": true, "name": {"givenName": "Ada"}, "manager": "m1",
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "type": "home"}],
        "addresses": [{"locality": "Rome", "type": "work"}]
    });
    resource::read(&said, &USER, Strictness::Lenient).map(|it| it.document).unwrap_or_default()
}
