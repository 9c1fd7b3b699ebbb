//! What should become of people, by the table of lives and the rules around it alone: no SQL, no store.

use std::collections::BTreeMap;

use dirsync::model::LifeEvent::{
    self, Absent, Forgotten, GraceOver, IntegrationDeleted, IntegrationKept, Pruned, SaidDeleted, SeenDisabled,
    SeenEnabled,
};
use dirsync::model::{AccountStatus, UserStatus};
use dirsync::people::next;
use jiff::{SignedDuration, Timestamp};

use crate::engine::plain::Plain;

const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Clone, Debug, Default)]
pub(super) struct Somebody {
    pub(super) status: Option<UserStatus>,
    pub(super) reason: Option<&'static str>,
    before: Option<UserStatus>,
    pub(super) holds: bool,
    kept: bool,
    retained_at: Timestamp,
    unassigned_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    event: LifeEvent,
    then: UserStatus,
}

/// Everybody, the held plan, and the lines of history there should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) people: BTreeMap<String, Somebody>,
    plan: BTreeMap<String, Item>,
    pub(super) history: Vec<String>,
}

impl Model {
    fn happens(&mut self, id: &str, event: LifeEvent, now: Timestamp) {
        let it = self.people.entry(id.to_owned()).or_default();
        let Some(way) = next(it.status, event, it.holds) else { return };
        assert!(!(it.holds && way.to == UserStatus::Removed), "the one law");
        if it.status != Some(way.to) {
            let was = it.status.map_or("", UserStatus::as_str);
            let shown = if was.is_empty() { "" } else { way.to.as_str() };
            self.history.push(format!("{id} {} {was}>{shown}", way.change.as_str()));
        }
        if let Some(was @ (UserStatus::Active | UserStatus::Suspended)) = it.status {
            it.before = Some(was);
        }
        if way.to == UserStatus::Retained && it.status != Some(UserStatus::Retained) {
            it.retained_at = now;
        }
        it.kept = event == IntegrationKept;
        it.status = Some(way.to);
        it.reason = way.reason;
    }

    fn of(&self, statuses: &[UserStatus]) -> Vec<(String, Somebody)> {
        let within = |it: &Somebody| it.status.is_some_and(|status| statuses.contains(&status));
        self.people.iter().filter(|(_, it)| within(it)).map(|(id, it)| (id.clone(), it.clone())).collect()
    }

    /// A sync; a cautious one holds whatever can be held.
    pub(super) fn sync(&mut self, plain: &Plain, cautious: bool, now: Timestamp) {
        use UserStatus::{Active, Missing, Suspended};
        let mut plan = BTreeMap::new();
        let mut happening = Vec::new();
        let absent: Vec<_> = self
            .of(&[Active, Suspended, Missing])
            .into_iter()
            .filter(|(id, _)| !plain.users.contains_key(id))
            .collect();
        let told = |id: &str| plain.deleted.contains(id);
        for (id, it) in absent {
            let settled = told(&id) || it.status == Some(Missing);
            let gone = if told(&id) { SaidDeleted } else { GraceOver };
            if cautious {
                plan.insert(id.clone(), Item { event: gone, then: Missing });
            }
            happening.push((id, if settled && !cautious { gone } else { Absent }));
        }
        for (id, user) in &plain.users {
            let it = self.people.get(id).cloned().unwrap_or_default();
            let was_active = it.status == Some(Active) || it.status == Some(Missing) && it.before == Some(Active);
            if user.status != Some(AccountStatus::Suspended) {
                happening.push((id.clone(), SeenEnabled));
            } else if was_active && cautious {
                plan.insert(id.clone(), Item { event: SeenDisabled, then: Active });
                happening.push((id.clone(), SeenEnabled));
            } else {
                happening.push((id.clone(), SeenDisabled));
            }
        }
        happening.into_iter().for_each(|(id, event)| self.happens(&id, event, now));
        self.plan = plan;
        self.sweep(now);
    }

    /// What time does.
    fn sweep(&mut self, now: Timestamp) {
        let since = now - MONTH;
        self.prune_since(since, false, now);
    }

    fn prune_since(&mut self, since: Timestamp, kept: bool, now: Timestamp) {
        for (id, it) in self.of(&[UserStatus::Retained]) {
            if it.retained_at <= since && it.unassigned_at <= since && (kept || !it.kept) {
                self.happens(&id, Pruned, now);
            }
        }
    }

    /// `users prune`.
    pub(super) fn prune(&mut self, kept: bool, now: Timestamp) {
        self.prune_since(now, kept, now);
    }

    /// The held plan is approved, if it still holds.
    pub(super) fn approve(&mut self, now: Timestamp) {
        let holds = self.plan.iter().all(|(id, item)| self.people[id].status == Some(item.then));
        if holds {
            let plan = std::mem::take(&mut self.plan);
            plan.into_iter().for_each(|(id, item)| self.happens(&id, item.event, now));
        }
    }

    /// The held plan is dropped; its people stay as they are.
    pub(super) fn discard(&mut self) {
        self.plan.clear();
    }

    pub(super) fn delete(&mut self, keep_all: bool, now: Timestamp) {
        self.plan.clear();
        let event = if keep_all { IntegrationKept } else { IntegrationDeleted };
        for id in self.people.keys().cloned().collect::<Vec<_>>() {
            self.happens(&id, event, now);
        }
    }

    pub(super) fn forget(&mut self, id: &str, unassign: bool, now: Timestamp) {
        let Some(it) = self.people.get_mut(id) else { return };
        if it.holds && !unassign {
            return;
        }
        if it.holds {
            (it.holds, it.unassigned_at) = (false, now);
        }
        self.happens(id, Forgotten, now);
        self.plan.remove(id);
    }

    /// Gives somebody their device; a tombstone is given none. Says whether it changed anything.
    pub(super) fn give(&mut self, id: &str) -> bool {
        let Some(it) = self.people.get_mut(id) else { return false };
        let may = !it.holds && it.status != Some(UserStatus::Removed);
        it.holds |= may;
        may
    }

    pub(super) fn take(&mut self, id: &str, now: Timestamp) -> bool {
        let Some(it) = self.people.get_mut(id).filter(|it| it.holds) else { return false };
        (it.holds, it.unassigned_at) = (false, now);
        true
    }
}
