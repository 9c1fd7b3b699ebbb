//! Held plans: what waits for approval, and applying exactly that, once, if it still holds.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::columns::{moment, moment_if_any, stamp, word};
use super::plan::PlanSummary;
use super::record::{RunRecord, insert_run, set_run_counts};
use super::retention::{Fate, holds_device, moving};
use super::{Store, StoreError};
use crate::model::{Counts, HeldAction, IntegrationId, LifeCycle, LifeEvent, Outcome, Plan, PlanItem, PlanState};

const PLANS: &str = "SELECT p.id, i.name AS integration, p.created_at, p.state, p.decided_at, p.decided_by,
        (SELECT count(*) FROM plan_items x WHERE x.plan_id = p.id AND x.action = 'remove') AS removals,
        (SELECT count(*) FROM plan_items x WHERE x.plan_id = p.id AND x.action = 'suspend') AS suspensions
    FROM plans p JOIN integrations i ON i.id = p.integration_id";

/// After so long without an addition a plan is what an administrator has seen.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

/// What became of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Applied, as this run.
    Applied {
        /// The run's number.
        run: i64,
        /// People taken out (or retained, because they hold a device).
        removed: i64,
        /// People marked suspended.
        suspended: i64,
    },
    /// It was decided or replaced before.
    NotHeld(PlanState),
    /// It holds another number of people than was agreed to, or somebody was added a moment ago.
    Grown {
        /// How many it holds now.
        people: i64,
    },
    /// People in it are no longer as they were when it was held.
    Outdated {
        /// How many.
        people: i64,
    },
}

impl Store {
    /// The plans that wait, oldest first; with `all`, decided and replaced ones too.
    ///
    /// # Errors
    /// The database refuses.
    pub fn plans(&self, all: bool) -> Result<Vec<Plan>, StoreError> {
        let filter = if all { "" } else { "WHERE p.state = 'held'" };
        let mut statement = self.db.prepare(&format!("{PLANS} {filter} ORDER BY p.id"))?;
        let plans = statement.query_map([], read_plan)?.collect::<Result<_, _>>()?;
        Ok(plans)
    }

    /// One plan.
    ///
    /// # Errors
    /// The database refuses.
    pub fn plan(&self, id: i64) -> Result<Option<Plan>, StoreError> {
        Ok(self.db.query_row(&format!("{PLANS} WHERE p.id = ?1"), [id], read_plan).optional()?)
    }

    /// Number of the plan an integration waits with, if any.
    ///
    /// # Errors
    /// The database refuses.
    pub fn held_plan(&self, integration: IntegrationId) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id FROM plans WHERE integration_id = ?1 AND state = 'held'";
        Ok(self.db.query_row(sql, [integration.0], |row| row.get(0)).optional()?)
    }

    /// The integration a plan is about.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integration_of_plan(&self, id: i64) -> Result<Option<IntegrationId>, StoreError> {
        let sql = "SELECT integration_id FROM plans WHERE id = ?1";
        Ok(self.db.query_row(sql, [id], |row| row.get(0).map(IntegrationId)).optional()?)
    }

    /// The people in a plan.
    ///
    /// # Errors
    /// The database refuses.
    pub fn plan_items(&self, id: i64) -> Result<Vec<PlanItem>, StoreError> {
        let mut statement = self.db.prepare(
            "SELECT u.id, u.external_id, coalesce(u.email, u.user_name, u.display_name) AS label, x.action, x.evidence
             FROM plan_items x JOIN users u ON u.id = x.user_id WHERE x.plan_id = ?1 ORDER BY x.action, 3, u.id",
        )?;
        let items = statement.query_map([id], |row| {
            Ok(PlanItem {
                id: row.get(0)?,
                external_id: row.get(1)?,
                label: row.get(2)?,
                action: word(row, "action", |text| match text {
                    "remove" => Some(HeldAction::Remove),
                    "suspend" => Some(HeldAction::Suspend),
                    _ => None,
                })?,
                evidence: row.get(4)?,
            })
        })?;
        Ok(items.collect::<Result<_, _>>()?)
    }

    /// Applies a held plan in one transaction, if everybody in it is still as it was then. A directory that pushes may add
    /// to its plan at any moment: then `people` says how many were agreed to, or a minute has passed since the last.
    ///
    /// # Errors
    /// The database refuses.
    pub fn approve_plan(
        &mut self,
        life: LifeCycle,
        id: i64,
        people: Option<i64>,
        by: &str,
        now: Timestamp,
    ) -> Result<Approval, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(state) = decided_state(&transaction, id)? {
            return Ok(Approval::NotHeld(state));
        }
        let held = count(&transaction, "SELECT count(*) FROM plan_items WHERE plan_id = ?1", id)?;
        let agreed = match people {
            Some(people) => held == people,
            None => !grew_lately(&transaction, id, now)?,
        };
        if !agreed {
            return Ok(Approval::Grown { people: held });
        }
        let outdated = count(
            &transaction,
            "SELECT count(*) FROM plan_items x JOIN users u ON u.id = x.user_id
             WHERE x.plan_id = ?1 AND u.status <> x.status_then",
            id,
        )?;
        if outdated > 0 {
            return Ok(Approval::Outdated { people: outdated });
        }
        let at = stamp(now);
        let integration = count(&transaction, "SELECT integration_id FROM plans WHERE id = ?1", id)?;
        let removed =
            count(&transaction, "SELECT count(*) FROM plan_items WHERE plan_id = ?1 AND action = 'remove'", id)?;
        let suspended =
            count(&transaction, "SELECT count(*) FROM plan_items WHERE plan_id = ?1 AND action = 'suspend'", id)?;
        let record = RunRecord { integration, trigger: "approval", started_at: now, ended_at: now, error: None };
        let run = insert_run(&transaction, &record, Outcome::Done, &[])?;
        let users = Counts { fetched: suspended, changed: suspended, removed, ..Counts::default() };
        let none = Counts::default();
        let summary =
            PlanSummary { users, groups: none, memberships: none, returned: 0, revived: 0, notes: Vec::new() };
        set_run_counts(&transaction, run, &summary)?;
        apply_items(&transaction, life, id, run, integration, &at)?;
        decide(&transaction, id, PlanState::Approved, by, &at)?;
        transaction.commit()?;
        Ok(Approval::Applied { run, removed, suspended })
    }

    /// Drops a held plan; returns the state it had if it was not held. The next complete run may hold another.
    ///
    /// # Errors
    /// The database refuses.
    pub fn discard_plan(&mut self, id: i64, by: &str, now: Timestamp) -> Result<Option<PlanState>, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let decided = decided_state(&transaction, id)?;
        if decided.is_none() {
            decide(&transaction, id, PlanState::Discarded, by, &stamp(now))?;
            transaction.commit()?;
        }
        Ok(decided)
    }
}

