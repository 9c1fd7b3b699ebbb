//! What has to be known to sync where nobody watches: when each integration was synced and how often it failed since, what
//! was told of it, and whom to tell that it is alive.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};
use xxhash_rust::xxh3::xxh3_64;

use super::columns::{Mapped, moment, moment_if_any, stamp, word};
use super::integrations::refuse_taken_name;
use super::{Store, StoreError};
use crate::model::{Cadence, IntegrationId, IntegrationName, Outcome, Standing, TroubleTold};

/// A plan that waits for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldFacts {
    /// Its number.
    pub plan: i64,
    /// Since when it waits.
    pub since: Timestamp,
    /// How many people would be removed.
    pub removals: i64,
    /// How many people would be marked suspended.
    pub suspensions: i64,
}

/// A live integration, as those look at it who keep watch.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Row number.
    pub id: IntegrationId,
    /// Its name.
    pub name: String,
    /// The provider's word.
    pub kind: String,
    /// Its syncs.
    pub cadence: Cadence,
    /// Why it cannot work, in one sentence, when it cannot.
    pub standing_reason: Option<String>,
    /// How its last run ended.
    pub last_outcome: Option<Outcome>,
    /// How many records and groups its last run that did not fail set aside.
    pub refused: i64,
    /// The plan that waits for approval.
    pub held: Option<HeldFacts>,
    /// The trouble that was told last.
    pub told: Option<TroubleTold>,
}

/// `good` is the last run that did not fail; runs of a time before the last sign-in or before a deletion do not count.
const WATCHED: &str = "
WITH live AS (
    SELECT i.*, (SELECT r.id FROM runs r WHERE r.integration_id = i.id AND r.trigger = 'sync' AND r.outcome <> 'failed'
                 ORDER BY r.id DESC LIMIT 1) AS good,
           max(i.created_at, coalesce(i.signed_in_at, i.created_at)) AS counted_from
    FROM integrations i WHERE i.deleted_at IS NULL)
SELECT i.id, i.name, i.kind, i.tenant, i.interval_seconds, i.created_at, i.standing, i.standing_reason, i.last_sync_at,
       i.last_sync_outcome, u.told, u.told_at,
       (SELECT count(*) FROM runs r WHERE r.integration_id = i.id AND r.id > coalesce(i.good, 0) AND r.trigger = 'sync'
          AND r.outcome = 'failed' AND r.started_at >= i.counted_from) AS failures,
       (SELECT r.ended_at FROM runs r WHERE r.integration_id = i.id AND r.id > coalesce(i.good, 0)
          AND r.trigger = 'sync' AND r.outcome = 'failed' AND r.started_at >= i.counted_from
        ORDER BY r.id DESC LIMIT 1) AS last_failure_at,
       (SELECT count(*) FROM run_notes n WHERE n.run_id = i.good AND n.refused) AS refused,
       p.id AS plan, p.created_at AS held_since,
       (SELECT count(*) FROM plan_items t WHERE t.plan_id = p.id AND t.action = 'remove') AS removals,
       (SELECT count(*) FROM plan_items t WHERE t.plan_id = p.id AND t.action = 'suspend') AS suspensions
FROM live i LEFT JOIN unattended u ON u.integration_id = i.id
LEFT JOIN plans p ON p.integration_id = i.id AND p.state = 'held'
ORDER BY i.name_key";

