//! One organisation that comes back by another way: read directly, then pushed by SCIM with the object id as externalId,
//! and the other way round. Whoever is known by that id is the same person, with the same history and devices.

use serde_json::{Value, json};

use super::hq::Hq;
use crate::scim::server::Server;
use crate::world::World;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// People with an address, active and nobody's device yet, by id in the directory.
fn people(world: &World) -> Vec<Value> {
    let users = world.json(&["users", "--status", "active"]);
    users.as_array().unwrap().iter().filter(|user| user["email"].is_string()).cloned().collect()
}

fn text<'a>(user: &'a Value, key: &str) -> &'a str {
    user[key].as_str().unwrap()
}

fn gives(world: &World, serial: &str, user: &Value) {
    let added = world.run(&["devices", "add", serial]);
    assert_eq!(added.code, Some(0), "{added}");
    let given = world.run(&["devices", "assign", serial, &user["id"].to_string()]);
    assert_eq!(given.code, Some(0), "{given}");
}

fn show(world: &World, user: &Value) -> Value {
    world.json(&["users", "show", &user["id"].to_string()])
}

/// What is sent for a person.
fn resource(user: &Value, external_id: Option<&str>) -> Value {
    let mut body = json!({"schemas": [USER], "userName": text(user, "user_name"), "active": true,
                          "emails": [{"value": text(user, "email"), "type": "work", "primary": true}]});
    if let Some(id) = external_id {
        body["externalId"] = id.into();
    }
    body
}

#[test]
fn who_was_read_is_the_same_when_pushed_by_the_same_id() {
    let Hq { world, sandbox: _sandbox, runtime: _runtime, .. } = Hq::connected();
    let people = people(&world);
    let [ada, bob, eve, plain] = [0, 1, 2, 3].map(|number| people[number].clone());
    for (serial, user) in [("S1", &ada), ("S2", &ada), ("S3", &bob), ("S4", &eve)] {
        gives(&world, serial, user);
    }
    let deleted = world.run(&["delete", "hq", "--confirm", "hq"]);
    assert_eq!(deleted.code, Some(0), "{deleted}");
    let all = world.count("users WHERE status IN ('retained', 'removed')");

    let server = Server::start_in(world, &["--adopt-from", "HQ"]);
    let world = &server.world;
    assert_eq!(world.count("users u JOIN integrations i ON i.id = u.integration_id WHERE i.name = 'okta'"), all);
    assert_eq!(world.count("users"), all, "nobody is new");
    let of = |id: &Value| show(world, &json!({"id": id}));
    assert_eq!(
        (&of(&ada["id"])["integration"], &of(&ada["id"])["status"], &of(&ada["id"])["devices"]),
        (&json!("okta"), &json!("retained"), &json!(["S1", "S2"]))
    );
    for user in [&ada, &plain] {
        let filter = format!("externalId eq \"{}\"", text(user, "external_id"));
        assert_eq!(server.found("/Users", &filter)["totalResults"], 0, "who waits is not there yet");
        server.post("/Users", &resource(user, Some(text(user, "external_id")))).is(201);
        let back = show(world, user);
        assert_eq!((&back["status"], &back["email"]), (&json!("active"), &user["email"]));
        assert_eq!(back["created_at"], user["created_at"], "the same row");
    }
    assert_eq!(show(world, &ada)["devices"], json!(["S1", "S2"]));
    let history = world.json(&["users", "history", &ada["id"].to_string()]);
    let told: Vec<String> = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["subject"] == "user" && (change["field"].is_null() || change["field"] != "email"))
        .map(|change| format!("{} {} {}", text(change, "integration"), text(change, "kind"), change["after"]))
        .collect();
    for line in ["hq joined null", "hq retained \"retained\"", "okta changed \"okta\"", "okta returned \"active\""] {
        assert!(told.iter().any(|told| told == line), "{line}: {told:#?}");
    }

    // Without the id nobody is known; two addresses are no proof.
    let made = server.post("/Users", &resource(&bob, None)).is(201).json();
    let new = server.world.json(&["users", "show", text(&made, "id")]);
    assert_ne!(new["id"], bob["id"]);
    assert_eq!((&new["devices"], &show(world, &bob)["devices"]), (&json!([]), &json!(["S3"])));
    let conflicts = world.json(&["conflicts", "--with-devices"]);
    assert_eq!(conflicts.as_array().unwrap().len(), 1, "{conflicts}");
    assert_eq!((&conflicts[0]["kept_id"], &conflicts[0]["present_id"]), (&bob["id"], &new["id"]));
    // Who does not come stays kept.
    assert_eq!(show(world, &eve)["devices"], json!(["S4"]));
    assert_eq!(world.run(&["report", "leavers", "--exit-code"]).code, Some(10));
}

