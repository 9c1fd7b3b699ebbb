//! What becomes of people whom a directory suspends, deletes and brings back: the resource, the person, and the history.

use serde_json::{Value, json};

use super::client::{Client, USER, at, id, patch};
use super::server::Server;

fn directory(server: &Server) -> Client<'_> {
    server.client("directory")
}

fn person(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "emails": [{"value": format!("{name}@corp.example"), "primary": true}],
        "active": true,
    })
}

/// Gives a device to whoever has this SCIM id.
fn give_device(server: &Server, scim_id: &str, serial: &str) {
    let holder = &server.person(scim_id)["id"];
    server.world.sql(&format!(
        "INSERT INTO devices (serial) VALUES ('{serial}');
         INSERT INTO assignments (device_id, user_id, started_at)
         SELECT id, {holder}, '2026-11-01T08:00:00Z' FROM devices WHERE serial = '{serial}';"
    ));
}

#[test]
fn who_is_not_active_is_suspended_and_served() {
    let server = Server::start();
    let directory = directory(&server);
    let made = directory.creates("/Users", &person("ann"));
    let mut idle = person("idle");
    idle["active"] = false.into();
    directory.creates("/Users", &idle);
    let mut unsaid = person("unsaid");
    unsaid.as_object_mut().unwrap().remove("active");
    directory.creates("/Users", &unsaid);
    assert_eq!(server.people(), ["ann active", "idle suspended", "unsaid active"]);
    directory.patch(&at(&made), &patch(&json!([{"op": "replace", "path": "active", "value": false}]))).is(200);
    let suspended = server.world.json(&["users", "--status", "suspended"]);
    assert_eq!(suspended.as_array().unwrap().len(), 2, "{suspended}");
    assert_eq!(directory.ids("/Users", "active eq false").len(), 2);
    assert_eq!(directory.ids("/Users", "userName eq \"ann\""), [id(&made)]);
    assert_eq!(server.counted().0, 3);
}

#[test]
fn who_is_deleted_is_gone_for_every_method_and_leaves_the_name_free() {
    let server = Server::start();
    let directory = directory(&server);
    let made = directory.creates("/Users", &person("ann"));
    let gone = server.person(&id(&made));
    directory.delete(&at(&made)).is(204);
    let body = person("ann");
    directory.get(&at(&made)).refuses(404, "");
    directory.put(&at(&made), &body).refuses(404, "");
    directory.patch(&at(&made), &patch(&json!([{"op": "replace", "value": {"active": true}}]))).refuses(404, "");
    directory.delete(&at(&made)).refuses(404, "");
    for filter in [
        "userName eq \"ann\"".to_owned(),
        "externalId eq \"ext-ann\"".to_owned(),
        "emails eq \"ann@corp.example\"".to_owned(),
        format!("id eq \"{}\"", id(&made)),
    ] {
        assert_eq!(directory.ids("/Users", &filter), [""; 0], "{filter}");
    }
    assert_eq!(directory.list("/Users")["totalResults"], 0);
    assert_eq!(server.people(), ["ann removed"]);
    assert_eq!(server.world.json(&["users"]), json!([]));
    assert_eq!(server.history(&gone), ["joined - - -", "left status active removed"]);

    let mut another = person("ann");
    another["externalId"] = "somebody-else".into();
    let new = directory.creates("/Users", &another);
    assert_ne!(new["id"], made["id"]);
    assert_eq!(server.people(), ["ann active", "ann removed"]);
    assert_ne!(server.person(&id(&new))["id"], gone["id"], "who has another id is another person");
    assert_eq!(server.history(&server.person(&id(&new))), ["joined - - -"]);
}

#[test]
fn who_comes_back_with_the_same_id_of_the_directorys_is_the_same_person_under_a_new_scim_id() {
    let server = Server::start();
    let directory = directory(&server);
    let made = directory.creates("/Users", &person("ann"));
    let group = json!({"displayName": "Team", "members": [{"value": id(&made)}]});
    let group = directory.creates("/Groups", &group);
    let before = server.person(&id(&made));
    directory.delete(&at(&made)).is(204);
    assert_eq!(directory.members(&id(&group)), [""; 0]);
    let mut body = person("ann");
    body["userName"] = "ann.married".into();
    body["displayName"] = "Ann Married".into();
    let back = directory.creates("/Users", &body);
    assert_ne!(back["id"], made["id"]);
    assert!(back.get("groups").is_none(), "memberships are not brought back: {back}");
    directory.get(&at(&made)).refuses(404, "");
    let after = server.person(&id(&back));
    assert_eq!((&after["id"], &after["created_at"]), (&before["id"], &before["created_at"]));
    assert_eq!(after["display_name"], "Ann Married");
    assert_eq!(server.people(), ["ann.married active"], "one person, not two");
    let history = server.history(&after);
    assert_eq!(history[..2], ["joined - - -", "left status active removed"]);
    assert!(history.contains(&"returned status removed active".to_owned()), "{history:?}");
    assert!(history.contains(&"changed user_name ann ann.married".to_owned()), "{history:?}");

    // And once more, to be suspended from the first day on.
    directory.delete(&at(&back)).is(204);
    body["active"] = false.into();
    let again = directory.creates("/Users", &body);
    assert_ne!(again["id"], back["id"]);
    assert_eq!(server.person(&id(&again))["id"], before["id"]);
    assert_eq!(server.people(), ["ann.married suspended"]);
}

