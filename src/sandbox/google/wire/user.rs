//! The user resource: `admin#directory#user`.

use serde_json::{Map, Value, json};

use super::mask::Mask;
use super::writer::{Object, etag, json};
use crate::sandbox::google::tenant::{Person, Slot, Standing, Tenant, UNITS, moment};
use crate::sandbox::random::mix;

/// Keys a user can have, for telling a wrong `fields` mask from one that matches nothing.
pub(in crate::sandbox) const KEYS: &[&str] = &[
    "kind",
    "id",
    "etag",
    "primaryEmail",
    "name",
    "suspended",
    "archived",
    "suspensionReason",
    "suspensionTime",
    "archivalTime",
    "deletionTime",
    "isAdmin",
    "isDelegatedAdmin",
    "agreedToTerms",
    "changePasswordAtNextLogin",
    "ipWhitelisted",
    "isMailboxSetup",
    "includeInGlobalAddressList",
    "isEnrolledIn2Sv",
    "isEnforcedIn2Sv",
    "isGuestUser",
    "guestAccountInfo",
    "orgUnitPath",
    "aliases",
    "nonEditableAliases",
    "emails",
    "phones",
    "organizations",
    "relations",
    "externalIds",
    "locations",
    "addresses",
    "ims",
    "keywords",
    "languages",
    "websites",
    "posixAccounts",
    "sshPublicKeys",
    "gender",
    "notes",
    "customSchemas",
    "thumbnailPhotoUrl",
    "thumbnailPhotoEtag",
    "lastLoginTime",
    "creationTime",
    "customerId",
    "recoveryEmail",
    "recoveryPhone",
    "password",
    "hashFunction",
];

/// Which custom fields a user is written with.
pub(in crate::sandbox) enum Projection {
    Basic,
    /// Only these schemas.
    Custom(Vec<String>),
    Full,
}

/// Writes one user, leaving out what `mask` does not name.
pub(in crate::sandbox) fn write(out: &mut Vec<u8>, tenant: &Tenant, slot: Slot, mask: &Mask, projection: &Projection) {
    let person = tenant.person(slot);
    let narrowed = narrow(person, projection);
    let mut object = Object::open(out, mask, narrowed.as_ref().or(person.patch()));
    object.text("kind", "admin#directory#user");
    object.text("id", &person.id_text());
    if let Some(out) = object.slot("etag") {
        json(out, &etag(tenant.seed, person.id ^ mix(state(person))));
    }
    object.text("primaryEmail", &person.email);
    if let Some(out) = object.slot("name") {
        let mut name = Object::open(out, &Mask::All, None);
        name.text("givenName", person.given);
        name.text("familyName", person.family);
        name.text("fullName", &format!("{} {}", person.given, person.family));
        name.close();
    }
    standing(&mut object, person);
    contact(&mut object, tenant, person);
    if let Projection::Full = projection
        && person.id.is_multiple_of(5)
        && let Some(out) = object.slot("customSchemas")
    {
        json(out, &json!({"Badge": {"number": format!("{:06}", person.id % 1_000_000)}}));
    }
    object.text("customerId", &tenant.customer_id);
    object.text("orgUnitPath", UNITS[usize::from(person.unit)].0);
    object.flag("isMailboxSetup", !person.guest);
    object.flag("isEnrolledIn2Sv", person.id.is_multiple_of(3));
    object.flag("isEnforcedIn2Sv", false);
    object.flag("includeInGlobalAddressList", true);
    if person.guest {
        object.flag("isGuestUser", true);
    }
    if person.id.is_multiple_of(7) {
        object.text("recoveryEmail", "private@example.org");
        object.text("thumbnailPhotoUrl", &format!("https://lh3.google.example/a/{:x}", person.id));
    }
    object.close();
}

/// A number that differs when anything shown differs.
fn state(person: &Person) -> u64 {
    u64::from(person.revision)
        | (u64::from(person.suspended.is_some()) << 40)
        | (u64::from(person.archived) << 41)
        | (u64::from(person.deleted_day().is_some()) << 42)
}

