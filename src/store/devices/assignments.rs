//! Who holds which device, and who held it: one holder at a time, dated without gaps or overlaps.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::facts::{DeviceFacts, Person, device_by};
use super::writer::{DeviceWriter, NewAssignment};
use crate::model::{Assignment, ChangeKind};
use crate::store::columns::{Mapped, moment, moment_if_any, stamp};
use crate::store::{Store, StoreError};

impl DeviceWriter<'_> {
    /// Gives a device to a person, and takes it from whoever has it. Nobody is waited for any more.
    ///
    /// # Errors
    /// The database refuses.
    pub fn assign(&self, device: &DeviceFacts, person: &Person, how: &NewAssignment<'_>) -> Result<(), StoreError> {
        if let Some(holding) = &device.holding {
            self.close(device, holding, how.source, how.reason)?;
        }
        let last: Option<String> = if device.is_new {
            None
        } else {
            let mut last = self.db.prepare_cached("SELECT max(ended_at) FROM assignments WHERE device_id = ?1")?;
            last.query_row([device.id], |row| row.get(0))?
        };
        // Whatever the clock says now, nobody has it before another one had it.
        let from = last.as_deref().map_or(self.at, |last| last.max(self.at));
        self.db
            .prepare_cached(
                "INSERT INTO assignments (device_id, user_id, started_at, source, pinned, reason, actor, run_id, rank)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                device.id,
                person.id,
                from,
                how.source,
                how.pinned,
                how.reason,
                self.actor,
                self.run,
                how.rank()
            ])?;
        if device.waiting().is_some() {
            self.settle(device.id)?;
        }
        let told = [Some("user"), None, Some(person.label.as_str())];
        self.note(device, ChangeKind::Assigned, Some(person), told)
    }

    /// Takes a device from whoever has it. Nobody is waited for any more.
    ///
    /// # Errors
    /// The database refuses.
    pub fn unassign(&self, device: &DeviceFacts, source: &str, reason: Option<&str>) -> Result<(), StoreError> {
        self.settle(device.id)?;
        match &device.holding {
            Some(holding) => self.close(device, holding, source, reason),
            None => Ok(()),
        }
    }

    /// Makes the open assignment of a device a decision of whoever does it now: by `how`, with the reason it had if none
    /// is given. Nobody is waited for any more. Says whether anything is otherwise than it was.
    ///
    /// # Errors
    /// The database refuses.
    pub fn confirm_by_hand(&self, device: &DeviceFacts, how: &NewAssignment<'_>) -> Result<bool, StoreError> {
        let Some(holding) = &device.holding else { return Ok(false) };
        let open = "device_id = ?1 AND ended_at IS NULL";
        let (source, reason): (String, Option<String>) = self
            .db
            .prepare_cached(&format!("SELECT source, reason FROM assignments WHERE {open}"))?
            .query_row([device.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let waiting = device.waiting().is_some();
        if waiting {
            self.settle(device.id)?;
        }
        let another = how.reason.filter(|another| Some(*another) != reason.as_deref());
        if source == how.source && another.is_none() && holding.rank <= how.rank() {
            return Ok(waiting);
        }
        self.db
            .prepare_cached(&format!(
                "UPDATE assignments SET source = ?2, rank = min(rank, ?3), reason = coalesce(?4, reason), actor = ?5
                 WHERE {open}"
            ))?
            .execute(params![device.id, how.source, how.rank(), how.reason, self.actor])?;
        let person = Some(&holding.person);
        if source != how.source {
            let told = [Some("assignment_source"), Some(source.as_str()), Some(how.source)];
            self.note(device, ChangeKind::Changed, person, told)?;
        }
        if another.is_some() {
            self.note(device, ChangeKind::Changed, person, [Some("reason"), reason.as_deref(), another])?;
        }
        Ok(true)
    }

    /// Makes the open assignment of a device as firm as `how` would have made it: whoever has it already was meant to.
    ///
    /// # Errors
    /// The database refuses.
    pub fn confirm(&self, device: &DeviceFacts, how: &NewAssignment<'_>) -> Result<(), StoreError> {
        if device.holding.as_ref().is_some_and(|holding| holding.rank > how.rank()) {
            self.db
                .prepare_cached("UPDATE assignments SET rank = ?2 WHERE device_id = ?1 AND ended_at IS NULL")?
                .execute(params![device.id, how.rank()])?;
        }
        Ok(())
    }

    /// Pins the open assignment of a device, or takes the pin out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pin(&self, device: &DeviceFacts, pinned: bool) -> Result<(), StoreError> {
        self.db
            .prepare_cached("UPDATE assignments SET pinned = ?2 WHERE device_id = ?1 AND ended_at IS NULL")?
            .execute(params![device.id, pinned])?;
        let word = |pinned: bool| Some(if pinned { "true" } else { "false" });
        let person = device.holding.as_ref().map(|holding| &holding.person);
        self.note(device, ChangeKind::Changed, person, [Some("pinned"), word(!pinned), word(pinned)])
    }
}

