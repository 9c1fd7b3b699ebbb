//! Everything that goes wrong: how the sync ends, that it says what and what to do, that nothing is lost, and that the
//! next sync makes up for it.

use dirsync::model::FailureKind::{self, Malformed, Misconfigured, SignInNeeded, Temporary};
use dirsync::model::{Failure, Outcome, Standing};
use dirsync::sync::SyncError;
use dirsync::sync::guard::RemovalLimit;

use super::home::{EVERYTHING, Home, homes};
use super::pretend::{Size, Trouble};
use super::struck::{Elsewhere, large_group};

/// A home with a day's news that were not fetched yet, and trouble.
fn troubled(trouble: impl Fn(&Home) -> Trouble) -> impl Iterator<Item = Home> {
    homes(Size::SMALL).filter(move |home| {
        let trouble = trouble(home);
        let knows = home.pretend.knows(&trouble);
        if knows {
            home.sync();
            home.pretend.play_day();
            home.pretend.cause(&trouble);
        }
        knows
    })
}

/// The sync fails with `kind` and a message that names what `names` says, whatever the limit; nothing is lost.
#[track_caller]
fn fails(home: &Home, kind: FailureKind, names: &str) -> Failure {
    let before = home.dump();
    let Err(SyncError::Directory(failure)) = home.sync_within(EVERYTHING) else { panic!("it did not fail") };
    assert_eq!(failure.kind, kind, "{failure:?}");
    assert!(failure.message.contains(names), "{failure:?}");
    assert!(failure.hint.is_some(), "{failure:?}");
    let words = format!("{failure:?}");
    assert!(!words.contains('@'), "an address is nobody's business: {words}");
    assert_eq!(home.dump(), before);
    let run = home.rows("SELECT r.outcome, error FROM runs r ORDER BY id DESC LIMIT 1");
    assert_eq!(run, [format!("failed|{}", failure.message)]);
    home.pretend.relent();
    home.settles();
    assert_eq!(home.integration().standing, Standing::Connected);
    failure
}

#[track_caller]
fn each_fails(trouble: Trouble, kind: FailureKind, names: &str) {
    for home in troubled(|_| trouble.clone()) {
        fails(&home, kind, names);
    }
}

#[test]
fn a_page_of_people_that_fails_fails_the_run() {
    each_fails(Trouble::UsersPageFails, Temporary, "users: ");
}

#[test]
fn a_page_of_groups_that_fails_fails_the_run() {
    each_fails(Trouble::GroupsPageFails, Temporary, "groups: ");
}

#[test]
fn all_groups_out_of_reach_mean_that_the_directory_is_away() {
    each_fails(Trouble::EveryGroupFails, Temporary, "members: ");
}

#[test]
fn a_directory_that_is_down_is_tried_again_later() {
    each_fails(Trouble::TemporarilyDown, Temporary, ": ");
}

#[test]
fn a_sign_in_service_that_is_down_is_tried_again_later() {
    for home in troubled(|_| Trouble::SignInServiceDown) {
        let before = home.dump();
        let Err(SyncError::Directory(failure)) = home.sync_within(EVERYTHING) else { panic!("it did not fail") };
        assert!(failure.kind == Temporary && failure.message.contains("sign-in service"), "{failure:?}");
        assert_eq!(home.integration().standing, Standing::Connected);
        assert_eq!(home.dump(), before);
        home.pretend.relent();
        home.settles();
    }
}

#[test]
fn a_listing_that_may_not_be_read_names_the_listing_and_the_role() {
    for home in troubled(|_| Trouble::ForbiddenListing) {
        fails(&home, home.pretend.forbidden(), "groups: ");
    }
}

#[test]
fn a_web_page_where_the_answer_belongs_is_no_answer() {
    each_fails(Trouble::HtmlWithStatus200, Malformed, "users: a web page");
}

#[test]
fn an_answer_cut_short_is_no_answer() {
    each_fails(Trouble::TruncatedBody, Malformed, "groups: the answer is cut short");
}

