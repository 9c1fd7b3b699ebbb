//! Two directories push to one server: nothing of one is ever seen, found, changed or unlocked by the other.

use std::time::Duration;

use dirsync::clock::Clock;
use serde_json::json;

use super::caller::{Client, group, ids, operations, user};
use super::server::Server;

fn query(filter: &str) -> String {
    url::form_urlencoded::byte_serialize(filter.as_bytes()).collect()
}

#[test]
fn nothing_of_one_integration_is_seen_found_or_changed_in_the_other() {
    let server = Server::start();
    let entra = server.world.add_scim("entra", &[]);
    let (ours, theirs) = (Client::new(&server, &server.okta), Client::new(&server, &entra));
    let mut ada = user("ada");
    ada["externalId"] = "x1".into();
    ada["emails"] = json!([{"value": "ada@corp.example"}]);
    let our_ada = ours.ask("POST", "/Users", Some(&ada)).is(201);
    let our_group = ours.ask("POST", "/Groups", Some(&group("all", &[our_ada.id()]))).is(201);

    assert_eq!(theirs.ask("GET", "/Users", None).is(200).json()["totalResults"], 0);
    for filter in [
        "userName eq \"ada\"",
        "externalId eq \"x1\"",
        "emails.value eq \"ada@corp.example\"",
        "emails[value eq \"ada@corp.example\"]",
        "displayName co \"a\" or userName pr",
        "id pr",
        "not (title pr)",
        &format!("id eq \"{}\"", our_ada.id()),
        &format!("groups.value eq \"{}\"", our_group.id()),
    ] {
        let list = theirs.ask("GET", &format!("/Users?filter={}", query(filter)), None).is(200).json();
        assert_eq!(list["totalResults"], 0, "{filter}");
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
        assert_eq!(theirs.ask("POST", "/.search", Some(&search)).is(200).json()["totalResults"], 0, "{filter}");
    }
    let members = query(&format!("members eq \"{}\"", our_ada.id()));
    assert_eq!(theirs.ask("GET", &format!("/Groups?filter={members}"), None).is(200).json()["totalResults"], 0);

    let rename = operations(json!([{"op": "replace", "path": "displayName", "value": "theirs"}]));
    for (endpoint, one) in [("Users", our_ada.id()), ("Groups", our_group.id())] {
        let path = format!("/{endpoint}/{one}");
        theirs.ask("GET", &path, None).refuses(404, "");
        theirs.ask("PATCH", &path, Some(&rename)).refuses(404, "");
        let body = if endpoint == "Users" { user("x") } else { group("x", &[]) };
        theirs.ask("PUT", &path, Some(&body)).refuses(404, "");
        theirs.ask("DELETE", &path, None).refuses(404, "");
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "DELETE", "path": path}]});
        let bulk = theirs.ask("POST", "/Bulk", Some(&bulk)).is(200).json();
        assert_eq!(bulk["Operations"][0]["status"], "404", "{bulk}");
    }

    // The same name and the same id of the client's are no conflict, and each has its own.
    let their_ada = theirs.ask("POST", "/Users", Some(&ada)).is(201);
    assert_ne!(their_ada.id(), our_ada.id());
    theirs.ask("POST", "/Groups", Some(&group("all", &[their_ada.id()]))).is(201);
    for (client, own) in [(&ours, &our_ada), (&theirs, &their_ada)] {
        assert_eq!(ids(&client.ask("GET", "/Users", None).json()), [own.id()]);
        let found = client.ask("GET", &format!("/Users?filter={}", query("userName eq \"ADA\"")), None).json();
        assert_eq!(ids(&found), [own.id()]);
        client.ask("POST", "/Users", Some(&ada)).refuses(409, "uniqueness");
    }
}

