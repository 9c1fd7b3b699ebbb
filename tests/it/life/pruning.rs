//! `dirsync users prune`, and what time does by itself.

use serde_json::json;

use crate::engine::home::Home;
use crate::engine::plain::Plain;
use crate::scim::server::Server;
use crate::world::World;

fn status(world: &World, id: &str) -> String {
    world.run(&["users", "show", id, "-o", "json"]).json()["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_dry_run_lists_who_would_go_and_changes_nothing() {
    let world = World::filled();
    let shown = world.run(&["users", "prune", "--dry-run", "-o", "json"]);
    assert_eq!(
        shown.json(),
        json!([{
            "id": 8, "integration": "gone", "external_id": "401", "email": "eve@gone.example", "display_name": "Eve",
            "status_reason": null, "retained_at": "2026-10-21T08:00:00Z"
        }])
    );
    assert!(shown.stderr.contains("1 people would be removed"), "{shown}");
    assert_eq!(status(&world, "8"), "retained");
    assert_eq!(world.run(&["users", "prune", "--older-than", "soon"]).code, Some(2));
    assert_eq!(world.run(&["users", "prune", "--integration", "nope"]).code, Some(6));
}

#[test]
fn only_who_has_held_nothing_for_so_long() {
    let world = World::filled();
    assert_eq!(world.run(&["devices", "unassign", "PF3KQ1"]).code, Some(0));
    let pruned = world.run(&["users", "prune", "--older-than", "7d", "-o", "jsonl", "--columns", "id"]);
    assert_eq!(pruned.stdout, "{\"id\":8}\n", "{pruned}");
    assert_eq!((status(&world, "4"), status(&world, "8")), ("retained".into(), "removed".into()));
    assert_eq!(world.run(&["users", "prune", "-o", "jsonl", "--columns", "id"]).stdout, "{\"id\":4}\n");
    assert_eq!(world.run(&["users", "prune", "-o", "json"]).json(), json!([]), "once");
    let history = world.run(&["users", "history", "4", "-o", "jsonl", "--columns", "kind,before,after"]);
    assert_eq!(history.stdout, "{\"kind\":\"left\",\"before\":\"retained\",\"after\":\"removed\"}\n");
}

#[test]
fn whoever_holds_a_device_is_never_pruned() {
    let mut world = World::filled();
    world.set("DIRSYNC_NOW", "2030-01-01T00:00:00Z");
    assert_eq!(world.run(&["users", "prune", "--kept"]).code, Some(0));
    assert_eq!(status(&world, "4"), "retained");
}

#[test]
fn a_server_looks_after_it_too() {
    let world = World::in_real_time();
    world.sql(include_str!("../fixture.sql"));
    world.sql("UPDATE users SET retained_at = updated_at WHERE status = 'retained'");
    // Nothing has to be pushed for it.
    let server = Server::start_in(world, &[]);
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(25));
        status(&server.world, "8") == "removed"
    });
    assert!(gone, "Eve has been retained for long");
    assert_eq!(status(&server.world, "4"), "retained");
}

#[test]
fn the_names_of_groups_are_kept_from_when_they_were_last_seen_and_live_ones_count_again_on_return() {
    let home = Home::new();
    let mut plain = Plain::with_people(3);
    plain.group("a", &["0", "1"]);
    plain.group("b", &["1"]);
    plain.group("c", &["0"]);
    home.sync(&plain);
    let sql = "INSERT INTO devices (id, serial) VALUES (1, 'S1');
        INSERT INTO assignments (device_id, user_id, started_at) SELECT 1, id, created_at FROM users WHERE external_id = '1'";
    rusqlite::Connection::open(home.database()).unwrap().execute_batch(sql).unwrap();
    let left = plain.users.remove("1").unwrap();
    // The groups drop them, or vanish, in the very run in which they are missing.
    plain.group("a", &["0"]);
    plain.groups.remove("b");
    plain.members.remove("b");
    let told = || home.rows("SELECT status, groups FROM v1_users WHERE external_id = '1'").join("");
    home.sync(&plain);
    assert_eq!(told(), "missing|[]");
    home.sync(&plain);
    assert_eq!(told(), "retained|[\"Group a\",\"Group b\"]");
    plain.users.insert("1".into(), left);
    plain.group("c", &["0", "1"]);
    home.sync(&plain);
    assert_eq!(told(), "active|[\"Group c\"]");
}

#[test]
fn every_sync_looks_after_it_of_whatever_directory() {
    let home = Home::new();
    let mut plain = Plain::with_people(3);
    home.sync(&plain);
    let sql = |statements: &str| {
        rusqlite::Connection::open(home.database()).unwrap().execute_batch(statements).unwrap();
    };
    sql("INSERT INTO devices (id, serial) VALUES (1, 'S1');
         INSERT INTO assignments (device_id, user_id, started_at) SELECT 1, id, created_at FROM users WHERE external_id = '1'");
    for id in ["1", "2"] {
        plain.users.remove(id);
        plain.deleted.insert(id.into());
    }
    home.sync(&plain);
    assert_eq!((home.status("1"), home.status("2")), ("retained".into(), "removed".into()));
    let ended = home.clock.now();
    sql(&format!("UPDATE assignments SET ended_at = '{ended:.0}'"));
    let days = |days: i64| home.clock.advance(jiff::SignedDuration::from_hours(24 * days));
    days(29);
    home.sync(&plain);
    assert_eq!(home.status("1"), "retained");
    days(1);
    home.sync(&plain);
    assert_eq!(home.status("1"), "removed", "30 days after the last device");
    assert_eq!(home.rows("SELECT email FROM users WHERE external_id = '2'"), ["∅"], "30 days after they left");
    assert_eq!(home.rows("SELECT email FROM users WHERE external_id = '1'"), ["p1@corp.example"]);
    // Whoever returns after that is the same person, and told anew.
    plain.join("2");
    plain.deleted.clear();
    home.sync(&plain);
    assert_eq!(
        home.rows("SELECT id, status, email, emptied_at FROM users WHERE external_id = '2'"),
        ["3|active|p2@corp.example|∅"]
    );
}

/// Nobody answers any more, and the thirty days pass all the same.
#[test]
fn time_passes_where_nothing_syncs_any_more() {
    let world = World::filled();
    world.sql(
        "UPDATE integrations SET deleted_at = '2026-01-01T08:00:00Z';
         UPDATE users SET status = 'removed', removed_at = '2026-01-01T08:00:00Z', emptied_at = NULL WHERE id = 3",
    );
    let left = || world.column("SELECT count(email) || '' FROM users WHERE id = 3").swap_remove(0);
    assert_eq!(left(), "1");
    for arguments in [&["sync", "--all", "--dry-run"][..], &["sync", "--due"]] {
        let dry = arguments.contains(&"--dry-run");
        let synced = world.run(arguments);
        assert_eq!((synced.code, left().as_str()), (Some(0), if dry { "1" } else { "0" }), "{synced}");
    }
}
