//! Whom evidence means: everybody whom it names by the first field that names anybody, for all devices at once.

use rusqlite::{Connection, params};

use super::ground::{Among, SERIAL_COUNTS, Scope, tell};
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
    /// The source of each rule, by its number.
    of_rules: Vec<usize>,
    looked_at: Vec<bool>,
    /// What is told, by kind and attribute, and its numbers.
    told: Vec<(EvidenceKind, Option<String>, [i64; 2])>,
    /// How many devices `r_open` has, if only those are of interest.
    open: Option<i64>,
}

impl Sources {
    /// Notes the rules and what they believe.
    pub(super) fn of(db: &Connection, scope: Scope, rules: &[KnownRule]) -> rusqlite::Result<Self> {
        let (mut all, mut of_rules): (Vec<Source>, Vec<usize>) = Default::default();
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
            of_rules.push(place);
            let (place, conflict) = (place_of(place), rule.on_conflict.as_str());
            insert.execute(params![number, rule.name, rule.priority, conflict, place, rule.built_in])?;
        }
        Ok(Self { scope, looked_at: vec![false; all.len()], all, of_rules, told: Vec::new(), open: None })
    }

    /// From now on only candidates for the devices in `r_open` are of interest, which are so many.
    pub(super) fn only_open(&mut self, open: i64) {
        self.open = Some(open);
    }

    /// Finds the candidates of all sources.
    pub(super) fn look_at_all(&mut self, db: &Connection) -> rusqlite::Result<()> {
        (0..self.all.len()).try_for_each(|place| self.look_at(db, place))
    }

    /// The place of a rule's source.
    pub(super) fn place(&self, rule: usize) -> usize {
        self.of_rules.get(rule).copied().unwrap_or(usize::MAX)
    }

    /// Whether the candidates of a source are still to be found.
    pub(super) fn is_unknown(&self, place: usize) -> bool {
        self.looked_at.get(place) == Some(&false)
    }

    /// Finds the candidates of a source if they are not known yet.
    pub(super) fn look_at(&mut self, db: &Connection, place: usize) -> rusqlite::Result<()> {
        let (Some(source), Some(done)) = (self.all.get(place), self.looked_at.get_mut(place)) else { return Ok(()) };
        if std::mem::replace(done, true) {
            return Ok(());
        }
        let (kind, attribute) = (source.evidence, source.attribute.as_deref());
        let known = self.told.iter().rfind(|(told, of, _)| *told == kind && of.as_deref() == attribute);
        let told = match known {
            Some((.., told)) if self.is_worth_reading(kind, *told) => *told,
            _ => {
                let among = if self.open.is_some() { Among::Open } else { Among::All };
                let told = tell(db, self.scope, among, kind, attribute)?;
                self.told.push((kind, source.attribute.clone(), told));
                told
            }
        };
        find(db, self.scope, self.open.is_some(), place_of(place), source, told)?;
        tracing::debug!(evidence = kind.as_str(), "rules: candidates are known");
        Ok(())
    }

    /// Whether it is quicker to read over what was told of devices that are decided by now than to have the rest told anew.
    fn is_worth_reading(&self, kind: EvidenceKind, [first, last]: [i64; 2]) -> bool {
        kind == EvidenceKind::UserAttrSerial || self.open.is_none_or(|open| (last - first) / 4 <= open)
    }

    /// Finds the candidates of one rule for the devices in `r_few`; they are a source of their own, whose number is
    /// returned.
    pub(super) fn look_at_few(&self, db: &Connection, rule: usize) -> rusqlite::Result<i64> {
        let number = -1 - place_of(rule);
        let Some(source) = self.all.get(self.place(rule)) else { return Ok(number) };
        let told = tell(db, self.scope, Among::Few, source.evidence, source.attribute.as_deref())?;
        find(db, self.scope, false, number, source, told)?;
        db.execute("UPDATE temp.r_rules SET source = ?1 WHERE rule = ?2", [number, place_of(rule)])?;
        Ok(number)
    }
}

