//! Whatever happens to a directory, its devices and its integration, in whatever order: statuses and history are what
//! the table of lives says, run by run.

use dirsync::model::{
    AccountStatus, DirectoryMember, Failure, FailureKind, IntegrationName, MemberKind, Scope, Tenant,
};
use dirsync::people::LIFE_CYCLE;
use dirsync::store::{Farewell, Forget, NewIntegration, Prune, SignedIn};
use dirsync::sync::guard::RemovalLimit;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::model::{Model, TEAM};
use crate::engine::home::Home;
use crate::engine::plain::Plain;

#[derive(Clone, Debug)]
enum Event {
    Join(u8),
    Leave(u8, bool),
    Suspend(u8, bool),
    Give(u8),
    Take(u8),
    Sync(bool),
    FailedSync,
    Approve,
    Discard,
    Prune(bool),
    Forget(u8, bool),
    Move(u8, u8),
    Enlist(u8, bool),
    SetScope(u8, bool, bool),
    AMonth,
    Delete(bool),
    AddAgain,
}

fn event() -> impl Strategy<Value = Event> {
    let person = || 1..6u8;
    prop_oneof![
        3 => person().prop_map(Event::Join),
        4 => (person(), any::<bool>()).prop_map(|(id, told)| Event::Leave(id, told)),
        2 => (person(), any::<bool>()).prop_map(|(id, on)| Event::Suspend(id, on)),
        4 => person().prop_map(Event::Give),
        3 => person().prop_map(Event::Take),
        8 => prop::bool::weighted(0.3).prop_map(Event::Sync),
        1 => Just(Event::FailedSync),
        2 => Just(Event::Approve),
        1 => Just(Event::Discard),
        1 => any::<bool>().prop_map(Event::Prune),
        1 => (person(), any::<bool>()).prop_map(|(id, unassign)| Event::Forget(id, unassign)),
        2 => (person(), 0..4u8).prop_map(|(id, unit)| Event::Move(id, unit)),
        2 => (person(), any::<bool>()).prop_map(|(id, on)| Event::Enlist(id, on)),
        3 => (0..4u8, prop::bool::weighted(0.4), prop::bool::weighted(0.4))
            .prop_map(|(unit, team, active)| Event::SetScope(unit, team, active)),
        1 => Just(Event::AMonth),
        1 => any::<bool>().prop_map(Event::Delete),
        2 => Just(Event::AddAgain),
    ]
}

const UNITS: [Option<&str>; 4] = [None, Some("/Staff"), Some("/Staff/Eng"), Some("/Staffing")];

fn member(id: &str, kind: MemberKind) -> DirectoryMember {
    DirectoryMember { external_id: id.to_owned(), kind, email: None, role: None }
}

struct Life {
    home: Home,
    plain: Plain,
    model: Model,
    /// Whether the integration is there.
    live: bool,
}

