//! Conflicts: people who are kept or remembered and have, or had, the address or sign-in name of somebody who is there
//! under another immutable id. Nobody is merged for it.

use jiff::Timestamp;
use rusqlite::{Row, ToSql};

use super::columns::{Mapped, id_list, stamp, texts, word};
use super::{Store, StoreError};
use crate::model::{Conflict, ConflictReason, IntegrationId, UserStatus};

/// Which conflicts to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictFilter {
    /// Only with somebody of these integrations on either side; `None`: of any.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Only where the one who is kept holds a device.
    pub with_devices: bool,
    /// People who were removed before this are left out.
    pub removed_since: Timestamp,
}

/// Pairs with what both are called. CROSS JOIN keeps its order: from the few who are kept to the people who are there,
/// by their indexes; a bare column has a type, with which SQLite would not look into an index of lower(…), + takes it
/// off. Only aliases have no index, and go the other way.
const PAIRS: &str = "
    WITH kept AS MATERIALIZED (
        SELECT u.id FROM users u
        WHERE (u.status IN ('retained', 'missing') OR u.status = 'removed' AND u.removed_at >= :since)
          AND (NOT :holding OR EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.ended_at IS NULL))),
    called AS MATERIALIZED (
        SELECT u.id, lower(u.email) AS name FROM kept k CROSS JOIN users u ON u.id = k.id
        UNION SELECT u.id, lower(u.user_name) FROM kept k CROSS JOIN users u ON u.id = k.id
        UNION SELECT u.id, lower(j.value) FROM kept k CROSS JOIN users u ON u.id = k.id CROSS JOIN json_each(u.aliases) j
        UNION SELECT k.id, lower(c.before) FROM kept k
              CROSS JOIN changes c ON c.subject_id = k.id AND c.subject = 'user' AND c.field IN ('email', 'user_name')),
    pairs AS (
        SELECT c.id AS kept_id, p.id AS present_id, c.name, 0 AS rank
        FROM called c CROSS JOIN users p ON lower(p.email) = +c.name
        UNION ALL
        SELECT c.id, p.id, c.name, 1 FROM called c CROSS JOIN users p ON lower(p.user_name) = +c.name
        UNION ALL
        SELECT c.id, p.id, c.name, 2
        FROM users p CROSS JOIN json_each(p.aliases) j CROSS JOIN called c ON c.name = lower(j.value)
        WHERE p.aliases <> '[]'
        UNION ALL
        SELECT c.id, h.subject_id, c.name, 3 FROM called c
        CROSS JOIN changes h ON lower(h.before) = +c.name AND h.subject = 'user' AND h.field = 'email'
        UNION ALL
        SELECT c.id, h.subject_id, c.name, 3 FROM called c
        CROSS JOIN changes h ON lower(h.before) = +c.name AND h.subject = 'user' AND h.field = 'user_name'),
    found AS (
        SELECT x.kept_id, x.present_id, x.name, min(x.rank)
        FROM pairs x CROSS JOIN users k ON k.id = x.kept_id CROSS JOIN users p ON p.id = x.present_id
        WHERE x.name <> '' AND x.kept_id <> x.present_id AND p.status IN ('active', 'suspended')
          AND (:integrations IS NULL OR k.integration_id IN (SELECT value FROM json_each(:integrations))
               OR p.integration_id IN (SELECT value FROM json_each(:integrations)))
          AND NOT EXISTS (SELECT 1 FROM links l WHERE l.verdict = 'different'
                          AND (l.kept_id = k.id AND l.present_id = p.id OR l.kept_id = p.id AND l.present_id = k.id))
          AND NOT (k.status = 'removed'
                   AND EXISTS (SELECT 1 FROM links l WHERE l.verdict = 'same' AND l.kept_id = k.id))
        GROUP BY x.kept_id, x.present_id)";

/// Whether a person `k` was taken over from another integration and has not been seen in this one: then this directory
/// never called anybody so but the one who is there.
const TAKEN_OVER: &str = "(SELECT c.field = 'integration' FROM changes c
    WHERE c.subject_id = k.id AND c.subject = 'user' AND c.field IN ('integration', 'status') ORDER BY c.id DESC LIMIT 1)";

impl Store {
    /// Hands the conflicts that pass `filter`, those with devices first, to `each`, one at a time. Whoever was decided
    /// about is left out.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_conflict<E: From<StoreError>>(
        &self,
        filter: &ConflictFilter,
        mut each: impl FnMut(Conflict) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "{PAIRS}
             SELECT k.id AS kept_id, ki.name AS kept_integration, k.status AS kept_status,
                    (SELECT json_group_array(serial) FROM (
                         SELECT d.serial FROM assignments a JOIN devices d ON d.id = a.device_id
                         WHERE a.user_id = k.id AND a.ended_at IS NULL ORDER BY 1)) AS kept_devices,
                    p.id AS present_id, pi.name AS present_integration, p.status AS present_status, f.name,
                    k.integration_id = p.integration_id AND NOT coalesce({TAKEN_OVER}, 0) AS same_directory
             FROM found f CROSS JOIN users k ON k.id = f.kept_id CROSS JOIN integrations ki ON ki.id = k.integration_id
             CROSS JOIN users p ON p.id = f.present_id CROSS JOIN integrations pi ON pi.id = p.integration_id
             ORDER BY kept_devices = '[]', f.name, k.id, p.id"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(StoreError::from)?;
        let parameters = Parameters::of(filter);
        let mut rows = statement.query(&parameters.named()[..]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(conflict(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// How many conflicts pass `filter`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn count_conflicts(&self, filter: &ConflictFilter) -> Result<i64, StoreError> {
        let mut statement = self.db.prepare_cached(&format!("{PAIRS} SELECT count(*) FROM found"))?;
        let parameters = Parameters::of(filter);
        Ok(statement.query_row(&parameters.named()[..], |row| row.get(0))?)
    }
}

struct Parameters {
    integrations: Option<String>,
    holding: bool,
    since: String,
}

impl Parameters {
    fn of(filter: &ConflictFilter) -> Self {
        Self {
            integrations: filter.integrations.as_deref().map(id_list),
            holding: filter.with_devices,
            since: stamp(filter.removed_since),
        }
    }

    fn named(&self) -> [(&str, &dyn ToSql); 3] {
        [(":integrations", &self.integrations), (":holding", &self.holding), (":since", &self.since)]
    }
}

fn conflict(row: &Row<'_>) -> Mapped<Conflict> {
    let same_directory: bool = row.get("same_directory")?;
    Ok(Conflict {
        kept_id: row.get("kept_id")?,
        kept_integration: row.get("kept_integration")?,
        kept_status: word(row, "kept_status", UserStatus::parse)?,
        kept_devices: texts(row, "kept_devices")?,
        present_id: row.get("present_id")?,
        present_integration: row.get("present_integration")?,
        present_status: word(row, "present_status", UserStatus::parse)?,
        email: row.get("name")?,
        reason: if same_directory { ConflictReason::Recycled } else { ConflictReason::Elsewhere },
    })
}
