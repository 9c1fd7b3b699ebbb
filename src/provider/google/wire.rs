//! Google's JSON, and its conversion into our model. Pure; bad records are set aside one by one, bad pages fail whole.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::person::{WireUser, addresses, text, user};
use crate::http::Page;
use crate::model::{DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, MemberKind, Record, Tenant};

/// Longer ids exist nowhere (Google's have 21 digits); one that long is an attack on our index, not an id.
const LONGEST_ID: usize = 256;

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

/// A page of `users`. A listing without the key `users` is a fault of Google's, never an empty directory: whoever asks
/// is a user (firezone/firezone#9188 lost everybody to it). `tenant` is the customer id the people must belong to.
pub(super) fn users(body: &[u8], tenant: Option<&str>) -> Result<Page<Vec<Record<DirectoryUser>>>, Failure> {
    let listing = listing(body)?;
    let next = listing.next();
    let users = match listing.users {
        Some(users) => users,
        None if next.is_some() => Vec::new(),
        None => return Err(no_users()),
    };
    let mut items = Vec::with_capacity(users.len());
    for raw in users {
        let read = match record::<WireUser>(raw) {
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
    let listing = listing(body)?;
    let next = listing.next();
    let items = listing.groups.unwrap_or_default().into_iter().map(|raw| match record::<WireGroup>(raw) {
        Ok(group) => Record::Read(DirectoryGroup {
            external_id: group.id,
            name: text(group.name),
            email: text(group.email),
            description: text(group.description),
            kind: None,
            aliases: addresses(group.aliases, group.non_editable_aliases),
        }),
        Err(refused) => refused.into_record(),
    });
    Ok(Page { items: items.collect(), next })
}

/// A page of `members`; Google omits the key for an empty group.
pub(super) fn members(body: &[u8]) -> Result<Page<Vec<Record<DirectoryMember>>>, Failure> {
    let listing = listing(body)?;
    let next = listing.next();
    let items = listing.members.unwrap_or_default().into_iter().map(|raw| match record::<WireMember>(raw) {
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
    Ok(Tenant { id, label: None })
}

/// The id of the first group of a listing.
pub(super) fn first_group(body: &[u8]) -> Result<Option<String>, Failure> {
    Ok(groups(body)?.items.iter().find_map(group_id))
}

/// The id of a group that was read, or of one set aside whose id could be read: its members are read all the same.
pub(super) fn group_id(record: &Record<DirectoryGroup>) -> Option<String> {
    match record {
        Record::Read(group) => Some(group.external_id.clone()),
        Record::Refused { .. } => None,
    }
}

fn listing(body: &[u8]) -> Result<Listing<'_>, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let message = match error.classify() {
            serde_json::error::Category::Data => "the answer is not of the shape of a listing",
            serde_json::error::Category::Eof => "the answer is cut short",
            _ if looks_like_html(body) => "a web page came where the directory's answer belongs",
            _ => "the answer is not JSON",
        };
        malformed(message).hint("something between here and Google may be answering in its place (a proxy, a portal)")
    })
}

fn looks_like_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

fn no_users() -> Failure {
    malformed("the answer holds no users, which cannot be true").hint("nothing was changed; try again later")
}

