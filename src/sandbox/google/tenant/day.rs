//! One day in the company: people join, move, marry, get promoted, leave and return; groups come and go.

use std::collections::HashSet;

use super::oddities::ACCOUNTS;
use super::state::{GUEST_UNIT, Slot, Tenant, slot};
use super::{Kind, Presence};
use crate::sandbox::names::{DEPARTMENTS, SUSPENSION_REASONS, TITLES};
use crate::sandbox::random::Random;
use crate::sandbox::summary::DaySummary;

/// How long a deleted person can still be restored.
const DAYS_RESTORABLE: u32 = 20;

/// A day under way: nobody is touched twice in one, so that the summary says one thing of each and a test can hold it
/// against the difference of two listings. `moved` are those whose address changed.
pub(super) struct Day<'a> {
    pub(super) tenant: &'a mut Tenant,
    pub(super) random: Random,
    pub(super) touched: HashSet<Slot>,
    pub(super) changed: HashSet<Slot>,
    pub(super) moved: HashSet<Slot>,
    pub(super) touched_groups: HashSet<usize>,
    pub(super) summary: DaySummary,
}

impl Tenant {
    /// Lets one day pass. The same company and day always bring the same events.
    pub(in crate::sandbox) fn play_day(&mut self) -> DaySummary {
        self.day += 1;
        for person in &mut self.people {
            if matches!(person.presence, Presence::Deleted { day } if day + DAYS_RESTORABLE <= self.day) {
                person.presence = Presence::Purged;
            }
        }
        let random = Random::new(self.seed ^ (u64::from(self.day) << 32));
        let summary = DaySummary { day: self.day, ..DaySummary::default() };
        let mut day = Day {
            tenant: self,
            random,
            touched: HashSet::new(),
            changed: HashSet::new(),
            moved: HashSet::new(),
            touched_groups: HashSet::new(),
            summary,
        };
        day.people();
        day.groups();
        let summary = day.summary;
        self.settle();
        summary
    }
}

