//! People who go and come back: what deleting and restoring means to memberships, and the disasters that use it.

use std::collections::HashSet;

use super::group::{Entry, What};
use super::oddities::ACCOUNTS;
use super::state::slot;
use super::{Kind, Presence, Slot, Tenant};
use crate::sandbox::random::mix;

impl Tenant {
    /// Soft-deletes people. Their memberships stay as they are, and are hidden.
    pub(super) fn delete(&mut self, gone: &HashSet<Slot>, presence: Presence) {
        let now = self.generation;
        for slot in gone {
            let person = &mut self.people[*slot as usize];
            person.presence = presence;
            person.history.note(now, u32::MAX);
            person.history.left = now;
        }
    }

    /// Restores soft-deleted people, with their memberships.
    pub(super) fn restore(&mut self, back: &HashSet<Slot>) {
        let now = self.generation;
        for slot in back {
            let person = &mut self.people[*slot as usize];
            person.presence = Presence::Present;
            person.history.note(now, u32::MAX);
        }
        for group in self.groups.iter_mut().filter(|group| group.live) {
            let returned = group
                .members
                .iter()
                .filter(|member| member.is_in() && member.kind == Kind::Person && back.contains(&member.index));
            let left = |slot: Slot| self.people[slot as usize].history.left;
            let entries = returned.map(|member| Entry {
                at: now,
                kind: Kind::Person,
                index: member.index,
                what: What::Returned { left: left(member.index) },
            });
            let entries: Vec<Entry> = entries.collect();
            group.log.extend(entries);
        }
    }

    /// Drops the memberships of people who are gone for good: nothing says so in the groups.
    pub(super) fn forget(&mut self, gone: &HashSet<Slot>) {
        if !gone.is_empty() {
            for group in &mut self.groups {
                group.erase(|member| member.kind == Kind::Person && gone.contains(&member.index));
            }
        }
    }

    /// Takes `percent` of the people out of the listing; on to the deleted list, if `deleted`. Returns their ids. The
    /// accounts one signs in with stay.
    pub(in crate::sandbox::entra) fn vanish(&mut self, percent: usize, deleted: bool) -> Vec<String> {
        self.generation += 1;
        let present = self.people.iter().filter(|person| person.is_present()).count();
        let mut slots: Vec<Slot> =
            (slot(ACCOUNTS)..slot(self.people.len())).filter(|slot| self.person(*slot).is_present()).collect();
        let count = (present * percent.min(100)).div_ceil(100).min(slots.len());
        slots.sort_by_key(|&slot| mix(self.seed ^ u64::from(slot)));
        slots.truncate(count);
        slots.sort_unstable();
        if deleted {
            let day = self.day;
            self.delete(&slots.iter().copied().collect(), Presence::HiddenDeleted { day });
        } else {
            // Not a word of it in any delta.
            slots.iter().for_each(|slot| self.people[*slot as usize].presence = Presence::Hidden);
        }
        slots.iter().map(|&slot| self.person(slot).id.to_string()).collect()
    }

    /// Brings everybody back who vanished, with their memberships. Returns their ids.
    pub(in crate::sandbox::entra) fn unvanish(&mut self) -> Vec<String> {
        self.generation += 1;
        let now = self.generation;
        let (mut back, mut restored) = (Vec::new(), HashSet::new());
        for (place, person) in self.people.iter_mut().enumerate() {
            match person.presence {
                Presence::Hidden => {
                    person.presence = Presence::Present;
                    person.history.note(now, u32::MAX);
                }
                Presence::HiddenDeleted { .. } => {
                    restored.insert(slot(place));
                }
                _ => continue,
            }
            back.push(person.id.to_string());
        }
        self.restore(&restored);
        back
    }
}
