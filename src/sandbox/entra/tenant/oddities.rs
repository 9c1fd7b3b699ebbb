//! The records that break importers, each taken from a real report; the first records of every tenant, however small.

use serde_json::{Value, json};

use super::person::History;
use super::state::slot;
use super::{DOMAINS, Group, INITIAL_DOMAIN, Kind, Mail, Member, Nature, Person, Presence, Slot, Tenant};
use crate::sandbox::entra::wire::fields::user;

/// People that somebody may sign in as; days and disasters leave them alone.
pub(super) const ACCOUNTS: usize = 4;

/// How many groups are made here; days leave them, for the tests know them.
pub(super) const GROUPS: usize = 14;

/// People who are in none but the groups made for them.
const SOFT_DELETED: Slot = 5;

impl Tenant {
    fn odd(&mut self, given: &'static str, family: &'static str, local: &str) -> &mut Person {
        let id = self.next_id();
        let slot = self.push_person(Person {
            id,
            upn: format!("{local}@{}", DOMAINS[0]).into_boxed_str(),
            given,
            family,
            title: Some("Specialist"),
            department: Some("Operations"),
            office: Some("LON-3"),
            manager: (!self.people.is_empty()).then_some(0),
            phone: 5_550_100 + slot(self.people.len()),
            mail: Mail::Own,
            enabled: true,
            synced: false,
            presence: Presence::Present,
            joined_day: 0,
            history: History::default(),
            extra: None,
        });
        &mut self.people[slot as usize]
    }

    fn guest(&mut self, given: &'static str, family: &'static str, account: &str) -> &mut Person {
        let guest = self.odd(given, family, "");
        guest.upn = format!("{account}#EXT#@{INITIAL_DOMAIN}").into_boxed_str();
        (guest.mail, guest.title, guest.department, guest.office) = (Mail::Outside, None, None, None);
        (guest.manager, guest.phone) = (None, 0);
        guest
    }

    fn odd_group(&mut self, name: &str, nature: Nature, members: impl IntoIterator<Item = Member>) -> &mut Group {
        let mut group = self.group_named(name, nature);
        group.members.extend(members);
        let slot = self.push_group(group);
        &mut self.groups[slot as usize]
    }
}

impl Person {
    fn patched(&mut self, key: &str, value: Value) -> &mut Self {
        self.extra().patch.insert(key.to_owned(), value);
        self
    }
}

/// The first people: four who may sign in, then one of each oddity.
pub(super) fn people(tenant: &mut Tenant) {
    tenant.odd("Robin", "Overland", "admin");
    tenant.odd("Toni", "Helpdesk", "helpdesk");
    tenant.odd("Alex", "Ordinary", "alex").title = Some("Accountant");
    tenant.guest("Gus", "Guest", "gus_partner.example");
    let gone = tenant.odd("Lena", "Longgone", "lena.longgone");
    (gone.presence, gone.manager) = (Presence::Purged, None);
    let left = tenant.odd("Lee", "Left", "lee.left");
    left.presence = Presence::Deleted { day: 0 };
    tenant.odd("Prox", "Yonly", "prox.yonly").mail = Mail::Proxy;
    tenant.odd("Nomi", "Nomail", "nomi.nomail").mail = Mail::Nothing;
    tenant.odd("Clea", "Red", "clea.red").mail = Mail::Cleared;
    tenant.odd("Nona", "Nameless", "nona.nameless").patched("displayName", Value::Null).extra().unset =
        user("givenName") | user("surname");
    tenant.guest("Gwen", "Guest", "gwen_partner.example").mail = Mail::OutsideHidden;
    tenant.guest("Pen", "Ding", "pen_partner.example").patched("externalUserState", json!("PendingAcceptance"));
    let synced = tenant.odd("Sync", "Ed", "sync.ed");
    (synced.synced, synced.department) = (true, Some(""));
    tenant.odd("Once", "Synced", "once.synced").patched("onPremisesSyncEnabled", json!(false));
    tenant.odd("Dis", "Abled", "dis.abled").enabled = false;
    let bare = tenant.odd("Bare", "Bones", "bare.bones");
    (bare.title, bare.department, bare.office, bare.phone, bare.manager) = (None, None, None, 0, None);
    bare.extra().unset = user("accountEnabled") | user("userType");
    tenant
        .odd("Fut", "Ure", "fut.ure")
        .patched("userType", json!("Hybrid"))
        .patched("agentIdentityBlueprint@odata.type", json!("#microsoft.graph.whatever"))
        .patched("futureProperty", json!({"nested": [1, {"deep": null}], "@odata.etag": "W/\"1\""}));
    tenant.odd("小明", "王", "wang.xiaoming");
    tenant.odd("=HYPERLINK(\"http://evil.example\")", "O'Hara\"; DROP TABLE users;--", "formula");
    tenant.odd("Tab\tand\nnewline", "🦀 \u{202E}reversed", "control");
}

