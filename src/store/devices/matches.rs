//! Many devices and many people looked up at once: what is asked for goes into a temporary table, and the answers come
//! by joins, for a query a row would take minutes.

use rusqlite::{Connection, params};

use super::facts::{DeviceFacts, HOLDER, PERSON, Person, facts, known_evidence, person, selected};
use super::writer::DeviceWriter;
use crate::model::IntegrationId;
use crate::store::columns::{Mapped, id_list};
use crate::store::overview::integrations_named;
use crate::store::{StoreError, UserMatch};

/// One row's question: which device is meant, and who.
#[derive(Clone, Debug, Default)]
pub struct AskedRow<'a> {
    /// The serial number in its canonical spelling.
    pub serial_key: &'a str,
    /// Whoever is called this: directory's id, address, sign-in name, alias, former address.
    pub user: Option<&'a str>,
    /// Whoever has this id in their directory.
    pub external_id: Option<&'a str>,
    /// Only in these; `None`: anywhere.
    pub integrations: Option<&'a [IntegrationId]>,
}

/// Somebody who may be meant. Tombstones are nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whether they were found by [`AskedRow::external_id`] rather than by [`AskedRow::user`].
    pub by_external_id: bool,
    /// How well they fit.
    pub rank: UserMatch,
    /// They.
    pub person: Person,
}

/// One row's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFacts {
    /// The device, if there is one.
    pub device: Option<DeviceFacts>,
    /// Whoever may be meant.
    pub matches: Vec<Match>,
}

impl DeviceWriter<'_> {
    /// Asks for the devices and people of many rows; [`DeviceWriter::row_facts`] gives the answers.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ask<'a>(&self, rows: impl Iterator<Item = AskedRow<'a>>) -> Result<(), StoreError> {
        prepare(self.db)?;
        let mut insert = self.db.prepare(INSERT)?;
        for (number, row) in rows.enumerate() {
            let key = row.user.map(str::to_ascii_lowercase);
            let integrations = row.integrations.map(id_list);
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            insert.execute(params![number, row.serial_key, row.user, key, row.external_id, integrations])?;
        }
        Ok(find(self.db)?)
    }

    /// The answers to the rows from `first` (counted from 0) on, at most `count`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn row_facts(&self, first: usize, count: usize) -> Result<Vec<RowFacts>, StoreError> {
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let end = first.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        let index = |number: i64| usize::try_from(number - first).unwrap_or(usize::MAX);
        let sql = format!(
            "SELECT {} FROM temp.asked q
             LEFT JOIN devices d ON d.serial_key = q.serial_key AND d.removed_at IS NULL {HOLDER}
             WHERE q.n >= ?1 AND q.n < ?2 ORDER BY q.n",
            selected()
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows =
            statement.query_map([first, end], |row| Ok(RowFacts { device: facts(row)?, matches: Vec::new() }))?;
        let mut found: Vec<RowFacts> = rows.collect::<Mapped<_>>()?;
        let mut statement = self.db.prepare_cached(
            "SELECT q.n, e.* FROM temp.asked q
             CROSS JOIN devices d ON d.serial_key = q.serial_key AND d.removed_at IS NULL
             CROSS JOIN device_evidence e ON e.device_id = d.id WHERE q.n >= ?1 AND q.n < ?2",
        )?;
        let mut rows = statement.query([first, end])?;
        while let Some(row) = rows.next()? {
            let device = found.get_mut(index(row.get("n")?)).and_then(|facts| facts.device.as_mut());
            device.into_iter().try_for_each(|device| known_evidence(row).map(|it| device.evidence.push(it)))?;
        }
        for (number, one) in matches(self.db, first, end)? {
            if let Some(facts) = found.get_mut(index(number)) {
                facts.matches.push(one);
            }
        }
        Ok(found)
    }

    /// The devices that were not asked for and have not been taken out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn not_asked(&self) -> Result<Vec<DeviceFacts>, StoreError> {
        let sql = format!(
            "SELECT {} FROM devices d {HOLDER} WHERE d.removed_at IS NULL
             AND d.serial_key NOT IN (SELECT serial_key FROM temp.asked) ORDER BY d.serial_key",
            selected()
        );
        let mut statement = self.db.prepare(&sql)?;
        let rows = statement.query_map([], facts)?;
        Ok(rows.filter_map(Result::transpose).collect::<Mapped<_>>()?)
    }

    /// As [`Store::integrations_named`](crate::store::Store::integrations_named).
    ///
    /// # Errors
    /// The database refuses.
    pub fn integrations_ever_named(&self, name: &str) -> Result<Vec<IntegrationId>, StoreError> {
        integrations_named(self.db, name)
    }

    /// How many devices there are that have not been taken out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn count(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM devices WHERE removed_at IS NULL";
        let count: i64 = self.db.query_row(count, [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// A question: number, serial number, whoever is called so, the same in lower case, directory's id, integrations.
pub(super) const INSERT: &str = "INSERT INTO temp.asked (n, serial_key, asked, asked_key, external_id, integrations)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS asked (n INTEGER PRIMARY KEY, serial_key TEXT, asked TEXT, asked_key TEXT,
                                                external_id TEXT, integrations TEXT);
         CREATE TEMP TABLE IF NOT EXISTS matches (n INTEGER, by_external_id INTEGER, rank INTEGER, user_id INTEGER);
         DROP INDEX IF EXISTS temp.asked_by_key; DROP INDEX IF EXISTS temp.matches_by_row;
         DELETE FROM temp.asked; DELETE FROM temp.matches;",
    )
}

