//! The records that break importers, each taken from a real report; the first records of every tenant, however small.

use serde_json::{Value, json};

use super::state::{DOMAINS, GUEST_UNIT, Slot, Tenant, slot};
use super::{Group, Kind, Member, Person, Presence, Role, Shown, Standing};

/// People that somebody may sign in as; days and disasters leave them alone.
pub(in crate::sandbox) const ACCOUNTS: usize = 4;

/// Places of people that groups refer to.
const ALIASED: Slot = 16;
const SUSPENDED: Slot = 13;
const ARCHIVED: Slot = 14;
const UPPER_CASE: Slot = 5;

impl Tenant {
    fn odd(&mut self, given: &'static str, family: &'static str, local: &str) -> &mut Person {
        let person = Person {
            id: self.next_id(),
            email: format!("{local}@{}", DOMAINS[0]).into_boxed_str(),
            given,
            family,
            title: "Specialist",
            department: "Operations",
            place: "LON-3",
            suspended: None,
            suspended_day: 0,
            manager: Some(0),
            phone: 5_550_100 + slot(self.people.len()),
            unit: 1,
            archived: false,
            guest: false,
            standing: Standing::Ordinary,
            presence: Presence::Present,
            joined_day: 0,
            revision: 0,
            extra: None,
        };
        let slot = self.push_person(person);
        &mut self.people[slot as usize]
    }
}

impl Person {
    fn patched(&mut self, key: &str, value: Value) -> &mut Self {
        self.extra().patch.insert(key.to_owned(), value);
        self
    }

    fn also(&mut self, alias: &str) -> &mut Self {
        self.extra().aliases.push(format!("{alias}@{}", DOMAINS[0]));
        self
    }
}

/// The first people: four who may sign in, then one of each oddity.
pub(super) fn people(tenant: &mut Tenant) {
    tenant.odd("Robin", "Overland", "admin").standing = Standing::Super;
    tenant.odd("Toni", "Helpdesk", "helpdesk").standing = Standing::Delegated;
    tenant.odd("Sam", "Frontdesk", "frontdesk").standing = Standing::UsersOnly;
    tenant.odd("Alex", "Ordinary", "alex").title = "Accountant";
    // Renamed: the old address stays as an alias.
    tenant.odd("Kim", "Newname", "kim.newname").also("kim.oldname");
    tenant.odd("Uma", "Uppercase", "UMA.Uppercase");
    tenant.odd("小明", "王", "wang.xiaoming");
    tenant.odd("نور", "الهاشمي", "nour.alhashimi");
    // Decomposed: letters and combining marks apart.
    tenant.odd("Zoe\u{308}", "Nguye\u{302}\u{303}n", "zoe.nguyen");
    tenant.odd("Suharto", "\u{200B}", "suharto");
    tenant
        .odd("Neve", "Loggedin", "neve.loggedin")
        .patched("lastLoginTime", json!("1970-01-01T00:00:00.000Z"))
        .patched("agreedToTerms", json!(false));
    // Fresh accounts lack these for some minutes; absent does not mean false.
    tenant.odd("Newt", "Flagless", "newt.flagless").patched("suspended", Value::Null).patched("archived", Value::Null);
    tenant.odd("Nona", "Nameless", "nona.nameless").patched("name", Value::Null);
    tenant.odd("Sue", "Spended", "sue.spended").suspended = Some("ADMIN");
    tenant.odd("Archie", "Ved", "archie.ved").archived = true;
    let both = tenant.odd("Bo", "Both", "bo.both");
    (both.suspended, both.archived, both.unit) = (Some("ABUSE"), true, 7);
    tenant.odd("Allie", "Aliased", "allie.aliased").also("allie").also("support");
    tenant
        .odd("Obi", "Emailsobject", "obi.emailsobject")
        .patched("emails", json!({"address": "obi.emailsobject@brightwater.example", "primary": true}));
    tenant.odd("Nemo", "Noemails", "nemo.noemails").patched("emails", Value::Null);
    for (given, local) in [("Gus", "gus_partner.example"), ("Gwen", "gwen_partner.example")] {
        let guest = tenant.odd(given, "Guest", local);
        (guest.guest, guest.unit) = (true, GUEST_UNIT);
        guest.patched("guestAccountInfo", json!({"primaryGuestEmail": local.replace('_', "@")}));
    }
    tenant.odd("Orga", "Nizations", "orga.nizations").patched(
        "organizations",
        json!([
            {"title": "Volunteer", "department": "Campus", "type": "school"},
            {"title": "Head of Everything", "department": "Operations", "costCenter": "CC-900", "name": "Brightwater",
             "description": "FTE", "location": "LON-3", "type": "work", "primary": true, "fullTimeEquivalent": 100_000}
        ]),
    );
    tenant.odd("Dan", "Gling", "dan.gling").patched(
        "relations",
        json!([{"value": "left.long.ago@brightwater.example", "type": "manager"},
            {"value": "somebody, ask Robin", "type": "custom", "customType": "mentor"}]),
    );
    tenant.odd("Fone", "Phones", "fone.phones").patched("phones", json!([
        {"value": "+44 20 7946 0001", "type": "work_mobile"}, {"value": "tel:+44-20-7946-0002;ext=9", "type": "WORK", "primary": true},
        {"value": "ask", "type": "custom", "customType": "carrier pigeon"}, {"type": "home"}
    ]));
    // What spreadsheets execute, shells expand and SQL ends on.
    tenant.odd("=HYPERLINK(\"http://evil.example\")", "O'Hara\"; DROP TABLE users;--", "formula");
    tenant.odd("Tab\tand\nnewline", "🦀 \u{202E}reversed", "control");
    tenant.odd(
        "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewis",
        "Keihanaikukauakahihuliheekahaunaeleohanauweuweuaohaleokalani",
        "longest",
    );
    let plain = tenant.odd("Cust", "Omschemas", "cust.omschemas");
    plain.patched(
        "customSchemas",
        json!({"Badge": {"number": "0042", "areas": [{"value": "lab", "type": "work"}]},
        "HR": {"shirt": "XL", "started": "2020-02-29", "remote": true}}),
    );
    // Beyond the listing: deleted lately, deleted and made anew under the same address, deleted on its last day.
    tenant.odd("Del", "Eted", "del.eted").presence = Presence::Deleted { day: 0 };
    tenant.odd("Alex", "Ordinary", "alex").presence = Presence::Deleted { day: 0 };
}

