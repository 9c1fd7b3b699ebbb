//! The entry of the fuzz target: any bytes, as every answer that is read from Graph.

use http::HeaderMap;

use super::{group, person, verdict, wire};
use crate::http::{Answer, Page};
use crate::model::{Failure, News, ObjectChange, Place, Record};
use crate::provider::answer::is_id;

/// Reads `bytes` as every kind of answer there is. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// A reading panics, or lets something through that must not come out of one.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    if let Some(page) = goes_on_properly(wire::unread_changes(bytes)) {
        match page.items.read() {
            Ok((changes, place)) => {
                assert_ne!(place, Place::Beginning, "a page says where the stream goes on");
                changes.iter().for_each(can_be_stored);
            }
            Err(failure) => assert!(!failure.message.contains('\n')),
        }
    }
    goes_on_properly(wire::listed(bytes)).iter().flat_map(|page| &page.items).for_each(can_be_stored);
    for member in goes_on_properly(wire::members(bytes)).iter().flat_map(|page| &page.items) {
        assert!(
            matches!(member, Record::Refused { .. }) || matches!(member, Record::Read(it) if is_id(&it.external_id))
        );
    }
    assert!(goes_on_properly(wire::ids(bytes)).iter().flat_map(|page| &page.items).all(|id| is_id(id)));
    assert!(wire::organisation(bytes).iter().all(|tenant| is_id(&tenant.id)));
    drop(wire::me(bytes));
    for status in [400, 401, 403, 404, 405, 410, 418, 429, 500, 501, 503] {
        verdict::judge(&Answer { status, headers: &HeaderMap::new(), body: bytes });
    }
}

fn goes_on_properly<T>(page: Result<Page<T>, Failure>) -> Option<Page<T>> {
    match page {
        Ok(page) => {
            assert_ne!(page.next.as_deref(), Some(""));
            Some(page)
        }
        Err(failure) => {
            assert!(!failure.message.contains('\n'));
            None
        }
    }
}

/// What is read has ids, and can be read as a person and as a group.
fn can_be_stored(record: &Record<ObjectChange>) {
    let Record::Read(change) = record else { return };
    assert!(is_id(&change.external_id) && change.members.iter().all(|member| is_id(&member.external_id)));
    if let News::There(said) = &change.news {
        assert!(!said.contains_key("id") && said.keys().all(|key| !key.contains('@')));
        drop(person::read(&change.external_id, said));
        drop(group::read(&change.external_id, said));
    }
}
