//! All integrations at a glance, and finding them by name.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::columns::{Mapped, moment_if_any, word};
use super::{Store, StoreError};
use crate::model::{IntegrationId, IntegrationName, Outcome, Standing};

/// One integration in `list`; field names are the keys of the JSON output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Its name.
    pub name: String,
    /// The provider's word.
    pub kind: String,
    /// The standing's word.
    pub status: String,
    /// Whose account signed in.
    pub admin_email: Option<String>,
    /// The organisation's immutable id.
    pub tenant: String,
    /// Active and suspended people.
    pub users: i64,
    /// Groups.
    pub groups: i64,
    /// Start of the last complete fetch.
    pub last_sync_at: Option<Timestamp>,
    /// How the last run ended.
    pub last_sync_outcome: Option<Outcome>,
    /// When it is due next; `None` while no sync can work or none is wanted. For whoever knows when syncs are due to fill in.
    pub next_sync_at: Option<Timestamp>,
}

impl Store {
    /// Every live integration, by name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn overview(&self) -> Result<Vec<Overview>, StoreError> {
        let mut statement = self.db.prepare(
            "SELECT i.name, i.kind, i.standing, i.admin_email, i.tenant,
                    i.last_sync_at, i.last_sync_outcome,
                    (SELECT count(*) FROM users u
                     WHERE u.integration_id = i.id AND u.status IN ('active', 'suspended')) AS users,
                    (SELECT count(*) FROM groups g WHERE g.integration_id = i.id) AS groups
             FROM integrations i WHERE i.deleted_at IS NULL ORDER BY i.name_key",
        )?;
        let rows = statement.query_map([], |row| {
            let standing = word(row, "standing", Standing::parse)?;
            let outcome: Option<String> = row.get("last_sync_outcome")?;
            Ok(Overview {
                name: row.get("name")?,
                kind: row.get("kind")?,
                status: standing.as_str().to_owned(),
                admin_email: row.get("admin_email")?,
                tenant: row.get("tenant")?,
                users: row.get("users")?,
                groups: row.get("groups")?,
                last_sync_at: moment_if_any(row, "last_sync_at")?,
                last_sync_outcome: outcome.as_deref().and_then(Outcome::parse),
                next_sync_at: None,
            })
        })?;
        Ok(rows.collect::<Mapped<_>>()?)
    }

    /// The integrations that have or had this name, the live one first, then the deleted ones, latest first: their people
    /// may still be retained, and their history stays.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integrations_named(&self, name: &str) -> Result<Vec<IntegrationId>, StoreError> {
        integrations_named(&self.db, name)
    }

    /// Names and kinds of the live integrations, by name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integration_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement =
            self.db.prepare("SELECT name, kind FROM integrations WHERE deleted_at IS NULL ORDER BY name_key")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Mapped<_>>()?)
    }
}

pub(super) fn integrations_named(db: &Connection, name: &str) -> Result<Vec<IntegrationId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id FROM integrations WHERE name_key = ?1 ORDER BY deleted_at IS NOT NULL, id DESC")?;
    let rows = statement.query_map([IntegrationName::key_of(name)], |row| row.get(0).map(IntegrationId))?;
    Ok(rows.collect::<Mapped<_>>()?)
}
