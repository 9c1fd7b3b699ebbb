//! The first sync brings everything as it is, and the second finds nothing to do.

use dirsync::model::Outcome;

use super::home::homes;
use super::pretend::{Size, Trouble};

#[test]
fn a_probe_tells_whose_directory_it_is() {
    for home in homes(Size::SMALL) {
        let directory = home.directory(None);
        let tenant = home.runtime.block_on(directory.probe()).unwrap().tenant;
        assert_eq!(tenant.id, home.pretend.tenant());
    }
}

#[test]
fn a_probe_finds_out_that_an_account_may_not_read_one_of_the_listings() {
    for home in homes(Size::SMALL) {
        home.pretend.cause(&Trouble::ForbiddenListing);
        let directory = home.directory(None);
        let failure = home.runtime.block_on(directory.probe()).unwrap_err();
        assert!(failure.message.contains("groups") && failure.hint.is_some(), "{failure:?}");
    }
}

#[test]
fn after_the_first_sync_every_field_is_the_directorys_and_a_second_sync_plans_nothing() {
    for size in [Size::SMALL, Size::SMALL.seeded(23), Size::SMALL.seeded(4_096), Size::PAGES] {
        for home in homes(size) {
            let report = home.sync();
            let truth = home.pretend.truth();
            assert_eq!(report.outcome(), Outcome::Done, "{:?}", report.summary.notes);
            home.picture().assert_is(&truth);
            let summary = &report.summary;
            let added = [summary.users.added, summary.groups.added, summary.memberships.added];
            let there = [truth.people.len(), truth.groups.len(), truth.memberships.len()];
            assert_eq!(added, there.map(|number| i64::try_from(number).unwrap()));
            let second = home.sync();
            assert!(second.summary.is_empty(), "{:?}", second.summary);
            let unchanged = second.summary.users.unchanged;
            assert_eq!(unchanged, second.summary.users.fetched);
            // A directory that tells its changes has little to say.
            assert!(unchanged == added[0] || home.pretend.follows() && unchanged < added[0] / 2, "{unchanged}");
            home.picture().assert_is(&truth);
        }
    }
}
