//! The apply: one transaction that turns a decided plan into the directory's new state, its history, the run's record
//! and, where something was held, the numbered plan.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::columns::stamp;
use super::housekeeping::keep_house;
use super::meanwhile::meet_the_present;
use super::plan::{PlanSummary, add_membership};
use super::plan_rows::Part;
use super::record::{RunRecord, insert_run, set_run_counts};
use super::retention::moving;
use super::rules::assign_by_rules;
use super::scope::move_people;
use super::streams::store_places;
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

/// Memory for pages of the staging file meanwhile, which is read from one end to the other.
const STAGE_CACHE: i64 = 2 * 1024;

impl Stage {
    /// Applies the decided plan, all or nothing.
    ///
    /// # Errors
    /// The disk refuses, or the counts do not balance; then nothing has changed.
    pub fn apply(&mut self, started_at: Timestamp, now: Timestamp) -> Result<Applied, StoreError> {
        let (parts, integration) = (self.parts()?, self.integration.0);
        let at = stamp(now);
        self.store.db.pragma_update(Some("stage"), "cache_size", -STAGE_CACHE)?;
        self.store.db.pragma_update(None, "cache_size", -APPLY_CACHE)?;
        let transaction = Transaction::new_unchecked(&self.store.db, TransactionBehavior::Immediate)?;
        meet_the_present(&transaction, self.life)?;
        let mut summary = self.summary_without_memberships()?;
        for (what, counts) in [("people", summary.users), ("groups", summary.groups)] {
            if !counts.balances() {
                return Err(StoreError::Unbalanced(format!("{what}: {counts:?}")));
            }
        }
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
                if part.kind == "joined" { imported(&transaction)? } else { 0 }
            } else {
                write_history(&transaction, part, run, integration, &at)?
            };
            if part.subject == "membership" {
                add_membership(&mut summary.memberships, part.kind, number);
            }
        }
        tracing::debug!("the history is written");
        update_users(&transaction, &at)?;
        move_people(&transaction, "stage", &at)?;
        update_groups(&transaction, integration, &at)?;
        find_touched_groups(&transaction)?;
        replace_members(&transaction, integration, &at)?;
        tracing::debug!("people, groups and memberships are written");
        note_domains(&transaction, integration)?;
        let plan = hold_plan(&transaction, integration, run, &at, summary.users.held)?;
        store_places(&transaction, integration)?;
        set_run_counts(&transaction, run, &summary)?;
        let given = assign_by_rules(&transaction, None, Some(run), now)?;
        tracing::debug!(given, "rules gave devices");
        let swept = keep_house(&transaction, self.life, now)?;
        tracing::debug!(swept.pruned, swept.emptied, "time has done its part");
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
             aliases, is_admin, attributes, content_hash, source, status_before, created_at, updated_at)
         SELECT ?1, external_id, status, status_reason, email, user_name, display_name, given_name, family_name, title,
             department, cost_center, manager, employee_id, phone, location, org_unit, aliases, is_admin, attributes,
             content_hash, source, status_before, ?2, ?2
         FROM stage.users WHERE user_id IS NULL ORDER BY rowid",
        params![integration, at],
    )?;
    Ok(())
}

fn insert_groups(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO groups (integration_id, external_id, name, email, description, kind, aliases, attributes,
             content_hash, source, created_at, updated_at)
         SELECT ?1, external_id, name, email, description, kind, aliases, attributes, content_hash, source, ?2, ?2
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

fn imported(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(sum(member_count), 0) FROM stage.member_lists WHERE state = 'changed'";
    transaction.query_row(sql, [], |row| row.get(0))
}

/// A held suspension leaves no hash behind, so that the next run looks at that person again.
fn update_users(transaction: &Transaction<'_>, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE users SET status = s.status, status_reason = s.status_reason, status_before = s.status_before, email = s.email,
             user_name = s.user_name, display_name = s.display_name, given_name = s.given_name,
             family_name = s.family_name, title = s.title, department = s.department, cost_center = s.cost_center,
             manager = s.manager, employee_id = s.employee_id, phone = s.phone, location = s.location,
             org_unit = s.org_unit, aliases = s.aliases, is_admin = s.is_admin, attributes = s.attributes,
             content_hash = CASE WHEN s.held THEN NULL ELSE s.content_hash END, source = s.source,
             updated_at = CASE WHEN users.id IN (SELECT id FROM stage.changed_users) THEN ?1 ELSE updated_at END,
             removed_at = NULL, retained_at = NULL, last_groups = NULL, kept = 0, scoped_out = 0, emptied_at = NULL
         FROM stage.users s WHERE users.id = s.user_id",
        [at],
    )?;
    transaction.execute(
        &format!(
            "UPDATE users SET {} FROM stage.absent_users a WHERE users.id = a.id AND a.kind IS NOT NULL",
            moving("a.fate", "a.reason", "?1")
        ),
        [at],
    )?;
    Ok(())
}