#[test]
fn a_recycled_address_is_a_conflict_that_never_merges_by_itself() {
    let server = Server::start_in(World::in_real_time(), &[]);
    let world = &server.world;
    let person = json!({"user_name": "ada@corp.example", "email": "ada@corp.example"});
    let first = server.post("/Users", &resource(&person, Some("1"))).is(201).id();
    let ada = world.json(&["users", "show", &first]);
    gives(world, "S1", &ada);
    server.delete(&format!("/Users/{first}")).is(204);
    let second = server.post("/Users", &resource(&person, Some("2"))).is(201).id();
    let new = world.json(&["users", "show", &second]);
    assert_ne!(new["id"], ada["id"]);
    assert_eq!((&show(world, &ada)["devices"], &new["devices"]), (&json!(["S1"]), &json!([])));
    let conflict = &world.json(&["conflicts"])[0];
    assert_eq!(conflict["reason"], "recycled address in the same directory");
    assert_eq!((&conflict["kept_id"], &conflict["present_id"]), (&ada["id"], &new["id"]));
    let link = ["users", "link", &ada["id"].to_string(), &new["id"].to_string()].map(str::to_owned);
    let link: Vec<&str> = link.iter().map(String::as_str).collect();
    assert_eq!(world.run(&[&link[..], &["--different"]].concat()).code, Some(0));
    assert_eq!(world.json(&["conflicts"]), json!([]));
    assert_eq!(show(world, &ada)["devices"], json!(["S1"]));
    // They were one person after all.
    assert_eq!(world.run(&link).code, Some(0));
    assert_eq!((&show(world, &ada)["status"], &show(world, &new)["devices"]), (&json!("removed"), &json!(["S1"])));
}

#[test]
fn who_was_pushed_is_the_same_when_read_by_the_same_id() {
    let hq = Hq::connected();
    let everybody = people(&hq.world);
    let before = hq.world.run(&["delete", "hq", "--confirm", "hq"]);
    assert_eq!(before.code, Some(0), "{before}");
    // As if it had never been here.
    let home = hq.world.home().join("dirsync.db");
    for file in ["dirsync.db-wal", "dirsync.db-shm"] {
        let _ = std::fs::remove_file(hq.world.home().join(file));
    }
    std::fs::remove_file(home).unwrap();

    let tenant = hq.sandbox.tenant_id();
    let secret = hq.secret_file();
    let Hq { world, sandbox: _sandbox, runtime: _runtime, .. } = hq;
    let server = Server::start_in(world, &[]);
    let world = &server.world;
    let push = |user: &Value, id: Option<&str>| {
        let made = server.post("/Users", &resource(user, id)).is(201).json();
        world.json(&["users", "show", text(&made, "id")])
    };
    let ada = push(&everybody[0], Some(text(&everybody[0], "external_id")));
    let bob = push(&everybody[1], Some(text(&everybody[1], "external_id")));
    let eve = push(&everybody[2], None);
    // As Entra does it unless it is told to send the object id.
    let zoe = push(&everybody[3], Some("zoe"));
    for (serial, user) in [("S1", &ada), ("S2", &ada), ("S3", &eve), ("S4", &zoe)] {
        gives(world, serial, user);
    }
    let add = ["add", "entra", "--name", "hq", "--tenant", &tenant, "--client-secret-file", secret.to_str().unwrap()];
    let with = |from: &str| world.run(&[&add[..], &["--adopt-from", from]].concat());
    let refused = with("okta");
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(refused.stderr.contains("dirsync delete okta --confirm okta"), "{refused}");
    assert_eq!(with("nobody").code, Some(6));
    assert_eq!(world.run(&["delete", "okta", "--confirm", "okta"]).code, Some(0));
    assert_eq!(with("nobody").code, Some(6));
    assert_eq!(world.json(&["list"]), json!([]), "nothing was stored");

    let added = with("okta");
    assert_eq!(added.code, Some(0), "{added}");
    for words in [
        "hq: 1 person stays with 'okta'",
        "hq: 2 people are kept with 3 devices, 1 person is remembered; the first sync takes back",
        "hq: 1 person is kept with 1 device and not in the directory: see 'dirsync report leavers'",
        "people, 2 of them taken back with 2 devices, 2 conflicts: see 'dirsync conflicts'",
    ] {
        assert!(added.stderr.contains(words), "{words}: {added}");
    }
    for user in [&ada, &bob] {
        let back = show(world, user);
        assert_eq!((&back["status"], &back["integration"]), (&json!("active"), &json!("hq")));
        assert_eq!(back["created_at"], user["created_at"]);
    }
    assert_eq!(show(world, &ada)["devices"], json!(["S1", "S2"]));
    assert_eq!(show(world, &ada)["external_id"], everybody[0]["external_id"]);
    let left = show(world, &eve);
    assert_eq!((&left["integration"], &left["devices"]), (&json!("okta"), &json!(["S3"])));
    let conflicts = world.json(&["conflicts"]);
    let conflicts = conflicts.as_array().unwrap();
    assert_eq!(conflicts.len(), 2, "{conflicts:#?}");
    for (user, serial) in [(&eve, "S3"), (&zoe, "S4")] {
        let conflict = conflicts.iter().find(|conflict| conflict["kept_id"] == user["id"]).unwrap();
        assert_eq!(conflict["reason"], "perhaps the same person, from another directory", "{conflict}");
        let words: Vec<&str> = text(conflict, "resolve").split(' ').skip(1).collect();
        assert_eq!(world.run(&words).code, Some(0));
        assert_eq!(world.json(&["devices", "show", serial])["user_id"], conflict["present_id"]);
    }
    assert_eq!(world.json(&["conflicts"]), json!([]));
    assert_eq!(world.run(&["sync", "hq"]).code, Some(0));
    assert_eq!(show(world, &ada)["devices"], json!(["S1", "S2"]));
}