impl Day<'_> {
    /// About `per_mille` of the people, at least one.
    pub(super) fn share(&self, per_mille: usize) -> usize {
        (self.tenant.order.len() * per_mille / 1000).max(1)
    }

    /// Somebody listed at dawn and not touched today; neither one of the accounts nor one whose record is patched (there
    /// a change might not show, and the oddities are to last).
    fn somebody(&mut self) -> Option<Slot> {
        self.somebody_where(|_, _| true)
    }

    fn somebody_where(&mut self, fits: impl Fn(&Tenant, Slot) -> bool) -> Option<Slot> {
        let order = &self.tenant.order;
        let start = self.random.below(order.len());
        let found = (0..order.len()).map(|turn| order[(start + turn) % order.len()]).find(|&slot| {
            slot as usize >= ACCOUNTS
                && !self.touched.contains(&slot)
                && self.tenant.person(slot).patch().is_none()
                && fits(self.tenant, slot)
        })?;
        self.touched.insert(found);
        Some(found)
    }

    fn id(&self, slot: Slot) -> String {
        self.tenant.person(slot).id_text()
    }

    fn mark_changed(&mut self, slot: Slot) {
        self.tenant.people[slot as usize].revision += 1;
        if self.changed.insert(slot) {
            self.summary.changed.push(self.id(slot));
        }
    }

    fn people(&mut self) {
        self.restore_one();
        self.changes();
        self.suspensions();
        self.departures();
        self.recreate_one();
        self.move_an_address();
        self.reports();
        for _ in 0..self.share(2) + 1 {
            let mut person = self.tenant.ordinary_person(&mut self.random);
            person.suspended = None;
            let slot = self.tenant.push_person(person);
            self.touched.insert(slot);
            self.summary.joined.push(self.id(slot));
        }
    }

    fn restore_one(&mut self) {
        let deleted: Vec<Slot> = self.tenant.deleted_order.clone();
        let restorable = |&&slot: &&Slot| {
            let person = self.tenant.person(slot);
            matches!(person.presence, Presence::Deleted { day } if day < self.tenant.day)
                && self.tenant.find_person(&person.email).is_none()
        };
        if let Some(&slot) = deleted.iter().find(restorable) {
            self.tenant.people[slot as usize].presence = Presence::Present;
            self.touched.insert(slot);
            self.summary.returned.push(self.id(slot));
        }
    }

    fn changes(&mut self) {
        for turn in 0..self.share(8) + 4 {
            let Some(slot) = self.somebody() else { return };
            let (title, department) = (self.random.pick(TITLES), self.random.pick(DEPARTMENTS));
            let boss = self.random.pick(&self.tenant.order.clone());
            let unit = u8::try_from(self.random.below(usize::from(GUEST_UNIT))).unwrap_or(0);
            let day = self.tenant.day;
            let person = &mut self.tenant.people[slot as usize];
            match turn % 5 {
                0 => person.title = if person.title == title { "Principal" } else { title },
                1 => person.department = if person.department == department { "Special Projects" } else { department },
                2 => (person.manager, person.phone) = (Some(boss), person.phone + 1),
                3 => person.unit = if person.unit == unit { (unit + 1) % GUEST_UNIT } else { unit },
                _ => {
                    let (local, domain) = person.email.split_once('@').unwrap_or((&person.email, ""));
                    let alias = format!("{local}.day{day}@{domain}").to_ascii_lowercase();
                    person.extra().aliases.push(alias);
                }
            }
            self.mark_changed(slot);
        }
        self.rename_one();
    }

    fn rename_one(&mut self) {
        let Some(slot) = self.somebody() else { return };
        let day = self.tenant.day;
        let person = &mut self.tenant.people[slot as usize];
        let old = person.email.to_string();
        let (local, domain) = old.split_once('@').unwrap_or((&old, ""));
        person.email = format!("{}.married{day}@{domain}", local.to_ascii_lowercase()).into_boxed_str();
        person.extra().aliases.push(old);
        self.moved.insert(slot);
        self.summary.renamed.push(self.id(slot));
        self.mark_changed(slot);
    }

    fn suspensions(&mut self) {
        let day = self.tenant.day;
        for _ in 0..self.share(1) {
            if let Some(slot) = self.somebody_where(|tenant, slot| tenant.person(slot).suspended.is_none()) {
                let reason = self.random.pick(SUSPENSION_REASONS);
                let person = &mut self.tenant.people[slot as usize];
                (person.suspended, person.suspended_day) = (Some(reason), day);
                self.summary.suspended.push(self.id(slot));
                self.mark_changed(slot);
            }
            if let Some(slot) = self.somebody_where(|tenant, slot| tenant.person(slot).suspended.is_some()) {
                self.tenant.people[slot as usize].suspended = None;
                self.summary.unsuspended.push(self.id(slot));
                self.mark_changed(slot);
            }
        }
    }

    fn departures(&mut self) {
        let mut gone = HashSet::new();
        for _ in 0..self.share(1) {
            let Some(slot) = self.somebody() else { break };
            gone.insert(slot);
            self.delete(slot);
        }
        self.drop_memberships(&gone);
    }

    fn delete(&mut self, slot: Slot) {
        self.tenant.people[slot as usize].presence = Presence::Deleted { day: self.tenant.day };
        self.summary.left.push(self.id(slot));
    }

    fn drop_memberships(&mut self, gone: &HashSet<Slot>) {
        for group in &mut self.tenant.groups {
            group.members.retain(|member| member.kind != Kind::Person || !gone.contains(&member.index));
        }
    }

    fn recreate_one(&mut self) {
        let Some(slot) = self.somebody() else { return };
        let id = self.tenant.next_id();
        let mut twin = self.tenant.person(slot).clone();
        (twin.id, twin.joined_day, twin.revision, twin.suspended) = (id, self.tenant.day, 0, None);
        self.delete(slot);
        self.drop_memberships(&HashSet::from([slot]));
        let twin = self.tenant.push_person(twin);
        self.touched.insert(twin);
        self.summary.joined.push(self.id(twin));
        self.summary.recreated.push((self.id(slot), self.id(twin)));
    }

    fn move_an_address(&mut self) {
        let (Some(giver), Some(taker)) = (self.somebody(), self.somebody()) else { return };
        let day = self.tenant.day;
        let address = self.tenant.person(giver).email.clone();
        let (local, domain) = address.split_once('@').unwrap_or((&address, ""));
        self.tenant.people[giver as usize].email = format!("{local}.before{day}@{domain}").into_boxed_str();
        self.tenant.people[taker as usize].email = address.clone();
        self.moved.extend([giver, taker]);
        self.mark_changed(giver);
        self.mark_changed(taker);
        self.summary.address_moved.push((self.id(giver), self.id(taker)));
    }
}