#[test]
fn a_member_who_is_of_the_other_integration_is_nobody_here() {
    let server = Server::start();
    let entra = server.world.add_scim("entra", &[]);
    let (ours, theirs) = (Client::new(&server, &server.okta), Client::new(&server, &entra));
    let mut ada = user("ada");
    ada["displayName"] = "Ada of ours".into();
    let ada = ours.ask("POST", "/Users", Some(&ada)).is(201);
    let foreign = theirs.ask("POST", "/Groups", Some(&group("all", &[ada.id()]))).is(201);
    assert!(!foreign.text.contains("Ada of ours"), "{}", foreign.text);
    assert!(ours.ask("GET", &format!("/Users/{}", ada.id()), None).json().get("groups").is_none());
    // Nor may a manager be looked up next door.
    let mut bob = user("bob");
    bob["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = json!({"manager": {"value": ada.id()}});
    let bob = theirs.ask("POST", "/Users", Some(&bob)).is(201);
    assert!(!bob.text.contains("Ada of ours"), "{}", bob.text);
    // Deleting her here leaves the other's record of a member whom it does not know alone.
    ours.ask("DELETE", &format!("/Users/{}", ada.id()), None).is(204);
    theirs.ask("GET", &format!("/Groups/{}", foreign.id()), None).is(200);
}

#[test]
fn a_token_opens_its_own_integration_only_and_a_cursor_goes_on_in_its_own_only() {
    let server = Server::start();
    let entra = server.world.add_scim("entra", &[]);
    let (ours, theirs) = (Client::new(&server, &server.okta), Client::new(&server, &entra));
    let wrong = ours.saying(Some(&format!("Bearer {}", entra.token)));
    wrong.ask("GET", "/Users", None).refuses(401, "");
    for name in ["a", "b", "c"] {
        ours.ask("POST", "/Users", Some(&user(name))).is(201);
        theirs.ask("POST", "/Users", Some(&user(name))).is(201);
    }
    let page = ours.ask("GET", "/Users?cursor=&count=1", None).is(200).json();
    let next = format!("/Users?cursor={}&count=1", page["nextCursor"].as_str().unwrap());
    theirs.ask("GET", &next, None).refuses(400, "invalidCursor");
    ours.ask("GET", &next, None).is(200);
}

/// Asks until the answer is this, for two seconds at most.
#[track_caller]
fn soon(client: &Client, status: u16) {
    let clock = Clock::system();
    let begun = clock.instant();
    loop {
        let reply = client.ask("GET", "/Users?count=0", None);
        if reply.status == status {
            return;
        }
        let waited = clock.instant().duration_since(begun);
        assert!(waited < Duration::from_secs(2), "still {} after {waited:?}", reply.status);
        std::thread::sleep(Duration::from_millis(250));
    }
}

#[test]
fn a_deleted_integration_lets_nobody_in_and_touches_no_other() {
    let server = Server::start();
    let entra = server.world.add_scim("entra", &[]);
    let (ours, theirs) = (Client::new(&server, &server.okta), Client::new(&server, &entra));
    let ada = ours.ask("POST", "/Users", Some(&user("ada"))).is(201);
    theirs.ask("POST", "/Users", Some(&user("ada"))).is(201);
    let deleted = server.world.run(&["delete", "entra", "--confirm", "entra"]);
    assert_eq!(deleted.code, Some(0), "{deleted}");
    soon(&theirs, 404);
    theirs.ask("POST", "/Users", Some(&user("late"))).refuses(404, "");
    assert_eq!(ids(&ours.ask("GET", "/Users", None).is(200).json()), [ada.id()]);
}

#[test]
fn a_new_token_ends_the_old_one_at_once_or_after_its_grace() {
    let server = Server::start();
    let ours = Client::new(&server, &server.okta);
    ours.ask("GET", "/Users", None).is(200);
    let new = server.world.json(&["reauth", "okta", "--grace", "24h"]);
    let second = ours.saying(Some(&format!("Bearer {}", new["token"].as_str().unwrap())));
    soon(&second, 200);
    ours.ask("GET", "/Users", None).is(200);
    let new = server.world.json(&["reauth", "okta", "--grace", "0"]);
    let third = ours.saying(Some(&format!("Bearer {}", new["token"].as_str().unwrap())));
    soon(&second, 401);
    soon(&ours, 401);
    third.ask("GET", "/Users", None).is(200);
}
