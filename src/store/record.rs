//! The record of runs: written once, when a run has ended.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::columns::stamp;
use super::plan::PlanSummary;
use super::{Store, StoreError};
use crate::model::{Counts, Failure, IntegrationId, Outcome, RunNote, Standing};

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

impl Store {
    /// Records a run that changed nothing because it failed, and where the integration stands now.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_failure(
        &mut self,
        integration: IntegrationId,
        started_at: Timestamp,
        ended_at: Timestamp,
        failure: &Failure,
        standing: Option<Standing>,
    ) -> Result<i64, StoreError> {
        let transaction = self.db.transaction()?;
        let record = RunRecord {
            integration: integration.0,
            trigger: "sync",
            started_at,
            ended_at,
            error: Some(&failure.message),
        };
        let run = insert_run(&transaction, &record, Outcome::Failed, &[])?;
        transaction.execute("UPDATE integrations SET last_sync_outcome = 'failed' WHERE id = ?1", [integration.0])?;
        if let Some(standing) = standing {
            transaction.execute(
                "UPDATE integrations SET standing = ?2, standing_reason = ?3 WHERE id = ?1",
                params![integration.0, standing.as_str(), failure.message],
            )?;
        }
        transaction.commit()?;
        Ok(run)
    }
}