#[test]
fn who_never_had_an_id_of_the_directorys_is_known_again_by_name_and_others_are_not() {
    let server = Server::start();
    let directory = directory(&server);
    let mut body = person("ann");
    body.as_object_mut().unwrap().remove("externalId");
    let made = directory.creates("/Users", &body);
    let before = server.person(&id(&made));
    directory.delete(&at(&made)).is(204);
    body["userName"] = "ANN".into();
    let back = directory.creates("/Users", &body);
    assert_ne!(back["id"], made["id"]);
    assert_eq!(server.person(&id(&back))["id"], before["id"]);
    directory.delete(&at(&back)).is(204);
    let with_id = directory.creates("/Users", &person("ann"));
    assert_eq!(server.person(&id(&with_id))["id"], before["id"], "an id that is new says nothing against the name");
    directory.delete(&at(&with_id)).is(204);
    directory.creates("/Users", &body);
    assert_eq!(server.people(), ["ANN active", "ann removed"], "who had an id is known by it alone");
}

#[test]
fn who_is_suspended_and_created_again_with_the_same_id_is_active_again() {
    let server = Server::start();
    let directory = directory(&server);
    let made = directory.creates("/Users", &person("ann"));
    let before = server.person(&id(&made));
    directory.post("/Users", &person("ann")).refuses(409, "uniqueness");
    let mut renamed = person("ann");
    renamed["userName"] = "another.name".into();
    directory.post("/Users", &renamed).refuses(409, "uniqueness");
    directory.patch(&at(&made), &patch(&json!([{"op": "replace", "value": {"active": false}}]))).is(200);
    let mut body = person("ann");
    body["title"] = "Returner".into();
    let reply = directory.post("/Users", &body);
    assert!([200, 201].contains(&reply.status), "{} {}", reply.status, reply.text);
    let back = reply.json();
    assert_eq!((&back["id"], &back["active"], &back["title"]), (&made["id"], &json!(true), &json!("Returner")));
    assert_eq!(reply.header("location"), made["meta"]["location"]);
    assert_eq!(directory.read(&at(&made)), back);
    assert_eq!(directory.list("/Users")["totalResults"], 1);
    assert_eq!(server.people(), ["ann active"]);
    let after = server.person(&id(&back));
    assert_eq!((&after["id"], &after["title"]), (&before["id"], &json!("Returner")));
    let history = server.history(&after);
    assert!(history.contains(&"changed status suspended active".to_owned()), "{history:?}");

    // Not by another id, and not by a name alone.
    directory.patch(&at(&made), &patch(&json!([{"op": "replace", "value": {"active": false}}]))).is(200);
    body["externalId"] = "ext-other".into();
    directory.post("/Users", &body).refuses(409, "uniqueness");
    assert_eq!(server.people(), ["ann suspended"]);
}

#[test]
fn who_holds_a_device_is_retained_with_it_and_returns_to_it() {
    let server = Server::start();
    let directory = directory(&server);
    let made = directory.creates("/Users", &person("ann"));
    give_device(&server, &id(&made), "C02XYZ");
    let before = server.person(&id(&made));
    assert_eq!(before["devices"], json!(["C02XYZ"]));
    directory.delete(&at(&made)).is(204);
    directory.get(&at(&made)).refuses(404, "");
    assert_eq!(directory.list("/Users")["totalResults"], 0);
    assert_eq!(server.people(), ["ann retained"]);
    assert_eq!(server.person(&id(&made))["devices"], json!(["C02XYZ"]));
    let back = directory.creates("/Users", &person("ann"));
    let after = server.person(&id(&back));
    assert_eq!((&after["id"], &after["status"]), (&before["id"], &json!("active")));
    assert_eq!(after["devices"], json!(["C02XYZ"]));
    let history = server.history(&after);
    assert!(history.contains(&"retained status active retained".to_owned()), "{history:?}");
    assert!(history.contains(&"returned status retained active".to_owned()), "{history:?}");
}

/// People, in the order of their creation.
fn populate(server: &Server, number: usize) -> Vec<Value> {
    (0..number).map(|number| directory(server).creates("/Users", &person(&format!("p{number:02}")))).collect()
}

/// Those of a status, by name.
fn of_status(server: &Server, status: &str) -> Vec<String> {
    let ending = format!(" {status}");
    server.people().iter().filter_map(|it| it.strip_suffix(&ending)).map(str::to_owned).collect()
}

