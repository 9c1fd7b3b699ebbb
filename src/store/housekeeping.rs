//! What time does to people: whoever is retained and has held nothing for 30 days goes, and tombstones of 30 days are
//! emptied. Every sync looks after it, and so does a server now and then.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, TransactionBehavior, named_params, params};

use super::columns::{Mapped, id_list, moment, stamp};
use super::erasure::erase;
use super::retention::{Fate, holds_device, moving};
use super::{Store, StoreError};
use crate::model::{IntegrationId, LifeCycle, LifeEvent};

/// How long somebody stays retained without a device, and how long a tombstone keeps what it was.
const PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Most tombstones emptied at a time: nobody has to wait for a sync that has those of a whole school to empty. The next
/// goes on.
const AT_ONCE: i64 = 2000;

/// Memory for pages of the database meanwhile, in KiB: what is said of somebody is all over the history.
const CACHE: i64 = 64 * 1024;

/// Whom to prune.
#[derive(Clone, Debug)]
pub struct Prune<'a> {
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<&'a [IntegrationId]>,
    /// Only those who have been retained, and have held nothing, since this moment or longer.
    pub since: Timestamp,
    /// Also those who are kept by an administrator's word.
    pub kept: bool,
    /// The operating-system user whose command it is.
    pub actor: Option<&'a str>,
}

/// Somebody who was pruned, or would be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    /// Internal id.
    pub id: i64,
    /// Name of the integration they come from.
    pub integration: String,
    /// The directory's immutable id.
    pub external_id: String,
    /// Address.
    pub email: Option<String>,
    /// Name people see.
    pub display_name: Option<String>,
    /// Why they were retained.
    pub status_reason: Option<String>,
    /// Since when.
    pub retained_at: Timestamp,
}

/// What time has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Retained people who went.
    pub pruned: usize,
    /// Tombstones that were emptied.
    pub emptied: usize,
}

impl Store {
    /// Removes retained people who hold no device; returns who they are. Nothing of it stays if `pretend` is set.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn prune(
        &mut self,
        life: LifeCycle,
        whom: &Prune<'_>,
        now: Timestamp,
        pretend: bool,
    ) -> Result<Vec<Pruned>, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        find(&transaction, life, whom)?;
        let pruned = {
            let mut statement = transaction.prepare(
                "SELECT u.id, i.name AS integration, u.external_id, u.email, u.display_name, u.status_reason,
                        coalesce(u.retained_at, u.updated_at) AS retained_at
                 FROM temp.pruned p CROSS JOIN users u ON u.id = p.id JOIN integrations i ON i.id = u.integration_id
                 ORDER BY lower(u.email), u.id",
            )?;
            statement.query_map([], read)?.collect::<Mapped<Vec<_>>>()?
        };
        remove(&transaction, whom.actor, &stamp(now))?;
        if pretend {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(pruned)
    }

    /// How many retained people hold no device and stay by an administrator's word alone.
    ///
    /// # Errors
    /// The database refuses.
    pub fn kept_people(&self, integrations: Option<&[IntegrationId]>) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM users u WHERE u.status = 'retained' AND u.kept AND NOT {}
               AND (?1 IS NULL OR u.integration_id IN (SELECT value FROM json_each(?1)))",
            holds_device("u.id")
        );
        Ok(self.db.query_row(&sql, [integrations.map(id_list)], |row| row.get(0))?)
    }

    /// Whether time has anything to do: a look that costs nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn house_is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let since = stamp(now.checked_sub(PERIOD).unwrap_or(Timestamp::MIN));
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM users WHERE status = 'removed' AND emptied_at IS NULL AND removed_at <= ?1)
                 OR EXISTS (SELECT 1 FROM users u WHERE u.status = 'retained' AND u.retained_at <= ?1 AND NOT u.kept
                            AND NOT {}
                            AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.ended_at > ?1))",
            holds_device("u.id")
        );
        Ok(self.db.query_row(&sql, [since], |row| row.get(0))?)
    }

    /// Does what time does, a part of it at a time: as long as tombstones were emptied, there may be more.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn keep_house(&mut self, life: LifeCycle, now: Timestamp) -> Result<Swept, StoreError> {
        // A server goes on with its own.
        let before: i64 = self.db.pragma_query_value(None, "cache_size", |row| row.get(0))?;
        self.db.pragma_update(None, "cache_size", -CACHE)?;
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let swept = keep_house(&transaction, life, now)?;
        transaction.commit()?;
        self.db.pragma_update(None, "cache_size", before)?;
        Ok(swept)
    }
}

/// Does what time does, within a transaction.
pub(super) fn keep_house(db: &Connection, life: LifeCycle, now: Timestamp) -> rusqlite::Result<Swept> {
    let since = now.checked_sub(PERIOD).unwrap_or(Timestamp::MIN);
    find(db, life, &Prune { integrations: None, since, kept: false, actor: None })?;
    let pruned = remove(db, None, &stamp(now))?;
    let due = "SELECT id FROM users WHERE status = 'removed' AND emptied_at IS NULL AND removed_at <= ?1
               ORDER BY removed_at LIMIT ?2";
    let emptied = erase(db, due, params![stamp(since), AT_ONCE], false, &stamp(now))?;
    Ok(Swept { pruned, emptied })
}

/// Finds whom to prune. Whoever was unassigned lately, though retained for long, stays as long as anybody.
fn find(db: &Connection, life: LifeCycle, whom: &Prune<'_>) -> rusqlite::Result<()> {
    let Fate { status, kind, .. } = Fate::of(life, LifeEvent::Pruned, "u.status", &holds_device("u.id"));
    db.execute_batch("DROP TABLE IF EXISTS temp.pruned")?;
    db.execute(
        &format!(
            "CREATE TEMP TABLE pruned AS
             SELECT u.id, {status} AS fate, {kind} AS kind FROM users u
             WHERE u.status = 'retained' AND {kind} IS NOT NULL AND (:kept OR NOT u.kept)
               AND coalesce(u.retained_at, u.updated_at) <= :since
               AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.ended_at > :since)
               AND (:integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(:integrations)))"
        ),
        named_params! {
            ":kept": whom.kept,
            ":since": stamp(whom.since),
            ":integrations": whom.integrations.map(id_list),
        },
    )?;
    Ok(())
}

/// Removes those who were found; says how many.
fn remove(db: &Connection, actor: Option<&str>, at: &str) -> rusqlite::Result<usize> {
    let number = db.execute(
        "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after,
             actor)
         SELECT u.integration_id, ?1, 'user', u.id, u.external_id, coalesce(u.email, u.user_name, u.display_name), p.kind,
                'status', u.status, p.fate, ?2
         FROM temp.pruned p CROSS JOIN users u ON u.id = p.id ORDER BY u.id",
        params![at, actor],
    )?;
    if number > 0 {
        let moving = moving("p.fate", "NULL", "?1");
        db.execute(&format!("UPDATE users SET {moving} FROM temp.pruned AS p WHERE users.id = p.id"), [at])?;
    }
    db.execute_batch("DROP TABLE temp.pruned")?;
    Ok(number)
}

fn read(row: &Row<'_>) -> Mapped<Pruned> {
    Ok(Pruned {
        id: row.get("id")?,
        integration: row.get("integration")?,
        external_id: row.get("external_id")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        status_reason: row.get("status_reason")?,
        retained_at: moment(row, "retained_at")?,
    })
}
