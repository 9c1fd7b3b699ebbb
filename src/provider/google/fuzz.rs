//! The entry of the fuzz target: any bytes, as every answer that is read from Google.

use http::HeaderMap;

use super::{verdict, wire};
use crate::http::{Answer, Page};
use crate::model::{Failure, Record};

/// Reads `bytes` as every kind of answer there is. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// A reading panics, or lets something through that must not come out of one.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    people_and_groups(bytes);
    goes_on_properly(&wire::members(bytes), |record| match record {
        Record::Read(member) => Some(&member.external_id),
        Record::Refused { .. } => None,
    });
    goes_on_properly(&wire::deleted(bytes), |id| Some(id));
    drop(wire::tenant(bytes));
    if let Ok(Some(id)) = wire::first_group(bytes) {
        assert!(is_id(&id));
    }
    for status in [400, 401, 403, 404, 412, 418, 429, 500, 503] {
        verdict::judge(&Answer { status, headers: &HeaderMap::new(), body: bytes });
    }
}

fn people_and_groups(bytes: &[u8]) {
    for tenant in [None, Some("C0fuzz")] {
        goes_on_properly(&wire::users(bytes, tenant), |record| match record {
            Record::Read(user) => Some(&user.external_id),
            Record::Refused { .. } => None,
        });
    }
    goes_on_properly(&wire::groups(bytes), |record| match record {
        Record::Read(group) => Some(&group.external_id),
        Record::Refused { .. } => None,
    });
}

/// A page's records have ids, and its next page's token is one; a failure is one line without what was read.
fn goes_on_properly<T>(page: &Result<Page<Vec<T>>, Failure>, id: impl Fn(&T) -> Option<&String>) {
    match page {
        Ok(page) => {
            assert!(page.items.iter().filter_map(id).all(|id| is_id(id)));
            assert_ne!(page.next.as_deref(), Some(""));
        }
        Err(failure) => assert!(!failure.message.contains('\n')),
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 256 && !id.chars().any(char::is_control)
}
