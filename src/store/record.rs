//! The record of runs: written once, when a run has ended.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::columns::stamp;
use super::plan::PlanSummary;
use super::{Store, StoreError};
use crate::model::{Counts, IntegrationId, Outcome, RunNote, Standing};

/// What is known of a run besides its counts.
pub(super) struct RunRecord<'a> {
    pub(super) integration: i64,
    pub(super) trigger: &'a str,
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Timestamp,
    pub(super) error: Option<&'a str>,
}

pub(super) fn insert_run(
    db: &Connection,
    record: &RunRecord<'_>,
    outcome: Outcome,
    notes: &[RunNote],
) -> rusqlite::Result<i64> {
    db.execute(
        "INSERT INTO runs (integration_id, trigger, started_at, ended_at, outcome, error, counts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            record.integration,
            record.trigger,
            stamp(record.started_at),
            stamp(record.ended_at),
            outcome.as_str(),
            record.error,
            counts_json(Counts::default(), Counts::default(), Counts::default())
        ],
    )?;
    let run = db.last_insert_rowid();
    let mut insert = db.prepare_cached(
        "INSERT INTO run_notes (run_id, subject, external_id, refused, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for note in notes {
        insert.execute(params![run, note.subject, note.external_id, note.refused, note.reason])?;
    }
    Ok(run)
}

pub(super) fn set_run_counts(db: &Connection, run: i64, summary: &PlanSummary) -> rusqlite::Result<()> {
    let counts = counts_json(summary.users, summary.groups, summary.memberships);
    db.execute("UPDATE runs SET counts = ?2 WHERE id = ?1", params![run, counts])?;
    Ok(())
}

fn counts_json(users: Counts, groups: Counts, memberships: Counts) -> String {
    serde_json::json!({ "users": users, "groups": groups, "memberships": memberships }).to_string()
}

/// A run that changed nothing.
#[derive(Clone, Debug)]
pub struct FailedRun {
    /// Of what.
    pub integration: IntegrationId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why it failed.
    pub message: String,
    /// Where the integration stands now, if nobody has signed in since this moment.
    pub standing: Option<(Standing, Option<Timestamp>)>,
}

impl Store {
    /// Records a run that changed nothing because it failed, and where the integration stands now.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_failure(&mut self, failed: &FailedRun) -> Result<i64, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let integration = failed.integration.0;
        let record = RunRecord {
            integration,
            trigger: "sync",
            started_at: failed.started_at,
            ended_at: failed.ended_at,
            error: Some(&failed.message),
        };
        let run = insert_run(&transaction, &record, Outcome::Failed, &[])?;
        transaction.execute("UPDATE integrations SET last_sync_outcome = 'failed' WHERE id = ?1", [integration])?;
        if let Some((standing, signed_in_at)) = failed.standing {
            transaction.execute(
                "UPDATE integrations SET standing = ?2, standing_reason = ?3 WHERE id = ?1 AND signed_in_at IS ?4",
                params![integration, standing.as_str(), failed.message, signed_in_at.map(stamp)],
            )?;
        }
        transaction.commit()?;
        Ok(run)
    }
}
