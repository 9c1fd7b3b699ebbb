//! The floor of writing: as many rows into the same tables.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Size;

/// As many rows of about the same content into the same tables with their keys, by prepared statements in one
/// transaction.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn bare_insert(size: &Size, memberships: usize, home: &Path) -> Duration {
    let path = home.join("floor.db");
    drop(dirsync::store::Store::open(&path).unwrap());
    let mut db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "synchronous", "NORMAL").unwrap();
    db.execute_batch(
        "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES ('floor', 'floor', 'google', 'C', 'connected', '{}', 1, '');",
    )
    .unwrap();
    let started = Instant::now();
    let transaction = db.transaction().unwrap();
    {
        let mut insert = transaction
            .prepare(
                "INSERT INTO users (integration_id, external_id, status, email, user_name, display_name, given_name,
                     family_name, title, department, cost_center, manager, employee_id, phone, location, org_unit,
                     attributes, content_hash, created_at, updated_at)
                 VALUES (1, ?1, 'active', ?2, ?2, 'First Last', 'First', 'Last', 'Engineer', 'Platform', '4711',
                     'some.manager@brightwater.example', 'E123456', '+1 555 0100', 'Building 3', '/Staff/Engineering',
                     NULL, ?3, '2026-11-24T08:00:00Z', '2026-11-24T08:00:00Z')",
            )
            .unwrap();
        for number in 0..size.people {
            insert.execute(rusqlite::params![id(number), email(number), [0_u8; 16]]).unwrap();
        }
        let mut insert = transaction
            .prepare(
                "INSERT INTO groups (integration_id, external_id, name, email, created_at, updated_at)
                 VALUES (1, ?1, 'A group', ?2, '2026-11-24T08:00:00Z', '2026-11-24T08:00:00Z')",
            )
            .unwrap();
        for number in 0..size.groups {
            insert.execute([format!("01{number:013}"), email(number)]).unwrap();
        }
        let mut insert =
            transaction.prepare("INSERT OR IGNORE INTO memberships VALUES (?1, ?2, 'user', ?3, 'member')").unwrap();
        let each = (memberships / size.groups).max(1);
        for number in 0..memberships {
            // As in life, a group's members are from all over the company.
            let member = number.wrapping_mul(7919) % size.people;
            let group = (number / each).min(size.groups - 1) as i64 + 1;
            insert.execute(rusqlite::params![group, id(member), email(member)]).unwrap();
        }
    }
    transaction.commit().unwrap();
    started.elapsed()
}

fn id(number: usize) -> String {
    format!("1{number:020}")
}

fn email(number: usize) -> String {
    format!("first.last{number}@brightwater.example")
}
