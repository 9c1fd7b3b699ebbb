//! The suite's troubles in Google's dress: which fault of the sandbox each is.

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::conformance::pretend::Trouble;

/// People in a page of the users listing.
const PAGE: usize = 500;

fn status(code: u16, reason: &str) -> Fault {
    Fault::status(code, Some(reason))
}

/// The rules that cause `trouble` in `company`.
pub(super) fn rules(trouble: &Trouble, company: &Value) -> Vec<Rule> {
    let one = |on: &str, fault| vec![Rule::new(on, fault)];
    let of = |group: &String, fault| vec![Rule::new(&format!("members:{group}"), fault)];
    match trouble {
        Trouble::UsersPageFails => one("users", Fault::UnavailableHtml),
        Trouble::GroupsPageFails => one("groups", status(500, "backendError")),
        Trouble::EveryGroupFails => one("members", status(503, "backendError")),
        // The first page comes, the second does not.
        Trouble::OneGroupFails(group) => {
            vec![Rule::new(&format!("members:{group}"), status(503, "backendError")).after(1)]
        }
        Trouble::GroupDeletedWhileListed(group) => of(group, Fault::DeletedGroupWhileListed),
        // The listing of the deleted is asked for after all pages of the living.
        Trouble::DeletedListFails => {
            let pages = company["users"].as_array().unwrap().len().div_ceil(PAGE);
            vec![Rule::new("users", status(500, "backendError")).after(u32::try_from(pages).unwrap())]
        }
        Trouble::ThrottledThenFine => vec![
            Rule::new("users", Fault::Throttle { reason: "quotaExceeded".into(), retry_after: None }).times(2),
            Rule::new("groups", Fault::TooManyText { retry_after: None }).times(2),
            Rule::new("members", Fault::Throttle { reason: "rateLimitExceeded".into(), retry_after: Some("0".into()) })
                .times(3),
        ],
        Trouble::ForbiddenListing => one("groups", status(403, "forbidden")),
        Trouble::TokenRefusedOnce => vec![Rule::new("api", Fault::Unauthorized).times(1)],
        Trouble::TokenRefusedForEver => one("api", Fault::Unauthorized),
        Trouble::SignInServiceDown => one("token", Fault::UnavailableHtml),
        Trouble::HtmlWithStatus200 => one("users", Fault::HtmlOk),
        Trouble::TruncatedBody => one("groups", Fault::TruncatedJson),
        Trouble::TruncatedGzip => one("users", Fault::TruncatedGzip),
        Trouble::ResetMidBody => one("users", Fault::ResetMidBody),
        Trouble::ResetOnce => vec![
            Rule::new("users", Fault::ResetMidBody).times(1),
            Rule::new("groups", Fault::TruncatedGzip).times(1),
            Rule::new("members", Fault::TruncatedJson).times(1),
        ],
        Trouble::Hangs => one("users", Fault::Hang),
        Trouble::RepeatedPageToken => one("users", Fault::RepeatToken),
        // The first page promises a second, which is then refused.
        Trouble::ExpiredPageToken => {
            let there_is_more = Rule::new("groups", Fault::RepeatToken).times(1);
            vec![there_is_more, Rule::new("groups", Fault::ExpiredPageToken)]
        }
        Trouble::EmptyPageInBetween => {
            ["users", "groups"].map(|on| Rule::new(on, Fault::EmptyPageWithToken).times(1)).into()
        }
        Trouble::ForeignNextPage(address) => {
            let page = json!({"users": company["users"], "nextPageToken": address});
            one(
                "users",
                Fault::Status {
                    code: 200,
                    reason: None,
                    message: None,
                    text: None,
                    json: Some(page),
                    retry_after: None,
                },
            )
        }
        Trouble::EmptyListing => one("users", Fault::EmptyListing),
        Trouble::MissingKey => one("users", Fault::MissingKey),
        Trouble::GroupsVanish => one("groups", Fault::MissingKey),
        Trouble::WrongTypeInUser => one("users", Fault::WrongType { whole: false }),
        Trouble::WrongTypeInGroup => one("groups", Fault::WrongType { whole: false }),
        Trouble::WrongTypeInMember(group) => of(group, Fault::WrongType { whole: false }),
        Trouble::WrongTypeWholePage => one("users", Fault::WrongType { whole: true }),
        Trouble::DuplicatePerson => one("users", Fault::DuplicatePerson),
        Trouble::OtherTenant => one("api", Fault::OtherCustomer { customer_id: "C0stranger".into() }),
        Trouble::Redirect(address) => one("api", Fault::Redirect { to: address.clone() }),
        Trouble::TemporarilyDown => one("api", status(503, "backendError")),
    }
}