/// The first groups, one of each oddity.
pub(super) fn groups(tenant: &mut Tenant) {
    let people: Vec<Slot> =
        (0..slot(tenant.people.len())).filter(|&slot| tenant.person(slot).is_present()).take(500).collect();
    let mut add = |local: &str, name: &str, members: Vec<Member>| {
        let id = tenant.next_id();
        let mut group = Group::new(id, format!("{local}@{}", DOMAINS[0]), name);
        group.members = members;
        tenant.push_group(group)
    };
    let owner = Member::person(0, Role::Owner);
    add("everyone", "Everyone", vec![owner, Member::new(Kind::Customer, 0, Role::Member)]);
    add("empty", "Nobody yet", Vec::new());
    add("two-hundred-and-one", "One more than a page", crowd(&people, 201));
    add("town-hall", "Town hall", crowd(&people, 437));
    add("aurora-london", "Project Aurora", vec![owner, Member::person(4, Role::Member)]);
    add("aurora-tokyo", "Project Aurora", vec![owner, Member::person(6, Role::Member)]);
    // A circle: 6 holds 7, 7 holds 8, 8 holds 6.
    for (local, next, person) in [("circle-a", 7, 9), ("circle-b", 8, 10), ("circle-c", 6, 11)] {
        add(local, local, vec![Member::new(Kind::Group, next, Role::Member), Member::person(person, Role::Member)]);
    }
    add(
        "partners",
        "Partners",
        vec![
            owner,
            Member::new(Kind::Outsider, 0, Role::Member).shown(Shown::Bare),
            Member::new(Kind::Outsider, 1, Role::Manager),
            Member::new(Kind::OutsideGroup, 0, Role::Member),
        ],
    );
    add(
        "mixed-bag",
        "Mixed bag",
        vec![
            Member::person(ALIASED, Role::Member).shown(Shown::Alias),
            Member::person(UPPER_CASE, Role::Member).shown(Shown::UpperCase),
            Member::person(3, Role::Member).shown(Shown::UpperCase),
            Member::new(Kind::Unknown, 0, Role::Member),
            Member::new(Kind::NewType, 0, Role::Member),
            Member::person(7, Role::Member).shown(Shown::Bare),
        ],
    );
    add("leadership", "Leadership", vec![owner, Member::person(1, Role::Manager), Member::person(2, Role::Member)]);
    add(
        "umbrella",
        "Umbrella",
        vec![
            Member::new(Kind::Group, 6, Role::Member),
            Member::new(Kind::Group, 11, Role::Manager),
            Member::new(Kind::Group, 1, Role::Member),
            Member::person(3, Role::Member),
        ],
    );
    let tokyo = add("tokyo", "Équipe 東京 🗼", vec![Member::person(6, Role::Owner), Member::person(8, Role::Member)]);
    add("alumni", "Alumni", vec![Member::person(SUSPENDED, Role::Member), Member::person(ARCHIVED, Role::Member)]);
    let tokyo = &mut tenant.groups[tokyo as usize];
    tokyo.aliases = vec![format!("toukyou@{}", DOMAINS[1])];
    tokyo.description = "Everybody in Tokyo,\nand those who \"visit\"";
}

/// `count` members: people of the company as far as they go, then visitors.
fn crowd(people: &[Slot], count: Slot) -> Vec<Member> {
    (0..count)
        .map(|turn| {
            let role = if turn == 0 { Role::Owner } else { Role::Member };
            match people.get(turn as usize) {
                Some(&person) => Member::person(person, role),
                None => Member::new(Kind::Outsider, turn + 10, role),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_tenant_has_every_oddity() {
        let tenant = Tenant::generate(1, 30, 15, 900);
        assert_eq!(tenant.order.len(), 30);
        assert_eq!(tenant.deleted_order.len(), 2);
        let at = |slot: Slot| &tenant.people[slot as usize];
        assert_eq!(at(ALIASED).aliases().len(), 2);
        assert!(at(SUSPENDED).suspended.is_some() && at(ARCHIVED).archived);
        assert!(at(UPPER_CASE).email.starts_with("UMA"));
        assert_eq!(tenant.groups[2].members.len(), 201);
        assert_eq!(tenant.groups[6].members[0].index, 7);
        assert_eq!(tenant.groups[11].name, "Leadership");
    }

    #[test]
    fn generation_is_deterministic_and_addresses_are_unique() {
        let one = Tenant::generate(9, 20_000, 300, 50_000);
        let two = Tenant::generate(9, 20_000, 300, 50_000);
        assert_eq!(one.truth().to_string(), two.truth().to_string());
        let addresses: std::collections::HashSet<String> =
            one.order.iter().map(|&slot| one.people[slot as usize].sort_key()).collect();
        assert_eq!(addresses.len(), 20_000);
        let members: usize = one.groups.iter().map(|group| group.members.len()).sum();
        assert!((49_000..51_000).contains(&members), "{members}");
    }
}
