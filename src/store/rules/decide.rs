//! The decision: for each device the first rule that names exactly one person who may receive it. Rules are tried in
//! order, each in one statement for all devices that are not decided yet.

use rusqlite::Connection;

use super::conditions::{Drive, drive, of_device, of_person};
use super::named::Sources;
use super::table::KnownRule;
use crate::model::EvidenceKind;

/// How often somebody has to have signed in to be a device's usual user.
const LOGINS: i64 = 3;

/// Their least share of all sign-ins, in percent.
const SHARE: i64 = 60;

/// As soon as no more than one of so many devices is undecided, rules start from those.
const MOST: usize = 8;

/// Tries the rules in order.
pub(super) fn decide(db: &Connection, rules: &[KnownRule], sources: &mut Sources) -> rusqlite::Result<()> {
    let all = db.query_row("SELECT count(*) FROM temp.r_open", [], |row| row.get::<_, i64>(0))?;
    let all = usize::try_from(all).unwrap_or(0);
    let (mut open, mut decided) = (all, 0);
    let mut indexed: Vec<Drive> = Vec::new();
    for (number, known) in (0i64..).zip(rules).filter(|(_, known)| known.rule.decides()) {
        sources.look_at_rule(db, number)?;
        let way = if open * MOST < all { Drive::Open } else { drive(&known.rule) };
        if !indexed.contains(&way) {
            index(db, way)?;
            indexed.push(way);
        }
        decided += db.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.r_decided
                 SELECT device_id, {number}, min(user_id), min(n) FROM ({}) GROUP BY device_id HAVING count(*) = 1",
                passing(number, known, way)
            ),
            [],
        )?;
        if all > 0 && decided * 2 > open {
            let gone = "DELETE FROM temp.r_open WHERE device_id IN (SELECT device_id FROM temp.r_decided)";
            open = open.saturating_sub(db.execute(gone, [])?);
            sources.only_open();
            decided = 0;
        }
        tracing::trace!(rule = known.rule.name, "rules: tried");
    }
    Ok(())
}

/// What a way needs to be quick.
fn index(db: &Connection, way: Drive) -> rusqlite::Result<()> {
    match way {
        Drive::People(field) => {
            db.execute_batch(&format!("CREATE INDEX temp.r_people_{field} ON r_people ({field});"))?;
        }
        Drive::Devices(field) => {
            db.execute_batch(&format!("CREATE INDEX temp.r_scope_{field} ON r_scope ({field});"))?;
        }
        Drive::Members | Drive::Prefix | Drive::Open | Drive::All => {}
    }
    if matches!(way, Drive::People(_) | Drive::Members) {
        db.execute_batch("CREATE INDEX IF NOT EXISTS temp.r_cand_user ON r_cand (source, user_id);")?;
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
        Drive::Prefix => (
            format!(
                "temp.r_fits f CROSS JOIN devices d
                     ON d.serial_key >= f.spelling AND d.serial_key < f.spelling || char(1114111)
                 CROSS JOIN temp.r_scope s ON s.device_id = d.id {by_devices} CROSS {person}"
            ),
            vec![fits("serial_prefix")],
        ),
        Drive::Open => (
            format!(
                "temp.r_open f CROSS JOIN temp.r_cand c ON c.source = {source} AND c.device_id = f.device_id
                 CROSS {device} CROSS {person}"
            ),
            Vec::new(),
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
