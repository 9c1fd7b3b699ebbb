//! Changing devices: everything one command changes is one transaction, and each change leaves its line of history.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params, params_from_iter, types::Value};

use super::facts::{DeviceFacts, Holding, PERSON, Person, device_by, person};
use super::fields::column;
use crate::model::{ChangeKind, DeviceField, DeviceFields, RANK_OF_HAND, RANK_OF_LIST};
use crate::store::columns::stamp;
use crate::store::{Store, StoreError};

/// Memory for pages of the database while devices are changed, in KiB: a large list would else be written several times.
const CACHE: i64 = 64 * 1024;

/// The right to change devices within one transaction.
#[derive(Clone, Copy, Debug)]
pub struct DeviceWriter<'a> {
    pub(in crate::store) db: &'a Connection,
    pub(super) now: Timestamp,
    /// The same as stored.
    pub(in crate::store) at: &'a str,
    /// The operating-system user whose command it is.
    pub(in crate::store) actor: Option<&'a str>,
    pub(in crate::store) run: Option<i64>,
}

/// How somebody comes to hold a device.
#[derive(Clone, Copy, Debug)]
pub struct NewAssignment<'a> {
    /// `manual`, `import`, `adopt`, `rule:NAME`.
    pub source: &'a str,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// Why, in the words of whoever does it.
    pub reason: Option<&'a str>,
}

impl NewAssignment<'_> {
    /// How firm it is: a list's word, or else somebody's hand.
    pub fn rank(&self) -> i64 {
        if self.source == "import" { RANK_OF_LIST } else { RANK_OF_HAND }
    }
}

impl Store {
    /// Changes devices in one transaction: all of `change`, or nothing if it fails or `pretend` is set.
    ///
    /// # Errors
    /// Those of `change`, or the database refuses.
    pub fn change_devices<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        actor: Option<&str>,
        pretend: bool,
        change: impl FnOnce(&DeviceWriter<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = TransactionBehavior::Immediate;
        self.db.pragma_update(None, "cache_size", -CACHE).map_err(StoreError::from)?;
        let transaction = self.db.transaction_with_behavior(begin).map_err(StoreError::from)?;
        let at = stamp(now);
        let changed = change(&DeviceWriter { db: &transaction, now, at: &at, actor, run: None })?;
        let ended = if pretend { transaction.rollback() } else { transaction.commit() };
        ended.map_err(StoreError::from)?;
        Ok(changed)
    }
}

impl DeviceWriter<'_> {
    /// The moment of all that is changed.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The device of this serial number (in its canonical spelling), unless it was taken out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn device(&self, key: &str) -> Result<Option<DeviceFacts>, StoreError> {
        Ok(device_by(self.db, "serial_key", key)?)
    }

    /// One person.
    ///
    /// # Errors
    /// The database refuses.
    pub fn person(&self, id: i64) -> Result<Option<Person>, StoreError> {
        let sql =
            format!("SELECT {PERSON} FROM users u JOIN integrations i ON i.id = u.integration_id WHERE u.id = ?1");
        Ok(self.db.prepare_cached(&sql)?.query_row([id], person).optional()?)
    }

    /// Adds a device.
    ///
    /// # Errors
    /// There is one of this serial number, or the database refuses.
    pub fn add(&self, serial: &str, fields: DeviceFields) -> Result<DeviceFacts, StoreError> {
        let mut values = vec![Value::from(serial.to_owned()), Value::from(self.at.to_owned())];
        values.extend(DeviceField::ALL.map(|field| column(&fields, field)));
        self.db
            .prepare_cached(
                "INSERT INTO devices (serial, created_at, updated_at, name, platform, model, asset_tag, blueprint, tags,
                     shared, udid, imei, mdm_id, enrolled_at, last_seen_at)
                 VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params_from_iter(values))?;
        let id = self.db.last_insert_rowid();
        let (serial, evidence) = (serial.to_owned(), Vec::new());
        let device = DeviceFacts { id, serial, fields, holding: None, evidence, is_new: true };
        self.note(&device, ChangeKind::Joined, None, [None; 3])?;
        Ok(device)
    }

    /// Gives a device these fields; says in how many it changed.
    ///
    /// # Errors
    /// The database refuses.
    pub fn change(&self, device: &DeviceFacts, after: &DeviceFields) -> Result<usize, StoreError> {
        let differing: Vec<DeviceField> = device.fields.differing(after).collect();
        if differing.is_empty() {
            return Ok(0);
        }
        let mut values = vec![Value::from(device.id), Value::from(self.at.to_owned())];
        values.extend(DeviceField::ALL.map(|field| column(after, field)));
        self.db
            .prepare_cached(
                "UPDATE devices SET updated_at = ?2, name = ?3, platform = ?4, model = ?5, asset_tag = ?6, blueprint = ?7,
                     tags = ?8, shared = ?9, udid = ?10, imei = ?11, mdm_id = ?12, enrolled_at = ?13, last_seen_at = ?14
                 WHERE id = ?1",
            )?
            .execute(params_from_iter(values))?;
        for field in &differing {
            // That a device was heard of again is no news, and would be most of the history.
            if *field != DeviceField::LastSeenAt {
                let values = [Some(field.as_str()), device.fields.get(*field), after.get(*field)];
                self.note(device, ChangeKind::Changed, None, values)?;
            }
        }
        Ok(differing.len())
    }

    /// Takes a device out, from its holder too; its history stays.
    ///
    /// # Errors
    /// The database refuses.
    pub fn remove(&self, device: &DeviceFacts, source: &str, reason: Option<&str>) -> Result<(), StoreError> {
        if let Some(holding) = &device.holding {
            self.close(device, holding, source, reason)?;
        }
        self.settle(device.id)?;
        self.db
            .prepare_cached("UPDATE devices SET removed_at = ?2 WHERE id = ?1")?
            .execute(params![device.id, self.at])?;
        self.note(device, ChangeKind::Left, None, [None; 3])
    }

    /// Writes a line of history; of assignments, with the person's directory. `told` is field, before, after.
    pub(super) fn note(
        &self,
        device: &DeviceFacts,
        kind: ChangeKind,
        person: Option<&Person>,
        told: [Option<&str>; 3],
    ) -> Result<(), StoreError> {
        let integration = person.map(|person| person.integration.0);
        let [field, before, after] = told;
        self.db
            .prepare_cached(
                "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, label, kind, field,
                     before, after, actor)
                 VALUES (?1, ?2, ?3, 'device', ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                self.run,
                integration,
                self.at,
                device.id,
                device.serial,
                kind.as_str(),
                field,
                before,
                after,
                self.actor
            ])?;
        Ok(())
    }

    /// Ends the open assignment of a device; returns the moment it ended, as stored.
    pub(super) fn close(
        &self,
        device: &DeviceFacts,
        holding: &Holding,
        source: &str,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        // Whatever the clock says now, nothing ends before it began.
        self.db
            .prepare_cached(
                "UPDATE assignments SET ended_at = max(?2, started_at), end_source = ?3, end_reason = ?4, end_actor = ?5
                 WHERE device_id = ?1 AND ended_at IS NULL",
            )?
            .execute(params![device.id, self.at, source, reason, self.actor])?;
        let told = [Some("user"), Some(holding.person.label.as_str()), None];
        self.note(device, ChangeKind::Unassigned, Some(&holding.person), told)
    }
}
