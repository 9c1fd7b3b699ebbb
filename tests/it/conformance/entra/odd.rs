//! What Graph's own reference says may come, one by one: each is heard right, or waited out, or begun anew.

use dirsync::model::{FailureKind, Outcome};
use dirsync::sandbox::{Fault, Rule};
use dirsync::sync::{SyncError, run};
use jiff::SignedDuration;

use super::rounds::{followed, short_pages};
use crate::conformance::home::{EVERYTHING, Home};
use crate::conformance::pretend::Size;
use crate::conformance::struck::large_group;

/// A day's news arrive although `faults` come first.
#[track_caller]
fn arrives(faults: Vec<Rule>) -> Home {
    let (home, sandbox) = followed(Size::SMALL, |options| options);
    home.sync();
    home.pretend.play_day();
    let said = format!("{faults:?}");
    faults.into_iter().for_each(|rule| sandbox.inject(rule));
    let report = home.sync_everything();
    assert_eq!(report.outcome(), Outcome::Done, "{said}: {:?}", report.summary.notes);
    home.picture().assert_is(&home.pretend.truth());
    home.pretend.relent();
    let again = home.sync();
    assert!(again.summary.is_empty(), "{said}: {:?}", again.summary);
    home
}

fn status(code: u16) -> Fault {
    Fault::status(code, None)
}

#[test]
fn a_link_worth_nothing_is_begun_anew_however_graph_says_so() {
    for fault in [
        Fault::Gone { location: true },
        Fault::Gone { location: false },
        Fault::ExpiredCursor { code: "syncStateNotFound".into(), nested: false },
        Fault::ExpiredCursor { code: "SyncStateNotFound".into(), nested: false },
        Fault::ExpiredCursor { code: "SYNCSTATENOTFOUND".into(), nested: true },
        Fault::ExpiredCursor { code: "resyncRequired".into(), nested: true },
    ] {
        for on in ["users/delta", "groups/delta", "graph"] {
            arrives(vec![Rule::new(on, fault.clone()).times(1)]);
        }
    }
    let expired = Rule::new("groups/delta", Fault::ExpiredPageToken).times(1);
    let cursor = Fault::ExpiredCursor { code: "resyncRequired".into(), nested: false };
    arrives(vec![Rule::new("groups/delta", cursor).times(1), expired]);
}

#[test]
fn what_passes_is_waited_out_in_each_of_its_forms() {
    let throttle = |retry_after: Option<&str>| Fault::Throttle {
        reason: String::new(),
        retry_after: retry_after.map(str::to_owned),
    };
    // The clock of the test stands at 16:00 when the second sync begins.
    let date = "Tue, 24 Nov 2026 16:00:01 GMT";
    for fault in [throttle(Some("1")), throttle(Some(date)), throttle(None), status(503), status(504), status(509)] {
        for on in ["users/delta", "groups/delta"] {
            arrives(vec![Rule::new(on, fault.clone()).times(1)]);
        }
    }
}

#[test]
fn a_token_is_renewed_once_whether_it_is_old_or_lacks_claims() {
    for fault in [Fault::Unauthorized, Fault::ClaimsChallenge] {
        arrives(vec![Rule::new("users/delta", fault.clone()).times(1)]);
        let (home, sandbox) = followed(Size::SMALL, |options| options);
        home.sync();
        sandbox.inject(Rule::new("graph", fault));
        let Err(SyncError::Directory(failure)) = home.sync_within(EVERYTHING) else { panic!("it did not fail") };
        assert_eq!(failure.kind, FailureKind::SignInNeeded);
        home.pretend.relent();
        home.settles();
    }
}

#[test]
fn links_that_lead_in_a_circle_or_are_missing_end_the_round_with_an_error_and_nothing_changes() {
    for fault in [Fault::LoopToken, Fault::RepeatToken, Fault::MissingLink, Fault::EvilNextPage] {
        for on in ["users/delta", "groups/delta"] {
            let (home, sandbox) = followed(Size::SMALL, |options| options);
            home.sync();
            home.pretend.play_day();
            let before = home.dump();
            sandbox.inject(Rule::new(on, fault.clone()));
            let Err(SyncError::Directory(failure)) = home.sync_within(EVERYTHING) else { panic!("{on} {fault:?}") };
            assert!(failure.kind == FailureKind::Malformed && failure.hint.is_some(), "{fault:?}: {failure:?}");
            assert_eq!(home.dump(), before);
            home.pretend.relent();
            home.settles();
        }
    }
}