impl Life {
    fn plays(&mut self, event: &Event) {
        let now = self.home.clock.now();
        match *event {
            Event::Join(id) => {
                self.plain.deleted.remove(&id.to_string());
                if !self.plain.users.contains_key(&id.to_string()) {
                    self.plain.join(&id.to_string());
                }
            }
            Event::Leave(id, told) => {
                let left = self.plain.users.remove(&id.to_string()).is_some() && told;
                self.plain.deleted.extend(left.then(|| id.to_string()));
            }
            Event::Suspend(id, on) => {
                if let Some(user) = self.plain.users.get_mut(&id.to_string()) {
                    user.status = Some(if on { AccountStatus::Suspended } else { AccountStatus::Active });
                }
            }
            Event::Give(id) if self.model.give(&id.to_string()) => self.sql(&format!(
                "INSERT OR IGNORE INTO devices (id, serial) VALUES ({id}, 'S{id}');
                 INSERT INTO assignments (device_id, user_id, started_at)
                 SELECT {id}, id, '{now:.0}' FROM users WHERE external_id = '{id}'"
            )),
            Event::Take(id) if self.model.take(&id.to_string(), now) => self.sql(&format!(
                "UPDATE assignments SET ended_at = '{now:.0}' WHERE device_id = {id} AND ended_at IS NULL"
            )),
            Event::Sync(cautious) if self.live => self.syncs(cautious),
            Event::FailedSync if self.live => {
                let before = self.state();
                let message = "the network is away";
                self.plain.fail = Some(Failure::new(FailureKind::Temporary, message));
                self.home.sync_with(&self.plain, RemovalLimit::Standard).unwrap_err();
                self.plain.fail = None;
                assert_eq!(self.state(), before, "a failed run");
            }
            Event::Approve if self.live => {
                if let Some(plan) = self.plan() {
                    self.model.approve(now);
                    self.home.store().approve_plan(LIFE_CYCLE, plan, None, "ada", now).unwrap();
                }
            }
            Event::Discard if self.live => {
                if let Some(plan) = self.plan() {
                    self.home.store().discard_plan(plan, "ada", now).unwrap();
                    self.model.discard();
                }
            }
            Event::Prune(kept) => {
                self.model.prune(kept, now);
                let whom = Prune { integrations: None, since: now, kept, actor: None };
                self.home.store().prune(LIFE_CYCLE, &whom, now, false).unwrap();
            }
            Event::Forget(id, unassign) => {
                self.model.forget(&id.to_string(), unassign, now);
                let found = self.home.store().find_users(&id.to_string(), None).unwrap();
                if let Some((_, user)) = found.into_iter().find(|(_, user)| user.external_id == id.to_string()) {
                    let how = Forget { unassign, pretend: false, actor: "ada" };
                    self.home.store().forget(LIFE_CYCLE, user.id, how, now).unwrap();
                }
            }
            Event::Move(id, unit) => {
                if let Some(user) = self.plain.users.get_mut(&id.to_string()) {
                    user.org_unit = UNITS[usize::from(unit)].map(str::to_owned);
                }
            }
            Event::Enlist(id, on) => {
                let (id, team) = (id.to_string(), self.plain.members.get_mut(TEAM[1]).unwrap());
                team.remove(&id);
                team.extend(on.then(|| (id.clone(), member(&id, MemberKind::User))));
            }
            Event::SetScope(unit, team, exclude_suspended) if self.live => {
                let org_units = UNITS[usize::from(unit)].map(str::to_owned).into_iter().collect();
                let groups = if team { vec![TEAM[0].to_owned()] } else { Vec::new() };
                let scope = Scope { org_units, groups, exclude_suspended };
                let (id, before) = (self.home.integration().id, self.state());
                let set = |pretend| self.home.store().set_scope(LIFE_CYCLE, id, &scope, "ada", now, pretend).unwrap();
                let should = set(true);
                assert_eq!(self.state(), before, "a look");
                assert_eq!(set(false), should);
                self.model.set_scope(&scope, now);
            }
            Event::AMonth => self.home.clock.advance(SignedDuration::from_hours(31 * 24)),
            Event::Delete(keep_all) if self.live => {
                self.model.delete(keep_all, now);
                let (id, how) = (self.home.integration().id, Farewell { keep_all, actor: None });
                self.home.store().delete_integration(LIFE_CYCLE, id, how, now).unwrap();
                self.live = false;
            }
            Event::AddAgain if !self.live => {
                let new = NewIntegration {
                    name: IntegrationName::new("corp").unwrap(),
                    kind: "google",
                    tenant: Tenant { id: "C1".into(), ..Tenant::default() },
                    signed_in: SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) },
                    interval: SignedDuration::from_hours(4),
                };
                self.home.store().add_integration(&new, &|_| Ok(Vec::new()), now).unwrap();
                self.live = true;
            }
            _ => {}
        }
    }

    fn syncs(&mut self, cautious: bool) {
        let limit = if cautious { RemovalLimit::People(0) } else { RemovalLimit::Percent(100.0) };
        let report = self.home.sync_with(&self.plain, limit).unwrap();
        self.model.sync(&self.plain, cautious, report.ended_at);
        let (id, now) = (self.home.integration().id, self.home.clock.now());
        let effect = self.home.store().set_scope(LIFE_CYCLE, id, &self.model.scope, "ada", now, true).unwrap();
        assert_eq!((effect.coming_in, effect.going_out), (0, 0), "told apart by a sync as by what it stores");
    }

    fn plan(&self) -> Option<i64> {
        self.home.store().held_plan(self.home.integration().id).unwrap()
    }

    fn sql(&self, statements: &str) {
        rusqlite::Connection::open(self.home.database()).unwrap().execute_batch(statements).unwrap();
    }

    /// All there is about people, and the whole history.
    fn state(&self) -> Vec<String> {
        let mut all = self.home.rows("SELECT * FROM users ORDER BY id");
        all.extend(self.home.rows("SELECT * FROM changes ORDER BY id"));
        all
    }

    fn agrees(&self) {
        let told = |it: &super::model::Somebody| {
            let reason = it.reason.unwrap_or("∅");
            format!("{}|{reason}|{}", it.status.map_or("", |status| status.as_str()), u8::from(it.holds))
        };
        let should: Vec<String> = self.model.people.iter().map(|(id, it)| format!("{id}|{}", told(it))).collect();
        let is = self.home.rows(
            "SELECT external_id, status, CASE WHEN status = 'retained' THEN status_reason END,
                    EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = users.id AND a.ended_at IS NULL)
             FROM users ORDER BY external_id",
        );
        assert_eq!(is, should);
        let mut history = self.home.rows(
            "SELECT external_id || ' ' || kind || ' ' || coalesce(before, '') || '>' || coalesce(after, '') FROM changes
             WHERE subject = 'user' AND (field = 'status' OR kind = 'joined') ORDER BY id",
        );
        // Within one run the order is the store's.
        let mut should = self.model.history.clone();
        history.sort();
        should.sort();
        assert_eq!(history, should, "one line for each transition");
        let unfit = "SELECT external_id, status FROM users WHERE (status = 'retained') <> (retained_at IS NOT NULL)
             OR (status = 'removed') <> (removed_at IS NOT NULL) OR kept AND status <> 'retained'
             OR emptied_at IS NOT NULL AND (status <> 'removed' OR email IS NOT NULL)
             OR scoped_out AND status <> 'missing' OR status = 'out_of_scope' AND status_before IS NULL";
        assert_eq!(self.home.rows(unfit), [""; 0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_store_does_what_the_table_says(events in prop::collection::vec(event(), 1..60)) {
        let mut plain = Plain::with_people(4);
        plain.group("anchor", &["0", "1", "2"]);
        plain.group(TEAM[1], &["1", "2"]);
        plain.group(TEAM[0], &[]);
        plain.members.get_mut(TEAM[0]).unwrap().insert(TEAM[1].into(), member(TEAM[1], MemberKind::Group));
        let mut life = Life { home: Home::new(), plain, model: Model::default(), live: true };
        life.syncs(false);
        for event in &events {
            life.plays(event);
            life.agrees();
        }
        if life.live {
            life.syncs(false);
            life.syncs(false);
            let before = life.state();
            life.syncs(false);
            prop_assert_eq!(life.state(), before, "a repeated run");
        }
    }
}
