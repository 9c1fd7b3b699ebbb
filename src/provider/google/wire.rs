//! Google's JSON, and its conversion into our model. Pure; bad records are set aside one by one, bad pages fail whole.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::person::{WireUser, addresses, text, user};
use crate::http::Page;
use crate::model::{DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, MemberKind, Record, Tenant};
use crate::provider::answer::{is_id, malformed, not_readable};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing<'a> {
    #[serde(borrow)]
    users: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    groups: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    members: Option<Vec<&'a RawValue>>,
    next_page_token: Option<String>,
}

impl Listing<'_> {
    fn next(&self) -> Option<String> {
        self.next_page_token.clone().filter(|token| !token.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireGroup {
    id: String,
    email: Option<String>,
    name: Option<String>,
    description: Option<String>,
    aliases: Option<Vec<String>>,
    non_editable_aliases: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct WireMember {
    id: String,
    email: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
struct DeletedUser {
    id: String,
}

/// A page as it almost always is: read in one go.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsersPage {
    users: Option<Vec<WireUser>>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupsPage {
    groups: Option<Vec<WireGroup>>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MembersPage {
    members: Option<Vec<WireMember>>,
    next_page_token: Option<String>,
}

/// The records of a page, if it has the key, each read or refused; and the next page's token.
type Records<T> = (Option<Vec<Result<T, Refused>>>, Option<String>);

/// A page of `users`. A listing without the key `users` is a fault of Google's, never an empty directory: whoever asks
/// is a user (firezone/firezone#9188 lost everybody to it). `tenant` is the customer id the people must belong to.
pub(super) fn users(body: &[u8], tenant: Option<&str>) -> Result<Page<Vec<Record<DirectoryUser>>>, Failure> {
    let (users, next) = match serde_json::from_slice::<UsersPage>(body) {
        Ok(page) => in_one_go(page.users, page.next_page_token),
        Err(_) => one_by_one(body, |listing| listing.users)?,
    };
    let users = match users {
        Some(users) => users,
        None if next.is_some() => Vec::new(),
        None => return Err(no_users()),
    };
    let mut items = Vec::with_capacity(users.len());
    for read in users {
        let read = match read {
            Ok(user) => user,
            Err(refused) => {
                items.push(refused.into_record());
                continue;
            }
        };
        if let (Some(expected), Some(found)) = (tenant, read.customer_id.as_deref())
            && expected != found
        {
            let message = "the answer is about another organisation than the one this integration was made for";
            return Err(Failure::new(FailureKind::Misconfigured, message)
                .hint("run dirsync reauth with an account of the organisation; to connect the other one, add it"));
        }
        items.push(Record::Read(user(read)));
    }
    Ok(Page { items, next })
}

/// A page of `groups`; no groups at all is for the sync to judge, which knows how many there were.
pub(super) fn groups(body: &[u8]) -> Result<Page<Vec<Record<DirectoryGroup>>>, Failure> {
    let (groups, next) = match serde_json::from_slice::<GroupsPage>(body) {
        Ok(page) => in_one_go(page.groups, page.next_page_token),
        Err(_) => one_by_one(body, |listing| listing.groups)?,
    };
    let items = groups.unwrap_or_default().into_iter().map(|read: Result<WireGroup, _>| match read {
        Ok(group) => Record::Read(DirectoryGroup {
            external_id: group.id,
            name: text(group.name),
            email: text(group.email),
            description: text(group.description),
            kind: None,
            aliases: addresses(group.aliases, group.non_editable_aliases),
            attributes: None,
        }),
        Err(refused) => refused.into_record(),
    });
    Ok(Page { items: items.collect(), next })
}

/// A page of `members`; Google omits the key for an empty group.
pub(super) fn members(body: &[u8]) -> Result<Page<Vec<Record<DirectoryMember>>>, Failure> {
    let (members, next) = match serde_json::from_slice::<MembersPage>(body) {
        Ok(page) => in_one_go(page.members, page.next_page_token),
        Err(_) => one_by_one(body, |listing| listing.members)?,
    };
    let items = members.unwrap_or_default().into_iter().map(|read: Result<WireMember, _>| match read {
        Ok(member) => Record::Read(DirectoryMember {
            external_id: member.id,
            kind: member_kind(member.kind.as_deref()),
            email: text(member.email),
            role: text(member.role).map(|role| role.to_lowercase()),
        }),
        Err(refused) => refused.into_record(),
    });
    Ok(Page { items: items.collect(), next })
}

fn in_one_go<T: Identified>(records: Option<Vec<T>>, next: Option<String>) -> Records<T> {
    (records.map(|records| records.into_iter().map(checked).collect()), next.filter(|token| !token.is_empty()))
}

/// A page that could not be read in one go: it is no page at all, or some of its records are not what they should be.
fn one_by_one<'a, T: Deserialize<'a> + Identified>(
    body: &'a [u8],
    records: impl FnOnce(Listing<'a>) -> Option<Vec<&'a RawValue>>,
) -> Result<Records<T>, Failure> {
    let listing = listing(body)?;
    let next = listing.next();
    Ok((records(listing).map(|records| records.into_iter().map(record).collect()), next))
}

/// Ids of a page of deleted users.
pub(super) fn deleted(body: &[u8]) -> Result<Page<Vec<String>>, Failure> {
    let listing = listing(body)?;
    let next = listing.next();
    let users = listing.users.unwrap_or_default().into_iter();
    Ok(Page { items: users.filter_map(|raw| record::<DeletedUser>(raw).ok()).map(|user| user.id).collect(), next })
}

/// Whose directory a listing of users comes from.
pub(super) fn tenant(body: &[u8]) -> Result<Tenant, Failure> {
    let page = listing(body)?;
    let first = page.users.and_then(|users| users.first().and_then(|raw| record::<WireUser>(raw).ok()));
    let user = first.ok_or_else(no_users)?;
    let id = text(user.customer_id).ok_or_else(|| malformed("the answer does not say which customer it is about"))?;
    Ok(Tenant { id, ..Tenant::default() })
}

/// The id of the first group of a listing.
pub(super) fn first_group(body: &[u8]) -> Result<Option<String>, Failure> {
    Ok(groups(body)?.items.iter().find_map(group_id))
}

/// The id of a group that was read; one that was set aside stays as it is, its members too.
pub(super) fn group_id(record: &Record<DirectoryGroup>) -> Option<String> {
    match record {
        Record::Read(group) => Some(group.external_id.clone()),
        Record::Refused { .. } => None,
    }
}

fn listing(body: &[u8]) -> Result<Listing<'_>, Failure> {
    serde_json::from_slice(body).map_err(|error| not_readable(body, &error))
}

fn no_users() -> Failure {
    malformed("the answer holds no users, which cannot be true").hint("nothing was changed; try again later")
}

/// A record that was set aside.
struct Refused {
    external_id: Option<String>,
    reason: String,
}

impl Refused {
    fn into_record<T>(self) -> Record<T> {
        Record::Refused { external_id: self.external_id, reason: self.reason }
    }
}

/// Every record of Google's has an id; without one that makes sense, nothing can be done with it.
trait Identified {
    fn id(&self) -> &str;
}

impl Identified for WireUser {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for WireGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for WireMember {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for DeletedUser {
    fn id(&self) -> &str {
        &self.id
    }
}

fn record<'a, T: Deserialize<'a> + Identified>(raw: &'a RawValue) -> Result<T, Refused> {
    serde_json::from_str::<T>(raw.get()).map_err(|_| refusal(raw)).and_then(checked)
}

fn checked<T: Identified>(read: T) -> Result<T, Refused> {
    if !is_id(read.id()) {
        return Err(Refused { external_id: None, reason: "its id is not an id".into() });
    }
    Ok(read)
}

/// Says which field is to blame, without its value, which may be personal.
fn refusal(raw: &RawValue) -> Refused {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(raw.get()) else {
        return Refused { external_id: None, reason: "it is not a JSON object".into() };
    };
    let external_id = fields.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    if external_id.is_none() {
        return Refused { external_id, reason: "it has no id".into() };
    }
    const TEXT: &[&str] = &[
        "primaryEmail",
        "email",
        "orgUnitPath",
        "suspensionReason",
        "customerId",
        "description",
        "type",
        "role",
        "name",
    ];
    const FLAGS: &[&str] = &["suspended", "archived", "isAdmin", "isDelegatedAdmin", "isGuestUser"];
    let wrong = |(key, value): (&String, &Value)| {
        let text = TEXT.contains(&key.as_str()) && !(value.is_string() || value.is_null());
        let flag = FLAGS.contains(&key.as_str()) && !(value.is_boolean() || value.is_null());
        let list = key.ends_with("liases") && !(value.is_array() || value.is_null());
        let name = key == "name" && value.is_object();
        (text && !name || flag || list).then(|| key.clone())
    };
    let reason = match fields.iter().find_map(wrong) {
        Some(field) => format!("its field {field} has a value of the wrong type"),
        None => "a part of its name or aliases has a value of the wrong type".to_owned(),
    };
    Refused { external_id, reason }
}

/// `EXTERNAL` is documented as not currently used; people from outside are listed as `USER`.
fn member_kind(kind: Option<&str>) -> MemberKind {
    match kind.map(str::to_ascii_uppercase).as_deref() {
        Some("USER") => MemberKind::User,
        Some("GROUP") => MemberKind::Group,
        Some("CUSTOMER") => MemberKind::Everyone,
        Some("EXTERNAL") => MemberKind::External,
        _ => MemberKind::Other,
    }
}

#[cfg(test)]
mod tests;
