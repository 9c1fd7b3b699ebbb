//! The decision: for each device the first rule that names exactly one person who may receive it. Rules are tried in
//! order, each in one statement for all devices that are not decided yet.

use rusqlite::{Connection, params};

use super::conditions::{Drive, drive, of_device, of_person};
use super::named::number;
use super::table::KnownRule;
use crate::model::{EvidenceKind, MatchField};

/// How often somebody has to have signed in to be a device's usual user.
const LOGINS: i64 = 3;

/// Their least share of all sign-ins, in percent.
const SHARE: i64 = 60;

/// What makes one rule's candidates the same as another's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    evidence: EvidenceKind,
    attribute: Option<String>,
    matches: Vec<MatchField>,
    integration: Option<i64>,
}

/// Finds the candidates of all rules, and notes the rules.
pub(super) fn candidates(db: &Connection, rules: &[KnownRule]) -> rusqlite::Result<()> {
    let mut sources: Vec<Source> = Vec::new();
    let mut insert = db.prepare("INSERT INTO temp.r_rules VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (number, known) in (0i64..).zip(rules) {
        let rule = &known.rule;
        let source = Source {
            evidence: rule.evidence,
            attribute: rule.attribute.clone().filter(|_| rule.evidence == EvidenceKind::UserAttrSerial),
            matches: rule.matches.clone(),
            integration: known.integration,
        };
        let place = match sources.iter().position(|known| *known == source) {
            Some(place) => place,
            None => {
                find(db, i64::try_from(sources.len()).unwrap_or(i64::MAX), &source)?;
                sources.push(source);
                sources.len() - 1
            }
        };
        let (place, conflict) = (i64::try_from(place).unwrap_or(i64::MAX), rule.on_conflict.as_str());
        insert.execute(params![number, rule.name, rule.priority, conflict, place, rule.built_in])?;
    }
    db.execute_batch("CREATE INDEX temp.r_cand_user ON r_cand (source, user_id);")
}

/// Whoever is meant by the first field that means anybody (of the directory, if there is one): somebody whom a later field
/// means has no part in it, even if those of the first one may not receive anything.
fn find(db: &Connection, place: i64, source: &Source) -> rusqlite::Result<()> {
    let rank = |named: &str| match source.evidence {
        EvidenceKind::UserAttrSerial => "0".to_owned(),
        _ => {
            let whens = (0..).zip(&source.matches).map(|(rank, field)| format!("WHEN {} THEN {rank} ", number(*field)));
            match whens.collect::<String>() {
                none if none.is_empty() => "NULL".to_owned(),
                whens => format!("CASE {named}.field {whens}END"),
            }
        }
    };
    let (of, better) = (rank("m"), rank("b"));
    db.execute(
        &format!(
            "INSERT OR IGNORE INTO temp.r_cand
             SELECT ?1, t.device_id, m.user_id, t.n, m.field FROM temp.r_told t CROSS JOIN temp.r_named m ON m.n = t.n
             WHERE t.kind = ?2 AND t.attribute IS ?3 AND t.ignored IS NULL AND (?4 IS NULL OR m.integration_id = ?4)
               AND {of} IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM temp.r_named b WHERE b.n = t.n AND (?4 IS NULL OR b.integration_id = ?4)
                               AND {better} < {of})"
        ),
        params![place, source.evidence.as_str(), source.attribute, source.integration],
    )?;
    Ok(())
}

/// Tries the rules in order.
pub(super) fn decide(db: &Connection, rules: &[KnownRule]) -> rusqlite::Result<()> {
    let mut indexed: Vec<Drive> = Vec::new();
    for (number, known) in (0i64..).zip(rules).filter(|(_, known)| known.rule.decides()) {
        let way = drive(&known.rule);
        if !indexed.contains(&way) {
            match way {
                Drive::People(field) => {
                    db.execute_batch(&format!("CREATE INDEX temp.r_people_{field} ON r_people ({field});"))?;
                }
                Drive::Devices(field) => {
                    db.execute_batch(&format!("CREATE INDEX temp.r_scope_{field} ON r_scope ({field});"))?;
                }
                Drive::Members | Drive::Tags | Drive::All => {}
            }
            indexed.push(way);
        }
        db.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.r_decided
                 SELECT device_id, {number}, min(user_id), min(n) FROM ({}) GROUP BY device_id HAVING count(*) = 1",
                passing(number, known, way)
            ),
            [],
        )?;
        tracing::trace!(rule = known.rule.name, "rules: tried");
    }
    Ok(())
}

/// The undecided devices that a rule is for, each with everybody who may receive it by that rule.
fn passing(number: i64, known: &KnownRule, way: Drive) -> String {
    let rule = &known.rule;
    let source = format!("(SELECT source FROM temp.r_rules WHERE rule = {number})");
    let fits = |field: &str| format!("f.rule = {number} AND f.field = '{field}'");
    let by_people =
        format!("CROSS JOIN temp.r_cand c INDEXED BY r_cand_user ON c.source = {source} AND c.user_id = p.user_id");
    let by_devices = format!("CROSS JOIN temp.r_cand c ON c.source = {source} AND c.device_id = s.device_id");
    let (device, person) =
        ("JOIN temp.r_scope s ON s.device_id = c.device_id", "JOIN temp.r_people p ON p.user_id = c.user_id");
    let (from, mut all) = match way {
        Drive::People(field) => (
            format!("temp.r_fits f CROSS JOIN temp.r_people p ON p.{field} = f.spelling {by_people} CROSS {device}"),
            vec![fits(field)],
        ),
        Drive::Members => (
            format!("temp.r_members f CROSS JOIN temp.r_people p ON p.user_id = f.user_id {by_people} CROSS {device}"),
            vec![format!("f.rule = {number}")],
        ),
        Drive::Devices(field) => (
            format!("temp.r_fits f CROSS JOIN temp.r_scope s ON s.{field} = f.spelling {by_devices} CROSS {person}"),
            vec![fits(field)],
        ),
        Drive::Tags => (
            format!(
                "temp.r_fits f CROSS JOIN temp.r_tags t ON t.tag = f.spelling
                 CROSS JOIN temp.r_scope s ON s.device_id = t.device_id {by_devices} CROSS {person}"
            ),
            vec![fits("tag")],
        ),
        Drive::All => (format!("temp.r_cand c CROSS {person} CROSS {device}"), vec![format!("c.source = {source}")]),
    };
    all.push("NOT EXISTS (SELECT 1 FROM temp.r_decided x WHERE x.device_id = c.device_id)".to_owned());
    all.extend(of_device(number, rule).into_iter().chain(of_person(number, rule)).map(|condition| condition.sql));
    let (told, enough) = match rule.evidence {
        EvidenceKind::Login => (" CROSS JOIN temp.r_told l ON l.n = c.n", format!("HAVING {}", enough())),
        _ => ("", String::new()),
    };
    format!(
        "SELECT c.device_id, c.user_id, min(c.n) AS n FROM {from}{told} WHERE {}
         GROUP BY c.device_id, c.user_id {enough}",
        all.join(" AND ")
    )
}

/// Whether somebody's sign-ins `l` make them the usual user.
pub(super) fn enough() -> String {
    // By several spellings of one person each row counts once.
    format!("sum(l.logins) >= {LOGINS} AND sum(l.logins) * 100 >= {SHARE} * max(l.total)")
}
