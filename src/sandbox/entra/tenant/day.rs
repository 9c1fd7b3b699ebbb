//! One day in the organisation: people join, move, marry, get promoted, leave, return and are forgotten.

use std::collections::HashSet;

use super::oddities::ACCOUNTS;
use super::state::slot;
use super::{Mail, Presence, Slot, Tenant};
use crate::sandbox::entra::wire::fields::user;
use crate::sandbox::names::{DEPARTMENTS, PLACES, TITLES};
use crate::sandbox::random::Random;
use crate::sandbox::summary::DaySummary;

/// How long a deleted person can still be restored.
pub(super) const DAYS_RESTORABLE: u32 = 30;

/// A day under way: nobody is touched twice in one, so that the summary says one thing of each and a test can hold it
/// against the difference of two listings.
pub(super) struct Day<'a> {
    pub(super) tenant: &'a mut Tenant,
    pub(super) random: Random,
    touched: HashSet<Slot>,
    /// Everybody listed at dawn.
    listed: Vec<Slot>,
    pub(super) summary: DaySummary,
}

impl Tenant {
    /// Lets one day pass. The same organisation and day always bring the same events.
    pub(in crate::sandbox::entra) fn play_day(&mut self) -> DaySummary {
        self.day += 1;
        self.generation += 1;
        let random = Random::new(self.seed ^ (u64::from(self.day) << 32) ^ 0xDA7);
        let listed = (0..slot(self.people.len())).filter(|slot| self.person(*slot).is_present()).collect();
        let summary = DaySummary { day: self.day, ..DaySummary::default() };
        let mut day = Day { tenant: self, random, touched: HashSet::new(), listed, summary };
        day.purge();
        day.restore_one();
        day.changes();
        day.rename_one();
        day.switches();
        day.departures();
        day.arrivals();
        day.groups();
        day.summary
    }
}

impl Tenant {
    /// Gives so many people another title.
    pub(in crate::sandbox::entra) fn promote(&mut self, people: usize) {
        self.generation += 1;
        let now = self.generation;
        let ordinary = self.people.iter_mut().skip(ACCOUNTS);
        let plain = ordinary.filter(|person| person.is_present() && person.extra.is_none());
        for person in plain.take(people) {
            person.title = Some(if person.title == Some("Principal") { TITLES[0] } else { "Principal" });
            person.history.note(now, user("jobTitle"));
        }
    }
}