fn update_groups(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE groups SET name = s.name, email = s.email, description = s.description, kind = s.kind,
             aliases = s.aliases, attributes = s.attributes, content_hash = s.content_hash, source = s.source,
             updated_at = CASE WHEN groups.id IN (SELECT id FROM stage.changed_groups) THEN ?2 ELSE updated_at END
         FROM stage.groups s WHERE groups.integration_id = ?1 AND groups.id = s.group_id",
        params![integration, at],
    )?;
    transaction.execute("DELETE FROM groups WHERE id IN (SELECT id FROM stage.absent_groups)", [])?;
    Ok(())
}

/// Groups whose number of members may change: their list does, or somebody in them appears or disappears.
fn find_touched_groups(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "INSERT INTO stage.touched_groups (id)
         SELECT group_id FROM stage.member_lists WHERE state IN ('changed', 'partial') AND group_id IS NOT NULL;
         INSERT OR IGNORE INTO stage.touched_groups (id)
         SELECT m.group_id FROM stage.absent_users a CROSS JOIN users u ON u.id = a.id
         CROSS JOIN memberships m ON m.member_external_id = u.external_id WHERE a.fate IN ('removed', 'retained');
         INSERT OR IGNORE INTO stage.touched_groups (id)
         SELECT m.group_id FROM stage.users s CROSS JOIN memberships m ON m.member_external_id = s.external_id
         WHERE s.was IN ('removed', 'retained');
         INSERT OR IGNORE INTO stage.touched_groups (id)
         SELECT m.group_id FROM stage.deleted_users d CROSS JOIN memberships m ON m.member_external_id = d.external_id;",
    )
}

fn replace_members(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    // By member, for a person is in few groups, and a group may hold everybody.
    transaction.execute_batch(
        "DELETE FROM memberships
         WHERE member_external_id IN (
             SELECT o.member_external_id
             FROM stage.member_lists l CROSS JOIN memberships o ON o.group_id = l.group_id
             WHERE l.state = 'changed' AND NOT EXISTS (
                 SELECT 1 FROM stage.members m WHERE m.list_id = l.list_id
                 AND m.member_external_id = o.member_external_id AND NOT m.gone))
           AND EXISTS (
             SELECT 1 FROM stage.member_lists l WHERE l.group_id = memberships.group_id AND l.state = 'changed'
             AND NOT EXISTS (
                 SELECT 1 FROM stage.members m WHERE m.list_id = l.list_id
                 AND m.member_external_id = memberships.member_external_id AND NOT m.gone));
         DELETE FROM memberships
         WHERE member_external_id IN (
             SELECT m.member_external_id
             FROM stage.member_lists l CROSS JOIN stage.members m ON m.list_id = l.list_id
             WHERE l.state = 'partial' AND m.gone)
           AND EXISTS (
             SELECT 1 FROM stage.member_lists l CROSS JOIN stage.members m ON m.list_id = l.list_id
             WHERE l.group_id = memberships.group_id AND l.state = 'partial'
               AND m.member_external_id = memberships.member_external_id AND m.gone);",
    )?;
    // Of people gone for good nothing is left to be restored.
    transaction.execute(
        "DELETE FROM memberships
         WHERE member_external_id IN (
             SELECT d.external_id FROM stage.deleted_users d
             LEFT JOIN users u ON u.integration_id = ?1 AND u.external_id = d.external_id
             WHERE d.purged AND coalesce(u.status, 'removed') IN ('removed', 'retained'))
           AND group_id IN (SELECT id FROM groups WHERE integration_id = ?1)",
        [integration],
    )?;
    let insert = "INSERT INTO memberships (group_id, member_external_id, kind, email, role)
         SELECT l.group_id, m.member_external_id, m.kind, m.email, m.role
         FROM stage.member_lists l CROSS JOIN stage.members m ON m.list_id = l.list_id
         WHERE l.state IN ('changed', 'partial') AND l.group_id IS NOT NULL AND NOT m.gone
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
    bury_strangers(transaction, integration, at)?;
    transaction.execute_batch(
        "UPDATE groups SET members_hash = l.members_hash, member_count = l.member_count
         FROM stage.member_lists l WHERE groups.id = l.group_id AND l.state = 'changed';
         UPDATE groups SET members_hash = NULL
         WHERE id IN (SELECT group_id FROM stage.member_lists WHERE state = 'partial');
         UPDATE groups SET member_count = (SELECT count(*) FROM memberships m WHERE m.group_id = groups.id)
         WHERE id IN (SELECT id FROM stage.touched_groups)
           AND id NOT IN (SELECT group_id FROM stage.member_lists WHERE state = 'changed' AND group_id IS NOT NULL);",
    )?;
    discount_hidden_members(transaction, integration)
}

