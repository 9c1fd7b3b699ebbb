//! The pass of the rules over all devices, within whatever transaction brings what they are to see.
//! What comes of it depends on what is stored alone, not on order or time: a second pass changes nothing.

use jiff::Timestamp;
use rusqlite::Connection;

use super::ground::{Scope, lay};
use super::named::{Sources, keep};
use super::table::{KnownRule, known_rules};
use super::{decide, give, words};
use crate::model::{EvidenceKind, Gift, IntegrationId};
use crate::store::columns::stamp;
use crate::store::devices::DeviceWriter;
use crate::store::{Store, StoreError};

/// What a pass by command may do; the default is everything the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoAssign {
    /// Only give devices that nobody holds.
    pub only_unassigned: bool,
    /// Only to people of these integrations.
    pub integrations: Option<Vec<IntegrationId>>,
}

impl DeviceWriter<'_> {
    /// Has the rules give devices to whoever they name, and tells what they gave, by serial number.
    ///
    /// # Errors
    /// The database refuses.
    pub fn assign_by_rules(&self, only: &AutoAssign) -> Result<Vec<Gift>, StoreError> {
        pass(self.db, Scope::Touchable, only)?;
        let given = give::list(self.db)?;
        give::carry_out(self.db, self.run, self.at, self.actor)?;
        Ok(given)
    }
}

/// Has the rules give devices; says how many. With `newer_than`, only devices are looked at whose evidence names people of
/// whom the history tells after that line, which is quick where people come one by one.
///
/// # Errors
/// The database refuses.
pub(in crate::store) fn assign_by_rules(
    db: &Connection,
    newer_than: Option<i64>,
    run: Option<i64>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let scope = match newer_than {
        None => Scope::Touchable,
        Some(last) if named_by_evidence(db, last)? == 0 => return Ok(0),
        Some(_) => Scope::Wanted,
    };
    if pass_is_idle(db)? {
        return Ok(0);
    }
    let given = pass(db, scope, &AutoAssign::default())?;
    give::carry_out(db, run, &stamp(now), None)?;
    Ok(given)
}

/// Lays out, decides and weighs; says how many devices change hands.
pub(super) fn pass(db: &Connection, scope: Scope, only: &AutoAssign) -> Result<usize, StoreError> {
    let rules: Vec<KnownRule> = known_rules(db)?.into_iter().filter(|known| known.rule.decides()).collect();
    stage(db, scope, &rules)?;
    Ok(give::weigh(db, only)?)
}

/// Lays out what `rules` see, and decides.
pub(super) fn stage(db: &Connection, scope: Scope, rules: &[KnownRule]) -> Result<(), StoreError> {
    lay(db, scope)?;
    tracing::debug!("rules: devices are laid out");
    let mut sources = Sources::of(db, scope, rules)?;
    if !scope.is_lazy() {
        sources.look_at_all(db)?;
    }
    keep(db, scope)?;
    if scope.is_lazy() {
        // What is only looked at is looked at for all devices.
        for (number, _) in rules.iter().enumerate().filter(|(_, known)| !known.rule.decides()) {
            sources.look_at(db, sources.place(number))?;
        }
    }
    tracing::debug!("rules: people are known");
    words::note(db, rules)?;
    tracing::debug!("rules: conditions are known");
    decide::decide(db, scope, rules, &mut sources)?;
    tracing::debug!("rules: decided");
    Ok(())
}

/// Nearly always there is nothing that rules could believe.
fn pass_is_idle(db: &Connection) -> rusqlite::Result<bool> {
    let told = "SELECT EXISTS (SELECT 1 FROM device_evidence) OR EXISTS (SELECT 1 FROM device_logins)
         OR EXISTS (SELECT 1 FROM assignment_rules WHERE enabled AND evidence = ?1)";
    db.query_row(told, [EvidenceKind::UserAttrSerial.as_str()], |row| row.get::<_, bool>(0)).map(|any| !any)
}

/// Notes in `r_wanted` the devices whose evidence names people who came, came back or changed after the line `last` of the
/// history; says how many. Who was given a place in a group counts where a rule asks for groups.
fn named_by_evidence(db: &Connection, last: i64) -> rusqlite::Result<usize> {
    db.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS r_wanted (device_id INTEGER PRIMARY KEY); DELETE FROM temp.r_wanted;",
    )?;
    db.prepare_cached(
        "WITH told (id) AS (
             SELECT subject_id FROM changes WHERE id > ?1 AND subject = 'user'
             UNION SELECT u.id FROM changes c
             CROSS JOIN users u ON u.integration_id = c.integration_id AND u.external_id = c.external_id
             WHERE c.id > ?1 AND c.subject = 'membership'
               AND EXISTS (SELECT 1 FROM assignment_rules WHERE enabled AND instr(person, 'groups_any'))),
         came AS MATERIALIZED (SELECT u.* FROM told CROSS JOIN users u ON u.id = told.id WHERE u.status = 'active'),
         called (key) AS (
             SELECT lower(email) FROM came UNION SELECT lower(user_name) FROM came
             UNION SELECT lower(external_id) FROM came
             UNION SELECT lower(j.value) FROM came u CROSS JOIN json_each(u.aliases) j)
         INSERT OR IGNORE INTO temp.r_wanted
         SELECT e.device_id FROM called CROSS JOIN device_evidence e ON e.value_key = +called.key
         UNION SELECT l.device_id FROM called CROSS JOIN device_logins l ON l.value_key = +called.key",
    )?
    .execute([last])
}

impl Store {
    /// Does `work` in temporary tables; nothing of it stays. Also where the database is only open for reading.
    pub(super) fn scratch<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let only_reads: bool = self.db.pragma_query_value(None, "query_only", |row| row.get(0))?;
        self.db.pragma_update(None, "query_only", false)?;
        // Whoever holds still is within a transaction already.
        let result = self.db.execute_batch("SAVEPOINT scratch").map_err(StoreError::from).and_then(|()| {
            let result = work(&self.db);
            self.db.execute_batch("ROLLBACK TO scratch; RELEASE scratch")?;
            result
        });
        self.db.pragma_update(None, "query_only", only_reads)?;
        result
    }
}
