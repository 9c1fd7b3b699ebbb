//! Deleting an integration: people without a device go, people who hold one stay, unmanaged; one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::columns::stamp;
use super::retention::holds_device;
use super::scim::bury_resources;
use super::stage::{file_of, remove};
use super::{Store, StoreError};
use crate::model::IntegrationId;

/// What deleting an integration would do, or did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Deletion {
    /// People who go.
    pub removed: i64,
    /// People who stay because they hold a device.
    pub retained: Vec<Retained>,
    /// Groups that go.
    pub groups: i64,
    /// Some of those who go, by address, for a look before it happens.
    pub removed_sample: Vec<String>,
}

/// Somebody who stays.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Retained {
    /// Internal id.
    pub id: i64,
    /// Address or name.
    pub label: Option<String>,
    /// Serial numbers.
    pub devices: Vec<String>,
}

const SAMPLE: i64 = 5;
const LABEL: &str = "coalesce(u.email, u.user_name, u.display_name)";

impl Store {
    /// What [`Store::delete_integration`] would do now.
    ///
    /// # Errors
    /// The database refuses.
    pub fn preview_deletion(&self, integration: IntegrationId) -> Result<Deletion, StoreError> {
        Ok(preview(&self.db, integration)?)
    }

    /// Deletes an integration: its name is free at once, its secrets are destroyed, its history stays.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn delete_integration(&mut self, integration: IntegrationId, now: Timestamp) -> Result<Deletion, StoreError> {
        let (at, holds) = (stamp(now), holds_device("u.id"));
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let deletion = preview(&transaction, integration)?;
        transaction.execute(
            &format!(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after)
                 SELECT ?1, ?2, 'user', u.id, u.external_id, {LABEL}, CASE WHEN {holds} THEN 'retained' ELSE 'left' END,
                        'status', u.status, CASE WHEN {holds} THEN 'retained' ELSE 'removed' END
                 FROM users u WHERE u.integration_id = ?1 AND u.status <> 'removed' AND NOT (u.status = 'retained' AND {holds})
                 UNION ALL
                 SELECT ?1, ?2, 'group', g.id, g.external_id, coalesce(g.email, g.name), 'left', NULL, NULL, NULL
                 FROM groups g WHERE g.integration_id = ?1"
            ),
            params![integration.0, at],
        )?;
        transaction.execute(
            &format!(
                "UPDATE users AS u SET updated_at = ?2, content_hash = NULL,
                     status_before = CASE WHEN status IN ('active', 'suspended') THEN status ELSE status_before END,
                     status_reason = CASE WHEN {holds} THEN 'integration_deleted' ELSE status_reason END,
                     removed_at = CASE WHEN {holds} THEN NULL ELSE ?2 END,
                     status = CASE WHEN {holds} THEN 'retained' ELSE 'removed' END
                 WHERE integration_id = ?1 AND status <> 'removed'"
            ),
            params![integration.0, at],
        )?;
        for sql in [
            "DELETE FROM groups WHERE integration_id = ?1",
            "DELETE FROM domains WHERE integration_id = ?1",
            "DELETE FROM secrets WHERE integration_id = ?1",
            "DELETE FROM streams WHERE integration_id = ?1",
            "DELETE FROM scim_tokens WHERE integration_id = ?1",
            "DELETE FROM scim_emails WHERE integration_id = ?1",
        ] {
            transaction.execute(sql, [integration.0])?;
        }
        for sql in [
            "UPDATE plans SET state = 'discarded', decided_at = ?2 WHERE integration_id = ?1 AND state = 'held'",
            "UPDATE integrations SET deleted_at = ?2, credentials = '{}', admin_email = NULL, admin_subject = NULL,
                 client = NULL WHERE id = ?1",
        ] {
            transaction.execute(sql, params![integration.0, at])?;
        }
        bury_resources(&transaction, integration, now)?;
        transaction.commit()?;
        // Whatever a run that broke off left of its people; should it stay, the next run throws it away.
        let _ = remove(&file_of(self, integration));
        Ok(deletion)
    }
}

fn preview(db: &Connection, integration: IntegrationId) -> rusqlite::Result<Deletion> {
    let holds = holds_device("u.id");
    let number = |sql: &str| db.query_row(sql, [integration.0], |row| row.get::<_, i64>(0));
    let going = format!("FROM users u WHERE u.integration_id = ?1 AND u.status <> 'removed' AND NOT {holds}");
    let mut sample =
        db.prepare(&format!("SELECT coalesce({LABEL}, u.external_id) {going} ORDER BY 1 LIMIT {SAMPLE}"))?;
    let mut staying = db.prepare(&format!(
        "SELECT u.id, {LABEL}, (SELECT json_group_array(d.serial) FROM assignments a JOIN devices d ON d.id = a.device_id
                                WHERE a.user_id = u.id AND a.ended_at IS NULL)
         FROM users u WHERE u.integration_id = ?1 AND {holds} ORDER BY 2, 1"
    ))?;
    let retained = staying.query_map([integration.0], |row| {
        let devices: String = row.get(2)?;
        Ok(Retained {
            id: row.get(0)?,
            label: row.get(1)?,
            devices: serde_json::from_str(&devices).unwrap_or_default(),
        })
    })?;
    Ok(Deletion {
        removed: number(&format!("SELECT count(*) {going}"))?,
        retained: retained.collect::<Result<_, _>>()?,
        groups: number("SELECT count(*) FROM groups WHERE integration_id = ?1")?,
        removed_sample: sample.query_map([integration.0], |row| row.get(0))?.collect::<Result<_, _>>()?,
    })
}