#[test]
fn a_packed_answer_cut_short_is_no_answer() {
    each_fails(Trouble::TruncatedGzip, Temporary, "users: the answer broke off");
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_no_answer() {
    each_fails(Trouble::ResetMidBody, Temporary, "users: ");
}

#[test]
fn an_answer_that_never_comes_is_given_up() {
    each_fails(Trouble::Hangs, Temporary, "users: no answer in time");
}

#[test]
fn a_page_token_that_comes_back_fails_the_listing() {
    each_fails(Trouble::RepeatedPageToken, Malformed, "users: the directory gave the same page token twice");
}

#[test]
fn a_page_token_that_expires_fails_the_listing_and_not_the_settings() {
    each_fails(Trouble::ExpiredPageToken, Temporary, "groups: ");
}

#[test]
fn an_empty_listing_is_never_read_as_everybody_left() {
    each_fails(Trouble::EmptyListing, Malformed, "no people at all");
}

#[test]
fn a_listing_without_its_key_is_never_read_as_everybody_left() {
    each_fails(Trouble::MissingKey, Malformed, "users: the answer holds no ");
}

#[test]
fn a_page_of_the_wrong_shape_fails_the_listing() {
    each_fails(Trouble::WrongTypeWholePage, Malformed, "users: the answer is not of the shape of a listing");
}

#[test]
fn all_groups_gone_at_once_are_not_believed_unless_the_administrator_says_so() {
    for home in troubled(|_| Trouble::GroupsVanish) {
        let before = home.dump();
        let Err(SyncError::Directory(failure)) = home.sync_within(RemovalLimit::Standard) else { panic!("believed") };
        assert!(failure.message.contains("no groups") && failure.hint.is_some(), "{failure:?}");
        assert_eq!(home.dump(), before);
        home.pretend.relent();
        home.settles();
    }
    for home in troubled(|_| Trouble::GroupsVanish) {
        home.sync_everything();
        assert!(home.picture().groups.is_empty());
        home.pretend.relent();
        home.settles();
    }
}

#[test]
fn a_token_refused_for_ever_asks_for_a_new_sign_in() {
    for home in troubled(|_| Trouble::TokenRefusedForEver) {
        let Err(SyncError::Directory(_)) = home.sync_within(EVERYTHING) else { panic!("it did not fail") };
        assert_eq!(home.integration().standing, Standing::SignInNeeded);
        let failure = fails(&home, SignInNeeded, "");
        assert!(failure.hint.unwrap().contains("dirsync reauth"));
    }
}

#[test]
fn people_of_another_organisation_are_never_mixed_in() {
    for home in troubled(|_| Trouble::OtherTenant) {
        let failure = fails(&home, Misconfigured, "the answer is about another organisation");
        assert!(failure.hint.unwrap().contains("reauth"));
    }
}

#[test]
fn no_token_follows_a_redirect() {
    let elsewhere = Elsewhere::new();
    for home in troubled(|_| Trouble::Redirect(elsewhere.address())) {
        fails(&home, Malformed, "redirect");
        elsewhere.assert_unvisited();
    }
}

#[test]
fn no_token_goes_to_a_next_page_of_another_origin() {
    let elsewhere = Elsewhere::new();
    for home in troubled(|_| Trouble::ForeignNextPage(elsewhere.address())) {
        let before = home.dump();
        let Err(SyncError::Directory(failure)) = home.sync_within(EVERYTHING) else { panic!("it did not fail") };
        assert!(failure.message.starts_with("users: ") && failure.hint.is_some(), "{failure:?}");
        assert_eq!(home.dump(), before);
        elsewhere.assert_unvisited();
        home.pretend.relent();
        home.settles();
    }
}

#[test]
fn what_passes_is_waited_out() {
    for trouble in [
        Trouble::ThrottledThenFine,
        Trouble::TokenRefusedOnce,
        Trouble::ResetOnce,
        Trouble::EmptyPageInBetween,
        Trouble::DuplicatePerson,
    ] {
        for home in troubled(|_| trouble.clone()) {
            let report = home.sync();
            assert_eq!(report.outcome(), Outcome::Done, "{trouble:?}: {:?}", report.summary.notes);
            home.picture().assert_is(&home.pretend.truth());
            home.pretend.relent();
            assert!(home.sync().summary.is_empty(), "{trouble:?}");
        }
    }
}

#[test]
fn one_groups_members_that_fail_leave_that_group_as_it_was() {
    let causes: [fn(String) -> Trouble; 3] =
        [Trouble::OneGroupFails, Trouble::GroupDeletedWhileListed, Trouble::WrongTypeInMember];
    for cause in causes {
        for home in homes(Size::SMALL).filter(|home| home.pretend.knows(&cause(large_group(home)))) {
            home.sync();
            let before = home.picture();
            // A month, so that the struck group's own members are others by then.
            (0..12).for_each(|_| drop(home.pretend.play_day()));
            let mut group = large_group(&home);
            let is_as_before = |group: &str| {
                let truth = home.pretend.truth();
                home.pretend.with_members_unread(truth.clone(), &before, group) == truth
            };
            for _ in 0..48 {
                if is_as_before(&group) {
                    home.pretend.play_day();
                    group = large_group(&home);
                }
            }
            let expected = home.pretend.with_members_unread(home.pretend.truth(), &before, &group);
            assert_ne!(expected, home.pretend.truth(), "nothing would be lost");
            home.pretend.cause(&cause(group.clone()));
            let report = home.sync_everything();
            assert_eq!(report.outcome(), Outcome::Partial);
            assert_eq!(report.summary.memberships.refused, 1);
            let note = report.summary.notes.iter().find(|note| note.refused).unwrap();
            assert_eq!((note.subject.as_str(), note.external_id.as_ref()), ("membership", Some(&group)));
            assert!(!note.reason.is_empty());
            home.picture().assert_is(&expected);
            home.pretend.relent();
            home.settles();
        }
    }
}

#[test]
fn a_person_or_group_of_a_wrong_type_is_set_aside_and_nobodys_absence_is_judged() {
    for (trouble, subject) in [(Trouble::WrongTypeInUser, "user"), (Trouble::WrongTypeInGroup, "group")] {
        for home in troubled(|_| trouble.clone()) {
            let known = home.picture();
            let report = home.sync();
            assert_eq!(report.outcome(), Outcome::Partial);
            let refused: Vec<_> = report.summary.notes.iter().filter(|note| note.refused).collect();
            assert!(
                matches!(refused[..], [note] if note.subject == subject && note.reason.contains("id")),
                "{refused:?}"
            );
            let (held, truth) = (home.picture(), home.pretend.truth());
            // A directory that tells its changes has said itself who is gone.
            let told = home.pretend.follows();
            if subject == "user" {
                let stays = |id: &&String| !told || truth.people.contains_key(*id);
                assert!(known.people.keys().filter(stays).all(|id| held.people.contains_key(id)));
                let joined = || truth.people.keys().filter(|id| !known.people.contains_key(*id));
                let missed = joined().filter(|id| !held.people.contains_key(*id)).count();
                assert!(joined().count() > 1 && missed <= 1, "joiners are in, but one that cannot be read");
            } else {
                let stays = |id: &&String| !told || truth.groups.contains_key(*id);
                assert!(known.groups.keys().filter(stays).all(|id| held.groups.contains_key(id)));
                for group in known.groups.keys().filter(|id| !told && !truth.groups.contains_key(*id)) {
                    let expected = home.pretend.with_members_unread(truth.clone(), &known, group).memberships;
                    let missed = expected.keys().filter(|key| key.0 == *group && !held.memberships.contains_key(*key));
                    assert_eq!(missed.count(), 0, "{group}");
                }
            }
            home.pretend.relent();
            home.settles();
        }
    }
}

#[test]
fn without_the_list_of_the_deleted_the_absent_are_missing_until_the_next_fetch() {
    for home in homes(Size::SMALL).filter(|home| home.pretend.knows(&Trouble::DeletedListFails)) {
        home.sync();
        let left = home.pretend.play_day().left;
        home.pretend.cause(&Trouble::DeletedListFails);
        assert_eq!(home.sync().outcome(), Outcome::Done);
        assert!(!left.is_empty() && left.iter().all(|id| home.person(id).0 == "missing"));
        home.picture().assert_is(&home.pretend.truth());
        home.pretend.relent();
        home.sync();
        assert!(left.iter().all(|id| home.person(id).0 == "removed"));
        home.settles();
    }
}
