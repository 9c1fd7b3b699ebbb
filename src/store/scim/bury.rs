//! What is left of resources when their integration is deleted: as much as it takes to know the people again.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::moments::fine_stamp;
use crate::model::IntegrationId;

/// Empties every resource of an integration. Who comes back with the same id of the client's (or, without one, the same name) is the same.
pub(in crate::store) fn bury_resources(
    db: &Connection,
    integration: IntegrationId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE scim_users SET document = '', display_name_key = NULL, active = NULL,
             version = version + 1, modified_at = ?2, deleted_at = ?2 WHERE integration_id = ?1 AND deleted_at IS NULL",
        params![integration.0, fine_stamp(now)],
    )?;
    Ok(())
}
