//! The plan: what the staged fetch means for the stored directory, who is absent, what everybody's fate is, and what it
//! all comes to in numbers.

use rusqlite::Connection;

use super::plan_rows::{GROUP_FIELDS, SAID_OTHERWISE, USER_FIELDS};
use super::retention::{Fate, holds_device};
use super::{Stage, StoreError};
use crate::model::{Counts, Holds, LifeCycle, LifeEvent, Losses, Outcome, RunNote, Stream};

/// What is known before anything is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether the fetch was of all people, so that their number says something.
    pub users_whole: bool,
    /// Whether it was of all groups.
    pub groups_whole: bool,
    /// People in the fetch.
    pub users_fetched: i64,
    /// Groups stored.
    pub groups_known: i64,
    /// Groups in the fetch.
    pub groups_fetched: i64,
    /// What the fetch would take away.
    pub losses: Losses,
}

/// What a plan comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary {
    /// People.
    pub users: Counts,
    /// Groups.
    pub groups: Counts,
    /// Memberships.
    pub memberships: Counts,
    /// People who are back, having been missing, retained or removed.
    pub returned: i64,
    /// Those of them who had been removed; counted as added.
    pub revived: i64,
    /// What was set aside, and what is worth knowing.
    pub notes: Vec<RunNote>,
}

impl PlanSummary {
    /// How a run that applies this plan ends.
    pub fn outcome(&self) -> Outcome {
        if self.users.held > 0 {
            Outcome::Held
        } else if self.notes.iter().any(|note| note.refused) {
            Outcome::Partial
        } else {
            Outcome::Done
        }
    }

    /// Whether the plan changes nothing at all.
    pub fn is_empty(&self) -> bool {
        [self.users, self.groups, self.memberships].iter().all(Counts::is_empty)
    }
}

/// A condition on `stage.users`: suspended in the directory, and active when last seen.
const SUSPENDED_NOW: &str = "status = 'suspended' AND (was = 'active' OR was = 'missing' AND
    (SELECT u.status_before FROM users u WHERE u.id = user_id) = 'active')";

/// People of the held plan of integration `?1`, as they were when it was held.
fn waiting(action: &str) -> String {
    format!(
        "SELECT x.user_id FROM plans p JOIN plan_items x ON x.plan_id = p.id JOIN users w ON w.id = x.user_id
         WHERE p.integration_id = ?1 AND p.state = 'held' AND x.action = '{action}' AND w.status = x.status_then"
    )
}

