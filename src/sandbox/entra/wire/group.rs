//! The group resource, and references to members.

use super::fields::{GROUP, group};
use super::writer::{Manner, Object, quoted};
use crate::sandbox::entra::tenant::{DOMAINS, Group, Kind, Nature, Slot, Tenant, moment};

/// Opens one group and writes the `wanted` properties, and always the id; members are for the caller to write.
pub(in crate::sandbox::entra) fn open<'a>(
    out: &'a mut Vec<u8>,
    of: &'a Group,
    wanted: u32,
    manner: Manner,
) -> Object<'a> {
    let number = of.id.number();
    let patch = Some(&of.patch).filter(|patch| !patch.is_empty());
    let mut object = Object::open(out, GROUP, (wanted | 1, 0), manner, patch);
    let mail = of.is_mail().then(|| format!("{}@{}", of.nick, DOMAINS[0]));
    object.plain(group("id"), of.id);
    object.text(group("displayName"), &of.name);
    object.option(group("description"), of.description);
    object.option(group("mail"), mail.as_deref());
    object.flag(group("mailEnabled"), of.is_mail());
    object.text(group("mailNickname"), &of.nick);
    object.flag(group("securityEnabled"), !matches!(of.nature, Nature::Unified | Nature::Distribution));
    let mut types: Vec<&str> = Vec::new();
    if of.is_unified() {
        types.push("Unified");
    }
    if of.is_dynamic() {
        types.push("DynamicMembership");
    }
    object.texts(group("groupTypes"), &types);
    let public = number.is_multiple_of(4);
    object.option(group("visibility"), of.is_unified().then_some(if public { "Public" } else { "Private" }));
    object.option(group("membershipRule"), of.is_dynamic().then_some("user.department -eq \"Sales\""));
    object.option(group("membershipRuleProcessingState"), of.is_dynamic().then_some("On"));
    let proxies: Vec<String> = mail.iter().map(|mail| format!("SMTP:{mail}")).collect();
    object.texts(group("proxyAddresses"), &proxies);
    if of.synced {
        object.flag(group("onPremisesSyncEnabled"), true);
        object.text(group("onPremisesSamAccountName"), &of.nick);
    } else {
        object.never(group("onPremisesSyncEnabled"));
        object.never(group("onPremisesSamAccountName"));
    }
    let age = i64::try_from(number % 900).unwrap_or(0);
    let day = if of.created_day == 0 { -age - 1 } else { i64::from(of.created_day) };
    object.plain(group("createdDateTime"), moment(day, 1_800));
    match of.deleted_day {
        Some(day) => object.plain(group("deletedDateTime"), moment(i64::from(day), 3_600)),
        None => object.never(group("deletedDateTime")),
    }
    object
}

/// Writes a reference to a member: its type and id.
pub(in crate::sandbox::entra) fn reference(
    out: &mut Vec<u8>,
    tenant: &Tenant,
    (kind, index): (Kind, Slot),
    removed: bool,
) {
    out.extend_from_slice(b"{\"@odata.type\":");
    quoted(out, kind.odata());
    out.extend_from_slice(b",\"id\":");
    quoted(out, tenant.member_id(kind, index));
    if removed {
        out.extend_from_slice(b",\"@removed\":{\"reason\":\"deleted\"}");
    }
    out.push(b'}');
}