pub(super) fn place_of(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// Whoever is meant by the first field that means anybody (of the directory, if there is one): somebody whom a later field
/// means has no part in it, even if those of the first one may not receive anything. Tombstones are nobody.
fn find(
    db: &Connection,
    scope: Scope,
    only_open: bool,
    place: i64,
    source: &Source,
    told: [i64; 2],
) -> rusqlite::Result<()> {
    let counts = format!(
        "t.n BETWEEN ?2 AND ?3 AND t.ignored IS NULL AND (?4 IS NULL OR u.integration_id = ?4) {}",
        if only_open { OPEN } else { "" }
    );
    let asked = params![place, told[0], told[1], source.integration];
    if source.evidence == EvidenceKind::UserAttrSerial {
        db.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.r_cand
                 SELECT ?1, t.device_id, u.id, t.n, 4, u.status = 'active' FROM temp.r_told t
                 CROSS JOIN temp.r_scope s ON s.device_id = t.device_id
                 CROSS JOIN temp.r_serials k ON k.attribute = t.attribute AND k.device_id = t.device_id
                 CROSS JOIN users u ON u.id = k.user_id AND u.status <> 'removed' WHERE {counts} AND {SERIAL_COUNTS}"
            ),
            asked,
        )?;
        return Ok(());
    }
    for (tried, field) in source.matches.iter().enumerate() {
        let what = if tried == 0 && *field != MatchField::Alias { "temp.r_told t" } else { REST };
        if what == REST && tried <= 1 && rest(db, only_open, tried, place, told)? == 0 {
            return Ok(());
        }
        if *field == MatchField::Alias {
            db.execute_batch("CREATE INDEX temp.r_rest_value ON r_rest (value_key);")?;
        }
        // Just now the rest was what means nobody.
        let unmeant = if tried > 1 {
            "AND NOT EXISTS (SELECT 1 FROM temp.r_cand b WHERE b.source = ?1 AND b.device_id = t.device_id AND b.n = t.n)"
        } else {
            ""
        };
        let sql = format!(
            "INSERT OR IGNORE INTO temp.r_cand SELECT ?1, t.device_id, u.user_id, t.n, {}, u.active FROM {}
             WHERE {counts} {unmeant}",
            number(*field),
            people(scope, *field, what)
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
    db.execute(
        &format!(
            "INSERT INTO temp.r_rest SELECT t.n, t.value_key FROM temp.r_told t
             WHERE t.n BETWEEN ?2 AND ?3 AND t.ignored IS NULL {open}
               AND (?4 OR NOT EXISTS (SELECT 1 FROM temp.r_cand b
                                      WHERE b.source = ?1 AND b.device_id = t.device_id AND b.n = t.n))"
        ),
        params![place, told[0], told[1], tried == 0],
    )
}

/// By the indexes of people, but for aliases, which have none: there the people are walked, and the rest has one.
/// A bare column has a type, with which SQLite would not look into an index of lower(…); + takes it off.
fn people(scope: Scope, field: MatchField, what: &str) -> String {
    // Those who are laid out anyway take less room than all that is known of everybody.
    let known = if scope.is_lazy() {
        "temp.r_people u ON u.user_id = e.id"
    } else {
        "(SELECT id AS user_id, integration_id, status = 'active' AS active FROM users WHERE status <> 'removed') u
         ON u.user_id = e.id"
    };
    let told_of = "AND NOT t.is_external_id AND (t.integration_id IS NULL OR t.integration_id = u.integration_id)";
    match field {
        MatchField::ExternalId => format!(
            "{what} CROSS JOIN integrations i
             CROSS JOIN users e ON e.integration_id = i.id AND e.external_id = t.value
                 AND (t.integration_id IS NULL OR t.integration_id = i.id) CROSS JOIN {known}"
        ),
        MatchField::Email => {
            format!("{what} CROSS JOIN users e ON lower(e.email) = +t.value_key CROSS JOIN {known} {told_of}")
        }
        MatchField::Upn => {
            format!("{what} CROSS JOIN users e ON lower(e.user_name) = +t.value_key CROSS JOIN {known} {told_of}")
        }
        MatchField::Alias => format!(
            "users e CROSS JOIN json_each(e.aliases) j
             CROSS JOIN temp.r_rest r INDEXED BY r_rest_value ON r.value_key = lower(j.value) AND e.aliases <> '[]'
             CROSS JOIN temp.r_told t ON t.n = r.n CROSS JOIN {known} {told_of}"
        ),
    }
}

/// Keeps what rules ask about people: of the candidates, or, where those are not known yet, of everybody. Tombstones are
/// nobody.
pub(super) fn keep(db: &Connection, scope: Scope) -> rusqlite::Result<()> {
    let from = if scope.is_lazy() {
        "users u WHERE u.status <> 'removed'"
    } else {
        "(SELECT DISTINCT user_id FROM temp.r_cand ORDER BY user_id) m CROSS JOIN users u ON u.id = m.user_id"
    };
    db.execute_batch(&format!(
        "INSERT INTO temp.r_people
         SELECT u.id, u.status = 'active', u.integration_id, lower(u.email), lower(u.user_name), u.department, u.title,
             u.org_unit FROM {from} ORDER BY u.id;"
    ))
}
