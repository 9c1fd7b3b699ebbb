//! Databases as earlier versions left them, frozen here, and opened by this one: nothing is lost, whoever comes first.

use crate::world::World;

/// What made each earlier schema of the one before, oldest first.
const FROZEN: &[&str] = &[
    include_str!("version_1.sql"),
    include_str!("version_2.sql"),
    include_str!("version_3.sql"),
    include_str!("version_4.sql"),
];

const READING: &[&[&str]] = &[
    &["list", "-o", "json"],
    &["users", "--status", "all", "-o", "json"],
    &["groups", "-o", "json"],
    &["groups", "show", "größe", "-o", "json"],
    &["groups", "members", "staff@example.com", "--nested", "-o", "json"],
    &["changes", "-o", "json"],
    &["runs", "-o", "json"],
    &["plans", "--decided", "-o", "json"],
    &["details", "corp", "-o", "json"],
    &["devices", "-o", "json"],
    &["devices", "history", "c02xl0gs", "-o", "json"],
];

/// A home with the fixture in the schema of version `version`.
fn frozen(version: usize) -> World {
    let world = World::new();
    let db = rusqlite::Connection::open(world.database()).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    for schema in &FROZEN[..version] {
        db.execute_batch(schema).unwrap();
    }
    db.execute_batch(include_str!("../fixture.sql")).unwrap();
    db.pragma_update(None, "application_id", 0x6473_796e).unwrap();
    db.pragma_update(None, "user_version", version as i64).unwrap();
    world
}

#[test]
fn an_older_database_reads_as_if_it_had_been_made_today() {
    let today = World::filled();
    for version in 1..=FROZEN.len() {
        for first in READING {
            let world = frozen(version);
            assert_eq!(world.run(first).to_string(), today.run(first).to_string(), "from version {version}");
        }
    }
}

#[test]
fn an_older_database_is_brought_up_to_date_whole_and_stays_sound() {
    for version in 1..=FROZEN.len() {
        let world = frozen(version);
        let count = |table: &str| -> i64 {
            let db = rusqlite::Connection::open(world.database()).unwrap();
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let tables = [
            "integrations",
            "users",
            "groups",
            "memberships",
            "changes",
            "runs",
            "plans",
            "plan_items",
            "domains",
            "devices",
            "assignments",
        ];
        let before = tables.map(count);
        // 'plans discard' writes; there is no such plan, and the database is of today all the same.
        assert_eq!(world.run(&["plans", "discard", "999999"]).code, Some(6));
        assert_eq!(tables.map(count), before);
        let db = rusqlite::Connection::open(world.database()).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let now: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert!(now > version as i64, "still of version {now}");
    }
}

#[test]
fn devices_that_differed_in_case_alone_stay_two() {
    let world = frozen(3);
    let db = rusqlite::Connection::open(world.database()).unwrap();
    db.execute_batch("INSERT INTO devices (id, serial) VALUES (3, 'c02xl0gs')").unwrap();
    drop(db);
    let devices = world.run(&["devices", "-o", "jsonl", "--columns", "id,serial,user_id"]).stdout;
    assert_eq!(
        devices,
        "{\"id\":1,\"serial\":\"C02XL0GS\",\"user_id\":1}\n{\"id\":3,\"serial\":\"c02xl0gs #3\",\"user_id\":null}\n\
         {\"id\":2,\"serial\":\"PF3KQ1\",\"user_id\":4}\n"
    );
}
