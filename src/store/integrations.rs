//! Integrations: adding (or reviving a deleted one of the same tenant), looking up, signing in again, standing.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::adoption::{Adoption, adopt};
use super::columns::{moment, moment_if_any, stamp, word};
use super::{SealedSecret, Store, StoreError};
use crate::model::{Integration, IntegrationId, IntegrationName, Outcome, Standing, Tenant};

/// What a completed sign-in leaves behind.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose account it is.
    pub admin_email: Option<String>,
    /// The account's immutable id at the sign-in service.
    pub admin_subject: Option<String>,
    /// How it signs in; nothing secret.
    pub credentials: serde_json::Value,
}

/// A directory about to be connected.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// Its name.
    pub name: IntegrationName,
    /// The provider's word.
    pub kind: &'static str,
    /// The organisation.
    pub tenant: Tenant,
    /// The sign-in.
    pub signed_in: SignedIn,
    /// Time between syncs.
    pub interval: SignedDuration,
}

/// Seals secrets for an integration that has just got its number.
pub type Seal<'a> = &'a dyn Fn(IntegrationId) -> Result<Vec<(&'static str, SealedSecret)>, StoreError>;

const COLUMNS: &str =
    "id, name, kind, tenant, tenant_label, tenant_domain, standing, standing_reason, admin_email, admin_subject,
    credentials, interval_seconds, created_at, signed_in_at, last_sync_at, last_sync_outcome";

impl Store {
    /// Adds an integration with its sealed secrets, in one transaction. A deleted integration of the same tenant is
    /// revived, so that its retained and removed people are the same people when they come back.
    ///
    /// # Errors
    /// The name or the tenant is taken by a live integration, or the database refuses.
    pub fn add_integration(
        &mut self,
        new: &NewIntegration,
        seal: Seal<'_>,
        now: Timestamp,
    ) -> Result<IntegrationId, StoreError> {
        self.add_integration_adopting(new, None, seal, now)
    }

    /// As [`Store::add_integration`]; in the same transaction the people of a deleted integration are taken over.
    ///
    /// # Errors
    /// As there, or the other one is not deleted.
    pub fn add_integration_adopting(
        &mut self,
        new: &NewIntegration,
        adoption: Option<&Adoption<'_>>,
        seal: Seal<'_>,
        now: Timestamp,
    ) -> Result<IntegrationId, StoreError> {
        let at = stamp(now);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let id = enrol(&transaction, &new.name, new.kind, &new.tenant, new.interval, &at)?;
        write_sign_in(&transaction, id, &new.tenant, &new.signed_in, seal, &at)?;
        if let Some(adoption) = adoption {
            adopt(&transaction, adoption, id, false, now)?;
        }
        transaction.commit()?;
        Ok(id)
    }

    /// Replaces an integration's sign-in and secrets, in one transaction. The tenant's id must be the same; that is
    /// for the caller to check before anything is asked of this tenant.
    ///
    /// # Errors
    /// The database refuses.
    pub fn sign_in_again(
        &mut self,
        id: IntegrationId,
        tenant: &Tenant,
        signed_in: &SignedIn,
        seal: Seal<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_sign_in(&transaction, id, tenant, signed_in, seal, &stamp(now))?;
        Ok(transaction.commit()?)
    }

    /// All live integrations by name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM integrations WHERE deleted_at IS NULL ORDER BY name_key");
        let mut statement = self.db.prepare_cached(&sql)?;
        let found = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// The live integration of this name, without regard to case.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integration(&self, name: &str) -> Result<Option<Integration>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM integrations WHERE deleted_at IS NULL AND name_key = ?1");
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_row([IntegrationName::key_of(name)], read).optional()?)
    }

    /// The live integration that a person is of; `None` where theirs is deleted. Its name alone does not tell, for a
    /// deleted one's may have been given to another.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integration_of_user(&self, user: i64) -> Result<Option<Integration>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM integrations
             WHERE deleted_at IS NULL AND id = (SELECT integration_id FROM users WHERE users.id = ?1)"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_row([user], read).optional()?)
    }

    /// Whether an integration is there, and not deleted.
    ///
    /// # Errors
    /// The database refuses.
    pub fn is_live(&self, id: IntegrationId) -> Result<bool, StoreError> {
        Ok(is_live(&self.db, id)?)
    }

    /// The mail domains that an integration's own people were seen with.
    ///
    /// # Errors
    /// The database refuses.
    pub fn domains(&self, id: IntegrationId) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT domain FROM domains WHERE integration_id = ?1 ORDER BY domain")?;
        let domains = statement.query_map([id.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(domains)
    }
}

