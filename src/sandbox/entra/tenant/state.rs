//! The tenant as a whole: its lists, its calendar, its generations.

use std::collections::HashMap;

use super::{Group, Guid, Kind, Person};
use crate::sandbox::names::Namer;
use crate::sandbox::random::mix;

/// A place in the list of people or of groups; places are never reused.
pub(in crate::sandbox::entra) type Slot = u32;

/// The organisation's verified domains, the default one first.
pub(in crate::sandbox::entra) const DOMAINS: &[&str] =
    &["brightwater.example", "labs.brightwater.example", INITIAL_DOMAIN];

/// The domain every tenant is born with.
pub(in crate::sandbox::entra) const INITIAL_DOMAIN: &str = "brightwater.onmicrosoft.com";

/// The morning of the organisation's day 0 (2026-03-02T08:00:00Z). The calendar is the sandbox's own, so that the same
/// seed gives the same bytes whenever it is started.
const DAY_ZERO: i64 = 1_772_438_400;

/// A moment of the sandbox's calendar, `seconds` into a day, in Graph's form.
pub(in crate::sandbox::entra) fn moment(day: i64, seconds: i64) -> String {
    jiff::Timestamp::from_second(DAY_ZERO + day * 86_400 + seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// The made-up organisation.
pub(in crate::sandbox::entra) struct Tenant {
    pub(in crate::sandbox::entra) seed: u64,
    pub(in crate::sandbox::entra) id: Guid,
    pub(in crate::sandbox::entra) people: Vec<Person>,
    pub(in crate::sandbox::entra) groups: Vec<Group>,
    pub(in crate::sandbox::entra) by_id: HashMap<Guid, Slot>,
    pub(in crate::sandbox::entra) group_by_id: HashMap<Guid, Slot>,
    pub(in crate::sandbox::entra) day: u32,
    /// Counts everything that changes anything: a delta link is one of these numbers.
    pub(in crate::sandbox::entra) generation: u32,
    pub(super) namer: Namer,
    /// How many ids were given out.
    pub(super) ids: u64,
}

impl Tenant {
    /// An organisation without anybody.
    pub(super) fn empty(seed: u64) -> Self {
        Self {
            seed,
            id: Guid::new(mix(seed ^ 0x7E4A)),
            people: Vec::new(),
            groups: Vec::new(),
            by_id: HashMap::new(),
            group_by_id: HashMap::new(),
            day: 0,
            generation: 0,
            namer: Namer::new(seed),
            ids: 0,
        }
    }

    /// An id never given out before.
    pub(super) fn next_id(&mut self) -> Guid {
        self.ids += 1;
        Guid::new(mix(self.seed).wrapping_add(self.ids))
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

    pub(in crate::sandbox::entra) fn person(&self, slot: Slot) -> &Person {
        &self.people[slot as usize]
    }

    pub(in crate::sandbox::entra) fn group(&self, slot: Slot) -> &Group {
        &self.groups[slot as usize]
    }

    /// Somebody listed, by id or UPN.
    pub(in crate::sandbox::entra) fn find_person(&self, key: &str) -> Option<Slot> {
        let by_id = Guid::parse(key).and_then(|id| self.by_id.get(&id).copied());
        let named =
            || self.people.iter().position(|person| person.is_present() && person.upn.eq_ignore_ascii_case(key));
        by_id.or_else(|| if key.contains('@') { named().map(slot) } else { None })
    }

    /// A group that is listed, by id.
    pub(in crate::sandbox::entra) fn find_group(&self, key: &str) -> Option<Slot> {
        let slot = *self.group_by_id.get(&Guid::parse(key)?)?;
        self.group(slot).live.then_some(slot)
    }

    /// The id of a member.
    pub(in crate::sandbox::entra) fn member_id(&self, kind: Kind, index: Slot) -> Guid {
        match kind {
            Kind::Person => self.person(index).id,
            Kind::Group => self.group(index).id,
            Kind::Device => super::ghost(1, index),
            Kind::ServicePrincipal => super::ghost(2, index),
            Kind::Contact => super::ghost(3, index),
            Kind::NewType => super::ghost(4, index),
        }
    }

    /// Whether a listing of members shows this one.
    pub(in crate::sandbox::entra) fn shows(&self, kind: Kind, index: Slot) -> bool {
        match kind {
            Kind::Person => self.person(index).in_groups(),
            Kind::Group => self.group(index).live,
            _ => true,
        }
    }
}

/// A list's length or index as a slot; the lists stay far below four thousand million.
pub(super) fn slot(index: usize) -> Slot {
    Slot::try_from(index).unwrap_or(Slot::MAX)
}
