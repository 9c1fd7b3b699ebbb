//! Whom evidence means: everybody whom it names by the first field that names anybody, for all devices at once.

use rusqlite::{Connection, params};

use super::ground::{SERIAL_COUNTS, Scope, tell};
use super::table::KnownRule;
use crate::model::{EvidenceKind, MatchField};

/// A field's number in `r_cand`.
fn number(field: MatchField) -> i64 {
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

/// What makes one rule's candidates the same as another's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    evidence: EvidenceKind,
    attribute: Option<String>,
    matches: Vec<MatchField>,
    integration: Option<i64>,
}

/// The sources of candidates, by their numbers, each looked at once.
pub(super) struct Sources {
    scope: Scope,
    all: Vec<Source>,
    looked_at: Vec<bool>,
    /// What is told, by kind and attribute, and its numbers.
    told: Vec<(EvidenceKind, Option<String>, [i64; 2])>,
    /// Whether devices that were told of may be decided by now.
    only_open: bool,
}

impl Sources {
    /// Notes the rules and what they believe.
    pub(super) fn of(db: &Connection, scope: Scope, rules: &[KnownRule]) -> rusqlite::Result<Self> {
        let mut all: Vec<Source> = Vec::new();
        let mut insert = db.prepare("INSERT INTO temp.r_rules VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (number, known) in (0i64..).zip(rules) {
            let rule = &known.rule;
            let source = Source {
                evidence: rule.evidence,
                attribute: rule.attribute.clone().filter(|_| rule.evidence == EvidenceKind::UserAttrSerial),
                matches: rule.matches.clone(),
                integration: known.integration,
            };
            let place = all.iter().position(|known| *known == source).unwrap_or_else(|| {
                all.push(source);
                all.len() - 1
            });
            let (place, conflict) = (place_of(place), rule.on_conflict.as_str());
            insert.execute(params![number, rule.name, rule.priority, conflict, place, rule.built_in])?;
        }
        Ok(Self { scope, looked_at: vec![false; all.len()], all, told: Vec::new(), only_open: false })
    }

    /// From now on only candidates for devices in `r_open` are of interest.
    pub(super) fn only_open(&mut self) {
        self.only_open = true;
    }

    /// Finds the candidates of all sources.
    pub(super) fn look_at_all(&mut self, db: &Connection) -> rusqlite::Result<()> {
        (0..self.all.len()).try_for_each(|place| self.look_at(db, place))
    }

    /// Finds the candidates of a rule, by the number of it, if they are not known yet.
    pub(super) fn look_at_rule(&mut self, db: &Connection, rule: i64) -> rusqlite::Result<()> {
        let sql = "SELECT source FROM temp.r_rules WHERE rule = ?1";
        let place: i64 = db.prepare_cached(sql)?.query_row([rule], |row| row.get(0))?;
        self.look_at(db, usize::try_from(place).unwrap_or(usize::MAX))
    }

    fn look_at(&mut self, db: &Connection, place: usize) -> rusqlite::Result<()> {
        let (Some(source), Some(done)) = (self.all.get(place), self.looked_at.get_mut(place)) else { return Ok(()) };
        if std::mem::replace(done, true) {
            return Ok(());
        }
        let same = |(kind, attribute, _): &&(EvidenceKind, Option<String>, [i64; 2])| {
            *kind == source.evidence && *attribute == source.attribute
        };
        let told = match self.told.iter().find(same) {
            Some((.., told)) => *told,
            None => {
                let told = tell(db, self.scope, source.evidence, source.attribute.as_deref())?;
                self.told.push((source.evidence, source.attribute.clone(), told));
                told
            }
        };
        find(db, self.only_open, place_of(place), source, told)?;
        tracing::debug!(evidence = source.evidence.as_str(), "rules: candidates are known");
        Ok(())
    }
}

