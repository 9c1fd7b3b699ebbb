//! Forgetting one person at once, on their or somebody's wish.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::columns::{stamp, word};
use super::devices::take_all_from;
use super::erasure::erase;
use super::retention::moving;
use super::stage::{file_of, remove};
use super::{Store, StoreError};
use crate::model::{IntegrationId, LifeCycle, LifeEvent, UserStatus};

/// What became of a wish to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgetting {
    /// They hold these devices, which nobody may take from them; nothing has changed.
    Held(Vec<String>),
    /// Done.
    Done {
        /// Serial numbers of the devices that were taken from them.
        devices: Vec<String>,
    },
}

/// How somebody is to be forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Forget<'a> {
    /// Their devices are taken from them first.
    pub unassign: bool,
    /// Nothing of it stays.
    pub pretend: bool,
    /// The operating-system user whose command it is.
    pub actor: &'a str,
}

impl Store {
    /// Erases whatever is personal of somebody, everywhere, in one transaction; they become a tombstone without a name.
    /// Where a live directory still has them, it is read anew, so that it tells whether it does.
    ///
    /// # Errors
    /// There is no such person ([`StoreError::Sql`]; it is for the caller to look it up before), or the database refuses.
    pub fn forget(
        &mut self,
        life: LifeCycle,
        user: i64,
        how: Forget<'_>,
        now: Timestamp,
    ) -> Result<Forgetting, StoreError> {
        let at = stamp(now);
        self.db.pragma_update(None, "secure_delete", true)?;
        // What they are called is gathered for a while, and not on a disk.
        self.db.pragma_update(None, "temp_store", "MEMORY")?;
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (integration, external_id, status): (i64, String, UserStatus) = transaction
            .query_row("SELECT integration_id, external_id, status FROM users WHERE id = ?1", [user], |row| {
                Ok((row.get(0)?, row.get(1)?, word(row, "status", UserStatus::parse)?))
            })
            .optional()?
            .ok_or(StoreError::Sql("there is no such person".into()))?;
        let held = serials(&transaction, user)?;
        if !held.is_empty() && !how.unassign {
            return Ok(Forgetting::Held(held));
        }
        take_all_from(&transaction, user, how.actor, now)?;
        if let Some(next) = life.next(Some(status), LifeEvent::Forgotten, false) {
            transaction.execute(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before, after,
                     actor)
                 VALUES (?1, ?2, 'user', ?3, ?4, ?5, 'status', ?6, ?7, ?8)",
                params![
                    integration,
                    at,
                    user,
                    external_id,
                    next.change.as_str(),
                    status.as_str(),
                    next.to.as_str(),
                    how.actor
                ],
            )?;
            transaction.execute(
                &format!("UPDATE users SET {} WHERE id = ?1", moving("?2", "?3", "?4")),
                params![user, next.to.as_str(), next.reason, at],
            )?;
            // A directory that tells its changes would not tell them again by itself.
            transaction.execute("DELETE FROM streams WHERE integration_id = ?1", [integration])?;
        }
        take_off_plans(&transaction, user, &at)?;
        erase(&transaction, "SELECT id FROM users WHERE id = ?1", [user], true, &at)?;
        if how.pretend {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
            // A run that broke off may have left them in its file; the next one begins anew.
            let _ = remove(&file_of(self, IntegrationId(integration)));
        }
        Ok(Forgetting::Done { devices: held })
    }

    /// Rewrites the whole file, so that nothing is left in it of what was overwritten or deleted before, and empties the
    /// log beside it. Says whether that was possible: as long as another program reads what was before, it is not.
    ///
    /// # Errors
    /// The database refuses, or there is no room for a second copy.
    pub fn wipe(&mut self) -> Result<bool, StoreError> {
        self.db.execute_batch("VACUUM")?;
        let busy: i64 = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

fn serials(db: &Connection, user: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
         WHERE a.user_id = ?1 AND a.ended_at IS NULL ORDER BY d.serial",
    )?;
    statement.query_map([user], |row| row.get(0))?.collect()
}

/// Whoever is forgotten does not wait for anything any more; a plan of nobody is none.
fn take_off_plans(db: &Connection, user: i64, at: &str) -> rusqlite::Result<()> {
    let held = "SELECT id FROM plans WHERE state = 'held'";
    db.execute(&format!("DELETE FROM plan_items WHERE user_id = ?1 AND plan_id IN ({held})"), [user])?;
    db.execute(
        "UPDATE plans SET state = 'replaced', decided_at = ?1
         WHERE state = 'held' AND NOT EXISTS (SELECT 1 FROM plan_items x WHERE x.plan_id = plans.id)",
        [at],
    )?;
    Ok(())
}
