//! The decision: for each device the first rule that names exactly one person who may receive it. Rules are tried in
//! order, each in one statement for all devices that are not decided yet.

use rusqlite::Connection;

use super::conditions::{Drive, drive, of_device, of_person};
use super::few::Patience;
use super::ground::Scope;
use super::named::{Sources, place_of};
use super::table::KnownRule;
use crate::model::EvidenceKind;

/// How often somebody has to have signed in to be a device's usual user.
const LOGINS: i64 = 3;

/// Their least share of all sign-ins, in percent.
const SHARE: i64 = 60;

/// As soon as no more than one of so many devices is undecided, rules start from those.
const MOST: i64 = 8;

/// Tries the rules in order.
pub(super) fn decide(
    db: &Connection,
    scope: Scope,
    rules: &[KnownRule],
    sources: &mut Sources,
) -> rusqlite::Result<()> {
    let count = "SELECT count(*) FROM temp.r_scope";
    let all: i64 = if scope.is_lazy() { db.query_row(count, [], |row| row.get(0))? } else { 0 };
    let (mut open, mut decided) = (all, 0);
    let mut patience = Patience::of(all);
    for (number, known) in rules.iter().enumerate().filter(|(_, known)| known.rule.decides()) {
        let mut way = if open * MOST < all { Drive::Open } else { drive(&known.rule) };
        let place = sources.place(number);
        let bit_by_bit = sources.is_unknown(place) && !is_soon_needed(rules, number, sources);
        let source = if bit_by_bit && patience.lay(db, place_of(number), known, way, place)? {
            way = Drive::All;
            sources.look_at_few(db, number)?
        } else {
            sources.look_at(db, place)?;
            place_of(place)
        };
        if matches!(way, Drive::People(_) | Drive::Members) {
            db.execute_batch("CREATE INDEX IF NOT EXISTS temp.r_cand_user ON r_cand (source, user_id);")?;
        }
        decided += place_of(db.execute(&deciding(place_of(number), known, way, source), [])?);
        if all > 0 && decided * 2 > open {
            open = left(db, open == all)?;
            sources.only_open(open);
            patience = Patience::of(open);
            decided = 0;
        }
        tracing::trace!(rule = known.rule.name, "rules: tried");
    }
    Ok(())
}

/// Whether the next rule that is for everybody and every device believes the same, so that all of it will be looked at anyway.
fn is_soon_needed(rules: &[KnownRule], number: usize, sources: &Sources) -> bool {
    let for_all = |known: &KnownRule| known.rule.decides() && drive(&known.rule) == Drive::All;
    let next = rules.iter().enumerate().skip(number).find(|(_, known)| for_all(known));
    next.is_some_and(|(next, _)| sources.place(next) == sources.place(number))
}

/// Leaves in `r_open` what is not decided; says how much it is.
fn left(db: &Connection, first: bool) -> rusqlite::Result<i64> {
    let decided = "(SELECT device_id FROM temp.r_decided)";
    db.execute_batch(&if first {
        format!("INSERT INTO temp.r_open SELECT device_id FROM temp.r_scope WHERE device_id NOT IN {decided};")
    } else {
        format!("DELETE FROM temp.r_open WHERE device_id IN {decided};")
    })?;
    db.query_row("SELECT count(*) FROM temp.r_open", [], |row| row.get(0))
}

/// Notes the devices that a rule is for and where it names one who may receive it: that is as much as there is to know,
/// for what is decided stays so.
fn deciding(number: i64, known: &KnownRule, way: Drive, source: i64) -> String {
    let rule = &known.rule;
    let (on_device, on_person) = (of_device(number, rule), of_person(number, rule));
    let by_people =
        format!("CROSS JOIN temp.r_cand c INDEXED BY r_cand_user ON c.source = {source} AND c.user_id = p.user_id");
    let by_devices = format!("CROSS JOIN temp.r_cand c ON c.source = {source} AND c.device_id = s.device_id");
    let device = if on_device.is_empty() { "" } else { "CROSS JOIN temp.r_scope s ON s.device_id = c.device_id" };
    // That they are active stands with the candidates.
    let person = if on_person.len() == 1 { "" } else { "CROSS JOIN temp.r_people p ON p.user_id = c.user_id" };
    let start = way.start();
    let from = match way {
        Drive::People(_) | Drive::Members => format!("{start} {by_people} {device}"),
        Drive::Devices(_) | Drive::Prefix => format!("{start} {by_devices} {person}"),
        Drive::Open => format!(
            "temp.r_open f CROSS JOIN temp.r_cand c ON c.source = {source} AND c.device_id = f.device_id {person} {device}"
        ),
        Drive::All => format!("temp.r_cand c {person} {device}"),
    };
    let mut all = vec![format!("c.source = {source}")];
    all.extend(way.condition(number));
    all.extend(on_person.into_iter().chain(on_device).map(|condition| condition.sql));
    let all = all.join(" AND ");
    let passing = match rule.evidence {
        EvidenceKind::Login => format!(
            "(SELECT c.device_id, c.user_id, min(c.n) AS n FROM {from} CROSS JOIN temp.r_told l ON l.n = c.n WHERE {all}
              GROUP BY c.device_id, c.user_id HAVING {}) c",
            enough()
        ),
        _ => format!("{from} WHERE {all}"),
    };
    format!(
        "INSERT OR IGNORE INTO temp.r_decided SELECT c.device_id, {number}, min(c.user_id), min(c.n) FROM {passing}
         GROUP BY c.device_id HAVING min(c.user_id) = max(c.user_id)"
    )
}

/// Whether somebody's sign-ins `l` make them the usual user.
pub(super) fn enough() -> String {
    // By several spellings of one person each row counts once.
    format!("sum(l.logins) >= {LOGINS} AND sum(l.logins) * 100 >= {SHARE} * max(l.total)")
}
