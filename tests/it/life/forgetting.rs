//! `dirsync users forget`: refused where it must be, and then nothing of them is left, in no table and no file.

use serde_json::json;

use crate::scim::server::Server;
use crate::world::World;

/// Somebody whose every word has `zqx` in it, in every place where people are named.
fn world_of_zqx() -> World {
    let world = World::filled();
    world.sql(
        "INSERT INTO users (id, integration_id, external_id, status, email, user_name, display_name, given_name, family_name,
             title, department, cost_center, manager, employee_id, phone, location, org_unit, aliases, attributes, source,
             content_hash, created_at, updated_at)
         VALUES (20, 1, '120', 'active', 'zqx.old@example.com', 'zqx.old', 'Zqx Old', 'Zqx', 'Zqxson', 'zqx title', 'zqx dep',
             'zqx cost', 'zqx boss', 'zqx7', '+1 zqx', 'zqx town', '/zqx', '[\"zqx.alias@example.com\"]', '{\"a\":\"zqx\"}',
             '{\"mail\":\"zqx\"}', X'7a7178', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z');
         UPDATE users SET email = 'zqx@example.com', display_name = 'Zqx New' WHERE id = 20;
         UPDATE users SET manager = 'ZQX@example.com' WHERE id = 3;
         INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after) VALUES
           (1, '2026-11-01T08:00:00Z', 'user', 20, '120', 'zqx.old@example.com', 'joined', NULL, NULL, NULL),
           (1, '2026-11-02T08:00:00Z', 'user', 20, '120', 'zqx.old@example.com', 'changed', 'status', 'suspended', 'active'),
           (1, '2026-11-02T08:00:00Z', 'user', 20, '120', 'zqx@example.com', 'changed', 'email', 'zqx.old@example.com',
            'zqx@example.com'),
           (1, '2026-11-02T08:00:00Z', 'user', 20, '120', 'zqx@example.com', 'changed', 'aliases', '[\"zqx.former@x\"]', '[]'),
           (1, '2026-11-02T08:00:00Z', 'user', 20, '120', 'zqx@example.com', 'changed', 'title', 'zqx apprentice', NULL),
           (1, '2026-11-02T08:00:00Z', 'user', 3, '103', 'yamada@example.com', 'changed', 'manager', 'zqx.old@example.com',
            'zqx@example.com'),
           (1, '2026-11-02T08:00:00Z', 'membership', 4, '120', 'zqx@example.com', 'changed', 'sales@example.com',
            'zqx.former@x', 'zqx@example.com'),
           (1, '2026-11-02T08:00:00Z', 'membership', 4, '120', 'zqx@example.com', 'joined', 'sales@example.com', NULL, 'owner');
         INSERT INTO memberships VALUES (4, '120', 'user', 'zqx@example.com', 'owner');
         INSERT INTO run_notes VALUES (2, 'user', '120', 0, 'zqx@example.com was told twice');
         INSERT INTO assignments (device_id, user_id, started_at, ended_at, source, reason, end_reason)
         VALUES (1, 3, '2026-10-01T08:00:00Z', '2026-10-02T08:00:00Z', 'manual', 'until ZQX@example.com is back', 'a zebra');
         -- What another directory says of them, where they are a guest, a boss, a stranger.
         INSERT INTO memberships VALUES (6, 'x120', 'user', 'ZQX.alias@example.com', 'member'),
             (6, 'x121', 'user', 'ada@example.com', 'member');
         UPDATE groups SET members_hash = X'01' WHERE id IN (4, 6, 7);
         UPDATE users SET manager = 'Zqx.Old@example.com', content_hash = X'01' WHERE id = 7;
         INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before, after) VALUES
           (2, '2026-11-02T08:00:00Z', 'user', 7, '201', 'ada@example.com', 'changed', 'manager', 'grace@example.com',
            'ZQX@example.com'),
           (2, '2026-11-02T08:00:00Z', 'membership', 6, 'x122', 'zqx.old@example.com', 'joined', 'sales@lab.example', NULL,
            'member'),
           (2, '2026-11-02T08:00:00Z', 'membership', 6, 'x120', 'grace@example.com', 'changed', 'sales@lab.example',
            'Zqx.Former@x', 'zqx.alias@example.com');
         INSERT INTO run_notes VALUES (3, 'membership', 'x120', 1, 'ZQX.alias@example.com is no id');",
    );
    for arguments in [
        &["devices", "add", "N9"][..],
        &["devices", "assign", "N9", "zqx@example.com", "--reason", "zqx likes it"],
        &["devices", "add", "N8"],
        &["devices", "assign", "N8", "120", "--reason", "zqx has two"],
        &["devices", "unassign", "N8", "--reason", "zqx had two"],
    ] {
        let done = world.run(arguments);
        assert_eq!(done.code, Some(0), "{done}");
    }
    world.sql(
        "INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         SELECT id, 'last_user', 'Zqx.Former@x', 'zqx.former@x', '2026-11-02T08:00:00Z', 'import' FROM devices
         WHERE serial = 'N8';
         INSERT INTO devices (serial) VALUES ('N7');
         INSERT INTO assignments (device_id, user_id, started_at, ended_at, source, end_source, end_reason)
         SELECT id, 20, '2026-11-01T08:00:00Z', '2026-11-02T08:00:00Z', 'rule:enrolment', 'rule:usual-user',
             'login grace@example.com, 5 of 5' FROM devices WHERE serial = 'N7';
         INSERT INTO assignments (device_id, user_id, started_at, ended_at, source, end_source, end_reason)
         SELECT id, 3, '2026-10-01T08:00:00Z', '2026-11-01T08:00:00Z', 'rule:last', 'rule:enrolment',
             'enrolled_by ZQX.old@example.com (2026-11-01, import)' FROM devices WHERE serial = 'N7';
         INSERT INTO device_logins (device_id, value, value_key, observed_at, source)
         SELECT id, 'Zqx.Old@example.com', 'zqx.old@example.com', '2026-11-02T08:00:00Z', 'manual' FROM devices
         WHERE serial = 'N8';
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         SELECT id, 'last_user', 'grace@example.com', 'grace@example.com', '2026-11-02T08:00:00Z', 'import' FROM devices
         WHERE serial = 'N9'",
    );
    world
}