impl Day<'_> {
    /// About `per_mille` of the people, at least one.
    pub(super) fn share(&self, per_mille: usize) -> usize {
        (self.listed.len() * per_mille / 1000).max(1)
    }

    /// Somebody who was listed at dawn and still is.
    pub(super) fn anybody(&mut self) -> Option<Slot> {
        let place = self.random.below(self.listed.len());
        self.listed.get(place).copied().filter(|slot| self.tenant.person(*slot).is_present())
    }

    /// Somebody listed and not touched today; neither one of the accounts nor one whose record is patched (there a change
    /// might not show, and the oddities are to last).
    fn somebody(&mut self, fits: impl Fn(&Tenant, Slot) -> bool) -> Option<Slot> {
        let start = self.random.below(self.listed.len());
        let turns = 0..self.listed.len();
        let found = turns.map(|turn| self.listed[(start + turn) % self.listed.len()]).find(|&slot| {
            let person = self.tenant.person(slot);
            let plain = person.extra.as_deref().is_none_or(|extra| extra.patch.is_empty() && extra.unset == 0);
            slot as usize >= ACCOUNTS && !self.touched.contains(&slot) && plain && fits(self.tenant, slot)
        })?;
        self.touched.insert(found);
        Some(found)
    }

    pub(super) fn id(&self, slot: Slot) -> String {
        self.tenant.person(slot).id.to_string()
    }

    fn changed(&mut self, slot: Slot, fields: u32) {
        let now = self.tenant.generation;
        self.tenant.people[slot as usize].history.note(now, fields);
        let id = self.id(slot);
        self.summary.changed.push(id);
    }

    fn purge(&mut self) {
        let (today, now) = (self.tenant.day, self.tenant.generation);
        let mut gone = HashSet::new();
        for (place, person) in self.tenant.people.iter_mut().enumerate() {
            if matches!(person.presence, Presence::Deleted { day } if day + DAYS_RESTORABLE <= today) {
                person.presence = Presence::Purged;
                person.history.note(now, u32::MAX);
                self.summary.purged.push(person.id.to_string());
                gone.insert(slot(place));
            }
        }
        self.tenant.forget(&gone);
    }

    fn restore_one(&mut self) {
        let today = self.tenant.day;
        let is_free = |slot: Slot| {
            let upn = &self.tenant.person(slot).upn;
            self.listed.iter().all(|other| self.tenant.person(*other).upn != *upn)
        };
        let restorable =
            |slot: &Slot| matches!(self.tenant.person(*slot).presence, Presence::Deleted { day } if day + 1 < today);
        let found = (0..slot(self.tenant.people.len())).filter(restorable).find(|slot| is_free(*slot));
        if let Some(slot) = found {
            self.tenant.restore(&HashSet::from([slot]));
            self.touched.insert(slot);
            self.summary.returned.push(self.id(slot));
        }
    }

    fn changes(&mut self) {
        for turn in 0..self.share(8) + 6 {
            let Some(slot) = self.somebody(|_, _| true) else { return };
            let (title, department) = (self.random.pick(TITLES), self.random.pick(DEPARTMENTS));
            let office = self.random.pick(PLACES);
            let boss = self.anybody().filter(|boss| *boss != slot);
            let person = &mut self.tenant.people[slot as usize];
            let fields = match turn % 6 {
                0 => {
                    person.title = Some(if person.title == Some(title) { "Principal" } else { title });
                    user("jobTitle")
                }
                1 => {
                    let other = if person.department == Some(department) { "Special Projects" } else { department };
                    (person.department, person.phone) = (Some(other), person.phone + 1);
                    user("department") | user("mobilePhone") | user("businessPhones")
                }
                2 if person.manager != boss => {
                    person.report_to(boss);
                    user("manager")
                }
                3 => {
                    // What was set is cleared, what was not is set.
                    person.office =
                        if person.office.is_some_and(|office| !office.is_empty()) { Some("") } else { Some(office) };
                    user("officeLocation")
                }
                4 if person.mail == Mail::Own => {
                    let alias = format!("{}.day{}@{}", person.local(), self.tenant.day, super::DOMAINS[0]);
                    person.extra().aliases.push(alias);
                    user("proxyAddresses")
                }
                _ => {
                    person.extra().name = Some(format!("{} {} (day {})", person.given, person.family, self.tenant.day));
                    user("displayName")
                }
            };
            self.changed(slot, fields);
        }
    }

    fn rename_one(&mut self) {
        let Some(slot) = self.somebody(|tenant, slot| tenant.person(slot).mail == Mail::Own) else { return };
        let day = self.tenant.day;
        let person = &mut self.tenant.people[slot as usize];
        let old = person.upn.to_string();
        let (local, domain) = old.split_once('@').unwrap_or((&old, ""));
        person.upn = format!("{local}.married{day}@{domain}").into_boxed_str();
        person.extra().aliases.push(old);
        self.summary.renamed.push(self.id(slot));
        let fields = ["userPrincipalName", "mail", "proxyAddresses", "onPremisesSamAccountName"];
        self.changed(slot, fields.into_iter().map(user).sum());
    }

    /// Accounts disabled and enabled.
    fn switches(&mut self) {
        for _ in 0..self.share(1) {
            for enabled in [false, true] {
                let Some(slot) = self.somebody(|tenant, slot| tenant.person(slot).enabled != enabled) else { continue };
                self.tenant.people[slot as usize].enabled = enabled;
                let id = self.id(slot);
                let list = if enabled { &mut self.summary.unsuspended } else { &mut self.summary.suspended };
                list.push(id);
                self.changed(slot, user("accountEnabled"));
            }
        }
    }

    fn departures(&mut self) {
        let mut gone = HashSet::new();
        for _ in 0..self.share(1) {
            gone.extend(self.somebody(|_, _| true));
        }
        // One is deleted and made anew under the same name, with another id.
        if let Some(slot) = self.somebody(|_, _| true) {
            gone.insert(slot);
            let id = self.tenant.next_id();
            let mut twin = self.tenant.person(slot).clone();
            let now = self.tenant.generation;
            (twin.id, twin.joined_day) = (id, self.tenant.day);
            (twin.history, twin.manager, twin.extra) = (super::person::History::created(now), None, None);
            let twin = self.tenant.push_person(twin);
            self.touched.insert(twin);
            self.summary.joined.push(self.id(twin));
            self.summary.recreated.push((self.id(slot), self.id(twin)));
        }
        let day = self.tenant.day;
        self.tenant.delete(&gone, Presence::Deleted { day });
        let mut left: Vec<Slot> = gone.iter().copied().collect();
        left.sort_unstable();
        let left: Vec<String> = left.into_iter().map(|slot| self.id(slot)).collect();
        self.summary.left.extend(left);
        self.successors(&gone);
    }

    /// Who reported to somebody who left, reports to nobody, or to the admin.
    fn successors(&mut self, gone: &HashSet<Slot>) {
        let now = self.tenant.generation;
        for place in 0..self.tenant.people.len() {
            let person = &mut self.tenant.people[place];
            if !person.manager.is_some_and(|manager| gone.contains(&manager)) {
                continue;
            }
            person.report_to(person.id.number().is_multiple_of(2).then_some(0));
            person.history.note(now, user("manager"));
            let (slot, present) = (slot(place), person.is_present());
            let known = |list: &[String]| list.contains(&self.id(slot));
            if present && !known(&self.summary.joined) && !known(&self.summary.returned) {
                let id = self.id(slot);
                if !known(&self.summary.changed) {
                    self.summary.changed.push(id);
                }
            }
        }
    }

    fn arrivals(&mut self) {
        for _ in 0..self.share(2) + 1 {
            let mut person = self.tenant.ordinary_person(&mut self.random);
            person.enabled = true;
            let slot = self.tenant.push_person(person);
            self.touched.insert(slot);
            self.summary.joined.push(self.id(slot));
        }
    }
}