/// Somebody who came, joined a group and was deleted between two runs is told of as a member all the same, and once
/// restored will not be told again: a tombstone hides the membership until then.
fn bury_strangers(transaction: &Transaction<'_>, integration: i64, at: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO users (integration_id, external_id, status, created_at, updated_at, removed_at)
         SELECT DISTINCT ?1, d.external_id, 'removed', ?2, ?2, ?2 FROM stage.deleted_users d
         CROSS JOIN memberships m ON m.member_external_id = d.external_id AND m.kind = 'user'
         CROSS JOIN groups g ON g.id = m.group_id AND g.integration_id = ?1 AND g.source IS NOT NULL
         WHERE NOT d.purged AND NOT EXISTS (
             SELECT 1 FROM users u WHERE u.integration_id = ?1 AND u.external_id = d.external_id)",
        params![integration, at],
    )?;
    Ok(())
}

/// Members who are gone, and listed all the same, are not counted.
fn discount_hidden_members(transaction: &Transaction<'_>, integration: i64) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE groups SET member_count = member_count - hidden.members
         FROM (SELECT m.group_id, count(*) AS members FROM users u
               CROSS JOIN memberships m ON m.member_external_id = u.external_id AND m.kind = 'user'
               CROSS JOIN stage.touched_groups t ON t.id = m.group_id
               CROSS JOIN groups g ON g.id = m.group_id AND g.source IS NOT NULL
               WHERE u.integration_id = ?1 AND u.status IN ('removed', 'retained') GROUP BY m.group_id) AS hidden
         WHERE groups.id = hidden.group_id AND groups.integration_id = ?1",
        [integration],
    )?;
    Ok(())
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

/// A run replaces the plan an earlier one held, and holds its own if there is anything to hold. Where nothing was added
/// to what is held already, and nothing taken from it, the plan stays as it is.
fn hold_plan(
    transaction: &Transaction<'_>,
    integration: i64,
    run: i64,
    at: &str,
    held: i64,
) -> rusqlite::Result<Option<i64>> {
    let waiting: Option<(i64, i64)> = transaction
        .query_row(
            "SELECT p.id, count(x.user_id) FROM plans p LEFT JOIN plan_items x ON x.plan_id = p.id
             WHERE p.integration_id = ?1 AND p.state = 'held' GROUP BY p.id",
            [integration],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let carried: i64 = transaction.query_row("SELECT count(*) FROM stage.carried_items", [], |row| row.get(0))?;
    if let Some((plan, items)) = waiting
        && items == carried
        && held == carried
    {
        return Ok(Some(plan));
    }
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
         UNION ALL SELECT ?1, user_id, 'suspend', 'directory', 'active', held_reason FROM stage.users
             WHERE held AND user_id NOT IN (SELECT user_id FROM stage.carried_items)
         UNION ALL SELECT ?1, user_id, action, evidence, status_then, status_reason FROM stage.carried_items",
        [plan],
    )?;
    Ok(Some(plan))
}
