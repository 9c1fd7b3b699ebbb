//! Days: the summary says what two truths differ in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::sandbox::entra::tenant::Tenant;

fn by_id(list: &Value) -> BTreeMap<String, Value> {
    list.as_array().unwrap().iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone())).collect()
}

fn set<'a>(list: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    list.into_iter().cloned().collect()
}

#[test]
fn the_summary_is_the_difference_of_two_truths() {
    let mut tenant = Tenant::generate(11, 300, 60, 2_000);
    let mut purged = 0;
    for _ in 0..40 {
        let before = tenant.truth();
        let day = tenant.play_day();
        let after = tenant.truth();
        let (old, new) = (by_id(&before["users"]), by_id(&after["users"]));
        let came = set(new.keys().filter(|id| !old.contains_key(*id)));
        let left = set(old.keys().filter(|id| !new.contains_key(*id)));
        let changed =
            set(new.iter().filter(|(id, user)| old.get(*id).is_some_and(|old| old != *user)).map(|(id, _)| id));
        assert_eq!(came, set(day.joined.iter().chain(&day.returned)), "day {}", day.day);
        assert_eq!(left, set(&day.left), "day {}", day.day);
        assert_eq!(changed, set(&day.changed), "day {}", day.day);
        let (old, new) = (by_id(&before["groups"]), by_id(&after["groups"]));
        assert_eq!(set(new.keys().filter(|id| !old.contains_key(*id))), set(&day.groups_created));
        assert_eq!(set(old.keys().filter(|id| !new.contains_key(*id))), set(&day.groups_deleted));
        purged += day.purged.len();
    }
    assert!(purged > 5, "{purged}");
    let mut again = Tenant::generate(11, 300, 60, 2_000);
    (0..40).for_each(|_| drop(again.play_day()));
    assert_eq!(again.truth(), tenant.truth());
}
