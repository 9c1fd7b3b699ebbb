//! The words of conditions: which spellings there are that mean the same without regard to case, in any script, and who
//! is in which group.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::conditions::{Drive, drive};
use super::table::KnownRule;

/// A condition on text: its name, the values a rule asks for, where the spellings there are stand, and which of them
/// fulfil a value.
struct Wording {
    field: &'static str,
    asked: fn(&KnownRule) -> &[String],
    there: Drive,
    fulfils: fn(&str, &str) -> bool,
}

const WORDINGS: [Wording; 7] = [
    Wording {
        field: "platform",
        asked: |known| &known.rule.device.platform,
        there: Drive::Devices("platform"),
        fulfils: is,
    },
    Wording { field: "model", asked: |known| &known.rule.device.model, there: Drive::Devices("model"), fulfils: is },
    Wording {
        field: "blueprint",
        asked: |known| &known.rule.device.blueprint,
        there: Drive::Devices("blueprint"),
        fulfils: is,
    },
    // All labels of a device are one spelling.
    Wording { field: "tag", asked: |known| &known.rule.device.tag, there: Drive::Devices("tags"), fulfils: is_among },
    Wording {
        field: "department",
        asked: |known| &known.rule.user.department,
        there: Drive::People("department"),
        fulfils: is,
    },
    Wording { field: "title", asked: |known| &known.rule.user.title, there: Drive::People("title"), fulfils: is },
    Wording {
        field: "org_unit",
        asked: |known| &known.rule.user.org_unit,
        there: Drive::People("org_unit"),
        fulfils: is_at_or_below,
    },
];

/// A word as it is compared.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn is(asked: &str, there: &str) -> bool {
    asked == there
}

/// Whether a label is in a list of them, as stored.
fn is_among(asked: &str, there: &str) -> bool {
    let labels: Vec<String> = serde_json::from_str(there).unwrap_or_default();
    labels.iter().any(|label| folded(label) == asked)
}

fn is_at_or_below(asked: &str, there: &str) -> bool {
    let unit = asked.trim_end_matches('/');
    there.trim_end_matches('/') == unit || there.strip_prefix(unit).is_some_and(|below| below.starts_with('/'))
}

/// Notes for every rule which spellings fulfil its conditions, and who is in its groups.
pub(super) fn note(db: &Connection, rules: &[KnownRule]) -> rusqlite::Result<()> {
    let ways: Vec<Drive> = rules.iter().map(|known| drive(&known.rule)).collect();
    let mut insert = db.prepare("INSERT OR IGNORE INTO temp.r_fits VALUES (?1, ?2, ?3)")?;
    for wording in WORDINGS {
        let asked: Vec<(i64, Vec<String>)> = (0i64..)
            .zip(rules)
            .map(|(number, known)| (number, (wording.asked)(known).iter().map(|value| folded(value)).collect()))
            .filter(|(_, values): &(i64, Vec<String>)| !values.is_empty())
            .collect();
        if asked.is_empty() {
            continue;
        }
        let indexed = ways.contains(&wording.there);
        let mut statement = db.prepare(&spellings(db, wording.there, indexed)?)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let there: String = row.get(0)?;
            let word = folded(&there);
            for (rule, values) in &asked {
                if values.iter().any(|value| (wording.fulfils)(value, &word)) {
                    insert.execute(params![rule, wording.field, there])?;
                }
            }
        }
    }
    for (number, known) in (0i64..).zip(rules) {
        for prefix in &known.rule.device.serial_prefix {
            insert.execute(params![number, "serial_prefix", prefix.trim().to_ascii_uppercase()])?;
        }
        for pattern in &known.rule.user.exclude {
            insert.execute(params![number, "exclude", pattern.to_ascii_lowercase()])?;
        }
    }
    members(db, rules)
}

/// The SELECT of all spellings of a field. Where rules are driven by it, it has an index, in which each is looked up after
/// the one before; nothing else would be quick where a hundred thousand share a few.
fn spellings(db: &Connection, there: Drive, indexed: bool) -> rusqlite::Result<String> {
    let (table, field) = match there {
        Drive::People(field) => ("r_people", field),
        Drive::Devices(field) => ("r_scope", field),
        Drive::Members | Drive::Prefix | Drive::Open | Drive::All => return Ok("SELECT NULL WHERE 0".into()),
    };
    if !indexed {
        return Ok(format!("SELECT DISTINCT {field} FROM temp.{table} WHERE {field} IS NOT NULL"));
    }
    db.execute_batch(&format!("CREATE INDEX temp.{table}_{field} ON {table} ({field});"))?;
    Ok(format!(
        "WITH RECURSIVE spelt (word) AS (
             SELECT min({field}) FROM temp.{table}
             UNION ALL SELECT (SELECT min({field}) FROM temp.{table} WHERE {field} > word) FROM spelt WHERE word IS NOT NULL)
         SELECT word FROM spelt WHERE word IS NOT NULL"
    ))
}