#[test]
fn a_large_groups_members_come_in_pieces_with_other_groups_in_between() {
    let pieces = |options| dirsync::sandbox::entra::Options { members_per_page: 9, ..short_pages(options) };
    let (home, sandbox) = followed(Size::SMALL, pieces);
    home.sync();
    let largest = large_group(&home);
    let truth = home.pretend.truth();
    assert!(truth.memberships.keys().filter(|(group, _)| *group == largest).count() > 5 * 9);
    home.picture().assert_is(&truth);
    for days in [1, 4] {
        (0..days).for_each(|_| drop(home.pretend.play_day()));
        home.sync_everything();
        home.picture().assert_is(&home.pretend.truth());
    }
    // Who is deleted and restored is in the same groups, told or not.
    sandbox.vanish(30, true);
    home.sync_everything();
    home.picture().assert_is(&home.pretend.truth());
    sandbox.unvanish();
    home.sync_everything();
    home.picture().assert_is(&home.pretend.truth());
}

#[test]
fn who_can_be_restored_keeps_the_memberships_unseen_and_who_is_gone_for_good_has_none() {
    let (home, sandbox) = followed(Size::SMALL, |options| options);
    home.sync();
    let left = home.pretend.play_day().left;
    home.sync_everything();
    let kept = |id: &str| home.rows(&format!("SELECT group_id FROM memberships WHERE member_external_id = '{id}'"));
    let shown = |id: &str| home.rows(&format!("SELECT 1 FROM v1_memberships WHERE member_external_id = '{id}'")).len();
    assert!(left.iter().any(|id| !kept(id).is_empty()) && left.iter().all(|id| shown(id) == 0));
    let mut purged = Vec::new();
    for _ in 0..33 {
        purged.extend(sandbox.play_day().purged);
        home.sync_everything();
    }
    home.picture().assert_is(&home.pretend.truth());
    assert!(!purged.is_empty() && purged.iter().all(|id| kept(id).is_empty()), "{purged:?}");
}

#[test]
fn a_member_that_cannot_be_read_leaves_its_group_as_it_was_and_is_told_again() {
    let (home, sandbox) = followed(Size::SMALL, |options| options);
    home.sync();
    home.pretend.play_day();
    let known = home.picture();
    let (group, _) = known.memberships.keys().next().unwrap();
    let page = serde_json::json!({
        "value": [{"id": group, "displayName": "Another", "members@delta": [{"id": 42}]}],
        "@odata.deltaLink": format!("{}/v1.0/groups/delta?$deltatoken=lies", sandbox.base_url()),
    });
    let odd = Fault::Status { code: 200, reason: None, message: None, text: None, json: Some(page), retry_after: None };
    sandbox.inject(Rule::new("groups/delta", odd));
    let report = home.sync_everything();
    assert_eq!(report.outcome(), Outcome::Partial);
    let held = home.picture();
    assert_eq!(held.groups[group]["name"], known.groups[group]["name"]);
    home.pretend.relent();
    home.settles();
}

#[test]
fn a_tenant_that_refuses_deltas_later_on_is_listed_or_left_as_it_was() {
    for code in [400, 501] {
        let (home, sandbox) = followed(Size::SMALL, |options| options);
        home.sync();
        let people = home.pretend.truth().people.len();
        home.pretend.play_day();
        // A link that is refused may only be dead, so everything is asked for, and then listed. "Not implemented" in the
        // middle of a tenant's life is a fault. Nothing is lost either way.
        sandbox.inject(Rule::new("users/delta", Fault::DeltaRefused { code }));
        let before = home.dump();
        if code == 400 {
            home.sync_within(EVERYTHING).unwrap();
            home.picture().assert_is(&home.pretend.truth());
        } else {
            home.sync_within(EVERYTHING).unwrap_err();
            assert_eq!(home.dump(), before);
        }
        // Asked for everything, it can be listed.
        let directory = home.signed_in();
        home.runtime.block_on(run(home.request(EVERYTHING, true), &*directory)).unwrap();
        home.picture().assert_is(&home.pretend.truth());
        assert!(home.sync().summary.users.fetched + 5 > i64::try_from(people).unwrap());
        home.pretend.relent();
        home.settles();
        assert!(home.sync().summary.users.fetched < i64::try_from(people).unwrap() / 2, "it is followed again");
    }
}

#[test]
fn somebody_who_came_joined_and_left_between_two_syncs_is_in_no_group_and_in_them_again_when_restored() {
    for seed in 40..46 {
        let (home, _) = followed(Size::SMALL.seeded(seed), |options| options);
        home.sync();
        for days in [9, 1, 1, 7, 1, 1] {
            (0..days).for_each(|_| drop(home.pretend.play_day()));
            home.clock.advance(SignedDuration::from_hours(1));
            home.sync_everything();
            home.picture().assert_is(&home.pretend.truth());
        }
    }
}
