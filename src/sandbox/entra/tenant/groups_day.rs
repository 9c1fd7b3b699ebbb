//! The groups' part of a day: memberships, and groups that come, go and change their names.

use std::collections::HashSet;

use super::day::{DAYS_RESTORABLE, Day};
use super::oddities::GROUPS;
use super::state::slot;
use super::{Kind, Member, Slot};
use crate::sandbox::entra::wire::fields::group;

impl Day<'_> {
    pub(super) fn groups(&mut self) {
        self.forget_groups();
        let ended = self.end_one();
        self.memberships(ended);
        self.rename_and_clear(ended);
        self.found_one();
    }

    /// Soft-deleted groups whose time is over.
    fn forget_groups(&mut self) {
        let (today, now) = (self.tenant.day, self.tenant.generation);
        for group in self.tenant.groups.iter_mut().filter(|group| !group.live) {
            if group.deleted_day.is_some_and(|day| day + DAYS_RESTORABLE <= today) {
                group.deleted_day = None;
                group.history.note(now, u32::MAX);
            }
        }
    }

    fn live_ordinary(&self) -> Vec<usize> {
        (GROUPS..self.tenant.groups.len()).filter(|at| self.tenant.groups[*at].live).collect()
    }

    fn end_one(&mut self) -> Option<usize> {
        let live = self.live_ordinary();
        if live.len() < 4 {
            return None;
        }
        let (at, now) = (self.random.pick(&live), self.tenant.generation);
        let unified = self.tenant.groups[at].is_unified();
        let ended = &mut self.tenant.groups[at];
        ended.live = false;
        // Only Microsoft 365 groups go to the deleted items; others are gone at once.
        ended.deleted_day = unified.then_some(self.tenant.day);
        ended.history.note(now, u32::MAX);
        self.summary.groups_deleted.push(ended.id.to_string());
        for parent in &mut self.tenant.groups {
            parent.remove(Kind::Group, slot(at), now);
        }
        Some(at)
    }

    fn memberships(&mut self, ended: Option<usize>) {
        let now = self.tenant.generation;
        let mut touched: HashSet<usize> = ended.into_iter().collect();
        for turn in 0..self.share(5) + 4 {
            let at = self.random.below(self.tenant.groups.len());
            let Some(person) = self.anybody() else { return };
            let place = self.random.below(self.tenant.groups[at].members.len());
            let group = &self.tenant.groups[at];
            if !group.live || at == 1 || touched.contains(&at) {
                continue;
            }
            let removable = group
                .members
                .get(place)
                .copied()
                .filter(|member| at >= GROUPS && member.is_in() && self.tenant.shows(member.kind, member.index));
            let id = group.id.to_string();
            if turn % 2 == 0 && !group.holds(Kind::Person, person) {
                self.tenant.groups[at].add(Kind::Person, person, now);
                let member = self.tenant.member_id(Kind::Person, person).to_string();
                self.summary.members_added.push((id, member));
                touched.insert(at);
            } else if let Some(member) = removable.filter(|_| turn % 2 == 1) {
                self.tenant.groups[at].remove(member.kind, member.index, now);
                let member = self.tenant.member_id(member.kind, member.index).to_string();
                self.summary.members_removed.push((id, member));
                touched.insert(at);
            }
        }
    }

    fn rename_and_clear(&mut self, ended: Option<usize>) {
        let live: Vec<usize> = self.live_ordinary().into_iter().filter(|at| Some(*at) != ended).collect();
        if live.is_empty() {
            return;
        }
        let (day, now) = (self.tenant.day, self.tenant.generation);
        let renamed = self.random.pick(&live);
        let cleared = self.random.pick(&live);
        let changed = &mut self.tenant.groups[renamed];
        changed.name = format!("{} (day {day})", changed.name.split(" (day").next().unwrap_or_default());
        changed.history.note(now, group("displayName"));
        self.summary.groups_renamed.push(changed.id.to_string());
        if cleared != renamed {
            let changed = &mut self.tenant.groups[cleared];
            changed.description = match changed.description {
                Some("") | None => Some("Described anew"),
                Some(_) => Some(""),
            };
            changed.history.note(now, group("description"));
        }
    }

    fn found_one(&mut self) {
        let members: HashSet<Slot> = (0..4).filter_map(|_| self.anybody()).collect();
        let mut members: Vec<Slot> = members.into_iter().collect();
        members.sort_unstable();
        let mut group = self.tenant.ordinary_group(&mut self.random);
        group.members = members.into_iter().map(|slot| Member::new(Kind::Person, slot)).collect();
        self.summary.groups_created.push(group.id.to_string());
        self.tenant.push_group(group);
    }
}
