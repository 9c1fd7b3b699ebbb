//! Taking over the people of a deleted integration into one of another kind for the same organisation: they keep their
//! rows, and with them their history and devices, and wait under the new one to be taken back by their immutable ids.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::columns::{Mapped, moment, stamp};
use super::scim::fine_stamp;
use super::{Store, StoreError};
use crate::model::{IntegrationId, IntegrationName};

/// A deleted integration and who is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedIntegration {
    /// Its number.
    pub id: IntegrationId,
    /// Its last name.
    pub name: String,
    /// The provider's word.
    pub kind: String,
    /// The organisation's immutable id.
    pub tenant: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Who waits to be taken back.
    pub returning: Returning,
}

/// Who would be taken back if they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returning {
    /// People who are kept for their devices.
    pub retained: i64,
    /// Their devices.
    pub devices: i64,
    /// Others who are remembered.
    pub remembered: i64,
}

impl Returning {
    /// All of them.
    pub fn people(self) -> i64 {
        self.retained + self.remembered
    }
}

/// A wish to take over the people of a deleted integration.
#[derive(Clone, Copy, Debug)]
pub struct Adoption<'a> {
    /// The deleted one.
    pub from: IntegrationId,
    /// The operating-system user whose wish it is.
    pub actor: Option<&'a str>,
}

/// A person `u` who would be taken back: kept, or a tombstone that still says whose.
const RETURNING: &str = "(u.status = 'retained' OR u.status = 'removed'
    AND coalesce(u.email, u.user_name, u.display_name) IS NOT NULL)";

impl Store {
    /// The deleted integrations that had this name last, latest first; by `#12`, the one of this number; by `None`, all.
    ///
    /// # Errors
    /// The database refuses.
    pub fn deleted_integrations(&self, asked: Option<&str>) -> Result<Vec<DeletedIntegration>, StoreError> {
        let number = asked.and_then(|asked| asked.strip_prefix('#')).and_then(|number| number.parse::<i64>().ok());
        let mut statement = self.db.prepare_cached(
            "SELECT id, name, kind, tenant, deleted_at FROM integrations
             WHERE deleted_at IS NOT NULL AND (?1 IS NULL OR name_key = ?1 OR id = ?2) ORDER BY deleted_at DESC, id DESC",
        )?;
        let found = statement.query_map(params![asked.map(IntegrationName::key_of), number], |row| {
            let id = IntegrationId(row.get("id")?);
            Ok(DeletedIntegration {
                id,
                name: row.get("name")?,
                kind: row.get("kind")?,
                tenant: row.get("tenant")?,
                deleted_at: moment(row, "deleted_at")?,
                returning: returning(&self.db, id)?,
            })
        })?;
        Ok(found.collect::<Mapped<_>>()?)
    }

    /// Who of an integration would be taken back if they came.
    ///
    /// # Errors
    /// The database refuses.
    pub fn returning(&self, integration: IntegrationId) -> Result<Returning, StoreError> {
        Ok(returning(&self.db, integration)?)
    }

    /// How many devices those hold whom a run took back.
    ///
    /// # Errors
    /// The database refuses.
    pub fn devices_of_returned(&self, run: i64) -> Result<i64, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT count(*) FROM changes c CROSS JOIN assignments a ON a.user_id = c.subject_id AND a.ended_at IS NULL
             WHERE c.run_id = ?1 AND c.subject = 'user' AND c.kind = 'returned' AND c.field = 'status'",
        )?;
        Ok(statement.query_row([run], |row| row.get(0))?)
    }
}

fn returning(db: &Connection, integration: IntegrationId) -> Mapped<Returning> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT coalesce(sum(u.status = 'retained'), 0), coalesce(sum(u.status = 'removed'), 0),
                coalesce(sum((SELECT count(*) FROM assignments a WHERE a.user_id = u.id AND a.ended_at IS NULL)), 0)
         FROM users u WHERE u.integration_id = ?1 AND u.status IN ('retained', 'removed') AND {RETURNING}"
    ))?;
    statement.query_row([integration.0], |row| {
        Ok(Returning { retained: row.get(0)?, remembered: row.get(1)?, devices: row.get(2)? })
    })
}

