//! Looking at people and groups: JSON and views say the same, names of the past find people, nesting is resolved.

use serde_json::{Value, json};

use super::company::Company;

/// A view's row as the JSON output would have it: arrays are text in SQL, flags are numbers.
fn as_json(row: &Value) -> Value {
    let mut row = row.clone();
    for (key, value) in row.as_object_mut().unwrap() {
        match key.as_str() {
            "aliases" | "groups" | "devices" => *value = serde_json::from_str(value.as_str().unwrap()).unwrap(),
            "is_admin" => *value = json!(value == 1),
            _ => {}
        }
    }
    row
}

#[test]
fn json_and_views_say_the_same_about_everybody() {
    let company = Company::connected();
    company.sandbox.play_day();
    assert_eq!(company.world.run(&["sync", "corp", "--max-removals", "100%"]).code, Some(0));
    let shown = company.json(&["users", "--status", "all"]);
    let viewed = company.json(&["query", "SELECT * FROM v1_users"]);
    assert!(shown.as_array().unwrap().iter().any(|user| user["status"] == "removed"));
    for user in shown.as_array().unwrap() {
        let row = viewed.as_array().unwrap().iter().find(|row| row["id"] == user["id"]).unwrap();
        assert_eq!(as_json(row), *user);
    }
    assert_eq!(shown.as_array().unwrap().len(), viewed.as_array().unwrap().len());
    let groups = company.json(&["groups"]);
    let viewed = company.json(&["query", "SELECT * FROM v1_groups"]);
    for group in groups.as_array().unwrap() {
        assert!(viewed.as_array().unwrap().contains(group), "{group}");
        let members = company.json(&["groups", "members", group["external_id"].as_str().unwrap()]);
        assert_eq!(members.as_array().unwrap().len() as i64, group["members"].as_i64().unwrap());
    }
    let runs = company.json(&["runs"]);
    assert_eq!(runs, company.json(&["query", "SELECT * FROM v1_runs ORDER BY id DESC"]));
}

#[test]
fn somebody_renamed_is_found_by_the_former_address_and_their_history_tells_of_it() {
    let company = Company::connected();
    let (id, former) = loop {
        let before = company.json(&["users"]);
        let day = company.sandbox.play_day();
        assert_eq!(company.world.run(&["sync", "corp", "--max-removals", "100%"]).code, Some(0));
        // An address that somebody else has taken over meanwhile is found there first.
        let after = company.json(&["users"]);
        let free = |address: &Value| !after.as_array().unwrap().iter().any(|user| user["email"] == *address);
        let renamed = before
            .as_array()
            .unwrap()
            .iter()
            .find(|user| day.renamed.iter().any(|id| user["external_id"] == **id) && free(&user["email"]));
        if let Some(user) = renamed {
            break (user["id"].clone(), user["email"].as_str().unwrap().to_owned());
        }
    };
    let shown = company.json(&["users", "show", &former.to_uppercase()]);
    assert_eq!(shown["id"], id);
    assert_ne!(shown["email"], *former);
    let history = company.json(&["users", "history", &former]);
    let told =
        history.as_array().unwrap().iter().any(|change| {
            change["field"] == "email" && change["before"] == *former && change["after"] == shown["email"]
        });
    assert!(told, "{history}");
    assert_eq!(company.world.run(&["users", "show", "nobody@nowhere.example"]).code, Some(6));
}

#[test]
fn a_cycle_of_groups_ends_and_everyone_is_everybody_active() {
    let company = Company::connected();
    let group = |name: &str| format!("{name}@brightwater.example");
    let nested = company.json(&["groups", "members", &group("circle-a"), "--nested"]);
    let ids: Vec<&Value> = nested.as_array().unwrap().iter().map(|member| &member["external_id"]).collect();
    let unique: std::collections::BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(unique.len(), ids.len(), "everybody once");
    assert!(nested.as_array().unwrap().iter().any(|member| {
        member["path"].as_str().is_some_and(|path| path.contains("circle-b") || path.contains("circle-c"))
    }));
    let everyone = company.json(&["groups", "members", &group("everyone"), "--nested"]);
    let active = company.json(&["users", "--status", "active"]);
    for person in active.as_array().unwrap() {
        let found = everyone.as_array().unwrap().iter().any(|it| it["external_id"] == person["external_id"]);
        assert!(found, "{person}");
    }
    let direct = company.json(&["groups", "members", &group("everyone")]);
    assert!(direct.as_array().unwrap().iter().any(|member| member["kind"] == "everyone" && member["email"].is_null()));
}
