//! A suspicious mass removal is held, and approved once.

use std::collections::BTreeSet;

use dirsync::model::{HeldAction, Outcome};
use dirsync::store::Approval;
use jiff::SignedDuration;

use super::home::{Home, homes};
use super::pretend::Size;

/// Forty percent are gone; returns them, and the joiners of the same day.
fn disaster(home: &Home, confirmed: bool) -> (BTreeSet<String>, Vec<String>) {
    home.sync();
    let before = home.pretend.truth().people;
    let joined = home.pretend.play_day().joined;
    home.pretend.vanish(40, confirmed);
    let after = home.pretend.truth().people;
    let gone: BTreeSet<String> = before.into_keys().filter(|id| !after.contains_key(id)).collect();
    (gone, joined.into_iter().filter(|id| after.contains_key(id)).collect())
}

/// Whether somebody is stored as they are in the directory.
fn is_in(home: &Home, id: &str) -> bool {
    home.pretend.truth().people[id]["status"] == Some(home.person(id).0)
}

/// Of who went without a word, a directory that tells its changes will only be asked with everything else.
fn await_everything(home: &Home) {
    if home.pretend.follows() {
        home.clock.advance(SignedDuration::from_hours(7 * 24));
    }
}

fn removed(home: &Home) -> BTreeSet<String> {
    home.rows("SELECT external_id FROM v1_users WHERE status = 'removed'").into_iter().collect()
}

#[test]
fn forty_percent_confirmed_gone_are_held_joiners_are_in_and_an_approval_removes_exactly_those_once() {
    for home in homes(Size::SMALL.seeded(3)) {
        let (gone, joined) = disaster(&home, true);
        let report = home.sync();
        assert_eq!(report.outcome(), Outcome::Held);
        assert!(removed(&home).is_empty(), "{:?}", removed(&home));
        assert!(!joined.is_empty() && joined.iter().all(|id| is_in(&home, id)));
        let plan = report.plan.unwrap();
        let mut store = home.store();
        let items = store.plan_items(plan).unwrap();
        assert!(items.iter().all(|item| item.action == HeldAction::Remove && item.evidence == "directory"));
        assert_eq!(items.into_iter().map(|item| item.external_id).collect::<BTreeSet<_>>(), gone);
        let approval = store.approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "ada", home.clock.now()).unwrap();
        let number = i64::try_from(gone.len()).unwrap();
        assert!(
            matches!(approval, Approval::Applied { removed, suspended: 0, .. } if removed == number),
            "{approval:?}"
        );
        assert_eq!(removed(&home), gone);
        assert!(matches!(
            store.approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "ada", home.clock.now()).unwrap(),
            Approval::NotHeld(_)
        ));
        home.picture().assert_is(&home.pretend.truth());
        let next = home.sync();
        assert!(next.summary.is_empty(), "{:?}", next.summary);
    }
}

#[test]
fn forty_percent_silently_gone_are_held_at_every_sync_until_approved() {
    for home in homes(Size::SMALL.seeded(3)) {
        let (gone, joined) = disaster(&home, false);
        await_everything(&home);
        let first = home.sync();
        assert_eq!(first.outcome(), Outcome::Held);
        assert!(!joined.is_empty() && joined.iter().all(|id| is_in(&home, id)));
        // The day's few leavers have the directory's word; the others only an empty place.
        let left = removed(&home);
        assert!(left.len() < 5 && left.is_subset(&gone), "{left:?}");
        for _ in 0..2 {
            assert_eq!(home.sync().outcome(), Outcome::Held);
            assert_eq!(removed(&home), left);
        }
        let plan = home.store().held_plan(home.integration().id).unwrap().unwrap();
        // A run that hears of changes only says nothing of those who wait.
        let replaced = Some(plan) != first.plan;
        assert_ne!(replaced, home.pretend.follows(), "a complete run, and no other, replaces the plan before");
        let approval =
            home.store().approve_plan(dirsync::people::LIFE_CYCLE, plan, None, "ada", home.clock.now()).unwrap();
        let number = i64::try_from(gone.len() - left.len()).unwrap();
        assert!(matches!(approval, Approval::Applied { removed, .. } if removed == number), "{approval:?}");
        assert_eq!(removed(&home), gone);
        home.picture().assert_is(&home.pretend.truth());
        assert!(home.sync().summary.is_empty());
    }
}

#[test]
fn who_vanished_by_a_fault_comes_back_as_the_same_person() {
    for confirmed in [true, false] {
        for home in homes(Size::SMALL) {
            home.sync();
            let rows = || home.rows("SELECT external_id, id, created_at FROM v1_users ORDER BY id");
            let before = rows();
            home.pretend.vanish(40, confirmed);
            if !confirmed {
                await_everything(&home);
            }
            assert_eq!(home.sync().outcome(), Outcome::Held);
            home.pretend.unvanish();
            assert_eq!(home.sync().outcome(), Outcome::Done);
            home.picture().assert_is(&home.pretend.truth());
            assert_eq!(rows(), before);
            assert_eq!(home.store().held_plan(home.integration().id).unwrap(), None);
            assert!(home.sync().summary.is_empty());
        }
    }
}
