//! `dirsync delete`: who goes, who stays with what, and what becomes of them.

use serde_json::{Value, json};

use crate::world::{Outcome, World};

fn delete(world: &World, more: &[&str]) -> Outcome {
    world.run(&[&["delete", "corp", "--no-revoke", "-o", "json"], more].concat())
}

/// Somebody by id, as listed.
fn user(world: &World, id: i64) -> Value {
    let all = world.run(&["users", "--status", "all", "-o", "json"]).json();
    all.as_array().unwrap().iter().find(|user| user["id"] == id).unwrap().clone()
}

#[test]
fn a_dry_run_shows_who_goes_who_stays_with_which_devices_and_which_groups_go() {
    let world = World::filled();
    let before = world.run(&["users", "--status", "all", "-o", "json"]).stdout;
    let shown = delete(&world, &["--dry-run"]).json();
    assert_eq!(
        shown,
        json!({
            "removed": 3,
            "retained": [
                {"id": 1, "label": "Ada@Example.com", "devices": ["C02XL0GS"]},
                {"id": 4, "label": "mueller@example.com", "devices": ["PF3KQ1"]},
            ],
            "kept": 0,
            "groups": 5,
            "removed_sample": ["bob@example.com", "grace@example.com", "yamada@example.com"],
            "groups_sample": ["All", "Engineering", "Platform", "Sales", "Whole company"],
        })
    );
    assert_eq!(world.run(&["users", "--status", "all", "-o", "json"]).stdout, before);
}

#[test]
fn who_holds_a_device_stays_unmanaged_with_the_names_of_their_groups() {
    let world = World::filled();
    let deleted = delete(&world, &["--confirm", "corp"]);
    assert!(deleted.stderr.contains("3 people removed, 2 kept with their devices, 5 groups removed"), "{deleted}");
    for told in [
        "remove 3 people who hold no device: bob@example.com, grace@example.com, yamada@example.com",
        "remove 5 groups: All, Engineering",
        "keep Ada@Example.com, who holds C02XL0GS",
        "keep mueller@example.com, who holds PF3KQ1",
    ] {
        assert!(deleted.stderr.contains(told), "{told}: {deleted}");
    }
    let retained = world.run(&["users", "--status", "retained", "--integration", "corp", "-o", "json"]).json();
    let told = |user: &Value| (user["id"].clone(), user["groups"].clone(), user["devices"].clone());
    assert_eq!(
        retained.as_array().unwrap().iter().map(told).collect::<Vec<_>>(),
        [(json!(1), json!(["all@example.com"]), json!(["C02XL0GS"])), (json!(4), json!([]), json!(["PF3KQ1"]))]
    );
    let shown = world.run(&["users", "show", "1", "-o", "json"]).json();
    assert_eq!(shown["status_reason"], "integration_deleted");
    assert_eq!(world.run(&["groups", "--integration", "corp", "-o", "json"]).json(), json!([]));
    let history = world.run(&["changes", "--since", "1h", "--subject", "user", "-o", "jsonl"]).stdout;
    let mut lines: Vec<String> = history
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            format!("{} {} {}: {} > {}", line["id"], line["kind"], line["field"], line["before"], line["after"])
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines.join("\n").replace('"', ""),
        "1 retained status: active > retained\n2 left status: suspended > removed\n3 left status: active > removed\n\
         4 changed status_reason: null > integration_deleted\n6 left status: active > removed"
    );
}

#[test]
fn the_last_device_gone_they_go_too_by_command_or_by_themselves() {
    let mut world = World::filled();
    assert_eq!(delete(&world, &["--confirm", "corp"]).code, Some(0));
    assert_eq!(world.run(&["devices", "unassign", "C02XL0GS"]).code, Some(0));
    assert_eq!(world.run(&["devices", "unassign", "PF3KQ1"]).code, Some(0));
    assert_eq!(world.run(&["users", "show", "1", "-o", "json"]).json()["status"], "retained");
    let pruned = world.run(&["users", "prune", "--integration", "corp", "-o", "json", "--columns", "id,status_reason"]);
    assert_eq!(
        pruned.json(),
        json!([{"id": 1, "status_reason": "integration_deleted"}, {"id": 4, "status_reason": "integration_deleted"}])
    );
    assert_eq!((&user(&world, 1)["status"], &user(&world, 1)["groups"]), (&json!("removed"), &json!([])));
    // A month later their names are gone, too.
    world.set("DIRSYNC_NOW", "2026-12-25T08:00:00Z");
    world.run(&["users", "prune"]);
    let emptied = user(&world, 1);
    assert_eq!(
        (&emptied["email"], &emptied["display_name"], &emptied["aliases"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    assert_eq!(emptied["external_id"], "101");
}

#[test]
fn with_keep_all_everybody_stays_until_they_are_pruned_in_so_many_words() {
    let mut world = World::filled();
    let deleted = delete(&world, &["--confirm", "corp", "--keep-all"]);
    assert_eq!((&deleted.json()["removed"], &deleted.json()["kept"]), (&json!(0), &json!(3)));
    assert!(deleted.stderr.contains("0 people removed, 2 kept with their devices, 3 kept without one"), "{deleted}");
    let here = |world: &World| {
        let list = ["users", "--integration", "corp", "--status", "retained", "-o", "json", "--columns", "id"];
        world.run(&list).json().as_array().unwrap().len()
    };
    assert_eq!((here(&world), &user(&world, 2)["groups"]), (5, &json!(["eng@example.com"])));
    world.set("DIRSYNC_NOW", "2027-11-24T08:00:00Z");
    let pruned = world.run(&["users", "prune", "--integration", "corp"]);
    assert!(pruned.stderr.contains("0 people removed") && pruned.stderr.contains("3 were kept"), "{pruned}");
    assert_eq!(here(&world), 5);
    assert_eq!(world.run(&["users", "prune", "--integration", "corp", "--kept"]).code, Some(0));
    assert_eq!(here(&world), 2);
}

#[test]
fn a_held_plan_is_closed_with_it() {
    let world = World::filled();
    world.sql(
        "INSERT INTO plans (id, integration_id, run_id, created_at, state) VALUES (7, 1, 1, '2026-11-23T09:00:00Z', 'held');
         INSERT INTO plan_items (plan_id, user_id, action, evidence, status_then) VALUES (7, 3, 'remove', 'absent', 'active');",
    );
    assert_eq!(delete(&world, &["--confirm", "corp"]).code, Some(0));
    let plans = world.run(&["plans", "--decided", "-o", "json"]).json();
    assert_eq!((&plans[0]["id"], &plans[0]["state"]), (&json!(7), &json!("discarded")));
    assert_eq!(world.run(&["plans", "approve", "7"]).code, Some(6));
}
