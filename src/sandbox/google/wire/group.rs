//! The group and member resources: `admin#directory#group`, `admin#directory#member`.

use super::mask::Mask;
use super::writer::{Object, etag, json};
use crate::sandbox::google::tenant::{Kind, Member, Shown, Slot, Tenant};
use crate::sandbox::random::{fingerprint, mix};

/// Keys a group can have.
pub(in crate::sandbox) const KEYS: &[&str] = &[
    "kind",
    "id",
    "etag",
    "email",
    "name",
    "description",
    "adminCreated",
    "directMembersCount",
    "aliases",
    "nonEditableAliases",
];

/// Keys a member can have.
pub(in crate::sandbox) const MEMBER_KEYS: &[&str] =
    &["kind", "id", "etag", "email", "role", "type", "status", "delivery_settings"];

/// Writes one group.
pub(in crate::sandbox) fn write(out: &mut Vec<u8>, tenant: &Tenant, slot: Slot, mask: &Mask) {
    let group = tenant.group(slot);
    let mut object = Object::open(out, mask, None);
    object.text("kind", "admin#directory#group");
    object.text("id", &group.id_text());
    if let Some(out) = object.slot("etag") {
        json(out, &etag(tenant.seed, group.id ^ mix(u64::from(group.revision))));
    }
    object.text("email", &group.email);
    object.text("name", &group.name);
    if let Some(out) = object.slot("directMembersCount") {
        let count = group.members.iter().filter(|member| tenant.lists(member)).count();
        json(out, &count.to_string());
    }
    object.text("description", group.description);
    object.flag("adminCreated", true);
    object.texts("aliases", &group.aliases);
    if mask.allows("nonEditableAliases") {
        object.texts("nonEditableAliases", &[format!("{}.test-google-a.com", group.email)]);
    }
    object.close();
}

/// Writes one member.
pub(in crate::sandbox) fn write_member(out: &mut Vec<u8>, tenant: &Tenant, member: &Member, mask: &Mask) {
    let (id, email) = tenant.identity(member);
    let bare = member.shown == Shown::Bare;
    let mut object = Object::open(out, mask, None);
    object.text("kind", "admin#directory#member");
    if let Some(out) = object.slot("etag") {
        json(out, &etag(tenant.seed, fingerprint(&id) ^ (member.role as u64)));
    }
    object.text("id", &id);
    if let Some(email) = email {
        let alias = || tenant.person(member.index).aliases().first().cloned();
        object.text(
            "email",
            &match member.shown {
                Shown::UpperCase => email.to_ascii_uppercase(),
                Shown::Alias => alias().unwrap_or(email),
                Shown::Plain | Shown::Bare => email,
            },
        );
    }
    if !bare {
        object.text("role", member.role.name());
    }
    object.text("type", kind(member.kind));
    if let Some(status) = status(tenant, member).filter(|_| !bare) {
        object.text("status", status);
    }
    object.close();
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Person | Kind::Outsider | Kind::Unknown => "USER",
        Kind::Group | Kind::OutsideGroup => "GROUP",
        Kind::Customer => "CUSTOMER",
        Kind::NewType => "SERVICE_AGENT",
    }
}

/// Members of other organisations have no status.
fn status(tenant: &Tenant, member: &Member) -> Option<&'static str> {
    match member.kind {
        Kind::Outsider | Kind::OutsideGroup => None,
        Kind::Person => {
            let person = tenant.person(member.index);
            Some(match (person.suspended, person.archived) {
                (Some(_), _) => "SUSPENDED",
                (None, true) => "ARCHIVED",
                (None, false) => "ACTIVE",
            })
        }
        _ => Some("ACTIVE"),
    }
}
