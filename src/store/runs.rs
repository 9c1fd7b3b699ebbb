//! Reading what runs did and what they set aside.

use rusqlite::{OptionalExtension, Row, named_params};

use super::columns::{Mapped, id_list, moment, word};
use super::{Store, StoreError};
use crate::model::{Counts, IntegrationId, Outcome, Run, RunNote};

const RUN: &str = "SELECT r.*, i.name AS integration FROM runs r JOIN integrations i ON i.id = r.integration_id";

impl Store {
    /// Hands runs, latest first, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_run<E: From<StoreError>>(
        &self,
        integrations: Option<&[IntegrationId]>,
        limit: Option<u32>,
        mut each: impl FnMut(Run) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "{RUN} WHERE :integrations IS NULL OR r.integration_id IN (SELECT value FROM json_each(:integrations))
             ORDER BY r.id DESC LIMIT :limit"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(StoreError::from)?;
        let mut rows = statement
            .query(named_params! {
                ":integrations": integrations.map(id_list),
                ":limit": limit.map_or(-1, i64::from),
            })
            .map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(run(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// One run.
    ///
    /// # Errors
    /// The database refuses.
    pub fn run(&self, id: i64) -> Result<Option<Run>, StoreError> {
        Ok(self.db.query_row(&format!("{RUN} WHERE r.id = ?1"), [id], run).optional()?)
    }

    /// What a run set aside or found worth knowing, refusals first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn run_notes(&self, run: i64) -> Result<Vec<RunNote>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT subject, external_id, refused, reason FROM run_notes WHERE run_id = ?1 ORDER BY refused DESC, rowid",
        )?;
        let rows = statement.query_map([run], |row| {
            Ok(RunNote {
                subject: row.get("subject")?,
                external_id: row.get("external_id")?,
                refused: row.get("refused")?,
                reason: row.get("reason")?,
            })
        })?;
        Ok(rows.collect::<Mapped<_>>()?)
    }
}

fn run(row: &Row<'_>) -> Mapped<Run> {
    let counts: serde_json::Value = row.get("counts")?;
    let of = |subject: &str| {
        let count = |key: &str| counts[subject][key].as_i64().unwrap_or(0);
        Counts {
            fetched: count("fetched"),
            added: count("added"),
            out_of_scope: count("out_of_scope"),
            changed: count("changed"),
            unchanged: count("unchanged"),
            removed: count("removed"),
            missing: count("missing"),
            left_scope: count("left_scope"),
            came_into_scope: count("came_into_scope"),
            held: count("held"),
            refused: count("refused"),
        }
    };
    Ok(Run {
        id: row.get("id")?,
        integration: row.get("integration")?,
        trigger: row.get("trigger")?,
        started_at: moment(row, "started_at")?,
        ended_at: moment(row, "ended_at")?,
        outcome: word(row, "outcome", Outcome::parse)?,
        error: row.get("error")?,
        users: of("users"),
        groups: of("groups"),
        memberships: of("memberships"),
    })
}