/// Every file of the database and every column of every table in which `zqx` stands.
fn traces(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(world.home()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("dirsync.db") {
            let bytes = std::fs::read(&file).unwrap().to_ascii_lowercase();
            let number = bytes.windows(3).filter(|window| window == b"zqx").count();
            found.extend((number > 0).then(|| format!("{name}: {number}")));
        }
    }
    let db = rusqlite::Connection::open(world.database()).unwrap();
    let columns = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'";
    let mut columns = db.prepare(columns).unwrap();
    let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for (table, column) in columns.collect::<rusqlite::Result<Vec<(String, String)>>>().unwrap() {
        let sql = format!("SELECT count(*) FROM \"{table}\" WHERE lower(CAST(\"{column}\" AS TEXT)) LIKE '%zqx%'");
        let number: i64 = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        found.extend((number > 0).then(|| format!("{table}.{column}: {number}")));
    }
    found
}

#[test]
fn nobody_is_forgotten_by_mistake() {
    let world = world_of_zqx();
    let before = world.run(&["users", "show", "20", "-o", "json"]).stdout;
    for (arguments, code, words) in [
        (&["users", "forget", "20", "--confirm", "20"][..], 1, "'dirsync users forget 20 --unassign'"),
        (&["users", "forget", "20", "--unassign"], 2, "--confirm 20"),
        (&["users", "forget", "20", "--unassign", "--confirm", "21"], 2, "nobody was forgotten"),
        (&["users", "forget", "20", "--unassign", "--confirm", "Zqx@example.com"], 2, "nobody was forgotten"),
        (&["users", "forget", "nobody", "--confirm", "nobody"], 6, "nobody called"),
        (&["users", "forget"], 2, "give USER"),
        (&["users", "forget", "20", "--unassign", "--dry-run"], 0, "would be forgotten; taken from them: N9"),
    ] {
        let outcome = world.run(arguments);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.stderr.contains(words), "{words}: {outcome}");
    }
    let held = world.run(&["users", "forget", "20", "--confirm", "20"]);
    assert!(held.stderr.contains("user 20 holds N9") && !held.stderr.contains("zqx@"), "{held}");
    assert_eq!(world.run(&["users", "show", "20", "-o", "json"]).stdout, before);
}

