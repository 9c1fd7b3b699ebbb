//! A name is free once its integration is deleted; the people who are left of that one are found by it all the same, and
//! are not taken for people of the next that has it.

use dirsync::clock::Clock;
use dirsync::model::IntegrationId;
use dirsync::sync::IntegrationLock;
use serde_json::json;

use crate::world::{NOW, World};

/// The fixture's `gone` is deleted, and has kept Eve; another organisation has its name by now, and an Eve, too.
fn twice_gone() -> World {
    let world = World::filled();
    world.sql(
        "INSERT INTO integrations (id, name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES (5, 'Gone', 'gone', 'google', 'C05', 'connected', '{}', 14400, '2026-11-20T08:00:00Z');
         INSERT INTO users (id, integration_id, external_id, status, email, created_at, updated_at) VALUES
           (9, 5, '501', 'active', 'eve@gone.example', '2026-11-20T08:00:00Z', '2026-11-20T08:00:00Z'),
           (10, 5, '502', 'active', 'finn@gone.example', '2026-11-20T08:00:00Z', '2026-11-20T08:00:00Z');
         INSERT INTO devices (id, serial) VALUES (8, 'EVE1'), (9, 'EVE2');
         INSERT INTO assignments (device_id, user_id, started_at) VALUES
           (8, 8, '2026-10-02T08:00:00Z'), (9, 9, '2026-11-20T08:00:00Z');
         INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind) VALUES
           (4, '2026-10-02T08:00:00Z', 'user', 8, '401', 'joined'), (5, '2026-11-20T08:00:00Z', 'user', 9, '501', 'joined');",
    );
    world
}

fn column(world: &World, arguments: &[&str], column: &str) -> String {
    let lines = world.run(&[arguments, &["-o", "jsonl", "--columns", column]].concat()).stdout;
    let values = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[column].to_string());
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_listing_of_a_name_has_the_people_of_all_who_bore_it() {
    let world = twice_gone();
    let named = |words: &[&str], wanted: &str| column(&world, &[words, &["--integration", "gone"]].concat(), wanted);
    assert_eq!(named(&["users"], "id"), "8 9 10");
    assert_eq!(named(&["users", "--status", "retained"], "id"), "8");
    assert_eq!(named(&["users", "--status", "all"], "id"), "8 9 10");
    assert_eq!(named(&["devices"], "serial"), r#""EVE1" "EVE2""#);
    assert_eq!(named(&["changes"], "id"), "9 8");
    assert_eq!(named(&["report", "leavers"], "id"), "8");
}

#[test]
fn one_person_of_a_name_is_one_of_the_live_integration_if_there_is_one() {
    let world = twice_gone();
    let shown =
        |who: &str| world.run(&["users", "show", who, "--integration", "gone", "-o", "json"]).json()["id"].clone();
    assert_eq!((shown("eve@gone.example"), shown("401")), (json!(9), json!(8)));
    assert_eq!(world.run(&["users", "show", "eve@gone.example"]).code, Some(6), "no name, and two it may be");
    let added = world.run(&["devices", "add", "N1", "--expected-user", "eve@gone.example", "--integration", "gone"]);
    assert!(added.stderr.contains("given to eve@gone.example"), "{added}");
    assert_eq!(column(&world, &["devices", "--user", "9"], "serial"), r#""EVE2" "N1""#);
}

#[test]
fn forgetting_somebody_of_a_deleted_one_waits_for_no_sync_of_its_namesake() {
    let world = twice_gone();
    let clock = Clock::manual(NOW.parse().unwrap());
    let _syncing =
        IntegrationLock::acquire(&world.home().join("locks"), IntegrationId(5), "sync", clock.now()).unwrap();
    let forget = |who: &str| world.run(&["users", "forget", who, "--unassign", "--confirm", who]);
    let busy = forget("9");
    assert_eq!(busy.code, Some(75), "{busy}");
    let forgotten = forget("8");
    assert_eq!((forgotten.code, forgotten.stderr.contains("still has them")), (Some(0), false), "{forgotten}");
}

#[test]
fn pruning_a_name_means_who_has_it_now() {
    let world = twice_gone();
    world.sql(
        "UPDATE assignments SET ended_at = '2026-10-03T08:00:00Z' WHERE user_id = 8; UPDATE users SET kept = 1 WHERE id = 8",
    );
    let pruned = world.run(&["users", "prune", "--integration", "gone", "--kept"]);
    assert_eq!(
        (pruned.code, world.column("SELECT status FROM users WHERE id = 8")),
        (Some(0), vec!["retained".into()])
    );
    assert_eq!(world.run(&["users", "prune", "--kept"]).code, Some(0));
    assert_eq!(world.column("SELECT status FROM users WHERE id = 8"), ["removed"]);
}
