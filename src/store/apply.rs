//! The apply: one transaction that turns a decided plan into the directory's new state, its history, the run's record
//! and, where something was held, the numbered plan.

use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};

use super::columns::stamp;
use super::plan::{PlanSummary, add_membership};
use super::plan_rows::Part;
use super::record::{RunRecord, insert_run, set_run_counts};
use super::{Stage, StoreError};

/// What was written.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Number of the run.
    pub run: i64,
    /// Number of the plan that was held, if any.
    pub plan: Option<i64>,
    /// What it came to.
    pub summary: PlanSummary,
}

/// Memory for pages of the main database while a large plan is applied, in KiB.
const APPLY_CACHE: i64 = 12 * 1024;

impl Stage {
    /// Applies the decided plan, all or nothing.
    ///
    /// # Errors
    /// The disk refuses, or the counts do not balance; then nothing has changed.
    pub fn apply(&mut self, started_at: Timestamp, now: Timestamp) -> Result<Applied, StoreError> {
        let mut summary = self.summary_without_memberships()?;
        for (what, counts) in [("people", summary.users), ("groups", summary.groups)] {
            if !counts.balances() {
                return Err(StoreError::Unbalanced(format!("{what}: {counts:?}")));
            }
        }
        let (parts, integration) = (self.parts(), self.integration.0);
        let at = stamp(now);
        self.store.db.pragma_update(None, "cache_size", -APPLY_CACHE)?;
        let transaction = self.store.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let record = RunRecord { integration, trigger: "sync", started_at, ended_at: now, error: None };
        let run = insert_run(&transaction, &record, summary.outcome(), &summary.notes)?;
        // New people and groups first: the plan's rows show them with their numbers. All other rows compare with what
        // is stored until now, so they are written to the history before anything else changes.
        insert_users(&transaction, integration, &at)?;
        insert_groups(&transaction, integration, &at)?;
        tracing::debug!("new people and groups are written");
        let first_import = is_first_import(&transaction, integration)?;
        for part in &parts {
            let number = if first_import && part.subject == "membership" {
                count(&transaction, part)?
            } else {
                write_history(&transaction, part, run, integration, &at)?
            };
            if part.subject == "membership" {
                add_membership(&mut summary.memberships, part.kind, number);
            }
        }
        tracing::debug!("the history is written");
        update_users(&transaction, &at)?;
        update_groups(&transaction, integration, &at)?;
        replace_members(&transaction)?;
        tracing::debug!("people, groups and memberships are written");
        note_domains(&transaction, integration)?;
        let plan = hold_plan(&transaction, integration, run, &at, summary.users.held)?;
        set_run_counts(&transaction, run, &summary)?;
        transaction.execute(
            "UPDATE integrations SET last_sync_at = ?2, last_sync_outcome = ?3, standing = 'connected',
             standing_reason = NULL WHERE id = ?1",
            params![integration, stamp(started_at), summary.outcome().as_str()],
        )?;
        transaction.commit()?;
        tracing::debug!("committed");
        Ok(Applied { run, plan, summary })
    }
}

fn insert_users(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO users (integration_id, external_id, status, status_reason, email, user_name, display_name,
             given_name, family_name, title, department, cost_center, manager, employee_id, phone, location, org_unit,
             aliases, is_admin, attributes, content_hash, created_at, updated_at)
         SELECT ?1, external_id, status, status_reason, email, user_name, display_name, given_name, family_name, title,
             department, cost_center, manager, employee_id, phone, location, org_unit, aliases, is_admin, attributes,
             content_hash, ?2, ?2
         FROM stage.users WHERE user_id IS NULL ORDER BY rowid",
        params![integration, at],
    )?;
    Ok(())
}

fn insert_groups(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO groups (integration_id, external_id, name, email, description, kind, aliases, content_hash,
             created_at, updated_at)
         SELECT ?1, external_id, name, email, description, kind, aliases, content_hash, ?2, ?2
         FROM stage.groups WHERE group_id IS NULL ORDER BY rowid",
        params![integration, at],
    )?;
    transaction.execute(
        "UPDATE stage.member_lists SET is_new = 1, group_id =
             (SELECT id FROM groups WHERE integration_id = ?1 AND external_id = group_external_id)
         WHERE group_id IS NULL",
        [integration],
    )?;
    Ok(())
}

fn write_history(
    transaction: &Transaction<'_>,
    part: &Part,
    run: i64,
    integration: i64,
    at: &str,
) -> rusqlite::Result<i64> {
    let written = transaction.execute(
        &format!(
            "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, label, kind, field,
                 before, after)
             SELECT ?1, ?2, ?3, * FROM ({})",
            part.sql
        ),
        params![run, integration, at],
    )?;
    Ok(i64::try_from(written).unwrap_or(i64::MAX))
}

/// The memberships that a directory is imported with are where its history begins: there are more of them than of all
/// that will ever change, and they say nothing that the groups themselves do not.
fn is_first_import(transaction: &Transaction<'_>, integration: i64) -> rusqlite::Result<bool> {
    let sql = "SELECT last_sync_at IS NULL FROM integrations WHERE id = ?1";
    transaction.query_row(sql, [integration], |row| row.get(0))
}

fn count(transaction: &Transaction<'_>, part: &Part) -> rusqlite::Result<i64> {
    transaction.query_row(&format!("SELECT count(*) FROM ({})", part.sql), [], |row| row.get(0))
}

