//! Writing in batches: one transaction for many requests, and each request all or nothing.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::super::columns::stamp;
use super::super::integrations::is_live;
use super::super::rules::assign_by_rules;
use super::super::{Store, StoreError};
use crate::model::{IntegrationId, LifeCycle};

/// A transaction of many requests. Dropped without [`Batch::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Batch<'a> {
    transaction: Transaction<'a>,
    life: LifeCycle,
    /// Which integrations were written, and when last.
    written: BTreeMap<IntegrationId, Timestamp>,
    people: HashMap<IntegrationId, u64>,
    /// The highest id of a person before the batch; whoever has a higher one came with it.
    last_change: i64,
}

/// One request's hands.
#[derive(Debug)]
pub struct ScimWriter<'a> {
    pub(super) db: &'a Connection,
    /// Whose resources are written: nothing of another integration is seen or touched.
    pub(super) integration: IntegrationId,
    /// What becomes of people.
    pub(super) life: LifeCycle,
    pub(super) now: Timestamp,
    /// The same moment as the history has it.
    pub(super) at: String,
    pub(super) changed: bool,
    /// How many people an integration had before this batch lost any.
    pub(super) people: &'a mut HashMap<IntegrationId, u64>,
}

impl Store {
    /// Begins a batch, which does with people as `life` says; the database's other writers wait until it ends.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_batch(&mut self, life: LifeCycle) -> Result<Batch<'_>, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last = "SELECT coalesce(max(id), 0) FROM changes";
        let last_change = transaction.query_row(last, [], |row| row.get(0))?;
        Ok(Batch { transaction, life, written: BTreeMap::new(), people: HashMap::new(), last_change })
    }
}

impl Batch<'_> {
    /// Does one request's work for an integration at `now`. If `work` fails, nothing of it remains, and the batch goes
    /// on. Where the integration has been deleted meanwhile, it is not even begun ([`StoreError::Deleted`], as an inner
    /// result).
    ///
    /// # Errors
    /// The database refuses so that the batch cannot go on: nothing of it will have happened. What `work` says is the
    /// inner result.
    pub fn attempt<T, E: From<StoreError>>(
        &mut self,
        integration: IntegrationId,
        now: Timestamp,
        work: impl FnOnce(&mut ScimWriter<'_>) -> Result<T, E>,
    ) -> Result<Result<T, E>, StoreError> {
        if !is_live(&self.transaction, integration)? {
            return Ok(Err(StoreError::Deleted.into()));
        }
        let mut savepoint = self.transaction.savepoint()?;
        let (life, people) = (self.life, &mut self.people);
        let mut writer = ScimWriter { db: &savepoint, integration, life, now, at: stamp(now), changed: false, people };
        let result = work(&mut writer);
        let changed = writer.changed;
        if result.is_ok() {
            savepoint.commit()?;
            if changed {
                let last = self.written.entry(integration).or_insert(now);
                *last = now.max(*last);
            }
        } else {
            savepoint.rollback()?;
            savepoint.finish()?;
        }
        Ok(result)
    }

    /// Makes the batch last, and notes when the integrations in it were last written.
    ///
    /// # Errors
    /// The database refuses; then nothing of the batch has happened.
    pub fn commit(self) -> Result<(), StoreError> {
        for (integration, at) in &self.written {
            self.transaction
                .prepare_cached(
                    "UPDATE integrations SET last_sync_at = ?2, last_sync_outcome = CASE WHEN EXISTS (
                         SELECT 1 FROM plans WHERE integration_id = ?1 AND state = 'held') THEN 'held' ELSE 'done' END
                     WHERE id = ?1",
                )?
                .execute(params![integration.0, stamp(*at)])?;
        }
        if let Some(at) = self.written.values().max() {
            // Whoever has come, come back or changed gets the devices that are theirs.
            assign_by_rules(&self.transaction, Some(self.last_change), None, *at)?;
        }
        Ok(self.transaction.commit()?)
    }
}
