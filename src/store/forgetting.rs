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

/// The person `?1`, and the tombstones of those of whom somebody has decided that they were this person.
const THE_SAME: &str = "WITH RECURSIVE the_same (id) AS (
        VALUES (?1)
        UNION SELECT k.id FROM the_same s CROSS JOIN links l ON l.present_id = s.id AND l.verdict = 'same'
              CROSS JOIN users k ON k.id = l.kept_id AND k.status = 'removed')
    SELECT id FROM the_same";

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
        // Nobody who holds a device comes to a tombstone, whatever kept it from being taken.
        let left = serials(&transaction, user)?;
        if !left.is_empty() {
            return Ok(Forgetting::Held(left));
        }
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
        erase(&transaction, THE_SAME, [user], true, &at)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::LIFE_CYCLE;

    #[test]
    fn whom_somebody_was_is_forgotten_with_them_and_who_is_there_is_not() {
        let mut store = Store::nothing_yet().unwrap();
        store.add_integration_for_tests("corp");
        store
            .db
            .execute_batch(
                "INSERT INTO users (id, integration_id, external_id, status, email, created_at, updated_at)
                 SELECT value, 1, value, CASE value WHEN 3 THEN 'active' WHEN 4 THEN 'active' ELSE 'removed' END,
                        value || '@x', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'
                 FROM json_each('[1, 2, 3, 4, 5]');
                 INSERT INTO links (kept_id, present_id, verdict, decided_at) VALUES
                     (1, 2, 'same', '2026-11-01T08:00:00Z'), (2, 3, 'same', '2026-11-01T08:00:00Z'),
                     (4, 3, 'same', '2026-11-01T08:00:00Z'), (5, 3, 'different', '2026-11-01T08:00:00Z')",
            )
            .unwrap();
        let how = Forget { unassign: false, pretend: false, actor: "root" };
        store.forget(LIFE_CYCLE, 3, how, "2026-11-24T08:00:00Z".parse().unwrap()).unwrap();
        let mut left = store.db.prepare("SELECT id || status || email FROM users WHERE email IS NOT NULL").unwrap();
        let left: Vec<String> = left.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(left, ["4active4@x", "5removed5@x"]);
    }

    /// Nothing makes such an assignment today; somebody who has one is a holder all the same.
    #[test]
    fn whoever_holds_a_device_that_was_taken_out_is_a_holder_and_can_be_forgotten() {
        let mut store = Store::nothing_yet().unwrap();
        store.add_integration_for_tests("corp");
        store
            .db
            .execute_batch(
                "INSERT INTO users (id, integration_id, external_id, status, created_at, updated_at)
                 VALUES (1, 1, 'a', 'retained', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z');
                 INSERT INTO devices (id, serial, removed_at) VALUES (1, 'S1', '2026-11-02T08:00:00Z');
                 INSERT INTO assignments (device_id, user_id, started_at) VALUES (1, 1, '2026-11-01T08:00:00Z')",
            )
            .unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let mut forget = |unassign| {
            let how = Forget { unassign, pretend: false, actor: "root" };
            store.forget(LIFE_CYCLE, 1, how, now).unwrap()
        };
        assert_eq!(forget(false), Forgetting::Held(vec!["S1".into()]));
        assert_eq!(forget(true), Forgetting::Done { devices: vec!["S1".into()] });
        let held = "SELECT count(*) FROM assignments WHERE ended_at IS NULL";
        assert_eq!(store.db.query_row(held, [], |row| row.get::<_, i64>(0)), Ok(0));
    }
}
