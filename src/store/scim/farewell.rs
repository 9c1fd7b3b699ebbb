//! Users as clients delete them: the resource goes at once, the person by the rules of removals. Where too many go in
//! a short time, their removal waits for approval.

use jiff::SignedDuration;
use rusqlite::{OptionalExtension, params};

use super::super::StoreError;
use super::super::columns::{stamp, word};
use super::super::record::{RunRecord, insert_run};
use super::super::retention::{holds_device, moving};
use super::batch::ScimWriter;
use super::history::Line;
use super::moments::fine_stamp;
use super::resource::{Deleted, StoredUser};
use crate::model::{LifeEvent, Outcome, Transition, UserStatus};

/// How far back deletions count together.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

impl ScimWriter<'_> {
    /// Deletes a user: the resource and its memberships go, and the person is removed, or retained if they hold a
    /// device. Where a plan of the integration waits already, or `too_many` says so of the number of people lost in the
    /// last ten minutes (this one included, none from before the last approval) out of all that were there, the person
    /// is missing until the plan is decided.
    ///
    /// # Errors
    /// There is no such user ([`StoreError::Sql`]; it is for the caller to look it up before), or the database refuses.
    pub fn delete_user(&mut self, scim_id: &str, too_many: impl Fn(u64, u64) -> bool) -> Result<Deleted, StoreError> {
        let user = self.user(scim_id)?.ok_or(StoreError::Sql("there is no such user".into()))?;
        let (was, label, holds): (UserStatus, Option<String>, bool) = self
            .db
            .prepare_cached(&format!(
                "SELECT status, coalesce(email, user_name, display_name), {} FROM users WHERE id = ?1",
                holds_device("users.id")
            ))?
            .query_row([user.user_id], |row| Ok((word(row, "status", UserStatus::parse)?, row.get(1)?, row.get(2)?)))?;
        let waiting = self.held_plan()?;
        let hold = match waiting {
            Some(_) => true,
            None => too_many(self.recent_losses()? + 1, self.people_before()?),
        };
        let event = if hold { LifeEvent::Absent } else { LifeEvent::PushedDelete };
        let next = self.life.next(Some(was), event, holds);
        // The names of the groups are kept with the person, who leaves them next.
        let change = next.map(|next| self.go_to(user.user_id, next).map(|()| next.change.as_str())).transpose()?;
        self.leave_groups(scim_id, label.as_deref().unwrap_or("user"))?;
        self.bury(&user)?;
        self.changed = true;
        if let (Some(next), Some(kind)) = (next, change) {
            self.note(&Line {
                subject: "user",
                id: user.user_id,
                external_id: scim_id,
                label: label.as_deref(),
                kind,
                field: Some("status"),
                before: Some(was.as_str()),
                after: Some(next.to.as_str()),
            })?;
        }
        if hold {
            let plan = waiting.map_or_else(|| self.new_plan(), Ok)?;
            self.hold(plan, user.user_id)?;
            return Ok(Deleted { held: Some(plan), newly_held: waiting.is_none(), retained: false });
        }
        Ok(Deleted { held: None, newly_held: false, retained: next.is_some_and(|it| it.to == UserStatus::Retained) })
    }

    fn go_to(&self, user_id: i64, next: &Transition) -> rusqlite::Result<()> {
        let moving = moving("?2", "?3", "?4");
        self.db
            .prepare_cached(&format!("UPDATE users SET {moving}, content_hash = NULL WHERE id = ?1"))?
            .execute(params![user_id, next.to.as_str(), next.reason, self.at])?;
        Ok(())
    }

    /// Leaves of a resource what it takes to know the person again.
    fn bury(&self, user: &StoredUser) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "UPDATE scim_users SET document = '', display_name_key = NULL, active = NULL,
                     version = version + 1, modified_at = ?2, deleted_at = ?2 WHERE user_id = ?1",
            )?
            .execute(params![user.user_id, fine_stamp(self.now)])?;
        self.db.prepare_cached("DELETE FROM scim_emails WHERE user_id = ?1")?.execute([user.user_id])?;
        Ok(())
    }

    fn held_plan(&self) -> rusqlite::Result<Option<i64>> {
        let mut statement =
            self.db.prepare_cached("SELECT id FROM plans WHERE integration_id = ?1 AND state = 'held'")?;
        statement.query_row([self.integration.0], |row| row.get(0)).optional()
    }

    /// People lost in the last ten minutes. An approval has agreed to all before it.
    fn recent_losses(&self) -> rusqlite::Result<u64> {
        let since = self.now.checked_sub(WINDOW).unwrap_or(self.now);
        let mut statement = self.db.prepare_cached(LOSSES)?;
        statement.query_row(params![self.integration.0, stamp(since)], |row| row.get(0).map(i64::unsigned_abs))
    }

    /// People who were there when the last ten minutes began, or came since. Deletions do not change the number.
    fn people_before(&mut self) -> rusqlite::Result<u64> {
        if let Some(people) = self.people.get(&self.integration) {
            return Ok(*people);
        }
        let mut statement = self.db.prepare_cached(
            "SELECT count(*) FROM users
             WHERE integration_id = ?1 AND status IN ('active', 'suspended', 'missing')",
        )?;
        let there: u64 = statement.query_row([self.integration.0], |row| row.get(0).map(i64::unsigned_abs))?;
        let people = there + self.recent_losses()?;
        self.people.insert(self.integration, people);
        Ok(people)
    }

    fn new_plan(&self) -> rusqlite::Result<i64> {
        let record = RunRecord {
            integration: self.integration.0,
            trigger: "scim",
            started_at: self.now,
            ended_at: self.now,
            error: None,
        };
        let run = insert_run(self.db, &record, Outcome::Held, &[])?;
        self.db.execute(
            "INSERT INTO plans (integration_id, run_id, created_at, state) VALUES (?1, ?2, ?3, 'held')",
            params![self.integration.0, run, self.at],
        )?;
        Ok(self.db.last_insert_rowid())
    }

    fn hold(&self, plan: i64, user_id: i64) -> rusqlite::Result<()> {
        let at = self.at.as_str();
        self.db
            .prepare_cached(
                "UPDATE runs SET ended_at = ?2,
                     counts = json_set(counts, '$.users.held', json_extract(counts, '$.users.held') + 1)
                 WHERE id = (SELECT run_id FROM plans WHERE id = ?1)",
            )?
            .execute(params![plan, at])?;
        self.db
            .prepare_cached(
                "INSERT INTO plan_items (plan_id, user_id, action, evidence, status_then)
                 VALUES (?1, ?2, 'remove', 'directory', 'missing') ON CONFLICT DO NOTHING",
            )?
            .execute([plan, user_id])?;
        Ok(())
    }

    /// Whoever is back does not wait for removal any more; a plan of nobody is none.
    pub(super) fn take_off_plan(&self, user_id: i64) -> rusqlite::Result<()> {
        let Some(plan) = self.held_plan()? else { return Ok(()) };
        self.db
            .prepare_cached("DELETE FROM plan_items WHERE plan_id = ?1 AND user_id = ?2")?
            .execute([plan, user_id])?;
        self.db
            .prepare_cached(
                "UPDATE plans SET state = 'replaced', decided_at = ?2
                 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM plan_items WHERE plan_id = ?1)",
            )?
            .execute(params![plan, self.at])?;
        Ok(())
    }
}

/// Of whoever waited for approval only the beginning of the wait counts, not the approval; whatever came before that was
/// agreed to with it.
pub(super) const LOSSES: &str = "SELECT count(*) FROM changes
    WHERE integration_id = ?1 AND at >= ?2 AND subject = 'user' AND kind IN ('left', 'missing', 'retained')
      AND before IN ('active', 'suspended')
      AND id > coalesce((SELECT max(c.id) FROM changes c WHERE c.run_id = (
              SELECT max(r.id) FROM runs r WHERE r.integration_id = ?1 AND r.trigger = 'approval')), 0)
      AND at >= (SELECT created_at FROM integrations WHERE id = ?1)";