/// The one plan that waits: its number and how many people it would remove.
#[track_caller]
fn waiting(server: &Server) -> (String, i64) {
    let plans = server.world.json(&["plans"]);
    assert_eq!(plans.as_array().unwrap().len(), 1, "{plans}");
    assert_eq!((&plans[0]["integration"], &plans[0]["state"]), (&json!("okta"), &json!("held")), "{plans}");
    (plans[0]["id"].to_string(), plans[0]["removals"].as_i64().unwrap())
}

#[test]
fn a_few_who_leave_leave_and_many_wait_for_a_persons_word() {
    let server = Server::start();
    let directory = directory(&server);
    let people = populate(&server, 20);
    give_device(&server, &id(&people[18]), "C02XYZ");
    for gone in &people[..4] {
        directory.delete(&at(gone)).is(204);
    }
    assert_eq!(server.world.json(&["plans"]), json!([]));
    assert_eq!(of_status(&server, "removed").len(), 4);
    for gone in &people[4..19] {
        directory.delete(&at(gone)).is(204);
        directory.get(&at(gone)).refuses(404, "");
    }
    let (plan, removals) = waiting(&server);
    let warning = server.says("many people at once");
    assert!(warning.contains("okta") && warning.contains(&format!("plans approve {plan}")), "{warning}");
    assert_eq!((removals, of_status(&server, "missing").len()), (15, 15));
    assert_eq!((of_status(&server, "removed").len(), of_status(&server, "active").len()), (4, 1));
    assert_eq!(server.world.json(&["list"])[0]["last_sync_outcome"], "held");
    assert_eq!(server.world.json(&["plans", "show", &plan]).as_array().unwrap().len(), 15);
    let before = server.person(&id(&people[10]));
    assert_eq!(server.history(&before), ["joined - - -", "missing status active missing"]);

    // The directory may have added somebody since the plan was looked at.
    let early = server.world.run(&["plans", "approve", &plan]);
    assert_eq!(early.code, Some(1), "{early}");
    assert!(early.stderr.contains("--people 15"), "{early}");
    let approved = server.world.run(&["plans", "approve", &plan, "--people", "15"]);
    assert_eq!(approved.code, Some(0), "{approved}");
    assert_eq!(server.world.json(&["plans"]), json!([]));
    assert_eq!((of_status(&server, "removed").len(), of_status(&server, "missing").len()), (18, 0));
    assert_eq!(of_status(&server, "retained"), ["p18"], "a device's holder stays");
    assert_eq!(server.history(&server.person(&id(&people[10]))).last().unwrap(), "left status missing removed");
    // What was agreed to does not count against those who leave next.
    directory.delete(&at(&people[19])).is(204);
    assert_eq!(server.person(&id(&people[19]))["status"], "removed");
    assert_eq!(server.world.json(&["plans"]), json!([]));
}

#[test]
fn who_is_back_before_anybody_has_decided_is_not_removed() {
    let server = Server::start();
    let directory = directory(&server);
    let people = populate(&server, 12);
    for gone in &people {
        directory.delete(&at(gone)).is(204);
    }
    let (plan, removals) = waiting(&server);
    assert_eq!(removals, 8);
    let before = server.person(&id(&people[7]));
    assert_eq!(before["status"], "missing");
    let back = directory.creates("/Users", &person("p07"));
    let after = server.person(&id(&back));
    assert_eq!((&after["id"], &after["status"]), (&before["id"], &json!("active")));
    assert_eq!(waiting(&server), (plan.clone(), 7));
    let approved = server.world.run(&["plans", "approve", &plan, "--people", "7"]);
    assert_eq!(approved.code, Some(0), "{approved}");
    assert_eq!(of_status(&server, "active"), ["p07"]);
    assert_eq!(of_status(&server, "removed").len(), 11);
    let history = server.history(&server.person(&id(&back)));
    assert_eq!(history, ["joined - - -", "missing status active missing", "returned status missing active"]);
}

#[test]
fn a_plan_whose_people_are_all_back_is_none_any_more() {
    let server = Server::start();
    let directory = directory(&server);
    let people = populate(&server, 8);
    for gone in &people[..6] {
        directory.delete(&at(gone)).is(204);
    }
    let (plan, removals) = waiting(&server);
    assert_eq!(removals, 2);
    for name in ["p04", "p05"] {
        directory.creates("/Users", &person(name));
    }
    assert_eq!(server.world.json(&["plans"]), json!([]));
    let late = server.world.run(&["plans", "approve", &plan]);
    assert_ne!(late.code, Some(0), "{late}");
    assert_eq!(of_status(&server, "active"), ["p04", "p05", "p06", "p07"]);
}

#[test]
fn suspending_everybody_is_what_the_directory_says_and_no_deletion() {
    let server = Server::start();
    let directory = directory(&server);
    for made in populate(&server, 10) {
        directory.patch(&at(&made), &patch(&json!([{"op": "replace", "value": {"active": false}}]))).is(200);
    }
    assert_eq!(of_status(&server, "suspended").len(), 10);
    assert_eq!(server.world.json(&["plans"]), json!([]));
    assert_eq!(directory.list("/Users")["totalResults"], 10);
}