/// Moves whoever is left of a deleted integration to `to`, each under the directory's own id for them: a pushed person's
/// is the client's, without which nobody could know them again, so they stay where they are. `pushes` says that `to`
/// is pushed to, where a deleted resource knows the person by the id. Where `to` knows an id already, it stays so.
///
/// # Errors
/// The integration is not deleted any more, or of the same kind, or the database refuses.
pub(super) fn adopt(
    transaction: &Transaction<'_>,
    adoption: &Adoption<'_>,
    to: IntegrationId,
    pushes: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (from, at) = (adoption.from.0, stamp(now));
    if from == to.0 {
        // The same organisation was connected again: its people are where they were.
        return Ok(());
    }
    let (name, deleted, same_kind): (String, bool, bool) = transaction
        .query_row(
            "SELECT f.name, f.deleted_at IS NOT NULL, f.kind = t.kind FROM integrations f JOIN integrations t ON t.id = ?2
             WHERE f.id = ?1",
            [from, to.0],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?
        .ok_or(StoreError::NotDeleted)?;
    if !deleted {
        return Err(StoreError::NotDeleted);
    }
    if same_kind {
        return Err(StoreError::OtherTenant(name));
    }
    transaction.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS adopted (user_id INTEGER PRIMARY KEY, external_id TEXT NOT NULL);
         DELETE FROM temp.adopted;",
    )?;
    transaction.execute(
        &format!(
            "INSERT INTO temp.adopted (user_id, external_id)
             SELECT id, known FROM (
                 SELECT id, known, row_number() OVER (PARTITION BY known ORDER BY status = 'retained' DESC, id DESC) AS n
                 FROM (SELECT u.id, u.status, CASE WHEN s.user_id IS NULL THEN u.external_id ELSE s.external_id END AS known
                       FROM users u LEFT JOIN scim_users s ON s.user_id = u.id
                       WHERE u.integration_id = ?1 AND {RETURNING})
                 WHERE known IS NOT NULL)
             WHERE n = 1
               AND NOT EXISTS (SELECT 1 FROM users o WHERE o.integration_id = ?2 AND o.external_id = known)
               AND NOT EXISTS (SELECT 1 FROM scim_users o WHERE o.integration_id = ?2 AND o.external_id = known)"
        ),
        params![from, to.0],
    )?;
    transaction.execute(
        "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after,
             actor)
         SELECT ?2, ?3, 'user', u.id, a.external_id, coalesce(u.email, u.user_name, u.display_name), 'changed',
                'integration', (SELECT name FROM integrations WHERE id = ?1),
                (SELECT name FROM integrations WHERE id = ?2), ?4
         FROM temp.adopted a JOIN users u ON u.id = a.user_id ORDER BY u.id",
        params![from, to.0, at, adoption.actor],
    )?;
    transaction.execute("DELETE FROM scim_users WHERE user_id IN (SELECT user_id FROM temp.adopted)", [])?;
    transaction.execute(
        "UPDATE users SET integration_id = ?1, external_id = a.external_id, source = NULL, content_hash = NULL,
             updated_at = ?2
         FROM temp.adopted a WHERE users.id = a.user_id",
        params![to.0, at],
    )?;
    if pushes {
        transaction.execute(
            "INSERT INTO scim_users (user_id, integration_id, scim_id, user_name_key, external_id, document, version,
                 created_at, modified_at, deleted_at)
             SELECT u.id, ?1, u.external_id, lower(coalesce(u.user_name, u.email, u.external_id)), u.external_id, '', 1,
                    ?2, ?2, ?2
             FROM temp.adopted a JOIN users u ON u.id = a.user_id",
            params![to.0, fine_stamp(now)],
        )?;
    }
    // What was said to be of the old directory is of the new one, and what was asked of its people is asked of these.
    for table in ["device_evidence", "device_logins", "assignment_rules"] {
        let moved = format!("UPDATE {table} SET integration_id = ?2 WHERE integration_id = ?1");
        transaction.execute(&moved, params![from, to.0])?;
    }
    transaction.execute("DELETE FROM temp.adopted", [])?;
    Ok(())
}
