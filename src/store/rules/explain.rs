//! Why one device is whose it is: the tables of a pass over this device alone, read back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::conditions::{of_device, of_person};
use super::decide::enough;
use super::ground::Scope;
use super::pass::{AutoAssign, stage};
use super::table::{KnownRule, known_rules};
use super::{give, named};
use crate::model::{Candidate, EvidenceKind, HeldBy, Ignored, Reasoning, Told, Trial, UserStatus, Winner};
use crate::store::columns::{Mapped, moment, word};
use crate::store::{Store, StoreError};

/// Whoever holds a device or may come to.
const LABEL: &str = "coalesce(u.email, u.user_name, u.display_name, u.external_id) AS user";

impl Store {
    /// What the rules make of one device, found by the statements of a pass; `None` if there is no such device or it was
    /// taken out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn reasoning(&self, device: i64) -> Result<Option<Reasoning>, StoreError> {
        self.scratch(|db| reasoning(db, device))
    }
}

fn reasoning(db: &Connection, device: i64) -> Result<Option<Reasoning>, StoreError> {
    let known = db
        .query_row("SELECT serial, shared FROM devices WHERE id = ?1 AND removed_at IS NULL", [device], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
        })
        .optional()?;
    let Some((serial, shared)) = known else { return Ok(None) };
    let rules = known_rules(db)?;
    stage(db, Scope::One(device), &rules)?;
    let gives = give::weigh(db, &AutoAssign::default())? > 0;
    let mut trials = Vec::with_capacity(rules.len());
    for (number, known) in (0i64..).zip(&rules) {
        trials.push(trial(db, number, known)?);
    }
    let winner = db
        .query_row(
            &format!(
                "SELECT r.name, x.user_id, {LABEL} FROM temp.r_decided x CROSS JOIN temp.r_rules r ON r.rule = x.rule
                 CROSS JOIN users u ON u.id = x.user_id"
            ),
            [],
            |row| Ok(Winner { rule: row.get(0)?, user_id: row.get(1)?, user: row.get(2)? }),
        )
        .optional()?;
    Ok(Some(Reasoning { device_id: device, serial, shared, holder: holder(db, device)?, trials, winner, gives }))
}

fn holder(db: &Connection, device: i64) -> Mapped<Option<HeldBy>> {
    let sql = format!(
        "SELECT u.id, {LABEL}, i.name AS integration, u.status, a.started_at, a.source, a.rank, a.pinned, a.reason
         FROM assignments a JOIN users u ON u.id = a.user_id JOIN integrations i ON i.id = u.integration_id
         WHERE a.device_id = ?1 AND a.ended_at IS NULL"
    );
    let held = |row: &Row<'_>| {
        Ok(HeldBy {
            user_id: row.get("id")?,
            user: row.get("user")?,
            integration: row.get("integration")?,
            status: word(row, "status", UserStatus::parse)?,
            since: moment(row, "started_at")?,
            source: row.get("source")?,
            rank: row.get("rank")?,
            pinned: row.get("pinned")?,
            reason: row.get("reason")?,
        })
    };
    db.query_row(&sql, [device], held).optional()
}

fn trial(db: &Connection, number: i64, known: &KnownRule) -> Mapped<Trial> {
    let rule = known.rule.clone();
    let mut unfit = Vec::new();
    for condition in of_device(number, &rule) {
        let fulfilled: bool =
            db.query_row(&format!("SELECT {} FROM temp.r_scope s", condition.sql), [], |row| row.get(0))?;
        if !fulfilled {
            unfit.push(condition.told);
        }
    }
    let attribute = rule.attribute.as_deref().filter(|_| rule.evidence == EvidenceKind::UserAttrSerial);
    let mut statement = db.prepare(
        "SELECT t.value, t.observed_at, t.source, i.name AS integration, t.logins, t.total, t.ignored
         FROM temp.r_told t LEFT JOIN integrations i ON i.id = t.integration_id
         WHERE t.kind = ?1 AND t.attribute IS ?2 ORDER BY t.logins DESC, t.value",
    )?;
    let counted = rule.evidence == EvidenceKind::Login;
    let told = statement.query_map(params![rule.evidence.as_str(), attribute], |row| {
        let ignored: Option<String> = row.get("ignored")?;
        Ok(Told {
            value: row.get("value")?,
            observed_at: moment(row, "observed_at")?,
            source: row.get("source")?,
            integration: row.get("integration")?,
            logins: if counted { Some([row.get("logins")?, row.get("total")?]) } else { None },
            ignored_because: ignored.map(|word| if word == "settled" { Ignored::Settled } else { Ignored::Older }),
        })
    })?;
    let told = told.collect::<Mapped<_>>()?;
    let candidates = candidates(db, number, known)?;
    Ok(Trial { rule, unfit, told, candidates })
}

fn candidates(db: &Connection, number: i64, known: &KnownRule) -> Mapped<Vec<Candidate>> {
    let conditions = of_person(number, &known.rule);
    let asked: String = conditions.iter().map(|condition| format!(", {}", condition.sql)).collect();
    let counted = known.rule.evidence == EvidenceKind::Login;
    let mut statement = db.prepare(&format!(
        "SELECT u.id, {LABEL}, i.name AS integration, u.status, min(c.field) AS field, sum(l.logins) AS logins,
             max(l.total) AS total, {} AS enough {asked}
         FROM temp.r_cand c CROSS JOIN temp.r_people p ON p.user_id = c.user_id CROSS JOIN temp.r_told l ON l.n = c.n
         CROSS JOIN users u ON u.id = c.user_id CROSS JOIN integrations i ON i.id = u.integration_id
         WHERE c.source = (SELECT source FROM temp.r_rules WHERE rule = ?1) GROUP BY c.user_id ORDER BY c.user_id",
        enough()
    ))?;
    let rows = statement.query_map([number], |row| {
        let mut fails = Vec::new();
        for (column, condition) in (8..).zip(&conditions) {
            if !row.get::<_, bool>(column)? {
                fails.push(condition.told.clone());
            }
        }
        if counted && !row.get::<_, bool>("enough")? {
            let (logins, total): (i64, i64) = (row.get("logins")?, row.get("total")?);
            fails.push(format!("signed in often enough ({logins} of {total} times)"));
        }
        Ok(Candidate {
            user_id: row.get("id")?,
            user: row.get("user")?,
            integration: row.get("integration")?,
            status: word(row, "status", UserStatus::parse)?,
            matched_by: named::field(row.get("field")?),
            fails,
        })
    })?;
    rows.collect()
}