/// The patch with its custom schemas cut to the projection; `None` when the person's own patch will do.
fn narrow(person: &Person, projection: &Projection) -> Option<Map<String, Value>> {
    let mut patch = person.patch().filter(|patch| patch.contains_key("customSchemas"))?.clone();
    match projection {
        Projection::Full => return None,
        Projection::Basic => {
            patch.remove("customSchemas");
        }
        Projection::Custom(schemas) => {
            if let Some(Value::Object(held)) = patch.get_mut("customSchemas") {
                held.retain(|name, _| schemas.iter().any(|schema| schema == name));
            }
        }
    }
    Some(patch)
}

fn standing(object: &mut Object<'_>, person: &Person) {
    object.flag("isAdmin", person.standing == Standing::Super);
    object.flag("isDelegatedAdmin", matches!(person.standing, Standing::Delegated | Standing::UsersOnly));
    let age = i64::try_from(person.id % 3000).unwrap_or(0);
    let second = i64::try_from(person.id % 36_000).unwrap_or(0);
    object.text("lastLoginTime", &moment(i64::from(person.joined_day) - age % 60 / 2, second - 36_000));
    let joined = if person.joined_day == 0 { -age - 30 } else { i64::from(person.joined_day) };
    object.text("creationTime", &moment(joined, second));
    if let Some(day) = person.deleted_day() {
        object.text("deletionTime", &moment(i64::from(day), second));
    }
    object.flag("agreedToTerms", true);
    object.flag("suspended", person.suspended.is_some());
    object.flag("archived", person.archived);
    if let Some(reason) = person.suspended {
        object.text("suspensionReason", reason);
        object.text("suspensionTime", &moment(i64::from(person.suspended_day), second));
    }
    if person.archived {
        object.text("archivalTime", &moment(-age / 2, second));
    }
    object.flag("changePasswordAtNextLogin", false);
    object.flag("ipWhitelisted", false);
}

fn contact(object: &mut Object<'_>, tenant: &Tenant, person: &Person) {
    let (local, domain) = person.email.split_once('@').unwrap_or((&person.email, ""));
    let test_alias = format!("{local}@{domain}.test-google-a.com");
    if let Some(out) = object.slot("emails") {
        out.extend_from_slice(b"[{\"address\":");
        json(out, &*person.email);
        out.extend_from_slice(b",\"primary\":true}");
        for alias in person.aliases() {
            out.extend_from_slice(b",{\"address\":");
            json(out, alias);
            out.push(b'}');
        }
        out.extend_from_slice(b",{\"address\":");
        json(out, &test_alias);
        out.extend_from_slice(b"}]");
    }
    if let Some(out) = object.slot("externalIds") {
        out.extend_from_slice(
            format!("[{{\"value\":\"E{:06}\",\"type\":\"organization\"}}]", person.phone % 1_000_000).as_bytes(),
        );
    }
    if let Some(manager) = person.manager
        && let Some(out) = object.slot("relations")
    {
        out.extend_from_slice(b"[{\"value\":");
        json(out, &*tenant.person(manager).email);
        out.extend_from_slice(b",\"type\":\"manager\"}]");
    }
    object.texts("aliases", person.aliases());
    if !person.guest {
        object.texts("nonEditableAliases", &[test_alias]);
    }
    if let Some(out) = object.slot("phones") {
        let number = format!("+1 555 {:03} {:04}", person.phone / 10_000 % 1000, person.phone % 10_000);
        out.extend_from_slice(b"[{\"value\":");
        json(out, &number);
        out.extend_from_slice(b",\"type\":\"work\",\"primary\":true}]");
    }
    if let Some(out) = object.slot("organizations") {
        out.extend_from_slice(b"[{\"title\":");
        json(out, person.title);
        out.extend_from_slice(b",\"department\":");
        json(out, person.department);
        out.extend_from_slice(b",\"primary\":true,\"customType\":\"\",\"costCenter\":");
        json(out, &format!("CC-{:03}", person.department.len() * 10));
        out.push(b'}');
        out.push(b']');
    }
    if let Some(out) = object.slot("locations") {
        out.extend_from_slice(b"[{\"type\":\"desk\",\"area\":\"desk\",\"buildingId\":");
        json(out, person.place);
        out.extend_from_slice(format!(",\"floorName\":\"{}\"}}]", person.id % 9).as_bytes());
    }
}
