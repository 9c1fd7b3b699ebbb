//! What should become of people, by the table of lives and the rules around it alone: no SQL, no store.

use std::collections::{BTreeMap, BTreeSet};

use dirsync::model::LifeEvent::{
    self, Absent, Forgotten, GraceOver, IntegrationDeleted, IntegrationKept, LeftOut, Pruned, SaidDeleted,
    SeenDisabled, SeenEnabled,
};
use dirsync::model::{AccountStatus, Scope, UserStatus};
use dirsync::people::next;
use jiff::{SignedDuration, Timestamp};

use crate::engine::plain::Plain;

/// The group a scope names, and the one within it.
pub(super) const TEAM: [&str; 2] = ["club", "team"];

const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Clone, Debug, Default)]
pub(super) struct Somebody {
    pub(super) status: Option<UserStatus>,
    pub(super) reason: Option<&'static str>,
    before: Option<UserStatus>,
    /// Missing, and out of scope when last seen: nobody's loss.
    scoped_out: bool,
    /// Where they are, as last told.
    unit: Option<String>,
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
    pub(super) scope: Scope,
    /// Members of the scope's group, directly or by the group within, as last told.
    team: BTreeSet<String>,
    pub(super) history: Vec<String>,
}

impl Model {
    fn happens(&mut self, id: &str, event: LifeEvent, now: Timestamp) {
        let it = self.people.entry(id.to_owned()).or_default();
        let Some(way) = next(it.status, event, it.holds) else { return };
        assert!(!(it.holds && way.to == UserStatus::Removed), "the one law");
        if it.status != Some(way.to) {
            let was = it.status.map_or("", UserStatus::as_str);
            // Whoever joins shows no status; whoever is left out from the first day does.
            let shown = if was.is_empty() && way.to != UserStatus::OutOfScope { "" } else { way.to.as_str() };
            self.history.push(format!("{id} {} {was}>{shown}", way.change.as_str()));
        }
        if let Some(was @ (UserStatus::Active | UserStatus::Suspended)) = it.status {
            it.before = Some(was);
        }
        if way.to == UserStatus::Retained && it.status != Some(UserStatus::Retained) {
            it.retained_at = now;
        }
        it.kept = event == IntegrationKept;
        it.scoped_out = way.to == UserStatus::Missing && it.status == Some(UserStatus::OutOfScope);
        it.status = Some(way.to);
        it.reason = way.reason;
    }

    fn of(&self, statuses: &[UserStatus]) -> Vec<(String, Somebody)> {
        let within = |it: &Somebody| it.status.is_some_and(|status| statuses.contains(&status));
        self.people.iter().filter(|(_, it)| within(it)).map(|(id, it)| (id.clone(), it.clone())).collect()
    }

    /// A sync; a cautious one holds whatever can be held.
    pub(super) fn sync(&mut self, plain: &Plain, cautious: bool, now: Timestamp) {
        use UserStatus::{Active, Missing, OutOfScope, Suspended};
        self.team =
            TEAM.iter().filter_map(|group| plain.members.get(*group)).flat_map(|it| it.keys().cloned()).collect();
        let mut plan = BTreeMap::new();
        let mut happening = Vec::new();
        let mut left_out = Vec::new();
        let absent: Vec<_> = self
            .of(&[Active, Suspended, OutOfScope, Missing])
            .into_iter()
            .filter(|(id, _)| !plain.users.contains_key(id))
            .collect();
        let told = |id: &str| plain.deleted.contains(id);
        for (id, it) in absent {
            let settled = told(&id) || it.status == Some(Missing);
            let gone = if told(&id) { SaidDeleted } else { GraceOver };
            let held = cautious && !it.scoped_out && it.status != Some(OutOfScope);
            if held {
                plan.insert(id.clone(), Item { event: gone, then: Missing });
            }
            happening.push((id, if settled && !held { gone } else { Absent }));
        }
        for (id, user) in &plain.users {
            let it = self.people.get(id).cloned().unwrap_or_default();
            let was_active = it.status == Some(Active) || it.status == Some(Missing) && it.before == Some(Active);
            let suspended = user.status == Some(AccountStatus::Suspended);
            let waits = suspended && was_active && cautious;
            let person = self.people.entry(id.clone()).or_default();
            person.unit.clone_from(&user.org_unit);
            let told = if suspended && !waits { Suspended } else { Active };
            if !self.takes_in(id, told) {
                happening.push((id.clone(), LeftOut));
                left_out.push((id.clone(), if suspended { Suspended } else { Active }));
            } else if !suspended {
                happening.push((id.clone(), SeenEnabled));
            } else if waits {
                plan.insert(id.clone(), Item { event: SeenDisabled, then: Active });
                happening.push((id.clone(), SeenEnabled));
            } else {
                happening.push((id.clone(), SeenDisabled));
            }
        }
        happening.into_iter().for_each(|(id, event)| self.happens(&id, event, now));
        for (id, told) in left_out {
            self.people.get_mut(&id).unwrap().before = Some(told);
        }
        self.plan = plan;
        self.sweep(now);
    }

    /// Whether the scope takes in somebody of whom the directory says `told`.
    fn takes_in(&self, id: &str, told: UserStatus) -> bool {
        let Scope { org_units, groups, exclude_suspended } = &self.scope;
        let within = |path: &str, unit: &String| path == unit || path.starts_with(&format!("{unit}/"));
        let unit = self.people[id].unit.as_deref().unwrap_or_default();
        (org_units.is_empty() || org_units.iter().any(|it| within(unit, it)))
            && (groups.is_empty() || self.team.contains(id))
            && !(*exclude_suspended && told == UserStatus::Suspended)
    }

    /// `scope set`: everybody there is settled anew by what is stored.
    pub(super) fn set_scope(&mut self, scope: &Scope, now: Timestamp) {
        use UserStatus::{Active, OutOfScope, Suspended};
        self.scope = scope.clone();
        for (id, it) in self.of(&[Active, Suspended, OutOfScope]) {
            let told = if it.status == Some(OutOfScope) { it.before } else { it.status }.unwrap();
            let seen = if told == Suspended { SeenDisabled } else { SeenEnabled };
            let inside = self.takes_in(&id, told);
            self.happens(&id, if inside { seen } else { LeftOut }, now);
        }
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
        self.scope = Scope::default();
        self.team.clear();
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
