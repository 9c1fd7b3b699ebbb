//! Generates the company: the oddities first, then as many ordinary people, groups and memberships as asked for.

use super::state::{DOMAINS, GUEST_UNIT, Slot, Tenant, slot};
use super::{Group, Member, Person, Presence, Role, Standing, oddities};
use crate::sandbox::names::{CIRCLES, DEPARTMENTS, PLACES, SUSPENSION_REASONS, TITLES, TOPICS};
use crate::sandbox::random::{Random, mix};

impl Tenant {
    /// A company of the given size; never smaller than its oddities (about thirty people, fourteen groups).
    pub(in crate::sandbox) fn generate(seed: u64, users: usize, groups: usize, memberships: usize) -> Self {
        let mut tenant = Self::empty(seed);
        let mut random = Random::new(seed);
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
        tenant.settle();
        tenant
    }

    /// Somebody who joins: a fresh id, a fresh address, present.
    pub(super) fn ordinary_person(&mut self, random: &mut Random) -> Person {
        let (given, family, local) = self.namer.next();
        let domain = DOMAINS[[0, 0, 0, 0, 0, 0, 0, 1, 1, 2][random.below(10)]];
        let guest = random.chance(1);
        let suspended = random.chance(4).then(|| random.pick(SUSPENSION_REASONS));
        let boss = random.below(self.people.len().max(1));
        Person {
            id: self.next_id(),
            email: format!("{local}@{domain}").into_boxed_str(),
            given,
            family,
            title: random.pick(TITLES),
            department: random.pick(DEPARTMENTS),
            place: random.pick(PLACES),
            suspended,
            suspended_day: 0,
            manager: random.chance(85).then(|| slot(boss)),
            phone: u32::try_from(random.below(9_000_000)).unwrap_or(0),
            unit: if guest { GUEST_UNIT } else { u8::try_from(random.below(usize::from(GUEST_UNIT))).unwrap_or(0) },
            archived: suspended.is_none() && random.chance(2),
            guest,
            standing: Standing::Ordinary,
            presence: Presence::Present,
            joined_day: self.day,
            revision: 0,
            extra: None,
        }
        .with_aliases(&local, random)
    }

    pub(super) fn ordinary_group(&mut self, random: &mut Random) -> Group {
        let id = self.next_id();
        let number = self.groups.len();
        let (topic, circle) = (random.pick(TOPICS), random.pick(CIRCLES));
        let mut group = Group::new(
            id,
            format!("{}-{}-{number}@{}", topic.to_ascii_lowercase(), circle, DOMAINS[random.below(2)]),
            &format!("{topic} {circle} {number}"),
        );
        group.description = "A group of Brightwater";
        group
    }

    /// Spreads memberships over the groups from `first` on: a few large ones, a long tail of small ones.
    fn fill_groups(&mut self, first: usize, memberships: usize, random: &mut Random) {
        let people = self.people.len();
        let weight = |rank: usize| 1.0 / f64::from(slot(rank + 1)).sqrt();
        let total: f64 = (0..self.groups.len().saturating_sub(first)).map(weight).sum();
        for (rank, group) in self.groups.iter_mut().skip(first).enumerate() {
            let size = (f64::from(slot(memberships)) * weight(rank) / total).round() as usize;
            group.members = some_people(people, size, random)
                .map(|person| Member::person(person, ordinary_role(random.below(100))))
                .filter(|member| self.people[member.index as usize].is_present())
                .collect();
            group.members.shrink_to_fit();
        }
    }
}

fn ordinary_role(dice: usize) -> Role {
    match dice {
        0..3 => Role::Owner,
        3..8 => Role::Manager,
        _ => Role::Member,
    }
}

/// `count` different people: a walk with a step that shares no factor with their number.
fn some_people(people: usize, count: usize, random: &mut Random) -> impl Iterator<Item = Slot> + use<> {
    const STEPS: &[usize] = &[1_000_003, 15_485_863, 32_452_843, 49_979_687];
    let step = STEPS[random.below(STEPS.len())];
    let step = if people.is_multiple_of(step) { 1 } else { step };
    let start = random.below(people);
    (0..count.min(people)).map(move |turn| slot((start + turn * step) % people))
}

impl Person {
    /// Gives some people an alias or two, as names and domains changed over the years.
    fn with_aliases(mut self, local: &str, random: &mut Random) -> Self {
        if random.chance(12) {
            let domain = DOMAINS[random.below(2)];
            let number = mix(self.id) % 100;
            let alias = format!("{}{number}.{}@{domain}", &local[..1], local.replace('.', "-"));
            self.extra().aliases.push(alias);
        }
        self
    }
}