fn place_of(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// Whoever is meant by the first field that means anybody (of the directory, if there is one): somebody whom a later field
/// means has no part in it, even if those of the first one may not receive anything. Tombstones are nobody.
fn find(db: &Connection, only_open: bool, place: i64, source: &Source, told: [i64; 2]) -> rusqlite::Result<()> {
    let counts = format!(
        "t.n BETWEEN ?2 AND ?3 AND t.ignored IS NULL AND u.status <> 'removed' AND (?4 IS NULL OR u.integration_id = ?4) {}",
        if only_open { OPEN } else { "" }
    );
    let asked = params![place, told[0], told[1], source.integration];
    if source.evidence == EvidenceKind::UserAttrSerial {
        db.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.r_cand
                 SELECT ?1, t.device_id, u.id, t.n, 4 FROM temp.r_told t
                 CROSS JOIN temp.r_scope s ON s.device_id = t.device_id
                 CROSS JOIN temp.r_serials k ON k.attribute = t.attribute AND k.serial_key = s.serial_key
                 CROSS JOIN users u ON u.id = k.user_id WHERE {counts} AND {SERIAL_COUNTS}"
            ),
            asked,
        )?;
        return Ok(());
    }
    for (tried, field) in source.matches.iter().enumerate() {
        let what = match tried {
            0 if *field != MatchField::Alias => "temp.r_told t",
            0 | 1 => {
                if rest(db, only_open, tried, place, told)? == 0 {
                    return Ok(());
                }
                REST
            }
            _ => REST,
        };
        let unmeant = match tried {
            0 => "",
            _ => {
                "AND NOT EXISTS (SELECT 1 FROM temp.r_cand b
                                 WHERE b.source = ?1 AND b.device_id = t.device_id AND b.n = t.n)"
            }
        };
        let from = people(*field, what);
        let sql = format!(
            "INSERT OR IGNORE INTO temp.r_cand SELECT ?1, t.device_id, u.id, t.n, {} FROM {from} WHERE {counts} {unmeant}",
            number(*field)
        );
        db.execute(&sql, asked)?;
    }
    Ok(())
}

const OPEN: &str = "AND t.device_id IN (SELECT device_id FROM temp.r_open)";
const REST: &str = "temp.r_rest r CROSS JOIN temp.r_told t ON t.n = r.n";

/// Notes in `r_rest` what means nobody by the fields looked at so far; says how much it is.
fn rest(db: &Connection, only_open: bool, tried: usize, place: i64, told: [i64; 2]) -> rusqlite::Result<usize> {
    let open = if only_open { OPEN } else { "" };
    db.execute_batch("DROP INDEX IF EXISTS temp.r_rest_value; DELETE FROM temp.r_rest;")?;
    let rest = db.execute(
        &format!(
            "INSERT INTO temp.r_rest SELECT t.n, t.value_key FROM temp.r_told t
             WHERE t.n BETWEEN ?2 AND ?3 AND t.ignored IS NULL {open}
               AND (?4 OR NOT EXISTS (SELECT 1 FROM temp.r_cand b
                                      WHERE b.source = ?1 AND b.device_id = t.device_id AND b.n = t.n))"
        ),
        params![place, told[0], told[1], tried == 0],
    )?;
    db.execute_batch("CREATE INDEX temp.r_rest_value ON r_rest (value_key);")?;
    Ok(rest)
}

/// By the indexes of people, but for aliases, which have none: there the people are walked, and the rest has one.
/// A bare column has a type, with which SQLite would not look into an index of lower(…); + takes it off.
fn people(field: MatchField, what: &str) -> String {
    let told_of = "AND NOT t.is_external_id AND (t.integration_id IS NULL OR t.integration_id = u.integration_id)";
    match field {
        MatchField::ExternalId => format!(
            "{what} CROSS JOIN integrations i
             CROSS JOIN users u ON u.integration_id = i.id AND u.external_id = t.value
                 AND (t.integration_id IS NULL OR t.integration_id = i.id)"
        ),
        MatchField::Email => format!("{what} CROSS JOIN users u ON lower(u.email) = +t.value_key {told_of}"),
        MatchField::Upn => format!("{what} CROSS JOIN users u ON lower(u.user_name) = +t.value_key {told_of}"),
        MatchField::Alias => format!(
            "users u CROSS JOIN json_each(u.aliases) j
             CROSS JOIN temp.r_rest r INDEXED BY r_rest_value ON r.value_key = lower(j.value)
             CROSS JOIN temp.r_told t ON t.n = r.n AND u.aliases <> '[]' {told_of}"
        ),
    }
}

/// Keeps what rules ask about people: of the candidates, or, where those are not known yet, of everybody.
pub(super) fn keep(db: &Connection, scope: Scope) -> rusqlite::Result<()> {
    let from = if scope.is_lazy() {
        "users u"
    } else {
        "(SELECT DISTINCT user_id FROM temp.r_cand ORDER BY user_id) m CROSS JOIN users u ON u.id = m.user_id"
    };
    let which = if scope.is_thorough() { "" } else { "WHERE u.status = 'active'" };
    db.execute_batch(&format!(
        "INSERT INTO temp.r_people
         SELECT u.id, u.status = 'active', lower(u.email), lower(u.user_name), u.department, u.title, u.org_unit
         FROM {from} {which} ORDER BY u.id;"
    ))
}