impl Stage {
    /// Finds who and what is absent from the complete fetch, or gone by the directory's own word; returns of how many
    /// people it has not said so. Where a record came whose id could not be read, nobody's absence is judged: it may be
    /// anyone's.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn find_absentees(&mut self) -> Result<i64, StoreError> {
        let integration = self.integration;
        self.in_transaction(|stage| {
            stage.spend()?;
            let db = &stage.store.db;
            // Two copies of one record, of which one is as stored and one is not: the one that differs counts.
            let twice = "DELETE FROM stage.seen_users WHERE id IN (SELECT user_id FROM stage.users)";
            stage.tally.users_repeated += db.execute(twice, [])? as i64;
            let twice = "DELETE FROM stage.seen_groups WHERE id IN (SELECT group_id FROM stage.groups)";
            stage.tally.groups_repeated += db.execute(twice, [])? as i64;
            if !stage.is_whole(Stream::People)? {
                // Whoever waits for approval goes on waiting, however often the directory tells it again.
                let waiting = waiting("remove");
                db.execute(
                    &format!(
                        "INSERT INTO stage.absent_users (id, was, evidence, fate, scoped_out)
                         SELECT u.id, u.status, 'directory', 'missing', u.status = 'out_of_scope' OR u.scoped_out
                         FROM stage.deleted_users d
                         CROSS JOIN users u ON u.integration_id = ?1 AND u.external_id = d.external_id
                         WHERE u.status IN ('active', 'suspended', 'out_of_scope', 'missing')
                           AND u.id NOT IN ({waiting})"
                    ),
                    [integration.0],
                )?;
            } else if !stage.is_anonymous_refusal("user")? {
                db.execute(
                    "INSERT INTO stage.absent_users (id, was, evidence, fate, scoped_out)
                     SELECT id, status, 'absent', 'missing', status = 'out_of_scope' OR scoped_out FROM users
                     WHERE integration_id = ?1 AND status IN ('active', 'suspended', 'out_of_scope', 'missing')
                       AND id NOT IN (SELECT id FROM stage.seen_users)
                       AND id NOT IN (SELECT id FROM stage.kept_users)
                       AND id NOT IN (SELECT user_id FROM stage.users WHERE user_id IS NOT NULL)",
                    [integration.0],
                )?;
            }
            if !stage.is_whole(Stream::Groups)? {
                db.execute(
                    "INSERT INTO stage.absent_groups (id) SELECT g.id FROM stage.deleted_groups d
                     CROSS JOIN groups g ON g.integration_id = ?1 AND g.external_id = d.external_id",
                    [integration.0],
                )?;
            } else if !stage.is_anonymous_refusal("group")? {
                db.execute(
                    "INSERT INTO stage.absent_groups (id)
                     SELECT id FROM groups WHERE integration_id = ?1
                       AND id NOT IN (SELECT id FROM stage.seen_groups)
                       AND id NOT IN (SELECT id FROM stage.kept_groups)
                       AND id NOT IN (SELECT group_id FROM stage.groups WHERE group_id IS NOT NULL)",
                    [integration.0],
                )?;
            }
            stage.close_followed_lists()
        })?;
        self.number(
            "SELECT count(*) FROM stage.absent_users a JOIN users u ON u.id = a.id
             WHERE a.evidence = 'absent' AND u.external_id NOT IN (SELECT external_id FROM stage.deleted_users)",
        )
    }

    /// Counts what there is to decide, after the directory's own word on deletions has come in.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn facts(&mut self) -> Result<Facts, StoreError> {
        self.store.db.execute(
            "UPDATE stage.absent_users SET evidence = 'directory' WHERE id IN (
                 SELECT u.id FROM stage.deleted_users d
                 JOIN users u ON u.integration_id = ?1 AND u.external_id = d.external_id)",
            [self.integration.0],
        )?;
        let gone = "(evidence = 'directory' OR was = 'missing')";
        let count = |sql: &str| self.number(sql).map(|n| u64::try_from(n).unwrap_or(0));
        let integration = self.integration;
        let people = count(&format!(
            "SELECT count(*) FROM users WHERE integration_id = {integration}
             AND status IN ('active', 'suspended', 'missing') AND NOT scoped_out"
        ))?;
        Ok(Facts {
            users_whole: self.is_whole(Stream::People)?,
            groups_whole: self.is_whole(Stream::Groups)?,
            users_fetched: self.tally.users - self.tally.users_repeated,
            groups_known: self.number(&format!("SELECT count(*) FROM groups WHERE integration_id = {integration}"))?,
            groups_fetched: self.tally.groups - self.tally.groups_repeated,
            losses: Losses {
                people,
                gone: count(&format!("SELECT count(*) FROM stage.absent_users WHERE {gone} AND NOT scoped_out"))?,
                newly_absent: count(&format!(
                    "SELECT count(*) FROM stage.absent_users WHERE NOT {gone} AND NOT scoped_out"
                ))?,
                suspensions: count(&self.new_suspensions()?)?,
            },
        })
    }

    /// Settles everybody's fate, by the table of lives: nobody who holds a device comes to `removed`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn decide(&mut self, held: Holds) -> Result<(), StoreError> {
        let differs = differing(&USER_FIELDS);
        let group_differs = differing(&GROUP_FIELDS);
        self.in_transaction(|stage| {
            let db = &stage.store.db;
            db.execute(
                "UPDATE stage.absent_users
                 SET held = NOT scoped_out AND CASE WHEN evidence = 'directory' OR was = 'missing' THEN ?1 ELSE ?2 END",
                [held.gone, held.newly_absent],
            )?;
            settle_fates(db, stage.life)?;
            db.execute(
                &format!("UPDATE stage.users SET held = 1, held_reason = status_reason WHERE ?1 AND {SUSPENDED_NOW}"),
                [held.suspensions],
            )?;
            if !stage.is_whole(Stream::People)? {
                stage.carry_held_items()?;
            }
            // Held, or the directory did not say: the status stays what it was, of a person who is back what it had been.
            db.execute_batch(
                "UPDATE stage.users SET
                     status_reason = CASE WHEN was IN ('active', 'suspended', 'out_of_scope')
                                     THEN (SELECT u.status_reason FROM users u WHERE u.id = user_id) END,
                     status = CASE WHEN was IN ('active', 'suspended') THEN was
                                   ELSE coalesce((SELECT u.status_before FROM users u WHERE u.id = user_id), 'active') END
                 WHERE held OR status IS NULL",
            )?;
            stage.narrow()?;
            db.execute_batch(&format!(
                "INSERT INTO stage.changed_users (id)
                 SELECT u.id FROM stage.users s JOIN users u ON u.id = s.user_id
                 WHERE u.status IS NOT s.status OR {SAID_OTHERWISE} OR {differs};
                 INSERT INTO stage.changed_groups (id)
                 SELECT u.id FROM stage.groups s JOIN groups u ON u.id = s.group_id WHERE {group_differs};"
            ))?;
            Ok(())
        })
    }

    /// Counts suspensions that nobody waits to approve yet.
    fn new_suspensions(&self) -> Result<String, StoreError> {
        let all = format!("SELECT count(*) FROM stage.users WHERE {SUSPENDED_NOW}");
        if self.is_whole(Stream::People)? {
            return Ok(all);
        }
        let waiting = waiting("suspend").replace("?1", &self.integration.to_string());
        Ok(format!("{all} AND user_id NOT IN ({waiting})"))
    }

    /// A round of changes says nothing of those it does not name: they stay in the held plan. Who is told again to be
    /// suspended waits on, too.
    fn carry_held_items(&self) -> Result<(), StoreError> {
        let (db, integration) = (&self.store.db, self.integration.0);
        let waiting = waiting("suspend");
        db.execute(
            &format!(
                "UPDATE stage.users SET held = 1, held_reason = status_reason
                 WHERE {SUSPENDED_NOW} AND user_id IN ({waiting})"
            ),
            [integration],
        )?;
        db.execute(
            "INSERT INTO stage.carried_items (user_id, action, evidence, status_then, status_reason)
             SELECT x.user_id, x.action, x.evidence, x.status_then, x.status_reason
             FROM plans p JOIN plan_items x ON x.plan_id = p.id JOIN users u ON u.id = x.user_id
             WHERE p.integration_id = ?1 AND p.state = 'held' AND u.status = x.status_then
               AND x.user_id NOT IN (SELECT id FROM stage.absent_users)
               AND x.user_id NOT IN (SELECT id FROM stage.seen_users)
               AND x.user_id NOT IN (SELECT user_id FROM stage.users WHERE user_id IS NOT NULL AND NOT held)",
            [integration],
        )?;
        Ok(())
    }

    /// Counts the plan. The membership counts need a look at every membership that changes; the apply, which writes
    /// them anyway, counts as it goes.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn summary(&self) -> Result<PlanSummary, StoreError> {
        let mut summary = self.summary_without_memberships()?;
        for part in self.membership_parts() {
            let number = self.number(&format!("SELECT count(*) FROM ({})", part.sql))?;
            add_membership(&mut summary.memberships, part.kind, number);
        }
        Ok(summary)
    }

    pub(super) fn summary_without_memberships(&self) -> Result<PlanSummary, StoreError> {
        let number = |sql: &str| self.number(sql);
        let revived = "SELECT count(*) FROM stage.users WHERE was IN ";
        let readded = number(&format!("{revived} ('removed')"))?;
        let changed = number("SELECT count(*) FROM stage.changed_users")? - readded;
        let staged = number("SELECT count(*) FROM stage.users WHERE user_id IS NOT NULL")?;
        let refused =
            |subject: &str| number(&format!("SELECT count(*) FROM stage.refused WHERE subject = '{subject}'"));
        let users = Counts {
            fetched: self.tally.users - self.tally.users_repeated,
            added: number("SELECT count(*) FROM stage.users WHERE user_id IS NULL AND status <> 'out_of_scope'")?
                + readded,
            out_of_scope: number("SELECT count(*) FROM stage.users WHERE user_id IS NULL AND status = 'out_of_scope'")?,
            changed,
            unchanged: number("SELECT count(*) FROM stage.seen_users")? + staged - changed - readded,
            removed: number("SELECT count(*) FROM stage.absent_users WHERE fate IN ('removed', 'retained')")?,
            missing: number("SELECT count(*) FROM stage.absent_users WHERE kind = 'missing'")?,
            left_scope: number(
                "SELECT (SELECT count(*) FROM stage.users
                         WHERE status = 'out_of_scope' AND was IN ('active', 'suspended'))
                      + (SELECT count(*) FROM stage.scope_moves WHERE fate = 'out_of_scope')",
            )?,
            came_into_scope: number(
                "SELECT (SELECT count(*) FROM stage.users WHERE was = 'out_of_scope' AND status <> was)
                      + (SELECT count(*) FROM stage.scope_moves WHERE was = 'out_of_scope')",
            )?,
            held: number(
                "SELECT (SELECT count(*) FROM stage.absent_users WHERE held)
                      + (SELECT count(*) FROM stage.users
                         WHERE held AND user_id NOT IN (SELECT user_id FROM stage.carried_items))
                      + (SELECT count(*) FROM stage.carried_items)",
            )?,
            refused: refused("user")?,
        };
        let changed = number("SELECT count(*) FROM stage.changed_groups")?;
        let staged = number("SELECT count(*) FROM stage.groups WHERE group_id IS NOT NULL")?;
        let groups = Counts {
            fetched: self.tally.groups - self.tally.groups_repeated,
            added: number("SELECT count(*) FROM stage.groups WHERE group_id IS NULL")?,
            changed,
            unchanged: number("SELECT count(*) FROM stage.seen_groups")? + staged - changed,
            removed: number("SELECT count(*) FROM stage.absent_groups")?,
            refused: refused("group")?,
            ..Counts::default()
        };
        let memberships = Counts { fetched: self.tally.members, refused: refused("membership")?, ..Counts::default() };
        let returned = number(&format!("{revived} ('missing', 'retained', 'removed')"))?;
        Ok(PlanSummary { users, groups, memberships, returned, revived: readded, notes: self.notes()? })
    }

    /// What was set aside, and recycled addresses: the same address with another immutable id is another person.
    fn notes(&self) -> Result<Vec<RunNote>, StoreError> {
        let mut statement = self.store.db.prepare(
            "SELECT subject, external_id, 1, reason FROM stage.refused
             UNION ALL
             SELECT 'user', s.external_id, 0,
                    'its e-mail address is or was that of ' || u.external_id || '; they are kept apart'
             FROM stage.users s CROSS JOIN users u ON lower(u.email) = lower(s.email)
             WHERE s.user_id IS NULL AND u.integration_id = ?1 AND u.external_id <> s.external_id
             UNION ALL
             SELECT 'group', t.value, 0, 'the scope names it, and it is gone: it brings in nobody'
             FROM integrations i CROSS JOIN json_each(i.scope, '$.groups') t
             WHERE i.id = ?1 AND t.value NOT IN (SELECT external_id FROM stage.groups) AND NOT EXISTS (
                 SELECT 1 FROM groups g WHERE g.integration_id = ?1 AND g.external_id = t.value
                 AND g.id NOT IN (SELECT id FROM stage.absent_groups))",
        )?;
        let notes = statement.query_map([self.integration.0], |row| {
            Ok(RunNote { subject: row.get(0)?, external_id: row.get(1)?, refused: row.get(2)?, reason: row.get(3)? })
        })?;
        Ok(notes.collect::<Result<_, _>>()?)
    }

    pub(super) fn is_anonymous_refusal(&self, subject: &str) -> Result<bool, StoreError> {
        let mut statement =
            self.store.db.prepare_cached("SELECT 1 FROM stage.refused WHERE subject = ?1 AND external_id IS NULL")?;
        Ok(statement.exists([subject])?)
    }

    pub(super) fn number(&self, sql: &str) -> Result<i64, StoreError> {
        Ok(self.store.db.query_row(sql, [], |row| row.get(0))?)
    }
}

/// What becomes of the absent, by the table of lives and by who holds a device now. Whoever waits for approval is missing
/// until then.
pub(super) fn settle_fates(db: &Connection, life: LifeCycle) -> rusqlite::Result<()> {
    let holds = holds_device("absent_users.id");
    let fate = |event| Fate::of(life, event, "was", &holds);
    let gone = fate(LifeEvent::SaidDeleted).when("evidence = 'directory'", fate(LifeEvent::GraceOver));
    let settled = "NOT held AND (evidence = 'directory' OR was = 'missing')";
    let Fate { status, reason, kind } = gone.when(settled, fate(LifeEvent::Absent));
    db.execute(
        &format!("UPDATE stage.absent_users SET fate = coalesce({status}, was), reason = {reason}, kind = {kind}"),
        [],
    )?;
    Ok(())
}

/// Adds a part's number of rows to the right count.
pub(super) fn add_membership(counts: &mut Counts, kind: &str, number: i64) {
    match kind {
        "joined" => counts.added += number,
        "left" => counts.removed += number,
        _ => counts.changed += number,
    }
}

fn differing(fields: &[&str]) -> String {
    fields.iter().map(|field| format!("u.{field} IS NOT s.{field}")).collect::<Vec<_>>().join(" OR ")
}