/// Who is in the groups of rules: members, members of groups in them, everybody where everybody is a member.
fn members(db: &Connection, rules: &[KnownRule]) -> rusqlite::Result<()> {
    let mut asked: HashMap<String, Vec<i64>> = HashMap::new();
    for (number, known) in (0i64..).zip(rules) {
        for group in &known.rule.user.groups_any {
            asked.entry(folded(group)).or_default().push(number);
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let mut insert = db.prepare("INSERT OR IGNORE INTO temp.r_groups VALUES (?1, ?2)")?;
    let mut statement = db.prepare("SELECT id, external_id, email, name FROM groups")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 1..=3 {
            let called: Option<String> = row.get(column)?;
            for rule in called.and_then(|called| asked.get(&folded(&called))).into_iter().flatten() {
                insert.execute(params![rule, row.get::<_, i64>(0)?])?;
            }
        }
    }
    // UNION drops what was reached before, so that a cycle ends. People are walked by what they are members of where the
    // groups are large, for a pass looks at the people evidence names, and they may be few.
    db.execute_batch(
        "INSERT OR IGNORE INTO temp.r_groups
         WITH RECURSIVE below (rule, id) AS (
             SELECT rule, group_id FROM temp.r_groups
             UNION
             SELECT below.rule, sub.id FROM below CROSS JOIN groups g ON g.id = below.id
             CROSS JOIN memberships m ON m.group_id = g.id AND m.kind = 'group'
             CROSS JOIN groups sub ON sub.integration_id = g.integration_id AND sub.external_id = m.member_external_id)
         SELECT rule, id FROM below;
         INSERT OR IGNORE INTO temp.r_members
         SELECT r.rule, p.user_id FROM temp.r_groups r CROSS JOIN groups g ON g.id = r.group_id
         CROSS JOIN memberships m ON m.group_id = g.id AND m.kind = 'everyone'
         CROSS JOIN users u ON u.integration_id = g.integration_id
         CROSS JOIN temp.r_people p ON p.user_id = u.id;",
    )?;
    let few: bool = db.query_row(
        "SELECT 10 * (SELECT count(*) FROM temp.r_people)
              < (SELECT coalesce(sum(g.member_count), 0) FROM temp.r_groups r JOIN groups g ON g.id = r.group_id)",
        [],
        |row| row.get(0),
    )?;
    let from = if few {
        "temp.r_people p CROSS JOIN users u ON u.id = p.user_id
         CROSS JOIN memberships m ON m.member_external_id = u.external_id AND m.kind = 'user'
         CROSS JOIN groups g ON g.id = m.group_id AND g.integration_id = u.integration_id
         JOIN temp.r_groups r ON r.group_id = g.id"
    } else {
        "temp.r_groups r CROSS JOIN groups g ON g.id = r.group_id
         CROSS JOIN memberships m ON m.group_id = g.id AND m.kind = 'user'
         CROSS JOIN users u ON u.integration_id = g.integration_id AND u.external_id = m.member_external_id
         CROSS JOIN temp.r_people p ON p.user_id = u.id"
    };
    db.execute_batch(&format!(
        "CREATE INDEX temp.r_groups_group ON r_groups (group_id, rule);
         INSERT OR IGNORE INTO temp.r_members SELECT r.rule, p.user_id FROM {from};"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_itself_and_what_is_below_it_and_nothing_that_only_begins_so() {
        for (asked, there, fits) in [
            ("/sales", "/sales", true),
            ("/sales/", "/sales", true),
            ("/sales", "/sales/emea", true),
            ("/sales", "/salesforce", false),
            ("/sales/emea", "/sales", false),
            ("/", "/anything", true),
            ("/", "/", true),
        ] {
            assert_eq!(is_at_or_below(asked, there), fits, "{asked} {there}");
        }
        assert_eq!(folded(" BÜRO "), "büro");
    }
}
