//! Deleting an integration: people without a device go, people who hold one stay, unmanaged; one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

use super::columns::stamp;
use super::integrations::is_live;
use super::retention::{Fate, holds_device, moving};
use super::scim::bury_resources;
use super::stage::{file_of, remove};
use super::{Store, StoreError};
use crate::model::{IntegrationId, LifeCycle, LifeEvent};

/// How an integration is to be deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Farewell<'a> {
    /// Everybody stays, whether they hold a device or not, until they are pruned by command.
    pub keep_all: bool,
    /// The operating-system user whose command it is.
    pub actor: Option<&'a str>,
}

/// What deleting an integration would do, or did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Deletion {
    /// People who go.
    pub removed: i64,
    /// People who stay because they hold a device.
    pub retained: Vec<Retained>,
    /// People who hold none and stay because everybody is to be kept.
    pub kept: i64,
    /// Groups that go.
    pub groups: i64,
    /// The first of those who go, by address, for a look before it happens.
    pub removed_sample: Vec<String>,
    /// The first of the groups that go, by name.
    pub groups_sample: Vec<String>,
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

const SAMPLE: i64 = 20;
const LABEL: &str = "coalesce(u.email, u.user_name, u.display_name)";

impl Store {
    /// What [`Store::delete_integration`] would do now.
    ///
    /// # Errors
    /// The database refuses.
    pub fn preview_deletion(
        &self,
        life: LifeCycle,
        integration: IntegrationId,
        how: Farewell<'_>,
    ) -> Result<Deletion, StoreError> {
        Ok(preview(&self.db, life, integration, how)?)
    }

    /// Deletes an integration: its name is free at once, its secrets are destroyed, its history stays. What becomes of
    /// its people is in the table of lives; those who stay keep the names of their groups.
    ///
    /// # Errors
    /// It is deleted already (its people are not judged twice), or the database refuses; then nothing has changed.
    pub fn delete_integration(
        &mut self,
        life: LifeCycle,
        integration: IntegrationId,
        how: Farewell<'_>,
        now: Timestamp,
    ) -> Result<Deletion, StoreError> {
        let at = stamp(now);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !is_live(&transaction, integration)? {
            return Err(StoreError::Deleted);
        }
        let deletion = preview(&transaction, life, integration, how)?;
        let Fate { status, reason, kind } = Fate::of(life, event(how), "u.status", &holds_device("u.id"));
        transaction.execute(
            &format!(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                     after, actor)
                 SELECT ?1, ?2, 'user', id, external_id, label, kind,
                        CASE WHEN fate = status THEN 'status_reason' ELSE 'status' END,
                        CASE WHEN fate = status THEN status_reason ELSE status END,
                        CASE WHEN fate = status THEN reason ELSE fate END, ?3
                 FROM (SELECT u.id, u.external_id, {LABEL} AS label, u.status, u.status_reason, {status} AS fate,
                              {reason} AS reason, {kind} AS kind
                       FROM users u WHERE u.integration_id = ?1 ORDER BY u.id)
                 WHERE kind IS NOT NULL AND (fate <> status OR reason IS NOT status_reason)
                 UNION ALL
                 SELECT ?1, ?2, 'group', g.id, g.external_id, coalesce(g.email, g.name), 'left', NULL, NULL, NULL, ?3
                 FROM groups g WHERE g.integration_id = ?1"
            ),
            params![integration.0, at, how.actor],
        )?;
        let Fate { status, reason, kind } = Fate::of(life, event(how), "status", &holds_device("users.id"));
        transaction.execute(
            &format!(
                "UPDATE users SET {}, content_hash = NULL WHERE integration_id = ?1 AND {kind} IS NOT NULL",
                moving(&status, &reason, "?2")
            ),
            params![integration.0, at],
        )?;
        if how.keep_all {
            let kept = "UPDATE users SET kept = 1 WHERE integration_id = ?1 AND status = 'retained'";
            transaction.execute(kept, [integration.0])?;
        }
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
        transaction.execute(
            "UPDATE plans SET state = 'discarded', decided_at = ?2, decided_by = ?3
             WHERE integration_id = ?1 AND state = 'held'",
            params![integration.0, at, how.actor],
        )?;
        transaction.execute(
            "UPDATE integrations SET deleted_at = ?2, credentials = '{}', admin_email = NULL, admin_subject = NULL,
                 client = NULL WHERE id = ?1",
            params![integration.0, at],
        )?;
        bury_resources(&transaction, integration, now)?;
        transaction.commit()?;
        // Whatever a run that broke off left of its people; should it stay, the next run throws it away.
        let _ = remove(&file_of(self, integration));
        Ok(deletion)
    }
}

fn event(how: Farewell<'_>) -> LifeEvent {
    if how.keep_all { LifeEvent::IntegrationKept } else { LifeEvent::IntegrationDeleted }
}

fn preview(
    db: &Connection,
    life: LifeCycle,
    integration: IntegrationId,
    how: Farewell<'_>,
) -> rusqlite::Result<Deletion> {
    let holds = holds_device("u.id");
    let fate = Fate::of(life, event(how), "u.status", &holds).status;
    let number = |sql: &str| db.query_row(sql, [integration.0], |row| row.get::<_, i64>(0));
    let texts = |sql: &str| {
        let mut statement = db.prepare(sql)?;
        statement.query_map([integration.0], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    let going = format!("FROM users u WHERE u.integration_id = ?1 AND {fate} = 'removed'");
    let mut staying = db.prepare(&format!(
        "SELECT u.id, {LABEL}, (SELECT json_group_array(serial) FROM (
                    SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
                    WHERE a.user_id = u.id AND a.ended_at IS NULL ORDER BY 1))
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
        kept: number(&format!(
            "SELECT count(*) FROM users u WHERE u.integration_id = ?1 AND {fate} = 'retained' AND NOT {holds}"
        ))?,
        groups: number("SELECT count(*) FROM groups WHERE integration_id = ?1")?,
        removed_sample: texts(&format!("SELECT coalesce({LABEL}, u.external_id) {going} ORDER BY 1 LIMIT {SAMPLE}"))?,
        groups_sample: texts(&format!(
            "SELECT coalesce(name, email, external_id) FROM groups WHERE integration_id = ?1 ORDER BY 1 LIMIT {SAMPLE}"
        ))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::LIFE_CYCLE;

    /// Two administrators are asked at the same time; the first one keeps everybody.
    #[test]
    fn an_integration_is_deleted_once() {
        let mut store = Store::nothing_yet().unwrap();
        let corp = store.add_integration_for_tests("corp");
        let insert = "INSERT INTO users (integration_id, external_id, status, created_at, updated_at)
                      VALUES (1, 'a', 'active', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z')";
        store.db.execute(insert, []).unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let all = Farewell { keep_all: true, actor: None };
        store.delete_integration(LIFE_CYCLE, corp, all, now).unwrap();
        let again = store.delete_integration(LIFE_CYCLE, corp, Farewell::default(), now);
        assert!(matches!(again, Err(StoreError::Deleted)), "{again:?}");
        let status = store.db.query_row("SELECT status FROM users", [], |row| row.get::<_, String>(0));
        assert_eq!(status.as_deref(), Ok("retained"));
    }
}