fn malformed(message: &str) -> Failure {
    Failure::new(FailureKind::Malformed, message)
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
    let read = serde_json::from_str::<T>(raw.get()).map_err(|_| refusal(raw))?;
    let id = read.id();
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only<T>(page: Result<Page<Vec<Record<T>>>, Failure>) -> Record<T> {
        let mut page = page.unwrap();
        assert_eq!(page.items.len(), 1);
        page.items.remove(0)
    }

    #[test]
    fn a_page_of_the_wrong_kind_fails_whole() {
        for (body, says) in [
            ("<!doctype html><title>Sign in</title>", "web page"),
            ("{\"users\":[{\"id\":\"1\"", "cut short"),
            ("{\"users\":{\"id\":\"1\"}}", "shape"),
            ("[]", "shape"),
            ("not json", "not JSON"),
            ("", "cut short"),
            ("{}", "no users"),
            ("{\"kind\":\"admin#directory#users\",\"users\":null}", "no users"),
        ] {
            let failure = users(body.as_bytes(), None).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Malformed, "{body}");
            assert!(failure.message.contains(says), "{body}: {}", failure.message);
        }
    }

    #[test]
    fn an_absent_key_ends_members_and_groups_but_never_users_and_a_token_goes_on() {
        assert_eq!(members(b"{}").unwrap(), Page { items: vec![], next: None });
        assert_eq!(groups(b"{\"nextPageToken\":\"\"}").unwrap(), Page { items: vec![], next: None });
        let page = users(b"{\"nextPageToken\":\"t\"}", None).unwrap();
        assert_eq!(page, Page { items: vec![], next: Some("t".into()) });
    }

    #[test]
    fn a_bad_record_is_set_aside_with_the_field_to_blame_and_without_its_value() {
        for (body, id, reason) in [
            (r#"{"id":"1","primaryEmail":5}"#, Some("1"), "primaryEmail"),
            (r#"{"id":"1","suspended":"secret-value"}"#, Some("1"), "suspended"),
            (r#"{"id":"1","name":"Ada"}"#, Some("1"), "name"),
            (r#"{"id":"1","aliases":"a@x"}"#, Some("1"), "aliases"),
            (r#"{"id":"1","name":{"givenName":7}}"#, Some("1"), "name"),
            (r#"{"primaryEmail":"a@x"}"#, None, "no id"),
            (r#"{"id":""}"#, None, "id"),
            (r#"{"id":"a\u0000b"}"#, None, "id"),
            (r#""text""#, None, "object"),
        ] {
            match only(users(format!("{{\"users\":[{body}]}}").as_bytes(), None)) {
                Record::Refused { external_id, reason: why } => {
                    assert_eq!(external_id.as_deref(), id, "{body}");
                    assert!(why.contains(reason) && !why.contains("secret-value"), "{body}: {why}");
                }
                Record::Read(user) => panic!("{body} was read as {user:?}"),
            }
        }
    }

    #[test]
    fn people_of_another_customer_fail_the_page() {
        let body = br#"{"users":[{"id":"1","customerId":"C1"},{"id":"2","customerId":"C2"}]}"#;
        assert_eq!(users(body, Some("C1")).unwrap_err().kind, FailureKind::Misconfigured);
        assert!(users(body, None).is_ok());
    }

    #[test]
    fn members_keep_their_kind_and_role() {
        for (body, kind, role, email) in [
            (r#"{"id":"1","type":"USER","role":"OWNER","email":"a@x"}"#, MemberKind::User, Some("owner"), Some("a@x")),
            (r#"{"id":"C1","type":"CUSTOMER","role":"MEMBER"}"#, MemberKind::Everyone, Some("member"), None),
            (r#"{"id":"1","type":"group"}"#, MemberKind::Group, None, None),
            (r#"{"id":"1","type":"EXTERNAL"}"#, MemberKind::External, None, None),
            (r#"{"id":"1","type":"ROBOT"}"#, MemberKind::Other, None, None),
            (r#"{"id":"1"}"#, MemberKind::Other, None, None),
        ] {
            let Record::Read(member) = only(members(format!("{{\"members\":[{body}]}}").as_bytes())) else {
                panic!("{body} was refused")
            };
            let read = (member.kind, member.role.as_deref(), member.email.as_deref());
            assert_eq!(read, (kind, role, email), "{body}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_body_makes_the_parsers_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (users(&body, Some("C")), groups(&body), members(&body), deleted(&body), tenant(&body));
        }

        #[test]
        fn no_value_in_any_field_makes_the_parsers_panic(
            field in prop::sample::select(vec![
                "id", "primaryEmail", "name", "suspended", "aliases", "phones", "organizations", "relations",
                "externalIds", "locations", "customSchemas", "customerId", "email", "type", "role", "description",
            ]),
            value in prop::sample::select(vec![
                "null", "true", "7", "-1.5e300", "\"\"", "\"x\"", "[]", "{}", "[null]", "[{}]", "[[]]",
                "[{\"primary\":true,\"value\":{}}]", "{\"value\":\"x\",\"type\":7}", "\"\\u0000\"",
            ]),
        ) {
            let record = format!("{{\"id\":\"1\",\"{field}\":{value}}}").replace("\"id\":\"1\",\"id\"", "\"id\"");
            for key in ["users", "groups", "members"] {
                let body = format!("{{\"{key}\":[{record},{record}]}}");
                let body = body.as_bytes();
                let _ = (users(body, Some("C")), groups(body), members(body), deleted(body), tenant(body));
            }
        }
    }
}
