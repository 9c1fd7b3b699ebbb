//! Generates the organisation: the oddities first, then as many ordinary people, groups and memberships as asked for.

use serde_json::Map;

use super::person::History;
use super::state::slot;
use super::{DOMAINS, Group, INITIAL_DOMAIN, Kind, Mail, Member, Nature, Person, Presence, Tenant, oddities};
use crate::sandbox::names::{CIRCLES, DEPARTMENTS, PLACES, TITLES, TOPICS};
use crate::sandbox::random::{Random, mix};

impl Tenant {
    /// An organisation of the given size; never smaller than its oddities (about twenty people, fourteen groups).
    pub(in crate::sandbox::entra) fn generate(seed: u64, users: usize, groups: usize, memberships: usize) -> Self {
        let mut tenant = Self::empty(seed);
        let mut random = Random::new(seed ^ 0xE27A);
        oddities::people(&mut tenant);
        let odd = tenant.people.iter().filter(|person| person.is_present()).count();
        tenant.people.reserve(users);
        for _ in odd..users {
            let person = tenant.ordinary_person(&mut random);
            tenant.push_person(person);
        }
        oddities::groups(&mut tenant);
        let odd = tenant.groups.len();
        for _ in odd..groups {
            let group = tenant.ordinary_group(&mut random);
            tenant.push_group(group);
        }
        let held: usize = tenant.groups.iter().map(|group| group.members.len()).sum();
        tenant.fill_groups(odd, memberships.saturating_sub(held), &mut random);
        oddities::nest(&mut tenant);
        tenant
    }

    /// Somebody who joins: a fresh id, a fresh name, present.
    pub(super) fn ordinary_person(&mut self, random: &mut Random) -> Person {
        let (given, family, local) = self.namer.next();
        let domain = DOMAINS[[0, 0, 0, 0, 0, 0, 0, 1, 1, 2][random.below(10)]];
        let guest = random.chance(4);
        let upn =
            if guest { format!("{local}_partner.example#EXT#@{INITIAL_DOMAIN}") } else { format!("{local}@{domain}") };
        let boss = random.below(self.people.len().max(1));
        let mail = match random.below(40) {
            _ if guest => Mail::Outside,
            0 => Mail::Nothing,
            1 | 2 => Mail::Proxy,
            _ => Mail::Own,
        };
        Person {
            id: self.next_id(),
            upn: upn.into_boxed_str(),
            given,
            family,
            title: random.chance(90).then(|| random.pick(TITLES)),
            department: random.chance(90).then(|| random.pick(DEPARTMENTS)),
            office: random.chance(60).then(|| random.pick(PLACES)),
            manager: random.chance(85).then(|| slot(boss)).filter(|boss| self.person(*boss).is_present()),
            phone: if random.chance(70) { slot(random.below(9_000_000)) + 1 } else { 0 },
            mail,
            enabled: !random.chance(5),
            synced: !guest && random.chance(40),
            presence: Presence::Present,
            joined_day: self.day,
            history: History::created(self.generation),
            extra: None,
        }
    }

    pub(super) fn ordinary_group(&mut self, random: &mut Random) -> Group {
        let number = self.groups.len();
        let (topic, circle) = (random.pick(TOPICS), random.pick(CIRCLES));
        let nature = [
            Nature::Unified,
            Nature::Unified,
            Nature::Security,
            Nature::Security,
            Nature::SecurityDynamic,
            Nature::MailSecurity,
            Nature::Distribution,
        ][random.below(7)];
        let mut group = self.group_named(&format!("{topic} {circle} {number}"), nature);
        group.synced = !group.is_unified() && random.chance(40);
        group.description = random.chance(80).then_some("A group of Brightwater");
        group
    }

    pub(super) fn group_named(&mut self, name: &str, nature: Nature) -> Group {
        let nick = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        Group {
            id: self.next_id(),
            nick,
            name: name.to_owned(),
            description: None,
            nature,
            synced: false,
            live: true,
            deleted_day: None,
            created_day: self.day,
            members: Vec::new(),
            log: Vec::new(),
            history: History::created(self.generation),
            patch: Map::new(),
        }
    }

    /// Spreads memberships over the groups from `first` on: a few large ones, a long tail of small ones.
    fn fill_groups(&mut self, first: usize, memberships: usize, random: &mut Random) {
        let people = self.people.len();
        let weight = |rank: usize| 1.0 / f64::from(slot(rank + 1)).sqrt();
        let total: f64 = (0..self.groups.len().saturating_sub(first)).map(weight).sum();
        for (rank, group) in self.groups.iter_mut().skip(first).enumerate() {
            let size = (f64::from(slot(memberships)) * weight(rank) / total).round() as usize;
            let step = step_for(people, random);
            let start = random.below(people);
            group.members = (0..size.min(people))
                .map(|turn| Member::new(Kind::Person, slot((start + turn * step) % people)))
                .filter(|member| self.people[member.index as usize].is_present())
                .collect();
            group.members.shrink_to_fit();
        }
    }
}

/// A step that shares no factor with the number of people, so that a walk meets nobody twice.
fn step_for(people: usize, random: &mut Random) -> usize {
    const STEPS: &[usize] = &[1_000_003, 15_485_863, 32_452_843, 49_979_687];
    let step = STEPS[random.below(STEPS.len())];
    if people.is_multiple_of(step) { 1 } else { step }
}

/// A number for choices that are no part of the organisation: how a change is told, which page is empty.
pub(in crate::sandbox::entra) fn dice(seed: u64, one: u64, two: u64) -> u64 {
    mix(mix(seed ^ 0xD1CE).wrapping_add(mix(one)) ^ mix(two.wrapping_mul(0x9E37)))
}
