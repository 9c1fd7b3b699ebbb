//! How a provider behaves towards the directory: not too many requests at once, and none that need not be made.

use std::time::Duration;

use super::home::homes;
use super::pretend::Size;

#[test]
fn at_most_sixteen_requests_are_under_way_and_one_page_is_asked_for_once() {
    let size = Size { latency: Duration::from_millis(10), ..Size::PAGES };
    for home in homes(size) {
        home.sync();
        let (total, at_once) = home.pretend.requests();
        assert!(at_once <= 16, "{at_once}");
        let listed = !home.pretend.follows();
        assert!(at_once >= 8 || !listed, "groups are read one after the other: {at_once} at once");
        let truth = home.pretend.truth();
        let sizes = truth.groups.keys().map(|id| {
            truth.memberships.range((id.clone(), String::new())..).take_while(|((group, _), _)| group == id).count()
        });
        // No page is smaller than 100 of anything, and a sign-in takes a few requests more.
        let pages = |records: usize| records.div_ceil(100).max(1);
        let members = if listed { sizes.map(pages).sum() } else { pages(sizes.sum()) };
        // Pages of changes may be empty or small.
        let odd = if listed { 3 } else { 20 };
        let most = pages(truth.people.len()) + pages(truth.groups.len()) + members + odd;
        assert!(total <= u64::try_from(most).unwrap(), "{total} requests where {most} are enough");
    }
}