#[test]
fn whoever_is_forgotten_is_nowhere_any_more() {
    let world = world_of_zqx();
    assert!(traces(&world).len() > 20, "{:?}", traces(&world));
    let forgotten =
        world.run(&["users", "forget", "zqx@example.com", "--unassign", "--confirm", "zqx@example.com", "-o", "json"]);
    assert_eq!(
        forgotten.json(),
        json!({"id": 20, "integration": "corp", "external_id": "120", "devices": ["N9"], "still_there": true})
    );
    assert!(forgotten.stderr.contains("warning: corp still has them"), "{forgotten}");
    assert_eq!(traces(&world), [""; 0]);

    // What is not theirs stays, and so does that something happened.
    let shown = world.run(&["users", "show", "20", "-o", "json"]).json();
    assert_eq!(
        (&shown["status"], &shown["external_id"], &shown["email"]),
        (&json!("removed"), &json!("120"), &json!(null))
    );
    let history =
        world.run(&["users", "history", "20", "-o", "jsonl", "--columns", "subject,kind,field,before,after"]).stdout;
    assert_eq!(history.lines().count(), 8, "{history}");
    assert!(
        history
            .contains(r#"{"subject":"user","kind":"changed","field":"status","before":"suspended","after":"active"}"#)
    );
    assert!(history.contains(r#""kind":"left","field":"status","before":"active","after":"removed""#), "{history}");
    assert!(
        history.contains(r#""kind":"joined","field":"sales@example.com","before":null,"after":"owner""#),
        "{history}"
    );
    let held = world.run(&["devices", "history", "N9", "-o", "json"]).json();
    assert_eq!((&held[0]["user_id"], &held[0]["user"], &held[0]["reason"]), (&json!(20), &json!(null), &json!(null)));
    let evidence = world.run(&["devices", "show", "N9", "-o", "json"]).stdout;
    assert!(evidence.contains("grace@example.com"), "{evidence}");
    assert_eq!(
        world.column("SELECT concat_ws(' ', member_external_id, email, role) FROM memberships WHERE group_id = 6"),
        ["x120 member", "x121 ada@example.com member"]
    );
    assert_eq!(world.column("SELECT end_reason FROM assignments WHERE end_reason LIKE '%zebra'"), ["a zebra"]);
    // Groups and people of whom something was erased are read anew; others need not be.
    assert_eq!(world.column("SELECT id || '' FROM groups WHERE members_hash IS NOT NULL"), ["7"]);
    assert_eq!(world.column("SELECT count(content_hash) || '' FROM users WHERE id = 7"), ["0"]);
    let elsewhere =
        "SELECT concat_ws(' ', kind, label, before, after) FROM changes WHERE integration_id = 2 ORDER BY id";
    assert_eq!(
        world.column(elsewhere),
        ["changed ada@example.com grace@example.com", "joined member", "changed grace@example.com"]
    );
    assert_eq!(world.run(&["users", "show", "ada@example.com", "--integration", "corp"]).code, Some(0));

    let again = world.run(&["users", "forget", "20", "--confirm", "20"]);
    assert_eq!(again.code, Some(0), "{again}");
}

#[test]
fn an_address_that_is_somebody_elses_by_now_stays_theirs() {
    let world = World::filled();
    // Bob the first has left; another has his address, and a laptop was last seen with it.
    world.sql(
        "INSERT INTO devices (id, serial) VALUES (9, 'N9');
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         VALUES (9, 'last_user', 'bob@example.com', 'bob@example.com', '2026-11-20T08:00:00Z', 'import')",
    );
    assert_eq!(world.run(&["users", "forget", "5", "--confirm", "5"]).code, Some(0));
    assert_eq!(world.run(&["users", "show", "6", "-o", "json"]).json()["email"], "bob@example.com");
    assert_eq!(world.run(&["users", "show", "5", "-o", "json"]).json()["email"], json!(null));
    assert!(world.run(&["devices", "show", "N9", "-o", "json"]).stdout.contains("bob@example.com"));
}

#[test]
fn whoever_is_pushed_is_forgotten_with_their_resource_and_known_again_when_they_come_back() {
    let mut server = Server::start();
    let zqx = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "zqx@corp.example", "externalId": "zqx-1",
        "displayName": "Zqx", "active": true, "emails": [{"value": "zqx@corp.example", "type": "work", "primary": true}]
    });
    let id = server.post("/Users", &zqx).is(201).id();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": [{"value": id}]
    });
    let group = server.post("/Groups", &group).is(201).id();
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let report = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise], "userName": "bea",
        enterprise: {"department": "R&D", "manager": {"value": "ZQX@corp.example"}}
    });
    let report = server.post("/Users", &report).is(201).id();
    let forgotten = server.world.run(&["users", "forget", &id, "--confirm", "zqx@corp.example"]);
    assert_eq!(forgotten.code, Some(0), "{forgotten}");
    assert_eq!(server.get(&format!("/Users/{id}")).status, 404);
    assert!(!server.get(&format!("/Groups/{group}")).json().to_string().contains(&id));
    let bea = server.get(&format!("/Users/{report}")).json();
    assert_eq!((&bea[enterprise], &bea["userName"]), (&json!({"department": "R&D"}), &json!("bea")));
    let again = server.post("/Users", &zqx).is(201).id();
    assert_ne!(again, id);
    let people = server.world.run(&["users", "--status", "all", "-o", "jsonl", "--columns", "id,email"]).stdout;
    assert_eq!(people, "{\"id\":2,\"email\":null}\n{\"id\":1,\"email\":\"zqx@corp.example\"}\n");
    // The server may have the log open; once it is gone, so is every trace.
    let last = server.world.run(&["users", "forget", &again, "--confirm", "zqx@corp.example"]);
    assert_eq!(last.code, Some(0), "{last}");
    server.kill_and_restart();
    let wiped = server.world.run(&["users", "forget", "1", "--confirm", "1"]);
    assert_eq!(wiped.code, Some(0), "{wiped}");
    assert_eq!(traces(&server.world), [""; 0]);
}

