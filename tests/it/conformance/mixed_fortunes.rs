//! Random days with random faults in between: no sync loses anybody, and in the end the store equals the directory.

use dirsync::model::Outcome;
use dirsync::sync::SyncError;
use dirsync::sync::guard::RemovalLimit;
use proptest::prelude::*;

use super::home::{Home, homes};
use super::pretend::{Size, Trouble};
use super::struck::largest_group;

/// What may happen before a sync.
#[derive(Clone, Copy, Debug)]
enum Fortune {
    Days(u8),
    Trouble(u8),
    Vanish(u8, bool),
    Unvanish,
}

fn fortune() -> impl Strategy<Value = Fortune> {
    prop_oneof![
        3 => (1..4u8).prop_map(Fortune::Days),
        4 => any::<u8>().prop_map(Fortune::Trouble),
        1 => (5..60u8, any::<bool>()).prop_map(|(percent, confirmed)| Fortune::Vanish(percent, confirmed)),
        1 => Just(Fortune::Unvanish),
    ]
}

/// One of the troubles that do not take long.
fn trouble(home: &Home, number: u8) -> Trouble {
    let group = largest_group(home);
    let quick = [
        Trouble::UsersPageFails,
        Trouble::GroupsPageFails,
        Trouble::OneGroupFails(group.clone()),
        Trouble::GroupDeletedWhileListed(group.clone()),
        Trouble::DeletedListFails,
        Trouble::ThrottledThenFine,
        Trouble::ForbiddenListing,
        Trouble::TokenRefusedOnce,
        Trouble::TokenRefusedForEver,
        Trouble::HtmlWithStatus200,
        Trouble::TruncatedBody,
        Trouble::TruncatedGzip,
        Trouble::ResetOnce,
        Trouble::RepeatedPageToken,
        Trouble::ExpiredPageToken,
        Trouble::EmptyPageInBetween,
        Trouble::EmptyListing,
        Trouble::MissingKey,
        Trouble::GroupsVanish,
        Trouble::WrongTypeInUser,
        Trouble::WrongTypeInGroup,
        Trouble::WrongTypeInMember(group),
        Trouble::WrongTypeWholePage,
        Trouble::DuplicatePerson,
        Trouble::OtherTenant,
    ];
    quick[usize::from(number) % quick.len()].clone()
}

/// Whoever is in the directory and is known is not taken for gone.
fn lost(home: &Home) -> Vec<String> {
    let truth = home.pretend.truth().people;
    let gone = home.rows("SELECT external_id FROM v1_users WHERE status IN ('removed', 'retained')");
    gone.into_iter().filter(|id| truth.contains_key(id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_days_with_random_faults_end_equal_to_the_truth(
        seed in 0..1_000u64,
        fortunes in prop::collection::vec(prop::collection::vec(fortune(), 1..4), 1..6),
    ) {
        for home in homes(Size::SMALL.seeded(seed)) {
            home.sync();
            for before_a_sync in &fortunes {
                for fortune in before_a_sync {
                    match *fortune {
                        Fortune::Days(days) => (0..days).for_each(|_| drop(home.pretend.play_day())),
                        Fortune::Trouble(number) => {
                            let trouble = trouble(&home, number);
                            if home.pretend.knows(&trouble) {
                                home.pretend.cause(&trouble);
                            }
                        }
                        Fortune::Vanish(percent, confirmed) => drop(home.pretend.vanish(percent.into(), confirmed)),
                        Fortune::Unvanish => home.pretend.unvanish(),
                    }
                }
                let before = home.dump();
                let lost_before = lost(&home);
                match home.sync_within(RemovalLimit::Standard) {
                    Ok(report) => {
                        prop_assert!(report.summary.users.balances() && report.summary.groups.balances());
                        prop_assert_ne!(report.outcome(), Outcome::Failed);
                        prop_assert!(lost(&home).iter().all(|id| lost_before.contains(id)), "{:?}", lost(&home));
                    }
                    Err(SyncError::Directory(failure)) => {
                        prop_assert!(failure.hint.is_some(), "{:?}", failure);
                        prop_assert_eq!(home.dump(), before);
                    }
                    Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
                }
                home.pretend.relent();
            }
            home.pretend.unvanish();
            home.settles();
        }
    }
}
