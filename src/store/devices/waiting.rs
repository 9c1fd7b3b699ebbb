//! Devices that wait for somebody: whoever comes gets theirs within the same transaction that brings them.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::facts::device_by;
use super::matches::{INSERT, find, matches, prepare};
use super::writer::{DeviceWriter, NewAssignment};
use crate::model::UserStatus;
use crate::store::columns::stamp;
use crate::store::{StoreError, UserMatch};

/// Gives devices that wait for somebody to the one active person who is now called so (an address of former times does
/// not count: it may be somebody else's by now); says how many. Nothing that is shared or pinned. With `newer_than`,
/// only devices that may wait for people of higher ids are looked at, which is quick where people come one by one.
///
/// # Errors
/// The database refuses.
pub(in crate::store) fn assign_waiting(
    db: &Connection,
    newer_than: Option<i64>,
    run: Option<i64>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    // Nearly always nothing waits.
    let waits = "SELECT EXISTS (SELECT 1 FROM device_evidence WHERE waiting = 1)";
    if !db.query_row(waits, [], |row| row.get::<_, bool>(0))? {
        return Ok(0);
    }
    prepare(db)?;
    let devices: Vec<i64> = {
        let mut insert = db.prepare(INSERT)?;
        let mut waiting = db.prepare(
            "SELECT e.device_id, e.value, e.value_key, e.is_external_id, e.integration_id
             FROM device_evidence e JOIN devices d ON d.id = e.device_id AND d.removed_at IS NULL
             LEFT JOIN assignments a ON a.device_id = d.id AND a.ended_at IS NULL
             WHERE e.waiting = 1 AND NOT d.shared AND NOT coalesce(a.pinned, 0)
               AND (?1 IS NULL OR e.value_key IN (
                    SELECT lower(email) FROM users WHERE id > ?1 UNION SELECT lower(user_name) FROM users WHERE id > ?1
                    UNION SELECT lower(external_id) FROM users WHERE id > ?1
                    UNION SELECT lower(j.value) FROM users u CROSS JOIN json_each(u.aliases) j WHERE u.id > ?1))
             ORDER BY e.device_id",
        )?;
        let mut rows = waiting.query([newer_than])?;
        let mut devices = Vec::new();
        while let Some(row) = rows.next()? {
            let device: i64 = row.get(0)?;
            let (value, key): (String, String) = (row.get(1)?, row.get(2)?);
            let integration = row.get::<_, Option<i64>>(4)?.map(|id| serde_json::json!([id]).to_string());
            let nothing = None::<String>;
            if row.get(3)? {
                insert.execute(params![device, nothing, nothing, nothing, value, integration])?;
            } else {
                insert.execute(params![device, nothing, value, key, nothing, integration])?;
            }
            devices.push(device);
        }
        devices
    };
    if devices.is_empty() {
        return Ok(0);
    }
    find(db)?;
    let found = matches(db, i64::MIN, i64::MAX)?;
    let at = stamp(now);
    let writer = DeviceWriter { db, now, at: &at, actor: None, run };
    let mut given = 0;
    for device in devices {
        let from = found.partition_point(|(number, _)| *number < device);
        let of_device: Vec<_> = found[from..].iter().take_while(|(number, _)| *number == device).collect();
        let Some(best) = of_device.first().map(|(_, it)| it.rank).filter(|rank| *rank != UserMatch::Former) else {
            continue;
        };
        let [(_, only)] = of_device.iter().filter(|(_, it)| it.rank == best).collect::<Vec<_>>()[..] else { continue };
        let facts = device_by(db, "id", device)?;
        let Some((facts, waiting)) = facts.as_ref().and_then(|facts| Some((facts, facts.waiting()?))) else { continue };
        if only.person.status != UserStatus::Active {
            continue;
        }
        if facts.holding.as_ref().is_some_and(|holding| holding.person.id == only.person.id) {
            writer.settle(device)?;
            continue;
        }
        let reason = waiting.reason.as_deref();
        writer.assign(facts, &only.person, &NewAssignment { source: "import", pinned: waiting.pinned, reason })?;
        given += 1;
    }
    Ok(given)
}
