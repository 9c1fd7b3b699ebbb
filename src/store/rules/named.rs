//! Whom evidence may mean: everybody whom it names by id, address, sign-in name or alias, for all devices at once.

use rusqlite::Connection;

use super::table::KnownRule;
use crate::model::{EvidenceKind, MatchField};

/// A field's number in `r_named`.
pub(super) fn number(field: MatchField) -> i64 {
    match field {
        MatchField::ExternalId => 0,
        MatchField::Email => 1,
        MatchField::Upn => 2,
        MatchField::Alias => 3,
    }
}

/// The field of a number; a serial number is no field of a person.
pub(super) fn field(number: i64) -> Option<MatchField> {
    MatchField::ALL.into_iter().find(|field| self::number(*field) == number)
}

/// Finds everybody whom what is told may mean, and keeps what rules ask about them. Tombstones are nobody.
pub(super) fn find(db: &Connection, rules: &[KnownRule], only_active: bool) -> rusqlite::Result<()> {
    db.execute_batch("CREATE INDEX temp.r_told_value ON r_told (value_key);")?;
    for field in MatchField::ALL {
        let mut kinds: Vec<&str> = rules
            .iter()
            .filter(|known| known.rule.matches.contains(&field) && known.rule.evidence != EvidenceKind::UserAttrSerial)
            .map(|known| known.rule.evidence.as_str())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if !kinds.is_empty() {
            db.execute(by(field), [serde_json::Value::from(kinds).to_string()])?;
            tracing::debug!(field = field.as_str(), "rules: looked up");
        }
    }
    let which = if only_active { "AND u.status = 'active'" } else { "" };
    db.execute_batch(&format!(
        "INSERT INTO temp.r_people
         SELECT u.id, u.status = 'active', lower(u.email), lower(u.user_name), u.department, u.title, u.org_unit
         FROM (SELECT DISTINCT user_id FROM temp.r_named ORDER BY user_id) m CROSS JOIN users u ON u.id = m.user_id
         WHERE 1 {which};"
    ))
}

/// By the indexes of people, but for aliases, which have none: there the people are walked, and what is told has one.
/// A bare column has a type, with which SQLite would not look into an index of lower(…); + takes it off.
fn by(field: MatchField) -> &'static str {
    match field {
        MatchField::ExternalId => {
            "INSERT OR IGNORE INTO temp.r_named
             SELECT t.n, 0, u.id, u.integration_id FROM temp.r_told t CROSS JOIN integrations i
             CROSS JOIN users u ON u.integration_id = i.id AND u.external_id = t.value
             WHERE t.kind IN (SELECT value FROM json_each(?1)) AND t.ignored IS NULL AND u.status <> 'removed'
               AND (t.integration_id IS NULL OR t.integration_id = i.id)"
        }
        MatchField::Email => {
            "INSERT OR IGNORE INTO temp.r_named
             SELECT t.n, 1, u.id, u.integration_id FROM temp.r_told t
             CROSS JOIN users u ON lower(u.email) = +t.value_key
             WHERE t.kind IN (SELECT value FROM json_each(?1)) AND t.ignored IS NULL AND u.status <> 'removed'
               AND NOT t.is_external_id AND (t.integration_id IS NULL OR t.integration_id = u.integration_id)"
        }
        MatchField::Upn => {
            "INSERT OR IGNORE INTO temp.r_named
             SELECT t.n, 2, u.id, u.integration_id FROM temp.r_told t
             CROSS JOIN users u ON lower(u.user_name) = +t.value_key
             WHERE t.kind IN (SELECT value FROM json_each(?1)) AND t.ignored IS NULL AND u.status <> 'removed'
               AND NOT t.is_external_id AND (t.integration_id IS NULL OR t.integration_id = u.integration_id)"
        }
        MatchField::Alias => {
            "INSERT OR IGNORE INTO temp.r_named
             SELECT t.n, 3, u.id, u.integration_id FROM users u CROSS JOIN json_each(u.aliases) j
             CROSS JOIN temp.r_told t INDEXED BY r_told_value ON t.value_key = lower(j.value)
             WHERE u.aliases <> '[]' AND t.kind IN (SELECT value FROM json_each(?1)) AND t.ignored IS NULL
               AND u.status <> 'removed' AND NOT t.is_external_id
               AND (t.integration_id IS NULL OR t.integration_id = u.integration_id)"
        }
    }
}
