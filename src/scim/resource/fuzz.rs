//! The entry of the fuzz target: any bytes, as the body of a POST.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Related, Stored, Strictness, read, render};
use crate::scim::schema::TYPES;

/// Reads `bytes` as every type of resource. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// Something is read that does not read the same again after it is sent, or that must not be in a document.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    for kind in TYPES {
        for strictness in [Strictness::Lenient, Strictness::Strict] {
            let Ok(incoming) = read(&body, kind, strictness) else { continue };
            let not_stored = ["schemas", "id", "externalId", "meta", "groups", "members", "password"];
            assert!(not_stored.iter().all(|name| !incoming.document.contains_key(*name)));
            let sent = sent(incoming.document.clone(), incoming.external_id.clone(), kind);
            let again = read(&Value::Object(sent), kind, strictness);
            assert_eq!(again.as_ref().map(|it| &it.document), Ok(&incoming.document));
            assert_eq!(again.map(|it| it.external_id), Ok(incoming.external_id));
        }
    }
}

/// A document as it is sent by a server of no users.
pub(super) fn sent(
    document: Map<String, Value>,
    external_id: Option<String>,
    kind: &'static crate::scim::schema::ResourceType,
) -> Map<String, Value> {
    let stored = Stored {
        id: "id-1".to_owned(),
        external_id,
        document,
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        version: "W/\"1\"".to_owned(),
        location: "https://scim.example/v2/Users/id-1".to_owned(),
    };
    render(stored, kind, Related::default())
}
