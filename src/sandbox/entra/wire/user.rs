//! The user resource.

use super::fields::{USER, user};
use super::writer::{Manner, Object, json, quoted};
use crate::sandbox::entra::tenant::{INITIAL_DOMAIN, Mail, Person, Slot, Tenant, moment};
use crate::sandbox::random::mix;

/// How the manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Boss {
    /// `manager@delta`, with those who are it no more.
    Delta,
    /// `manager`, an object, as `$expand` gives it.
    Expanded,
}

/// Writes one person: the `wanted` properties, and always the id.
pub(in crate::sandbox::entra) fn write(
    out: &mut Vec<u8>,
    tenant: &Tenant,
    slot: Slot,
    wanted: u32,
    manner: Manner,
    boss: Boss,
) {
    let person = tenant.person(slot);
    let extra = person.extra.as_deref();
    let patch = extra.map(|extra| &extra.patch).filter(|patch| !patch.is_empty());
    let unset = extra.map_or(0, |extra| extra.unset);
    let number = person.id.number();
    let guest = person.is_guest();
    let mut object = Object::open(out, USER, (wanted | 1, unset), manner, patch);
    object.plain(user("id"), person.id);
    object.text(user("userPrincipalName"), &person.upn);
    addresses(&mut object, person);
    object.text(user("displayName"), &person.display_name());
    object.text(user("givenName"), person.given);
    object.text(user("surname"), person.family);
    object.option(user("jobTitle"), person.title);
    object.option(user("department"), person.department);
    object.option(user("companyName"), (!guest).then_some("Brightwater"));
    object.option(user("officeLocation"), person.office);
    if guest {
        object.never(user("employeeId"));
        object.never(user("employeeType"));
    } else {
        object.plain(user("employeeId"), format_args!("{:06}", mix(number) % 1_000_000));
        object.text(user("employeeType"), if number.is_multiple_of(20) { "Contractor" } else { "Employee" });
    }
    if person.phone == 0 {
        object.never(user("mobilePhone"));
        object.texts(user("businessPhones"), &[] as &[&str]);
    } else {
        object.plain(user("mobilePhone"), format_args!("+44 7700 {:07}", person.phone));
        object.texts(user("businessPhones"), &[format!("+44 20 7946 {:04}", person.phone % 10_000)]);
    }
    object.option(user("preferredLanguage"), number.is_multiple_of(3).then_some("en-GB"));
    object.option(user("usageLocation"), (!guest).then_some("GB"));
    object.flag(user("accountEnabled"), person.enabled);
    object.text(user("userType"), if guest { "Guest" } else { "Member" });
    object.option(user("externalUserState"), guest.then_some("Accepted"));
    on_premises(&mut object, person);
    let (day, second) = (i64::from(person.joined_day) - if person.joined_day == 0 { age(number) } else { 0 }, number);
    object.plain(user("createdDateTime"), moment(day, i64::try_from(second % 30_000).unwrap_or(0)));
    match person.deleted_day() {
        Some(day) => object.plain(user("deletedDateTime"), moment(i64::from(day), 3_600)),
        None => object.never(user("deletedDateTime")),
    }
    if wanted & user("manager") != 0 {
        manager(&mut object, tenant, person, boss);
    }
    object.close();
}

/// How many days before the organisation's first day somebody came.
fn age(number: u64) -> i64 {
    i64::try_from(mix(number) % 3_000).unwrap_or(0) + 1
}

fn addresses(object: &mut Object<'_>, person: &Person) {
    let upn = &*person.upn;
    let local = person.local();
    let outside = || {
        let account = upn.split_once("#EXT#").map_or(upn, |(account, _)| account);
        account.rsplit_once('_').map_or_else(|| account.to_owned(), |(name, domain)| format!("{name}@{domain}"))
    };
    let aliases = person.extra.as_deref().map_or(&[] as &[String], |extra| &extra.aliases);
    let smtp = |primary: String| {
        let aliases = aliases.iter().map(|alias| format!("smtp:{alias}"));
        [format!("SMTP:{primary}")].into_iter().chain(aliases).collect::<Vec<_>>()
    };
    let (mail, others, proxies): (Option<String>, Vec<String>, Vec<String>) = match person.mail {
        Mail::Own => (Some(upn.to_owned()), Vec::new(), smtp(upn.to_owned())),
        Mail::Proxy => {
            let old = format!("smtp:{local}@{INITIAL_DOMAIN}");
            (None, Vec::new(), vec![old, "SIP:".to_owned() + upn, format!("SMTP:{upn}")])
        }
        Mail::Nothing => (None, Vec::new(), Vec::new()),
        Mail::Cleared => (Some(String::new()), Vec::new(), Vec::new()),
        Mail::Outside => (Some(outside()), vec![outside()], vec![format!("SMTP:{}", outside())]),
        Mail::OutsideHidden => (None, vec![outside()], Vec::new()),
    };
    object.option(user("mail"), mail.as_deref());
    object.texts(user("otherMails"), &others);
    object.texts(user("proxyAddresses"), &proxies);
}

fn on_premises(object: &mut Object<'_>, person: &Person) {
    if person.synced {
        object.flag(user("onPremisesSyncEnabled"), true);
        object.text(user("onPremisesSamAccountName"), person.local());
        object.plain(user("onPremisesImmutableId"), format_args!("{:016x}{:08x}==", person.id.number(), 7));
    } else {
        object.never(user("onPremisesSyncEnabled"));
        object.never(user("onPremisesSamAccountName"));
        object.never(user("onPremisesImmutableId"));
    }
}

fn manager(object: &mut Object<'_>, tenant: &Tenant, person: &Person, boss: Boss) {
    let reference = |out: &mut Vec<u8>, slot: Slot, removed: bool| {
        out.extend_from_slice(b"{\"@odata.type\":\"#microsoft.graph.user\",\"id\":");
        quoted(out, tenant.person(slot).id);
        if removed {
            out.extend_from_slice(b",\"@removed\":{\"reason\":\"changed\"}");
        }
        out.push(b'}');
    };
    match boss {
        Boss::Expanded => {
            if let Some(manager) = person.manager {
                object.key("manager");
                reference(object.out, manager, false);
            }
        }
        Boss::Delta => {
            let past = person.extra.as_deref().map_or(&[] as &[Slot], |extra| &extra.past_managers);
            let gone = past.iter().filter(|slot| Some(**slot) != person.manager).map(|slot| (*slot, true));
            let all: Vec<(Slot, bool)> = gone.chain(person.manager.map(|slot| (slot, false))).collect();
            if !all.is_empty() {
                object.key("manager@delta");
                super::writer::list(object.out, &all, |out, (slot, removed)| reference(out, *slot, *removed));
            }
        }
    }
}

/// Writes what is left of somebody deleted.
pub(in crate::sandbox::entra) fn write_removed(out: &mut Vec<u8>, id: impl std::fmt::Display, reason: &str) {
    out.extend_from_slice(b"{\"id\":");
    quoted(out, id);
    out.extend_from_slice(b",\"@removed\":{\"reason\":");
    json(out, reason);
    out.extend_from_slice(b"}}");
}
