//! Google's JSON, and its conversion into our model. Pure; bad records are set aside one by one, bad pages fail whole.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::Page;
use crate::model::{
    AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, MemberKind, Record, Tenant,
};

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
struct WireUser {
    id: String,
    primary_email: Option<String>,
    name: Option<WireName>,
    suspended: Option<bool>,
    archived: Option<bool>,
    suspension_reason: Option<String>,
    is_admin: Option<bool>,
    is_delegated_admin: Option<bool>,
    org_unit_path: Option<String>,
    aliases: Option<Vec<String>>,
    non_editable_aliases: Option<Vec<String>>,
    // Typed "any" by Google: an array of objects in practice, an object or rubbish now and then.
    #[serde(default)]
    phones: Value,
    #[serde(default)]
    organizations: Value,
    #[serde(default)]
    relations: Value,
    #[serde(default)]
    external_ids: Value,
    #[serde(default)]
    locations: Value,
    #[serde(default)]
    custom_schemas: Value,
    is_guest_user: Option<bool>,
    customer_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireName {
    given_name: Option<String>,
    family_name: Option<String>,
    full_name: Option<String>,
    display_name: Option<String>,
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
        None => return Err(malformed("the answer holds no users, which cannot be true")),
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
    let user = first.ok_or_else(|| malformed("the answer holds no users, which cannot be true"))?;
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

fn user(wire: WireUser) -> DirectoryUser {
    let status = match (wire.suspended, wire.archived) {
        (Some(true), _) | (_, Some(true)) => Some(AccountStatus::Suspended),
        // Both flags can be absent for minutes after creation; absent is not "false" (firezone/firezone#15290).
        (None, None) => None,
        _ => Some(AccountStatus::Active),
    };
    let status_reason = match (wire.suspended, wire.archived) {
        (Some(true), _) => text(wire.suspension_reason).or_else(|| Some("suspended".into())),
        (_, Some(true)) => Some("archived".into()),
        _ => None,
    };
    let name = wire.name.unwrap_or_default();
    let (given_name, family_name) = (text(name.given_name), text(name.family_name));
    let display_name = text(name.display_name).or_else(|| text(name.full_name)).or_else(|| {
        let parts: Vec<&str> = [&given_name, &family_name].into_iter().flatten().map(String::as_str).collect();
        text(Some(parts.join(" ")))
    });
    let organization = chosen(&wire.organizations, "work");
    let of_organization = |field: &str| organization.and_then(|organization| field_of(organization, field));
    let email = text(wire.primary_email);
    DirectoryUser {
        external_id: wire.id,
        status,
        status_reason,
        user_name: email.clone(),
        email,
        display_name,
        given_name,
        family_name,
        title: of_organization("title"),
        department: of_organization("department"),
        cost_center: of_organization("costCenter"),
        manager: of_type(&wire.relations, "manager").and_then(|relation| field_of(relation, "value")),
        employee_id: of_type(&wire.external_ids, "organization").and_then(|id| field_of(id, "value")),
        phone: chosen(&wire.phones, "work").and_then(|phone| field_of(phone, "value")),
        location: chosen(&wire.locations, "desk").and_then(place).or_else(|| of_organization("location")),
        org_unit: text(wire.org_unit_path),
        aliases: addresses(wire.aliases, wire.non_editable_aliases),
        is_admin: wire.is_admin.unwrap_or(false),
        attributes: attributes(&wire.custom_schemas, wire.is_guest_user, wire.is_delegated_admin),
    }
}

/// Empty text is no text.
fn text(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

fn field_of(entry: &Value, field: &str) -> Option<String> {
    text(entry.get(field).and_then(Value::as_str).map(str::to_owned))
}

/// The entries of an "any": an array's objects, or a lone object.
fn entries(any: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = match any {
        Value::Array(many) => (many.as_slice(), None),
        Value::Object(_) => (&[] as &[Value], Some(any)),
        _ => (&[] as &[Value], None),
    };
    many.iter().chain(one).filter(|entry| entry.is_object())
}

/// Types are compared without regard to case: Google's own prose and data differ.
fn of_type<'a>(any: &'a Value, kind: &str) -> Option<&'a Value> {
    entries(any).find(|entry| entry.get("type").and_then(Value::as_str).is_some_and(|t| t.eq_ignore_ascii_case(kind)))
}

/// The primary entry, else the first of `kind`, else the first.
fn chosen<'a>(any: &'a Value, kind: &str) -> Option<&'a Value> {
    entries(any)
        .find(|entry| entry.get("primary").and_then(Value::as_bool) == Some(true))
        .or_else(|| of_type(any, kind))
        .or_else(|| entries(any).next())
}

/// "Area" is Google's own text for display; without it the building and desk have to do.
fn place(location: &Value) -> Option<String> {
    field_of(location, "area").or_else(|| {
        let parts = ["buildingId", "floorName", "floorSection", "deskCode"];
        let parts: Vec<String> = parts.into_iter().filter_map(|part| field_of(location, part)).collect();
        text(Some(parts.join(" ")))
    })
}

/// Google gives addresses in no fixed order; sorted, the same addresses are the same value.
fn addresses(editable: Option<Vec<String>>, fixed: Option<Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = editable.into_iter().chain(fixed).flatten().filter(|a| !a.is_empty()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn attributes(schemas: &Value, guest: Option<bool>, delegated: Option<bool>) -> Option<String> {
    let mut kept = BTreeMap::new();
    if schemas.as_object().is_some_and(|schemas| !schemas.is_empty()) {
        kept.insert("custom_schemas", schemas.clone());
    }
    for (key, flag) in [("is_guest", guest), ("is_delegated_admin", delegated)] {
        if flag == Some(true) {
            kept.insert(key, Value::Bool(true));
        }
    }
    if kept.is_empty() { None } else { serde_json::to_string(&kept).ok() }
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