impl Store {
    /// Every live integration, by name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn watched(&self) -> Result<Vec<Watched>, StoreError> {
        let mut statement = self.db.prepare_cached(WATCHED)?;
        let rows = statement.query_map([], watched)?;
        Ok(rows.collect::<Mapped<_>>()?)
    }

    /// Remembers what trouble was told of an integration, or that it has none any more.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_told(&self, id: IntegrationId, told: Option<&TroubleTold>) -> Result<(), StoreError> {
        self.db.execute(
            "INSERT INTO unattended (integration_id, told, told_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (integration_id) DO UPDATE SET told = excluded.told, told_at = excluded.told_at",
            params![id.0, told.map(|told| &told.word), told.map(|told| stamp(told.at))],
        )?;
        Ok(())
    }

    /// The address that is asked for at the start and at the end of a sync.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ping_url(&self, id: IntegrationId) -> Result<Option<String>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT ping_url FROM unattended WHERE integration_id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }

    /// Sets that address, or none.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_ping_url(&self, id: IntegrationId, url: Option<&str>) -> Result<(), StoreError> {
        self.db.execute(
            "INSERT INTO unattended (integration_id, ping_url) VALUES (?1, ?2)
             ON CONFLICT (integration_id) DO UPDATE SET ping_url = excluded.ping_url",
            params![id.0, url],
        )?;
        Ok(())
    }

    /// Sets the time between syncs; zero: only by hand.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_interval(&self, id: IntegrationId, interval: SignedDuration) -> Result<(), StoreError> {
        let sql = "UPDATE integrations SET interval_seconds = ?2 WHERE id = ?1";
        self.db.execute(sql, params![id.0, interval.as_secs()])?;
        Ok(())
    }

    /// Replaces the options of a directory that pushes, as the service reads them; nothing secret.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_options(&self, id: IntegrationId, options: &serde_json::Value) -> Result<(), StoreError> {
        let sql = "UPDATE integrations SET credentials = ?2 WHERE id = ?1";
        self.db.execute(sql, params![id.0, options.to_string()])?;
        Ok(())
    }

    /// Gives an integration another name. Everything stays with it.
    ///
    /// # Errors
    /// The name is taken by another live integration, it has been deleted, or the database refuses.
    pub fn rename_integration(&mut self, id: IntegrationId, name: &IntegrationName) -> Result<(), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        refuse_taken_name(&transaction, name, Some(id))?;
        let renamed = transaction.execute(
            "UPDATE integrations SET name = ?2, name_key = ?3 WHERE id = ?1 AND deleted_at IS NULL",
            params![id.0, name.as_str(), name.key()],
        )?;
        if renamed == 0 {
            return Err(StoreError::Deleted);
        }
        Ok(transaction.commit()?)
    }
}

fn watched(row: &Row<'_>) -> Mapped<Watched> {
    let id: i64 = row.get("id")?;
    let kind: String = row.get("kind")?;
    let (tenant, created_at): (String, String) = (row.get("tenant")?, row.get("created_at")?);
    // Two databases of the same organisation were not made in the same second.
    let seed = xxh3_64(format!("{kind}\0{tenant}\0{created_at}\0{id}").as_bytes());
    let cadence = Cadence {
        interval: SignedDuration::from_secs(row.get("interval_seconds")?),
        created_at: moment(row, "created_at")?,
        standing: word(row, "standing", Standing::parse)?,
        last_complete: moment_if_any(row, "last_sync_at")?,
        failures: row.get("failures")?,
        last_failure_at: moment_if_any(row, "last_failure_at")?,
        seed,
    };
    let held = match row.get::<_, Option<i64>>("plan")? {
        None => None,
        Some(plan) => Some(HeldFacts {
            plan,
            since: moment(row, "held_since")?,
            removals: row.get("removals")?,
            suspensions: row.get("suspensions")?,
        }),
    };
    let told: Option<String> = row.get("told")?;
    let last_outcome: Option<String> = row.get("last_sync_outcome")?;
    Ok(Watched {
        id: IntegrationId(id),
        name: row.get("name")?,
        kind,
        cadence,
        standing_reason: row.get("standing_reason")?,
        last_outcome: last_outcome.as_deref().and_then(Outcome::parse),
        refused: row.get("refused")?,
        held,
        told: told.zip(moment_if_any(row, "told_at")?).map(|(word, at)| TroubleTold { word, at }),
    })
}
