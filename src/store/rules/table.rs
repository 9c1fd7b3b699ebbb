//! The rules as they are kept: listed in the order in which they are tried, added, changed, taken out.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::de::DeserializeOwned;

use crate::model::{EvidenceKind, IntegrationId, IntegrationName, OnConflict, PersonConditions, Rule};
use crate::store::columns::{Mapped, stamp, word};
use crate::store::{Store, StoreError};

/// A rule and the directory it is about.
#[derive(Clone, Debug)]
pub(super) struct KnownRule {
    pub(super) rule: Rule,
    pub(super) integration: Option<i64>,
}

/// The right to change rules within one transaction.
#[derive(Clone, Copy, Debug)]
pub struct RuleWriter<'a> {
    db: &'a Connection,
    now: Timestamp,
}

impl Store {
    /// Every rule, in the order in which they are tried.
    ///
    /// # Errors
    /// The database refuses.
    pub fn rules(&self) -> Result<Vec<Rule>, StoreError> {
        Ok(known_rules(&self.db)?.into_iter().map(|known| known.rule).collect())
    }

    /// Changes rules in one transaction: all of `change`, or nothing if it fails.
    ///
    /// # Errors
    /// Those of `change`, or the database refuses.
    pub fn change_rules<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&RuleWriter<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = TransactionBehavior::Immediate;
        let transaction = self.db.transaction_with_behavior(begin).map_err(StoreError::from)?;
        let changed = change(&RuleWriter { db: &transaction, now })?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(changed)
    }
}

impl RuleWriter<'_> {
    /// Every rule, in the order in which they are tried.
    ///
    /// # Errors
    /// The database refuses.
    pub fn rules(&self) -> Result<Vec<Rule>, StoreError> {
        Ok(known_rules(self.db)?.into_iter().map(|known| known.rule).collect())
    }

    /// Keeps a rule, in the place of the one of its name if there is one. Whether it came with the program is not
    /// changed by it.
    ///
    /// # Errors
    /// The database refuses.
    pub fn put(&self, rule: &Rule, integration: Option<IntegrationId>) -> Result<(), StoreError> {
        let person = PersonConditions { integration: None, ..rule.user.clone() };
        self.db
            .prepare_cached(
                "INSERT INTO assignment_rules (name, name_key, priority, enabled, evidence, match_fields, attribute,
                     device, person, integration_id, on_conflict, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (name_key) DO UPDATE SET priority = excluded.priority, enabled = excluded.enabled,
                     evidence = excluded.evidence, match_fields = excluded.match_fields,
                     attribute = excluded.attribute, device = excluded.device, person = excluded.person,
                     integration_id = excluded.integration_id, on_conflict = excluded.on_conflict,
                     updated_at = excluded.updated_at",
            )?
            .execute(params![
                rule.name,
                rule.name.to_lowercase(),
                rule.priority,
                rule.enabled,
                rule.evidence.as_str(),
                serde_json::to_string(&rule.matches).unwrap_or_default(),
                rule.attribute,
                serde_json::to_string(&rule.device).unwrap_or_default(),
                serde_json::to_string(&person).unwrap_or_default(),
                integration.map(|id| id.0),
                rule.on_conflict.as_str(),
                stamp(self.now)
            ])?;
        Ok(())
    }

    /// Has a rule tried or not; everything else of it stays, also what it is about.
    ///
    /// # Errors
    /// The database refuses.
    pub fn switch(&self, name: &str, enabled: bool) -> Result<(), StoreError> {
        let sql = "UPDATE assignment_rules SET enabled = ?2, updated_at = ?3 WHERE name_key = ?1";
        self.db.prepare_cached(sql)?.execute(params![name.to_lowercase(), enabled, stamp(self.now)])?;
        Ok(())
    }

    /// The integration that the rule `rule` means by `name`: the one that is called so now; else, of those that were
    /// deleted, the one the rule is about already, or the last one.
    ///
    /// # Errors
    /// The database refuses.
    pub fn integration_named(&self, name: &str, rule: &str) -> Result<Option<IntegrationId>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id FROM integrations WHERE name_key = ?1
             ORDER BY deleted_at IS NOT NULL,
                 id IS NOT (SELECT integration_id FROM assignment_rules WHERE name_key = ?2), id DESC LIMIT 1",
        )?;
        let named = params![IntegrationName::key_of(name), rule.to_lowercase()];
        Ok(statement.query_row(named, |row| row.get(0).map(IntegrationId)).optional()?)
    }

    /// Takes a rule out. What it gave stays given.
    ///
    /// # Errors
    /// The database refuses.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM assignment_rules WHERE name_key = ?1 AND NOT built_in";
        self.db.prepare_cached(sql)?.execute([name.to_lowercase()])?;
        Ok(())
    }
}

/// Every rule, in the order in which they are tried.
pub(super) fn known_rules(db: &Connection) -> Mapped<Vec<KnownRule>> {
    let mut statement = db.prepare_cached(
        "SELECT r.*, i.name AS integration, i.deleted_at IS NOT NULL AS of_deleted FROM assignment_rules r
         LEFT JOIN integrations i ON i.id = r.integration_id ORDER BY r.priority, r.name_key",
    )?;
    statement.query_map([], rule)?.collect()
}

fn rule(row: &Row<'_>) -> Mapped<KnownRule> {
    let mut user: PersonConditions = json(row, "person")?;
    user.integration = row.get("integration")?;
    let rule = Rule {
        name: row.get("name")?,
        priority: row.get("priority")?,
        enabled: row.get("enabled")?,
        evidence: word(row, "evidence", EvidenceKind::parse)?,
        matches: json(row, "match_fields")?,
        attribute: row.get("attribute")?,
        on_conflict: word(row, "on_conflict", OnConflict::parse)?,
        device: json(row, "device")?,
        user,
        built_in: row.get("built_in")?,
        of_deleted: row.get("of_deleted")?,
    };
    Ok(KnownRule { rule, integration: row.get("integration_id")? })
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Mapped<T> {
    let text: String = row.get(column)?;
    let damaged = |error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    };
    serde_json::from_str(&text).map_err(damaged)
}
