//! Conflicts and the decisions about them, on a filled directory. Whole outputs stand in `snapshots/`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::world::World;

/// The fixture, with somebody of `gone` in `corp` under another id, and a newcomer who has the address that Jürgen, who
/// is kept for his device, once had.
fn world() -> World {
    let world = World::filled();
    world.sql(
        "INSERT INTO users (id, integration_id, external_id, status, email, user_name, aliases, created_at, updated_at)
         VALUES (20, 1, '120', 'active', 'new@example.com', NULL, '[\"EVE@gone.example\"]', '2026-11-20T08:00:00Z',
                 '2026-11-20T08:00:00Z'),
                (21, 1, '121', 'suspended', 'x@example.com', 'JM@example.com', '[]', '2026-11-20T08:00:00Z',
                 '2026-11-20T08:00:00Z');
         INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before, after)
         VALUES (1, '2026-11-05T08:00:00Z', 'user', 4, '104', 'changed', 'user_name', 'jm@example.com', NULL),
                (4, '2026-10-21T08:00:00Z', 'user', 8, '401', 'retained', 'status', 'active', 'retained');
         INSERT INTO devices (id, serial) VALUES (3, 'EVE1');
         INSERT INTO assignments (device_id, user_id, started_at, pinned) VALUES (3, 8, '2026-10-03T08:00:00Z', 1);",
    );
    world
}

fn pairs(world: &World, more: &[&str]) -> Vec<[i64; 2]> {
    let all = world.run(&[&["conflicts", "-o", "json"], more].concat()).json();
    let id = |it: &Value, key: &str| it[key].as_i64().unwrap();
    all.as_array().unwrap().iter().map(|it| [id(it, "kept_id"), id(it, "present_id")]).collect()
}

#[test]
fn who_is_kept_meets_who_is_there_by_whatever_they_are_or_were_called() {
    let world = world();
    assert_snapshot!("conflicts_json", world.run(&["conflicts", "-o", "json"]));
    assert_snapshot!("conflicts_piped", world.run(&["conflicts"]));
    assert_snapshot!("conflicts_table", world.run(&["conflicts", "-o", "table", "--wide"]));
    // Bob the first, removed nine days ago, had the address of Bob and that Grace once had.
    assert_eq!(pairs(&world, &[]), [[8, 20], [4, 21], [5, 2], [5, 6]]);
    assert_eq!(pairs(&world, &["--with-devices"]), [[8, 20], [4, 21]]);
    assert_eq!(pairs(&world, &["--integration", "gone"]), [[8, 20]]);
    assert_eq!(pairs(&world, &["--integration", "Old Lab"]), [[0; 2]; 0], "two who are there are no conflict");
    for (more, code) in [(&[][..], 10), (&["--integration", "new"], 0)] {
        assert_eq!(world.run(&[&["conflicts", "--exit-code"], more].concat()).code, Some(code));
    }
    assert_eq!(world.run(&["conflicts", "--integration", "new"]).to_string(), {
        "$ dirsync conflicts --integration new\n[exit 0]\n"
    });
    world.sql("UPDATE users SET removed_at = '2026-10-01T08:00:00Z' WHERE id = 5");
    assert_eq!(pairs(&world, &[]), [[8, 20], [4, 21]], "who was removed long ago is forgotten");
}

#[test]
fn linking_hands_the_devices_over_and_each_names_the_other() {
    let mut world = world();
    world.set("USER", "root");
    let before = world.contents();
    let dry = world.run(&["users", "link", "8", "20", "--dry-run", "-o", "json"]);
    assert_eq!(dry.json()["devices"], json!(["EVE1"]));
    assert!(dry.stderr.contains("nothing was changed"), "{dry}");
    assert_eq!((world.contents(), world.count("links")), (before, 0));

    assert_snapshot!("link", world.run(&["users", "link", "8", "20"]));
    let device = world.json(&["devices", "show", "EVE1"]);
    assert_eq!(
        [&device["user_id"], &device["assignment_source"], &device["pinned"]],
        [&json!(20), &json!("adopt"), &json!(true)]
    );
    assert_snapshot!("link_device_history", world.run(&["devices", "history", "EVE1"]));
    for (name, id) in [("link_kept", "8"), ("link_present", "20")] {
        assert_snapshot!(name, world.run(&["users", "show", id]));
        assert_snapshot!(format!("{name}_history"), world.run(&["users", "history", id]));
    }
    let links = world.json(&["users", "show", "20"])["links"].take();
    assert_eq!(
        links,
        json!([{"verdict": "same", "id": 8, "integration": "gone", "label": "eve@gone.example", "is_kept": true,
                "decided_at": "2026-11-24T08:00:00Z", "decided_by": "root"}])
    );
    assert_eq!(pairs(&world, &["--integration", "gone"]), [[0; 2]; 0]);
    let changes = world.count("changes");
    let again = world.run(&["users", "link", "8", "20", "-o", "json"]).json();
    assert_eq!(again["devices"], json!([]), "once more changes nothing");
    assert_eq!(world.count("changes"), changes);
    assert_eq!(world.count("assignments WHERE ended_at IS NULL"), 3);
}

#[test]
fn two_people_are_no_conflict_any_more() {
    let world = world();
    let command = world.run(&["conflicts", "-o", "json"]).json()[1]["resolve"].as_str().unwrap().to_owned();
    assert_eq!(command, "dirsync users link 4 21 --different");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let before = world.contents();
    assert_snapshot!("link_different", world.run(&words));
    assert_eq!(pairs(&world, &[]), [[8, 20], [5, 2], [5, 6]]);
    assert_eq!(world.contents(), before);
    assert_snapshot!("link_different_show", world.run(&["users", "show", "21"]));
    // Another mind.
    assert_eq!(world.run(&["users", "link", "4", "21"]).code, Some(0));
    assert_eq!(world.json(&["devices", "show", "PF3KQ1"])["user_id"], 21);
}

#[test]
fn what_cannot_be_one_person_is_refused_and_changes_nothing() {
    let world = world();
    let before = world.contents();
    for (name, words, code) in [
        ("link_refused_present", &["1", "7"][..], 1),
        ("link_refused_gone", &["4", "5"], 1),
        ("link_refused_same", &["eve@gone.example", "401"], 2),
        ("link_refused_nobody", &["8", "999"], 6),
        ("link_refused_ambiguous", &["8", "ada@example.com"], 6),
        ("link_refused_unnamed", &["8"], 2),
    ] {
        let refused = world.run(&[&["users", "link"], words].concat());
        assert_eq!(refused.code, Some(code), "{refused}");
        assert_snapshot!(name, refused);
    }
    assert_eq!((world.contents(), world.count("links")), (before, 0));
}

#[test]
fn who_is_given_up_is_taken_off_the_plan_they_wait_in() {
    let world = world();
    world.sql(
        "UPDATE users SET status = 'missing' WHERE id IN (2, 3);
         INSERT INTO plans (id, integration_id, run_id, created_at, state)
         VALUES (1, 1, 1, '2026-11-23T09:00:00Z', 'held');
         INSERT INTO plan_items (plan_id, user_id, action, evidence, status_then)
         VALUES (1, 2, 'remove', 'absent', 'missing'), (1, 3, 'remove', 'absent', 'missing');",
    );
    assert_eq!(world.run(&["users", "link", "2", "6"]).code, Some(0));
    assert_eq!(world.json(&["plans"])[0]["removals"], 1);
    assert_eq!(world.run(&["users", "link", "3", "6"]).code, Some(0));
    assert_eq!(world.json(&["plans"]), json!([]));
}