/// A held suspension leaves no hash behind, so that the next run looks at that person again.
fn update_users(transaction: &Transaction<'_>, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE users SET status = s.status, status_reason = s.status_reason, status_before = NULL, email = s.email,
             user_name = s.user_name, display_name = s.display_name, given_name = s.given_name,
             family_name = s.family_name, title = s.title, department = s.department, cost_center = s.cost_center,
             manager = s.manager, employee_id = s.employee_id, phone = s.phone, location = s.location,
             org_unit = s.org_unit, aliases = s.aliases, is_admin = s.is_admin, attributes = s.attributes,
             content_hash = CASE WHEN s.held THEN NULL ELSE s.content_hash END,
             updated_at = CASE WHEN users.id IN (SELECT id FROM stage.changed_users) THEN ?1 ELSE updated_at END,
             removed_at = NULL
         FROM stage.users s WHERE users.id = s.user_id",
        [at],
    )?;
    transaction.execute(
        "UPDATE users SET status = a.fate, updated_at = ?1,
             status_before = CASE WHEN a.was IN ('active', 'suspended') THEN a.was ELSE status_before END,
             status_reason = CASE WHEN a.fate = 'retained' THEN 'missing' ELSE status_reason END,
             removed_at = CASE WHEN a.fate = 'removed' THEN ?1 END
         FROM stage.absent_users a WHERE users.id = a.id AND a.was <> a.fate",
        [at],
    )?;
    Ok(())
}

fn update_groups(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE groups SET name = s.name, email = s.email, description = s.description, kind = s.kind,
             aliases = s.aliases, content_hash = s.content_hash,
             updated_at = CASE WHEN groups.id IN (SELECT id FROM stage.changed_groups) THEN ?2 ELSE updated_at END
         FROM stage.groups s WHERE groups.integration_id = ?1 AND groups.id = s.group_id",
        params![integration, at],
    )?;
    transaction.execute("DELETE FROM groups WHERE id IN (SELECT id FROM stage.absent_groups)", [])?;
    Ok(())
}

fn replace_members(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "DELETE FROM memberships WHERE (group_id, member_external_id) IN (
             SELECT o.group_id, o.member_external_id
             FROM stage.member_lists l CROSS JOIN memberships o ON o.group_id = l.group_id
             WHERE l.state = 'changed' AND NOT EXISTS (
                 SELECT 1 FROM stage.members m
                 WHERE m.list_id = l.list_id AND m.member_external_id = o.member_external_id));",
    )?;
    let insert = "INSERT INTO memberships (group_id, member_external_id, kind, email, role)
         SELECT l.group_id, m.member_external_id, m.kind, m.email, m.role
         FROM stage.member_lists l CROSS JOIN stage.members m ON m.list_id = l.list_id
         WHERE l.state = 'changed' AND l.group_id IS NOT NULL
         ON CONFLICT DO UPDATE SET kind = excluded.kind, email = excluded.email, role = excluded.role;";
    if more_come_than_there_are(transaction)? {
        // Members come group by group, in no order of theirs: millions of them would each look for a far-away place in
        // the index. Sorting them once is faster, and needs no more memory.
        let index: String = transaction.query_row(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = 'memberships_member'",
            [],
            |row| row.get(0),
        )?;
        transaction.execute_batch(&format!("DROP INDEX memberships_member; {insert} {index};"))?;
    } else {
        transaction.execute_batch(insert)?;
    }
    transaction.execute_batch(
        "UPDATE groups SET members_hash = l.members_hash, member_count = l.member_count
         FROM stage.member_lists l WHERE groups.id = l.group_id AND l.state = 'changed';",
    )
}

/// Whether this run brings more memberships than are stored.
fn more_come_than_there_are(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT (SELECT coalesce(sum(member_count), 0) FROM stage.member_lists WHERE state = 'changed')
              > (SELECT coalesce(sum(member_count), 0) FROM groups)",
        [],
        |row| row.get(0),
    )
}

/// The mail domains the directory's own people were seen with; guests bring strangers' domains.
fn note_domains(transaction: &Transaction<'_>, integration: i64) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT OR IGNORE INTO domains (integration_id, domain)
         SELECT ?1, lower(substr(address, instr(address, '@') + 1)) FROM (
             SELECT email AS address, attributes FROM stage.users
             UNION ALL SELECT a.value, attributes FROM stage.users, json_each(aliases) a)
         WHERE instr(address, '@') > 0 AND json_extract(attributes, '$.is_guest') IS NOT 1
         GROUP BY 2",
        [integration],
    )?;
    Ok(())
}

/// A complete run replaces the plan an earlier one held, and holds its own if there is anything to hold.
fn hold_plan(
    transaction: &Transaction<'_>,
    integration: i64,
    run: i64,
    at: &str,
    held: i64,
) -> rusqlite::Result<Option<i64>> {
    transaction.execute(
        "UPDATE plans SET state = 'replaced', decided_at = ?2 WHERE integration_id = ?1 AND state = 'held'",
        params![integration, at],
    )?;
    if held == 0 {
        return Ok(None);
    }
    transaction.execute(
        "INSERT INTO plans (integration_id, run_id, created_at, state) VALUES (?1, ?2, ?3, 'held')",
        params![integration, run, at],
    )?;
    let plan = transaction.last_insert_rowid();
    transaction.execute(
        "INSERT INTO plan_items (plan_id, user_id, action, evidence, status_then, status_reason)
         SELECT ?1, id, 'remove', evidence, 'missing', NULL FROM stage.absent_users WHERE held
         UNION ALL SELECT ?1, user_id, 'suspend', 'directory', 'active', held_reason FROM stage.users WHERE held",
        [plan],
    )?;
    Ok(Some(plan))
}