/// The first groups: one of each kind, and each oddity of membership.
pub(super) fn groups(tenant: &mut Tenant) {
    let person = |slot: Slot| Member::new(Kind::Person, slot);
    let all: Vec<Member> =
        (0..slot(tenant.people.len())).filter(|slot| tenant.person(*slot).is_present()).map(person).collect();
    tenant.odd_group("All Company", Nature::Unified, all).description = Some("Everybody");
    tenant.odd_group("Empty", Nature::Security, []);
    tenant.odd_group("Sales dynamic", Nature::SecurityDynamic, [person(0), person(2)]);
    tenant.odd_group("Dynamic team", Nature::UnifiedDynamic, [person(1)]);
    tenant.odd_group("Mail security", Nature::MailSecurity, [person(0), person(1)]);
    tenant.odd_group("Old announcements", Nature::Distribution, [person(2), person(3)]).description = Some("");
    let synced = tenant.odd_group("Domain Admins", Nature::Security, [person(0)]);
    synced.synced = true;
    // System groups have no date of creation.
    synced.patch.insert("createdDateTime".to_owned(), Value::Null);
    // One member of each type, the last of a type nobody has heard of.
    let kinds = [Kind::Device, Kind::ServicePrincipal, Kind::Contact, Kind::NewType];
    let mixed = kinds.iter().zip(0..).map(|(kind, index)| Member::new(*kind, index)).chain([person(0)]);
    tenant.odd_group("Everything but people", Nature::Security, mixed);
    tenant.odd_group("Has a soft-deleted member", Nature::Security, [person(SOFT_DELETED), person(2)]);
    tenant.odd_group("Circle one", Nature::Security, [person(1)]);
    tenant.odd_group("Circle two", Nature::Security, [person(2)]);
    let future = tenant.odd_group("Group of the future", Nature::Unified, [person(0)]);
    future.patch.insert("groupTypes".to_owned(), json!(["Unified", "Quantum"]));
    future.patch.insert("theNewThing".to_owned(), json!([{"a": 1}]));
    let removed = tenant.odd_group("Somebody left it", Nature::Security, [person(0), person(2), person(1)]);
    removed.remove(Kind::Person, 2, 0);
    tenant.odd_group("\"; DROP TABLE groups;-- 🦀", Nature::Security, [person(3)]);
}

/// Groups in groups: a chain, and a cycle of two.
pub(super) fn nest(tenant: &mut Tenant) {
    let (one, two) = (9, 10);
    tenant.groups[one].members.push(Member::new(Kind::Group, slot(two)));
    tenant.groups[two].members.push(Member::new(Kind::Group, slot(one)));
    let ordinary = (GROUPS..tenant.groups.len()).filter(|at| !tenant.groups[*at].is_unified()).take(3);
    let nested: Vec<Member> = ordinary.map(|at| Member::new(Kind::Group, slot(at))).collect();
    tenant.groups[6].members.extend(nested);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_tenant_has_every_oddity_and_its_number_of_groups() {
        let tenant = Tenant::generate(1, 0, 0, 0);
        assert_eq!(tenant.groups.len(), GROUPS);
        assert_eq!(tenant.people.iter().filter(|person| person.is_present()).count(), 18);
        assert_eq!(tenant.person(SOFT_DELETED).deleted_day(), Some(0));
        let truth = tenant.truth();
        assert_eq!(truth["groups"].as_array().unwrap().len(), GROUPS);
        assert!(truth["users"].to_string().contains("#EXT#@brightwater.onmicrosoft.com"));
        assert_eq!(Tenant::generate(1, 40, 20, 300).truth(), Tenant::generate(1, 40, 20, 300).truth());
    }
}
