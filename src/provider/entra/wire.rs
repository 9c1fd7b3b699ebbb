//! Graph's JSON: pages of listings and of changes. Pure; bad records are set aside one by one, bad pages fail whole.

use serde::Deserialize;
use serde_json::Value;

use crate::http::{Extent, Page};
use crate::model::{
    DirectoryMember, Failure, MemberChange, MemberKind, News, ObjectChange, Place, Record, Source, Tenant,
};
use crate::provider::answer::{is_id, malformed, read};

/// A page of a collection; `value` is never absent, not even from an empty one.
#[derive(Deserialize)]
struct Collection {
    value: Option<Vec<Value>>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

/// A page of a round of changes.
#[derive(Debug)]
pub(super) struct ChangesPage {
    pub(super) changes: Vec<Record<ObjectChange>>,
    /// Where the stream goes on.
    pub(super) place: Place,
}

impl Extent for ChangesPage {
    fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// A page of changes of people.
pub(super) fn changed_users(body: &[u8]) -> Result<Page<ChangesPage>, Failure> {
    changes(body, |_| Some(Vec::new()))
}

/// A page of changes of groups and their members.
pub(super) fn changed_groups(body: &[u8]) -> Result<Page<ChangesPage>, Failure> {
    changes(body, |said| take_list(said, "members@delta").iter().map(member_change).collect())
}

/// `members` reads a group's, or nothing if any of them cannot be read.
fn changes(
    body: &[u8],
    members: impl Fn(&mut Source) -> Option<Vec<MemberChange>>,
) -> Result<Page<ChangesPage>, Failure> {
    let (value, next, delta) = collection(body)?;
    let place = match (&next, delta) {
        (Some(next), _) => Place::Within(next.clone()),
        (None, Some(delta)) => Place::Since(delta),
        (None, None) => {
            return Err(malformed("the page of changes says neither how it goes on nor that it ends")
                .hint("nothing was changed; try again later"));
        }
    };
    let changes = value.into_iter().map(|object| change(object, &members)).collect();
    Ok(Page { items: ChangesPage { changes, place }, next })
}

/// A page of the plain listing of people.
pub(super) fn listed_users(body: &[u8]) -> Result<Page<Vec<Record<ObjectChange>>>, Failure> {
    listed(body)
}

/// A page of the plain listing of groups.
pub(super) fn listed_groups(body: &[u8]) -> Result<Page<Vec<Record<ObjectChange>>>, Failure> {
    listed(body)
}

fn listed(body: &[u8]) -> Result<Page<Vec<Record<ObjectChange>>>, Failure> {
    let (value, next, _) = collection(body)?;
    Ok(Page { items: value.into_iter().map(|object| change(object, &|_| Some(Vec::new()))).collect(), next })
}

/// A page of a group's direct members. Where the token may not read a member's type, all but the id is null.
pub(super) fn members(body: &[u8]) -> Result<Page<Vec<Record<DirectoryMember>>>, Failure> {
    let (value, next, _) = collection(body)?;
    let items = value.iter().map(|member| match id(member) {
        // Changes tell no more of a member than this, so that no more is kept of it here either.
        Some(id) => Record::Read(DirectoryMember {
            external_id: id.to_owned(),
            kind: member_kind(member),
            email: None,
            role: None,
        }),
        None => Record::Refused { external_id: None, reason: "it has no id".into() },
    });
    Ok(Page { items: items.collect(), next })
}

/// The ids of a page of any listing.
pub(super) fn ids(body: &[u8]) -> Result<Page<Vec<String>>, Failure> {
    let (value, next, _) = collection(body)?;
    Ok(Page { items: value.iter().filter_map(id).map(str::to_owned).collect(), next })
}

/// Whose directory it is, of `GET /organization`.
pub(super) fn organisation(body: &[u8]) -> Result<Tenant, Failure> {
    let (value, ..) = collection(body)?;
    let nameless = || malformed("the answer does not say which organisation it is about");
    let organisation = value.first().ok_or_else(nameless)?;
    let tenant = id(organisation).ok_or_else(nameless)?.to_owned();
    let domains = organisation["verifiedDomains"].as_array();
    let named = |flag: &str| {
        let domain = domains?.iter().find(|domain| domain[flag] == Value::Bool(true))?;
        domain["name"].as_str().map(str::to_owned)
    };
    let label = organisation["displayName"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(Tenant { id: tenant, label, domain: named("isDefault").or_else(|| named("isInitial")) })
}

/// Who signed in, of `GET /me`: the address, else the sign-in name.
pub(super) fn me(body: &[u8]) -> Result<Option<String>, Failure> {
    let me: Value = read(body)?;
    let text = |key: &str| me[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(text("mail").or_else(|| text("userPrincipalName")))
}

/// The id of an object that is there.
pub(super) fn id_of(record: &Record<ObjectChange>) -> Option<String> {
    match record {
        Record::Read(ObjectChange { external_id, news: News::There(_), .. }) => Some(external_id.clone()),
        _ => None,
    }
}

type Contents = (Vec<Value>, Option<String>, Option<String>);

fn collection(body: &[u8]) -> Result<Contents, Failure> {
    let page: Collection = read(body)?;
    let value = page.value.ok_or_else(|| {
        malformed("the answer holds no list, which cannot be true").hint("nothing was changed; try again later")
    })?;
    let filled = |link: Option<String>| link.filter(|link| !link.is_empty());
    Ok((value, filled(page.next_link), filled(page.delta_link)))
}

fn change(object: Value, members: &impl Fn(&mut Source) -> Option<Vec<MemberChange>>) -> Record<ObjectChange> {
    let Some(external_id) = id(&object).map(str::to_owned) else {
        let what = if object.is_object() { "its id is not an id" } else { "it is not a JSON object" };
        return Record::Refused { external_id: None, reason: what.into() };
    };
    let Value::Object(mut said) = object else {
        return Record::Refused { external_id: None, reason: "it is not a JSON object".into() };
    };
    let removed = said.remove("@removed");
    let Some(members) = members(&mut said) else {
        return Record::Refused { external_id: Some(external_id), reason: "one of its members has no id".into() };
    };
    let news = match removed {
        None | Some(Value::Null) => News::There(properties(said)),
        // `changed` can be restored; `deleted` cannot. Another reason is read as the one that destroys less.
        Some(removed) if reason(&removed) == Some("deleted") => News::Purged,
        Some(_) => News::Gone,
    };
    Record::Read(ObjectChange { external_id, news, members })
}

/// What is said of the object itself: annotations are not, and the manager, told in two ways, is one id.
fn properties(mut said: Source) -> Source {
    if let Some(manager) = told_manager(&mut said) {
        said.insert("manager".into(), manager);
    }
    said.retain(|key, _| key != "id" && !key.contains('@'));
    said
}

/// `manager@delta` names who came and who went; `manager` of a listing is the manager's object.
fn told_manager(said: &mut Source) -> Option<Value> {
    if said.contains_key("manager@delta") {
        let told = take_list(said, "manager@delta");
        let now = told.iter().rev().find(|manager| manager.get("@removed").is_none_or(Value::is_null));
        return Some(now.and_then(id).map_or(Value::Null, Value::from));
    }
    let manager = said.remove("manager")?;
    Some(id(&manager).map_or(Value::Null, Value::from))
}

fn take_list(said: &mut Source, key: &str) -> Vec<Value> {
    match said.remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn member_change(member: &Value) -> Option<MemberChange> {
    let gone = member.get("@removed").is_some_and(|removed| !removed.is_null());
    Some(MemberChange { external_id: id(member)?.to_owned(), kind: member_kind(member), gone })
}

fn reason(removed: &Value) -> Option<&str> {
    removed["reason"].as_str()
}

fn id(object: &Value) -> Option<&str> {
    object.get("id")?.as_str().filter(|id| is_id(id))
}

/// Devices, service principals, contacts and whatever comes next are members, too.
fn member_kind(member: &Value) -> MemberKind {
    match member["@odata.type"].as_str() {
        Some("#microsoft.graph.user") => MemberKind::User,
        Some("#microsoft.graph.group") => MemberKind::Group,
        _ => MemberKind::Other,
    }
}

#[cfg(test)]
mod tests;