#[test]
fn whose_address_only_contains_theirs_loses_no_word() {
    let world = World::filled();
    let words = [
        "enrolled_by jograce@example.com (2026-11-01)",
        "enrolled_by grace@example.company",
        "until grace@example.com.au is back",
        "from grace@example.com.",
        "<Grace@Example.com>",
    ];
    for (number, word) in (0..).zip(words) {
        world.sql(&format!(
            "INSERT INTO assignments (device_id, user_id, started_at, ended_at, source, reason)
             VALUES (2, 3, '2026-09-0{0}T08:00:00Z', '2026-09-0{0}T09:00:00Z', 'manual', '{word}')",
            number + 1
        ));
    }
    world.sql("UPDATE users SET aliases = '[\"grace.alias@example.com\"]' WHERE id = 2");
    // It is somebody else's alias by now, and evidence of it means them.
    world.sql(
        "UPDATE users SET aliases = '[\"Grace.Alias@example.com\"]' WHERE id = 3;
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         VALUES (2, 'enrolled_by', 'grace.alias@example.com', 'grace.alias@example.com', '2026-11-20T08:00:00Z', 'manual')",
    );
    let forgotten = world.run(&["users", "forget", "2", "--confirm", "2", "--unassign"]);
    assert_eq!(forgotten.code, Some(0), "{forgotten}");
    let kept =
        "SELECT reason FROM assignments WHERE started_at LIKE '2026-09-%' AND reason IS NOT NULL ORDER BY started_at";
    assert_eq!(world.column(kept), words[..3]);
    assert_eq!(world.column("SELECT value FROM device_evidence WHERE value LIKE 'grace.alias%'").len(), 1);
}