impl Day<'_> {
    /// People's records name their manager by address: who has a manager whose address changed has changed too.
    fn reports(&mut self) {
        let has_moved = |slot: &Slot| {
            let person = self.tenant.person(*slot);
            person.in_groups()
                && person.patch().is_none()
                && person.manager.is_some_and(|boss| self.moved.contains(&boss))
        };
        let fresh: HashSet<&String> = self.summary.joined.iter().chain(&self.summary.returned).collect();
        let all = 0..slot(self.tenant.people.len());
        let reports: Vec<Slot> = all.filter(has_moved).filter(|&slot| !fresh.contains(&self.id(slot))).collect();
        for slot in reports {
            self.mark_changed(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    /// Records by id, without what says nothing.
    fn by_id(list: &Value) -> BTreeMap<String, Value> {
        let plain = |mut item: Value| {
            let fields = item.as_object_mut().unwrap();
            fields.retain(|key, _| !matches!(key.as_str(), "etag" | "directMembersCount"));
            (item["id"].as_str().unwrap().to_owned(), item)
        };
        list.as_array().unwrap().iter().cloned().map(plain).collect()
    }

    fn ids<'a>(list: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
        list.into_iter().cloned().collect()
    }

    /// What came, went and changed from one set of records to the next.
    fn difference(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> [BTreeSet<String>; 3] {
        let changed = after.iter().filter(|(id, item)| before.get(*id).is_some_and(|old| old != *item));
        [
            ids(after.keys().filter(|id| !before.contains_key(*id))),
            ids(before.keys().filter(|id| !after.contains_key(*id))),
            ids(changed.map(|(id, _)| id)),
        ]
    }

    #[test]
    fn the_summary_is_the_difference_of_two_listings() {
        let mut tenant = Tenant::generate(11, 300, 60, 2_000);
        for _ in 0..12 {
            let before = tenant.truth();
            let day = tenant.play_day();
            let after = tenant.truth();
            let people = difference(&by_id(&before["users"]), &by_id(&after["users"]));
            assert_eq!(people, [ids(day.joined.iter().chain(&day.returned)), ids(&day.left), ids(&day.changed)]);
            let groups = difference(&by_id(&before["groups"]), &by_id(&after["groups"]));
            assert_eq!(groups, [ids(&day.groups_created), ids(&day.groups_deleted), ids(&day.groups_renamed)]);
            let mut seen: [BTreeSet<(String, String)>; 3] = Default::default();
            for (group, members) in before["members"].as_object().unwrap() {
                let Some(now) = after["members"].get(group) else { continue };
                for (kind, member) in difference(&by_id(members), &by_id(now)).into_iter().enumerate() {
                    seen[kind].extend(member.into_iter().map(|member| (group.clone(), member)));
                }
            }
            let [added, removed, changed] = seen;
            assert_eq!(added, day.members_added.iter().cloned().collect());
            let stayed = |(_, member): &&(String, String)| !day.left.contains(member);
            assert_eq!(removed.iter().filter(stayed).collect::<BTreeSet<_>>(), day.members_removed.iter().collect());
            // A member's record also shows a new address or status.
            assert!(day.roles_changed.iter().all(|pair| changed.contains(pair)));
            assert!(changed.iter().all(|pair| day.roles_changed.contains(pair) || day.changed.contains(&pair.1)));
        }
    }

    #[test]
    fn days_are_deterministic_and_balance() {
        let (mut one, mut two) = (Tenant::generate(4, 30, 20, 200), Tenant::generate(4, 30, 20, 200));
        for _ in 0..25 {
            let before = one.order.len();
            let summary = one.play_day();
            assert_eq!(summary, two.play_day());
            let came = summary.joined.len() + summary.returned.len();
            assert_eq!(one.order.len(), before + came - summary.left.len(), "day {}", summary.day);
            let touched: HashSet<&String> = summary.changed.iter().collect();
            assert_eq!(touched.len(), summary.changed.len());
            assert_eq!((summary.renamed.len(), summary.recreated.len(), summary.address_moved.len()), (1, 1, 1));
            let addresses: HashSet<String> = one.order.iter().map(|&slot| one.person(slot).sort_key()).collect();
            assert_eq!(addresses.len(), one.order.len(), "no address is held twice");
        }
        assert_eq!(one.truth(), two.truth());
        assert!(one.people.iter().any(|person| person.presence == Presence::Purged));
    }
}
