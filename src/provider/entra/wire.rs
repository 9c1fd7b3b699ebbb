//! Graph's JSON: pages of listings and of changes. Pure; bad records are set aside one by one, bad pages fail whole.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::object::{Member, Told};
use crate::http::{Extent, Page};
use crate::model::{DirectoryMember, Failure, MemberChange, News, ObjectChange, Place, Record, Source, Tenant};
use crate::provider::answer::{is_id, malformed, read};
use crate::provider::loose::Entry;

/// A page of a collection; `value` is never absent, not even from an empty one.
#[derive(Deserialize)]
struct Collection<T> {
    value: Option<Vec<T>>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

/// A page of a round of changes, so that the next can be asked for while this one is read.
#[derive(Debug)]
pub(super) struct UnreadChanges {
    body: Vec<u8>,
    is_empty: bool,
    /// Where the stream goes on.
    place: Place,
}

impl Extent for UnreadChanges {
    fn is_empty(&self) -> bool {
        self.is_empty
    }
}

/// A page of changes, of people or of groups and their members, of which only the end has been read.
pub(super) fn unread_changes(body: &[u8]) -> Result<Page<UnreadChanges>, Failure> {
    let (value, next, delta) = collection::<IgnoredAny>(body)?;
    let place = match (&next, delta) {
        (Some(next), _) => Place::Within(next.clone()),
        (None, Some(delta)) => Place::Since(delta),
        (None, None) => {
            return Err(malformed("the page of changes says neither how it goes on nor that it ends")
                .hint("nothing was changed; try again later"));
        }
    };
    let items = UnreadChanges { body: body.to_vec(), is_empty: value.is_empty(), place };
    Ok(Page { items, next })
}

impl UnreadChanges {
    /// Reads the page.
    ///
    /// # Errors
    /// The page holds what only a whole reading finds: bytes that are no text, half of a surrogate pair, a number that
    /// is none. Other bad records are set aside one by one.
    pub(super) fn read(self) -> Result<(Vec<Record<ObjectChange>>, Place), Failure> {
        let (value, ..) = collection(&self.body)?;
        Ok((value.into_iter().map(change).collect(), self.place))
    }
}

/// A page of a plain listing, of people or of groups.
pub(super) fn listed(body: &[u8]) -> Result<Page<Vec<Record<ObjectChange>>>, Failure> {
    let (value, next, _) = collection(body)?;
    Ok(Page { items: value.into_iter().map(change).collect(), next })
}

/// A page of a group's direct members. Where the token may not read a member's type, all but the id is null.
pub(super) fn members(body: &[u8]) -> Result<Page<Vec<Record<DirectoryMember>>>, Failure> {
    let (value, next, _) = collection::<Entry<Member>>(body)?;
    let items = value.into_iter().map(|Entry(member)| match member.and_then(with_id) {
        // Changes tell no more of a member than this, so that no more is kept of it here either.
        Some((id, member)) => {
            Record::Read(DirectoryMember { external_id: id, kind: member.kind(), email: None, role: None })
        }
        None => Record::Refused { external_id: None, reason: "it has no id".into() },
    });
    Ok(Page { items: items.collect(), next })
}

/// The ids of a page of any listing.
pub(super) fn ids(body: &[u8]) -> Result<Page<Vec<String>>, Failure> {
    let (value, next, _) = collection::<Value>(body)?;
    Ok(Page { items: value.iter().filter_map(id).map(str::to_owned).collect(), next })
}

/// Whose directory it is, of `GET /organization`.
pub(super) fn organisation(body: &[u8]) -> Result<Tenant, Failure> {
    let (value, ..) = collection::<Value>(body)?;
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

type Contents<T> = (Vec<T>, Option<String>, Option<String>);

fn collection<T: DeserializeOwned>(body: &[u8]) -> Result<Contents<T>, Failure> {
    let page: Collection<T> = read(body)?;
    let value = page.value.ok_or_else(|| {
        malformed("the answer holds no list, which cannot be true").hint("nothing was changed; try again later")
    })?;
    let filled = |link: Option<String>| link.filter(|link| !link.is_empty());
    Ok((value, filled(page.next_link), filled(page.delta_link)))
}

fn change(Entry(told): Entry<Told>) -> Record<ObjectChange> {
    let Some(told) = told else {
        return Record::Refused { external_id: None, reason: "it is not a JSON object".into() };
    };
    let Some(external_id) = told.said.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned)
    else {
        return Record::Refused { external_id: None, reason: "its id is not an id".into() };
    };
    let members: Option<Vec<MemberChange>> =
        told.members.into_iter().map(|member| member.and_then(came_or_went)).collect();
    let Some(members) = members else {
        return Record::Refused { external_id: Some(external_id), reason: "one of its members has no id".into() };
    };
    let news = match told.removed {
        None => News::There(properties(told.said)),
        // `changed` can be restored; `deleted` cannot. Another reason is read as the one that destroys less.
        Some(removed) if removed["reason"] == "deleted" => News::Purged,
        Some(_) => News::Gone,
    };
    Record::Read(ObjectChange { external_id, news, members })
}

fn came_or_went(member: Member) -> Option<MemberChange> {
    let (external_id, member) = with_id(member)?;
    Some(MemberChange { external_id, kind: member.kind(), gone: member.is_gone() })
}

fn with_id(mut member: Member) -> Option<(String, Member)> {
    let id = member.id.take().filter(|id| is_id(id))?;
    Some((id, member))
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

fn id(object: &Value) -> Option<&str> {
    object.get("id")?.as_str().filter(|id| is_id(id))
}

#[cfg(test)]
mod tests;