pub(super) fn is_live(db: &Connection, id: IntegrationId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM integrations WHERE id = ?1 AND deleted_at IS NULL")?.exists([id.0])
}

/// Gives a directory its row: a new one, or the one its tenant had before it was deleted.
pub(super) fn enrol(
    transaction: &Transaction<'_>,
    name: &IntegrationName,
    kind: &str,
    tenant: &Tenant,
    interval: SignedDuration,
    at: &str,
) -> Result<IntegrationId, StoreError> {
    refuse_taken_name(transaction, name, None)?;
    let known: Option<(i64, String, Option<String>)> = transaction
        .query_row(
            "SELECT id, name, deleted_at FROM integrations WHERE kind = ?1 AND tenant = ?2",
            params![kind, tenant.id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    match known {
        Some((_, name, None)) => Err(StoreError::TenantTaken(name)),
        Some((id, ..)) => {
            transaction.execute(
                "UPDATE integrations SET name = ?2, name_key = ?3, created_at = ?4, deleted_at = NULL,
                     last_sync_at = NULL, last_sync_outcome = NULL, interval_seconds = ?5 WHERE id = ?1",
                params![id, name.as_str(), name.key(), at, interval.as_secs()],
            )?;
            Ok(IntegrationId(id))
        }
        None => {
            transaction.execute(
                "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds,
                     created_at) VALUES (?1, ?2, ?3, ?4, 'connected', '{}', ?5, ?6)",
                params![name.as_str(), name.key(), kind, tenant.id, interval.as_secs(), at],
            )?;
            Ok(IntegrationId(transaction.last_insert_rowid()))
        }
    }
}

pub(super) fn refuse_taken_name(
    transaction: &Transaction<'_>,
    name: &IntegrationName,
    except: Option<IntegrationId>,
) -> Result<(), StoreError> {
    let taken: Option<String> = transaction
        .query_row(
            "SELECT name FROM integrations WHERE name_key = ?1 AND deleted_at IS NULL AND id IS NOT ?2",
            params![name.key(), except.map(|id| id.0)],
            |row| row.get(0),
        )
        .optional()?;
    taken.map_or(Ok(()), |name| Err(StoreError::NameTaken(name)))
}

pub(super) fn write_sign_in(
    transaction: &Transaction<'_>,
    id: IntegrationId,
    tenant: &Tenant,
    signed_in: &SignedIn,
    seal: Seal<'_>,
    at: &str,
) -> Result<(), StoreError> {
    let live = transaction.execute(
        "UPDATE integrations SET tenant_label = ?2, tenant_domain = ?7, standing = 'connected', standing_reason = NULL, admin_email = ?3,
             admin_subject = ?4, credentials = ?5, signed_in_at = ?6 WHERE id = ?1 AND deleted_at IS NULL",
        params![
            id.0,
            tenant.label,
            signed_in.admin_email,
            signed_in.admin_subject,
            signed_in.credentials.to_string(),
            at,
            tenant.domain
        ],
    )?;
    if live == 0 {
        return Err(StoreError::Deleted);
    }
    transaction.execute("DELETE FROM secrets WHERE integration_id = ?1", [id.0])?;
    for (kind, secret) in seal(id)? {
        super::secrets::put(transaction, id, kind, &secret, at)?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Integration> {
    Ok(Integration {
        id: IntegrationId(row.get("id")?),
        name: row.get("name")?,
        kind: row.get("kind")?,
        tenant: Tenant { id: row.get("tenant")?, label: row.get("tenant_label")?, domain: row.get("tenant_domain")? },
        standing: word(row, "standing", Standing::parse)?,
        standing_reason: row.get("standing_reason")?,
        admin_email: row.get("admin_email")?,
        admin_subject: row.get("admin_subject")?,
        credentials: row.get("credentials")?,
        interval: SignedDuration::from_secs(row.get("interval_seconds")?),
        created_at: moment(row, "created_at")?,
        signed_in_at: moment_if_any(row, "signed_in_at")?,
        last_sync_at: moment_if_any(row, "last_sync_at")?,
        last_sync_outcome: match row.get::<_, Option<String>>("last_sync_outcome")? {
            Some(_) => Some(word(row, "last_sync_outcome", Outcome::parse)?),
            None => None,
        },
    })
}
