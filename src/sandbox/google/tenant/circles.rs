//! The groups' part of a day: memberships, and groups that come, go and change their names.

use std::collections::HashSet;

use super::day::Day;
use super::state::{Slot, slot};
use super::{Kind, Member, Role, Shown};

/// Groups the tests know by name stay; the rest of the list is fair game.
const LASTING_GROUPS: usize = 15;

impl Day<'_> {
    pub(super) fn groups(&mut self) {
        self.memberships();
        let first = LASTING_GROUPS.min(self.tenant.groups.len());
        let live: Vec<usize> = (first..self.tenant.groups.len())
            .filter(|at| self.tenant.groups[*at].live && !self.touched_groups.contains(at))
            .collect();
        if live.len() > 2 {
            let start = self.random.below(live.len());
            let (deleted, renamed) = (live[start], live[(start + 1) % live.len()]);
            self.tenant.groups[deleted].live = false;
            self.summary.groups_deleted.push(self.tenant.groups[deleted].id_text());
            let day = self.tenant.day;
            let group = &mut self.tenant.groups[renamed];
            group.name = format!("{} (day {day})", group.name);
            group.revision += 1;
            self.summary.groups_renamed.push(group.id_text());
        }
        let mut group = self.tenant.ordinary_group(&mut self.random);
        let members: HashSet<Slot> = (0..4).map(|_| self.random.pick(&self.tenant.order)).collect();
        let mut members: Vec<Slot> =
            members.into_iter().filter(|&slot| self.tenant.person(slot).is_present()).collect();
        members.sort_unstable();
        group.members = members.into_iter().map(|slot| Member::person(slot, Role::Member)).collect();
        self.summary.groups_created.push(group.id_text());
        self.tenant.push_group(group);
    }

    fn memberships(&mut self) {
        for turn in 0..self.share(5) + 2 {
            let at = self.random.below(self.tenant.groups.len());
            let person = slot(self.random.below(self.tenant.people.len()));
            let addable = self.tenant.person(person).is_present();
            let place = self.random.below(self.tenant.groups[at].members.len());
            let removable = self.tenant.groups[at].members.get(place).is_some_and(|member| self.tenant.lists(member));
            let group = &mut self.tenant.groups[at];
            if !group.live || self.touched_groups.contains(&at) {
                continue;
            }
            let held = group.members.iter().any(|member| member.kind == Kind::Person && member.index == person);
            let (list, member) = match turn % 3 {
                0 if addable && !held && at != 1 => {
                    let member = Member::person(person, Role::Member);
                    group.members.push(member);
                    (&mut self.summary.members_added, member)
                }
                1 if at >= LASTING_GROUPS && removable => {
                    (&mut self.summary.members_removed, group.members.remove(place))
                }
                2 if removable && is_plain(&group.members[place]) => {
                    let member = &mut group.members[place];
                    member.role = if member.role == Role::Manager { Role::Member } else { Role::Manager };
                    (&mut self.summary.roles_changed, *member)
                }
                _ => continue,
            };
            group.revision += 1;
            self.touched_groups.insert(at);
            let group = self.tenant.groups[at].id_text();
            list.push((group, self.tenant.identity(&member).0));
        }
    }
}

/// A person whose role shows.
fn is_plain(member: &Member) -> bool {
    member.kind == Kind::Person && member.shown == Shown::Plain
}