/// Takes every device from a person.
pub(in crate::store) fn take_all_from(
    db: &Connection,
    user: i64,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let at = stamp(now);
    let writer = DeviceWriter { db, now, at: &at, actor: Some(actor), run: None };
    let mut held = db.prepare_cached("SELECT device_id FROM assignments WHERE user_id = ?1 AND ended_at IS NULL")?;
    let held: Vec<i64> = held.query_map([user], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for device in held {
        if let Some(device) = device_by(db, "id", device)? {
            writer.unassign(&device, "manual", None)?;
        }
    }
    // Of a device that was taken out nobody is told, but nobody may go on holding it.
    db.execute(
        "UPDATE assignments SET ended_at = max(?2, started_at), end_source = 'manual', end_actor = ?3
         WHERE user_id = ?1 AND ended_at IS NULL",
        params![user, at, actor],
    )?;
    Ok(())
}

const ASSIGNMENTS: &str = "SELECT d.serial, a.user_id, coalesce(u.email, u.user_name, u.display_name) AS user,
        i.name AS integration, a.started_at, a.ended_at, a.source, a.pinned, a.reason, a.actor, a.end_reason, a.end_actor
    FROM assignments a JOIN devices d ON d.id = a.device_id JOIN users u ON u.id = a.user_id
    JOIN integrations i ON i.id = u.integration_id";

impl Store {
    /// Who held the device of this serial number (in its canonical spelling), latest first; also what of it was taken
    /// out and came again.
    ///
    /// # Errors
    /// The database refuses.
    pub fn assignments_of_device(&self, key: &str) -> Result<Vec<Assignment>, StoreError> {
        let sql = format!("{ASSIGNMENTS} WHERE d.serial_key = ?1 ORDER BY a.id DESC");
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_map([key], assignment)?.collect::<Mapped<_>>()?)
    }

    /// What a person held, latest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn assignments_of_user(&self, user: i64) -> Result<Vec<Assignment>, StoreError> {
        let sql = format!("{ASSIGNMENTS} WHERE a.user_id = ?1 ORDER BY a.id DESC");
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_map([user], assignment)?.collect::<Mapped<_>>()?)
    }
}

fn assignment(row: &Row<'_>) -> Mapped<Assignment> {
    Ok(Assignment {
        serial: row.get("serial")?,
        user_id: row.get("user_id")?,
        user: row.get("user")?,
        integration: row.get("integration")?,
        started_at: moment(row, "started_at")?,
        ended_at: moment_if_any(row, "ended_at")?,
        source: row.get("source")?,
        pinned: row.get("pinned")?,
        reason: row.get("reason")?,
        actor: row.get("actor")?,
        end_reason: row.get("end_reason")?,
        end_actor: row.get("end_actor")?,
    })
}
