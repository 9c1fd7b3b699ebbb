//! The suite's troubles in Graph's dress: which fault of the sandbox each is, and which cannot come up.

use dirsync::sandbox::{Fault, Rule};

use super::tenant::Manner;
use crate::conformance::pretend::Trouble;

/// What cannot come up where changes are followed: there is no listing of a group's members that could fail (members
/// come with the groups' changes), and who is deleted is told among the changes.
const NOT_FOLLOWED: &[&str] =
    &["EveryGroupFails", "OneGroupFails", "GroupDeletedWhileListed", "WrongTypeInMember", "DeletedListFails"];

/// Where everything is listed, everything can go wrong.
const NOT_LISTED: &[&str] = &[];

pub(super) fn unknown(manner: Manner) -> &'static [&'static str] {
    match manner {
        Manner::Followed => NOT_FOLLOWED,
        Manner::Listed => NOT_LISTED,
    }
}

fn status(code: u16) -> Fault {
    Fault::status(code, None)
}

fn expired_cursor() -> Fault {
    Fault::ExpiredCursor { code: "syncStateNotFound".into(), nested: false }
}

/// The rules that cause `trouble`.
pub(super) fn rules(trouble: &Trouble, manner: Manner, base: &str) -> Vec<Rule> {
    let followed = manner == Manner::Followed;
    let (users, groups) = if followed { ("users/delta", "groups/delta") } else { ("users", "groups") };
    let one = |on: &str, fault| vec![Rule::new(on, fault)];
    let of = |group: &String, fault| vec![Rule::new(&format!("members:{group}"), fault)];
    // No change being told is no trouble: only a round of everything can be empty.
    let all_empty = |on: &str| {
        let anew = followed.then(|| Rule::new(on, expired_cursor()).times(1));
        anew.into_iter().chain([Rule::new(on, Fault::EmptyListing)]).collect()
    };
    match trouble {
        Trouble::UsersPageFails => one(users, Fault::UnavailableHtml),
        Trouble::GroupsPageFails => one(groups, status(500)),
        Trouble::EveryGroupFails => one("members", status(503)),
        Trouble::OneGroupFails(group) => of(group, status(504)),
        Trouble::GroupDeletedWhileListed(group) => of(group, Fault::DeletedGroupWhileListed),
        Trouble::DeletedListFails => one("deleted", status(500)),
        Trouble::ThrottledThenFine => {
            let soon = |retry_after| Fault::Throttle { reason: String::new(), retry_after };
            vec![
                Rule::new(users, soon(None)).times(2),
                Rule::new(groups, Fault::TooManyText { retry_after: None }).times(2),
                Rule::new("members", soon(Some("0".into()))).times(3),
            ]
        }
        Trouble::ForbiddenListing => {
            ["groups", "groups/delta"].into_iter().flat_map(|on| one(on, status(403))).collect()
        }
        Trouble::TokenRefusedOnce => vec![Rule::new("graph", Fault::Unauthorized).times(1)],
        Trouble::TokenRefusedForEver => one("graph", Fault::Unauthorized),
        Trouble::SignInServiceDown => one("token", Fault::UnavailableHtml),
        Trouble::HtmlWithStatus200 => one(users, Fault::HtmlOk),
        Trouble::TruncatedBody => one(groups, Fault::TruncatedJson),
        Trouble::TruncatedGzip => one(users, Fault::TruncatedGzip),
        Trouble::ResetMidBody => one(users, Fault::ResetMidBody),
        Trouble::ResetOnce => vec![
            Rule::new(users, Fault::ResetMidBody).times(1),
            Rule::new(groups, Fault::TruncatedGzip).times(1),
            Rule::new("members", Fault::TruncatedJson).times(1),
        ],
        Trouble::Hangs => one(users, Fault::Hang),
        Trouble::RepeatedPageToken => one(users, Fault::RepeatToken),
        // However often it is begun anew, the first page promises a second, which is then refused.
        Trouble::ExpiredPageToken if followed => {
            vec![Rule::new(groups, expired_cursor()).times(1), Rule::new(groups, Fault::ExpiredPageToken)]
        }
        Trouble::ExpiredPageToken => {
            let to = format!("{base}/v1.0/groups?$skiptoken=old");
            vec![Rule::new(groups, Fault::ForeignNextLink { to }), Rule::new(groups, Fault::ExpiredPageToken)]
        }
        Trouble::EmptyPageInBetween => {
            [users, groups].map(|on| Rule::new(on, Fault::EmptyPageWithToken).times(1)).into()
        }
        Trouble::ForeignNextPage(address) => one(users, Fault::ForeignNextLink { to: address.clone() }),
        Trouble::EmptyListing => all_empty(users),
        Trouble::MissingKey => one(users, Fault::MissingKey),
        Trouble::GroupsVanish => all_empty(groups),
        Trouble::WrongTypeInUser => one(users, Fault::WrongType { whole: false }),
        Trouble::WrongTypeInGroup => one(groups, Fault::WrongType { whole: false }),
        Trouble::WrongTypeInMember(group) => of(group, Fault::WrongType { whole: false }),
        Trouble::WrongTypeWholePage => one(users, Fault::WrongType { whole: true }),
        Trouble::DuplicatePerson => one(users, Fault::DuplicatePerson),
        Trouble::OtherTenant => {
            let customer_id = "99999999-0000-4000-8000-000000000000".into();
            one("organization", Fault::OtherCustomer { customer_id })
        }
        Trouble::Redirect(address) => one("graph", Fault::Redirect { to: address.clone() }),
        Trouble::TemporarilyDown => one("graph", status(503)),
    }
}

#[test]
fn where_changes_are_followed_five_troubles_cannot_come_up_and_where_all_is_listed_none() {
    let about_members_and_the_deleted =
        ["EveryGroupFails", "OneGroupFails", "GroupDeletedWhileListed", "WrongTypeInMember", "DeletedListFails"];
    assert_eq!(unknown(Manner::Followed), about_members_and_the_deleted);
    assert_eq!(unknown(Manner::Listed), [""; 0]);
}
