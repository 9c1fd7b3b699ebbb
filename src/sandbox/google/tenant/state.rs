//! The tenant as a whole: its lists, its calendar, and the orders that listings follow.

use std::collections::HashMap;

use super::{Group, Person};
use crate::sandbox::names::Namer;
use crate::sandbox::random::{Random, mix};

/// A place in the list of people or of groups; places are never reused.
pub(in crate::sandbox) type Slot = u32;

/// The company's domains, the primary one first.
pub(in crate::sandbox) const DOMAINS: &[&str] =
    &["brightwater.example", "labs.brightwater.example", "bw-retail.example"];

/// The company's org units: path, and description.
pub(in crate::sandbox) const UNITS: &[(&str, &str)] = &[
    ("/", "Brightwater"),
    ("/Staff", "Everybody employed"),
    ("/Staff/Engineering", "Builds it"),
    ("/Staff/Engineering/Platform", "Keeps it running"),
    ("/Staff/Sales", "Sells it"),
    ("/Staff/Finance and Legal", "Counts it"),
    ("/Contractors", "Here for a while"),
    ("/Former staff", "Accounts kept for their mail"),
    ("/Büro Köln", "The office in Cologne"),
    ("/Workspace guests", "People of other organisations"),
];

/// The unit guests live in.
pub(super) const GUEST_UNIT: u8 = 9;

/// The morning of the company's day 0 (2026-03-02T08:00:00Z). The calendar is the sandbox's own, so that the same seed
/// gives the same bytes whenever it is started.
const DAY_ZERO: i64 = 1_772_438_400;

/// A moment of the sandbox's calendar, `seconds` into a day, in the form of the Directory API.
pub(in crate::sandbox) fn moment(day: i64, seconds: i64) -> String {
    jiff::Timestamp::from_second(DAY_ZERO + day * 86_400 + seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S.000Z")
        .to_string()
}

/// The made-up company.
pub(in crate::sandbox) struct Tenant {
    pub(in crate::sandbox) seed: u64,
    pub(in crate::sandbox) customer_id: String,
    pub(in crate::sandbox) people: Vec<Person>,
    pub(in crate::sandbox) groups: Vec<Group>,
    /// People in listings, ordered by address.
    pub(in crate::sandbox) order: Vec<Slot>,
    /// People on the deleted list, ordered by address.
    pub(in crate::sandbox) deleted_order: Vec<Slot>,
    pub(in crate::sandbox) group_order: Vec<Slot>,
    pub(in crate::sandbox) by_id: HashMap<u64, Slot>,
    pub(in crate::sandbox) group_by_id: HashMap<u64, Slot>,
    pub(in crate::sandbox) day: u32,
    /// Counts every change of anything; part of list etags.
    pub(in crate::sandbox) generation: u64,
    pub(super) namer: Namer,
    /// How many ids were given out.
    pub(super) ids: u64,
}

impl Tenant {
    /// A company without anybody.
    pub(super) fn empty(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0xC0C0);
        let customer: String =
            (0..7).map(|_| char::from(random.pick(b"0123456789abcdefghijklmnopqrstuvwxyz"))).collect();
        Self {
            seed,
            customer_id: format!("C0{customer}"),
            people: Vec::new(),
            groups: Vec::new(),
            order: Vec::new(),
            deleted_order: Vec::new(),
            group_order: Vec::new(),
            by_id: HashMap::new(),
            group_by_id: HashMap::new(),
            day: 0,
            generation: 0,
            namer: Namer::new(seed),
            ids: 0,
        }
    }

    /// An id never given out before.
    pub(super) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        mix(mix(self.seed).wrapping_add(self.ids))
    }

    pub(super) fn push_person(&mut self, person: Person) -> Slot {
        let slot = slot(self.people.len());
        self.by_id.insert(person.id, slot);
        self.people.push(person);
        slot
    }

    pub(super) fn push_group(&mut self, group: Group) -> Slot {
        let slot = slot(self.groups.len());
        self.group_by_id.insert(group.id, slot);
        self.groups.push(group);
        slot
    }

    /// Puts the listings in order again, after any change.
    pub(super) fn settle(&mut self) {
        self.generation += 1;
        let by_email = |people: &[Person], wanted: &dyn Fn(&Person) -> bool| {
            let mut order: Vec<Slot> = (0..slot(people.len())).filter(|&slot| wanted(&people[slot as usize])).collect();
            order.sort_by_cached_key(|&slot| people[slot as usize].sort_key());
            order
        };
        self.order = by_email(&self.people, &Person::is_present);
        self.deleted_order = by_email(&self.people, &|person| person.deleted_day().is_some());
        let mut groups: Vec<Slot> =
            (0..slot(self.groups.len())).filter(|&slot| self.groups[slot as usize].live).collect();
        groups.sort_by_cached_key(|&slot| self.groups[slot as usize].email.to_ascii_lowercase());
        self.group_order = groups;
    }
}

/// A list's length or index as a slot; the lists stay far below four thousand million.
pub(super) fn slot(index: usize) -> Slot {
    Slot::try_from(index).unwrap_or(Slot::MAX)
}
