//! Setting, showing and clearing a scope on what is stored, without any network.

use serde_json::{Value, json};

use crate::world::{NOW, World};

fn ids(world: &World, statuses: &str) -> Vec<i64> {
    let users = world.json(&["users", "--integration", "corp", "--status", statuses, "--columns", "id"]);
    let mut ids: Vec<i64> = users.as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_scope_is_looked_at_set_shown_and_cleared() {
    let world = World::filled();
    let before = world.contents();
    let shown = world.json(&["scope", "corp"]);
    let everybody = json!({
        "integration": "corp", "org_units": [], "groups": [], "exclude_suspended": false, "people": 4, "out_of_scope": 0
    });
    assert_eq!(shown, everybody);
    assert_eq!(world.json(&["details", "corp"])["scope"], Value::Null);

    let narrow = ["scope", "corp", "set", "--org-unit", "/eng/", "--exclude-suspended"];
    let preview = world.json(&[&narrow as &[&str], &["--dry-run"]].concat());
    assert_eq!(
        preview,
        json!({
            "integration": "corp", "org_units": ["/eng"], "groups": [], "exclude_suspended": true,
            "people": 1, "out_of_scope": 3, "coming_in": 0, "going_out": 3, "holders": 0, "devices": 0,
            "going_out_sample": ["bob@example.com", "grace@example.com", "yamada@example.com"]
        })
    );
    assert_eq!(world.contents(), before, "a dry run");
    let set = world.run(&[&narrow as &[&str], &["--yes"]].concat());
    assert_eq!(set.code, Some(0), "{set}");
    assert!(set.stderr.contains("corp: takes in whoever is in or below /eng and is not suspended; 3 people went out of scope, 0 came in; 1 in scope now, 3 out of it"), "{set}");

    assert_eq!((ids(&world, "active,suspended"), ids(&world, "out_of_scope")), (vec![1], vec![2, 3, 6]));
    // Listings leave them out, and the person of the kept device stays where he was.
    let listed = world.json(&["users", "--integration", "corp", "--columns", "id"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(world.json(&["list"])[0]["users"], 1);
    assert_eq!(
        world.json(&["details", "corp"])["scope"],
        json!({"org_units": ["/eng"], "groups": [], "exclude_suspended": true})
    );
    let told = world.run(&["changes", "--limit", "3", "-o", "jsonl", "--columns", "id,kind,before,after"]).stdout;
    assert_eq!(
        told,
        "{\"id\":6,\"kind\":\"changed\",\"before\":\"active\",\"after\":\"out_of_scope\"}\n\
         {\"id\":3,\"kind\":\"changed\",\"before\":\"active\",\"after\":\"out_of_scope\"}\n\
         {\"id\":2,\"kind\":\"changed\",\"before\":\"suspended\",\"after\":\"out_of_scope\"}\n"
    );

    // Once more is nothing more, another one replaces it, and whoever was suspended comes in suspended.
    let again = world.json(&[&narrow as &[&str], &["--yes"]].concat());
    assert_eq!((&again["coming_in"], &again["going_out"]), (&json!(0), &json!(0)));
    let wider = world.json(&["scope", "corp", "set", "--org-unit", "/Eng", "--yes"]);
    assert_eq!((&wider["coming_in"], &wider["people"]), (&json!(1), &json!(2)));
    assert_eq!(ids(&world, "suspended"), [2]);
    let cleared = world.json(&["scope", "corp", "clear", "--yes"]);
    assert_eq!(
        (&cleared["coming_in"], &cleared["people"], &cleared["out_of_scope"]),
        (&json!(2), &json!(4), &json!(0))
    );
    assert_eq!(world.json(&["scope", "corp", "show"]), everybody);
    assert_eq!((ids(&world, "active"), ids(&world, "suspended")), (vec![1, 3, 6], vec![2]));
}

#[test]
fn whoever_goes_out_keeps_the_device_and_is_no_leaver() {
    let world = World::filled();
    let preview = world.run(&["scope", "corp", "set", "--group", "sales@example.com", "--dry-run"]);
    assert!(preview.stderr.contains("1 of them would keep 1 device\n"), "{preview}");
    let leavers = world.json(&["report", "leavers", "--columns", "id"]);
    let set = world.json(&["scope", "corp", "set", "--group", "g4", "--yes"]);
    assert_eq!(
        (&set["groups"], &set["holders"], &set["devices"]),
        (&json!(["sales@example.com"]), &json!(1), &json!(1))
    );
    assert_eq!(ids(&world, "out_of_scope"), [1, 2, 6]);
    let device = world.json(&["devices", "show", "C02XL0GS"]);
    assert_eq!((&device["user_id"], &device["user_status"]), (&json!(1), &json!("out_of_scope")));
    assert_eq!(world.json(&["report", "leavers", "--columns", "id"]), leavers);
    assert_eq!(world.json(&["devices", "--holder-status", "out_of_scope"]).as_array().unwrap().len(), 1);
    // Given by hand, they may have more.
    assert_eq!(world.run(&["devices", "add", "NEW1"]).code, Some(0));
    assert_eq!(world.run(&["devices", "assign", "NEW1", "1"]).code, Some(0));
    world.json(&["scope", "corp", "clear", "--yes"]);
    assert_eq!(world.json(&["users", "show", "1"])["devices"], json!(["C02XL0GS", "NEW1"]));
}

#[test]
fn a_suspended_holder_is_a_leaver_also_where_the_scope_leaves_the_suspended_out() {
    let world = World::filled();
    assert_eq!(world.run(&["devices", "add", "NEW1"]).code, Some(0));
    assert_eq!(world.run(&["devices", "assign", "NEW1", "2"]).code, Some(0));
    let devices = || {
        let leavers = world.json(&["report", "leavers", "--integration", "corp"]);
        let leavers = leavers.as_array().unwrap().iter().filter(|it| it["status"] != "retained");
        let told = leavers.map(|it| (it["status"].clone(), it["devices"].clone(), it["status_since"].clone()));
        told.collect::<Vec<_>>()
    };
    let suspended = devices();
    let since = suspended[0].2.clone();
    assert_eq!(suspended, [(json!("suspended"), json!(["NEW1"]), since.clone())]);
    assert_ne!(since, NOW);
    world.json(&["scope", "corp", "set", "--exclude-suspended", "--yes"]);
    assert_eq!(
        devices(),
        [(json!("out_of_scope"), json!(["NEW1"]), since.clone())],
        "they are no newer a leaver by that"
    );
    world.json(&["scope", "corp", "clear", "--yes"]);
    assert_eq!(devices(), suspended);
}

#[test]
fn deleting_the_directory_keeps_who_holds_a_device_and_forgets_the_scope() {
    let world = World::filled();
    world.json(&["scope", "corp", "set", "--org-unit", "/Sales", "--yes"]);
    let preview = world.json(&["delete", "corp", "--dry-run"]);
    assert_eq!(preview["removed"], 3, "{preview}");
    let deleted = world.run(&["delete", "corp", "--confirm", "corp", "--no-revoke"]);
    assert_eq!(deleted.code, Some(0), "{deleted}");
    assert_eq!((ids(&world, "retained"), ids(&world, "removed")), (vec![1, 4], vec![2, 3, 5, 6]));
    assert_eq!(world.count("integrations WHERE scope IS NOT NULL"), 0);
}