/// Answers what was asked.
pub(super) fn find(db: &Connection) -> rusqlite::Result<()> {
    // CROSS JOIN keeps its order: from what was asked to the people, by their indexes. Only aliases have none, and go
    // the other way. A bare column has a type, with which SQLite would not look into an index of lower(…); + takes it off.
    db.execute_batch(
        "CREATE INDEX temp.asked_by_key ON asked (asked_key);
         INSERT INTO temp.matches (n, by_external_id, rank, user_id)
         SELECT q.n, 1, 0, u.id FROM temp.asked q CROSS JOIN integrations i
         CROSS JOIN users u ON u.integration_id = i.id AND u.external_id = q.external_id
         WHERE q.external_id IS NOT NULL
         UNION ALL
         SELECT q.n, 0, 0, u.id FROM temp.asked q CROSS JOIN integrations i
         CROSS JOIN users u ON u.integration_id = i.id AND u.external_id = q.asked WHERE q.asked IS NOT NULL
         UNION ALL
         SELECT q.n, 0, 1, u.id FROM temp.asked q CROSS JOIN users u ON lower(u.email) = +q.asked_key
         WHERE q.asked IS NOT NULL
         UNION ALL
         SELECT q.n, 0, 1, u.id FROM temp.asked q CROSS JOIN users u ON lower(u.user_name) = +q.asked_key
         WHERE q.asked IS NOT NULL
         UNION ALL
         SELECT q.n, 0, 2, u.id FROM users u CROSS JOIN json_each(u.aliases) j
         CROSS JOIN temp.asked q ON q.asked_key = lower(j.value) WHERE u.aliases <> '[]'
         UNION ALL
         SELECT q.n, 0, 3, c.subject_id FROM temp.asked q
         CROSS JOIN changes c ON lower(c.before) = +q.asked_key AND c.subject = 'user' AND c.field = 'email'
         WHERE q.asked IS NOT NULL;
         CREATE INDEX temp.matches_by_row ON matches (n);",
    )
}

/// Whoever the rows from `first` to before `end` may mean, each once and by their best match.
pub(super) fn matches(db: &Connection, first: i64, end: i64) -> rusqlite::Result<Vec<(i64, Match)>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT m.n, m.by_external_id, min(m.rank) AS rank, {PERSON}
         FROM temp.matches m CROSS JOIN temp.asked q ON q.n = m.n
         CROSS JOIN users u ON u.id = m.user_id CROSS JOIN integrations i ON i.id = u.integration_id
         WHERE m.n >= ?1 AND m.n < ?2 AND u.status <> 'removed'
           AND (q.integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(q.integrations)))
         GROUP BY m.n, m.by_external_id, u.id ORDER BY m.n, rank, u.id"
    ))?;
    let rows = statement.query_map([first, end], |row| {
        let rank = match row.get("rank")? {
            0 => UserMatch::Id,
            1 => UserMatch::Present,
            2 => UserMatch::Alias,
            _ => UserMatch::Former,
        };
        Ok((row.get("n")?, Match { by_external_id: row.get("by_external_id")?, rank, person: person(row)? }))
    })?;
    rows.collect()
}