fn apply_items(
    transaction: &Transaction<'_>,
    life: LifeCycle,
    plan: i64,
    run: i64,
    integration: i64,
    at: &str,
) -> rusqlite::Result<()> {
    // Somebody who holds a device is retained, whatever the plan says.
    let fate = |event| Fate::of(life, event, "u.status", "u.held");
    let pushed = "(SELECT r.trigger = 'scim' FROM plans p JOIN runs r ON r.id = p.run_id WHERE p.id = ?1)";
    let gone = fate(LifeEvent::SaidDeleted).when("x.evidence = 'directory'", fate(LifeEvent::GraceOver));
    let gone = fate(LifeEvent::PushedDelete).when(pushed, gone);
    let Fate { status, reason, kind } = fate(LifeEvent::SeenDisabled).when("x.action = 'suspend'", gone);
    // Held devices are looked up before anything changes, and once for both statements.
    transaction.execute_batch("DROP TABLE IF EXISTS temp.fates")?;
    transaction.execute(
        &format!(
            "CREATE TEMP TABLE fates AS
             SELECT u.id, {status} AS fate, {kind} AS kind,
                    CASE WHEN x.action = 'suspend' THEN x.status_reason ELSE {reason} END AS reason
             FROM plan_items x JOIN (SELECT id, status, {} AS held FROM users) AS u ON u.id = x.user_id
             WHERE x.plan_id = ?1",
            holds_device("users.id")
        ),
        [plan],
    )?;
    transaction.execute(
        "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before,
             after)
         SELECT ?1, ?2, ?3, 'user', u.id, u.external_id, coalesce(u.email, u.user_name, u.display_name), f.kind,
                'status', u.status, f.fate
         FROM temp.fates f CROSS JOIN users u ON u.id = f.id WHERE f.kind IS NOT NULL ORDER BY u.id",
        params![run, integration, at],
    )?;
    transaction.execute(
        &format!(
            "UPDATE users SET {} FROM temp.fates AS f WHERE users.id = f.id AND f.kind IS NOT NULL",
            moving("f.fate", "f.reason", "?1")
        ),
        [at],
    )?;
    transaction.execute_batch("DROP TABLE temp.fates")?;
    // Where groups tell their changes, members who are gone are hidden from now on.
    transaction.execute(
        "UPDATE groups SET member_count = member_count - hidden.members
         FROM (SELECT m.group_id, count(*) AS members FROM plan_items x
               CROSS JOIN users u ON u.id = x.user_id AND u.status IN ('removed', 'retained')
               CROSS JOIN memberships m ON m.member_external_id = u.external_id AND m.kind = 'user'
               CROSS JOIN groups g ON g.id = m.group_id AND g.source IS NOT NULL
               WHERE x.plan_id = ?1 AND x.action = 'remove' AND g.integration_id = ?2 GROUP BY m.group_id) AS hidden
         WHERE groups.id = hidden.group_id",
        params![plan, integration],
    )?;
    Ok(())
}

/// Whether somebody was added within the last minute, by a directory that pushes: nobody can have seen that.
fn grew_lately(db: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<bool> {
    let since = stamp(now.checked_sub(SETTLED).unwrap_or(now));
    db.query_row(
        "SELECT r.trigger = 'scim' AND r.ended_at > ?2 FROM plans p JOIN runs r ON r.id = p.run_id WHERE p.id = ?1",
        params![id, since],
        |row| row.get(0),
    )
}

/// The state of a plan that is not held any more.
fn decided_state(db: &Connection, id: i64) -> Result<Option<PlanState>, StoreError> {
    let state =
        db.query_row("SELECT state FROM plans WHERE id = ?1", [id], |row| word(row, "state", PlanState::parse))?;
    Ok(Some(state).filter(|state| *state != PlanState::Held))
}

pub(super) fn decide(db: &Connection, id: i64, state: PlanState, by: &str, at: &str) -> rusqlite::Result<usize> {
    db.execute(
        "UPDATE plans SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
        params![id, state.as_str(), by, at],
    )
}

fn count(db: &Connection, sql: &str, id: i64) -> rusqlite::Result<i64> {
    db.query_row(sql, [id], |row| row.get(0))
}

fn read_plan(row: &Row<'_>) -> rusqlite::Result<Plan> {
    Ok(Plan {
        id: row.get("id")?,
        integration: row.get("integration")?,
        created_at: moment(row, "created_at")?,
        state: word(row, "state", PlanState::parse)?,
        decided_by: row.get("decided_by")?,
        decided_at: moment_if_any(row, "decided_at")?,
        removals: row.get("removals")?,
        suspensions: row.get("suspensions")?,
    })
}
