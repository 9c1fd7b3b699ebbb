//! PingOne and PingFederate, Google's provisioning, Keycloak's extensions, Segment's incident, Oxide's client, BoxyHQ's
//! tests: each replayed as far as it is known what they send.

use serde_json::{Value, json};

use super::client::{Client, ENTERPRISE, GROUP, USER, at, id, patch, resources};
use super::server::Server;

fn user(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "name": {"givenName": "Given", "familyName": "Family"},
        "emails": [{"type": "work", "primary": true, "value": format!("{name}@work.example")}],
        "active": true,
    })
}

fn trio(client: Client<'_>) -> [String; 3] {
    ["ann", "bob", "cyd"].map(|name| id(&client.creates("/Users", &user(name))))
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().cloned().collect();
    ids.sort_unstable();
    ids
}

#[test]
fn ping_looks_for_people_by_name_or_by_address() {
    let server = Server::start();
    let ping = server.client("PingFederate");
    let made = ping.creates("/Users", &user("ann"));
    ping.creates("/Users", &user("bob"));
    for filter in [
        "userName eq \"ann\"",
        "emails eq \"ann@work.example\"",
        "emails eq \"ANN@work.example\"",
        "emails.value eq \"ann@work.example\"",
        "emails[value eq \"ann@work.example\"]",
        "emails[type eq \"work\" and value eq \"ann@work.example\"]",
        "externalId eq \"ext-ann\"",
    ] {
        assert_eq!(ping.ids("/Users", filter), [id(&made)], "{filter}");
    }
    assert_eq!(ping.ids("/Users", "emails eq \"nobody@work.example\""), [""; 0]);
}

#[test]
fn ping_disables_or_deletes_and_puts_or_patches_groups() {
    let server = Server::start();
    let ping = server.client("PingOne");
    let [ann, bob, cyd] = trio(ping);
    let member = |id: &String| json!({"value": id});
    let body = |name: &str, members: Value| json!({"schemas": [GROUP], "displayName": name, "members": members});
    let made = ping.creates("/Groups", &body("Ping", json!([member(&ann)])));
    ping.put(&at(&made), &body("Ping", json!([member(&ann), member(&bob)]))).is(200);
    assert_eq!(ping.members(&id(&made)), sorted([&ann, &bob]));
    ping.patch(&at(&made), &patch(&json!([{"op": "add", "path": "members", "value": [member(&cyd)]}]))).is(200);
    assert_eq!(ping.members(&id(&made)), sorted([&ann, &bob, &cyd]));
    let removal = json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]);
    ping.patch(&at(&made), &patch(&removal)).is(200);
    assert_eq!(ping.members(&id(&made)), sorted([&ann, &cyd]));
    let put = ping.put(&at(&made), &json!({"schemas": [GROUP], "displayName": "Ping anew"})).is(200).json();
    assert!(put.get("members").is_none(), "what a PUT does not name is gone: {put}");
    assert_eq!(ping.members(&id(&made)), [""; 0]);
    assert_eq!(server.groups(), ["Ping anew"]);

    let mut disabled = user("ann");
    disabled["active"] = false.into();
    ping.put(&format!("/Users/{ann}"), &disabled).is(200);
    ping.patch(&format!("/Users/{bob}"), &patch(&json!([{"op": "replace", "path": "active", "value": false}]))).is(200);
    ping.delete(&format!("/Users/{cyd}")).is(204);
    assert_eq!(server.people(), ["ann suspended", "bob suspended", "cyd removed"]);
}

#[test]
fn google_asks_for_one_creates_changes_suspends_and_deletes() {
    let server = Server::start();
    let google = server.client("Google-Auto-Provisioning").sending("application/json");
    assert_eq!(google.list("/Users?count=1")["totalResults"], 0);
    let made = google.creates("/Users", &user("ann"));
    let page = google.list("/Users?count=1");
    assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(1), &json!(1)));
    assert_eq!(google.list("/Users?startIndex=1&count=0")["Resources"], json!([]));
    let operations = json!([
        {"op": "replace", "path": "name.familyName", "value": "Changed"},
        {"op": "replace", "path": "phoneNumbers", "value": [{"type": "work", "value": "+41 44 668 18 00"}]},
        {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Zürich"},
    ]);
    let after = google.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!((&after["name"]["familyName"], &after[ENTERPRISE]["department"]), (&json!("Changed"), &json!("Zürich")));
    let person = server.person(&id(&made));
    assert_eq!((&person["family_name"], &person["phone"]), (&json!("Changed"), &json!("+41 44 668 18 00")));
    google.patch(&at(&made), &patch(&json!([{"op": "replace", "path": "active", "value": false}]))).is(200);
    assert_eq!(server.people(), ["ann suspended"]);
    google.delete(&at(&made)).is(204);
    assert_eq!(server.people(), ["ann removed"]);
}

#[test]
fn keycloak_says_false_in_a_text_and_names_no_path() {
    let server = Server::start();
    let keycloak = server.client("keycloak-scim").sending("application/scim+json");
    let made = keycloak.creates("/Users", &user("ann"));
    for (text, status) in [("false", "suspended"), ("true", "active")] {
        let body = patch(&json!([{"op": "replace", "value": {"active": text}}]));
        let after = keycloak.patch(&at(&made), &body).is(200).json();
        assert_eq!(after["active"], json!(status == "active"));
        assert_eq!((&after["emails"], &after["name"]), (&made["emails"], &made["name"]), "nothing else changes");
        assert_eq!(server.people(), [format!("ann {status}")]);
    }
    let nonsense = patch(&json!([{"op": "replace", "value": {"active": "no longer"}}]));
    keycloak.patch(&at(&made), &nonsense).refuses(400, "invalidValue");
    assert_eq!(server.people(), ["ann active"]);
}

#[test]
fn removing_some_members_never_empties_a_group() {
    let server = Server::start();
    let segment = server.client("segment");
    let [ann, bob, cyd] = trio(segment);
    let members = json!([{"value": ann}, {"value": bob}, {"value": cyd}]);
    let whole = json!({"schemas": [GROUP], "displayName": "Incident", "members": members});
    let made = segment.creates("/Groups", &whole);
    for (value, left) in [
        (json!([{"value": ann}]), sorted([&bob, &cyd])),
        (json!([{"value": ann, "display": "Ann", "$ref": null, "type": "User"}]), sorted([&bob, &cyd])),
        (json!([ann]), sorted([&bob, &cyd])),
        (json!(ann), sorted([&bob, &cyd])),
        (json!({"value": ann}), sorted([&bob, &cyd])),
        (json!([{"value": ann}, {"value": cyd}]), sorted([&bob])),
        (json!([{"value": "nobody"}]), sorted([&ann, &bob, &cyd])),
        (json!([]), sorted([&ann, &bob, &cyd])),
    ] {
        segment.put(&at(&made), &whole).is(200);
        for op in ["Remove", "remove"] {
            let body = patch(&json!([{"op": op, "path": "members", "value": value}]));
            segment.patch(&at(&made), &body).is(200);
        }
        assert_eq!(segment.members(&id(&made)), left, "{value}");
    }
}

#[test]
fn oxides_client_names_no_schemas_and_wants_a_version_everywhere() {
    let server = Server::start();
    let oxide = server.client("scim2-test-client").sending("application/scim+json");
    let mut body = user("ann");
    body.as_object_mut().unwrap().remove("schemas");
    let made = oxide.creates("/Users", &body);
    assert_eq!(made["schemas"], json!([USER]));
    let group = oxide.creates("/Groups", &json!({"displayName": "Group", "members": [{"value": id(&made)}]}));
    assert_eq!(group["schemas"], json!([GROUP]));
    for listing in ["/Users", "/Groups"] {
        for resource in resources(&oxide.list(listing)) {
            assert!(resource["meta"]["version"].as_str().is_some_and(|it| it.starts_with("W/\"")), "{resource}");
        }
    }
    // Whether there is anything at all comes before what is wrong with what was sent.
    for unknown in ["/Users/abc", "/Groups/abc"] {
        oxide.put(unknown, &json!({})).refuses(404, "");
        oxide.put(unknown, &json!({"userName": 1, "schemas": ["urn:of:nobody"]})).refuses(404, "");
        oxide.patch(unknown, &json!({})).refuses(404, "");
        oxide.delete(unknown).refuses(404, "");
    }
    body["active"] = false.into();
    let after = oxide.put(&at(&made), &body).is(200).json();
    assert_ne!(after["meta"]["version"], made["meta"]["version"]);
    assert_eq!(oxide.get(&at(&made)).is(200).header("etag"), after["meta"]["version"]);
    let operation = json!([{"op": "replace", "value": {"active": true}}]);
    assert_eq!(oxide.patch(&at(&made), &patch(&operation)).is(200).json()["active"], true);
    assert_eq!(server.people(), ["ann active"]);
    oxide.put(&at(&made), &json!({"schemas": ["urn:of:nobody"], "userName": "x"})).is(400);
    assert_eq!(server.people(), ["ann active"]);
}

#[test]
fn boxyhqs_tests_name_no_schemas_either() {
    let server = Server::start();
    let boxy = server.client("boxyhq").sending("application/json");
    let body = json!({
        "userName": "jackson@boxyhq.com",
        "name": {"givenName": "Jackson", "familyName": "M"},
        "emails": [{"primary": true, "value": "jackson@boxyhq.com", "type": "work"}],
        "displayName": "jackson M",
        "locale": "en-US",
        "externalId": "00u1ldzzogFkXFmvT5d7",
        "groups": [],
        "password": "1ZMcPs7tDgBEfcXxjJXa",
        "active": true,
        "id": "1bb0a6b2-6c6a-4b8f-8f0a-000000000000",
        "roles": [],
        "title": "",
    });
    let made = boxy.creates("/Users", &body);
    assert_ne!(made["id"], body["id"], "ids are the server's to give");
    let mut put = body.clone();
    put["name"] = json!({"givenName": "Jackson New", "familyName": "M"});
    put["active"] = false.into();
    put["city"] = "New York".into();
    let after = boxy.put(&at(&made), &put).is(200).json();
    assert_eq!((&after["name"]["givenName"], &after["id"]), (&json!("Jackson New"), &made["id"]));
    assert_eq!(server.people(), ["jackson@boxyhq.com suspended"]);

    let group = boxy.creates("/Groups", &json!({"displayName": "BoxyHQ", "members": []}));
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": id(&made)}]}]);
    boxy.patch(&at(&group), &json!({"Operations": operations})).is(200);
    assert_eq!(boxy.members(&id(&group)), [id(&made)]);
    let operations = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", id(&made))}]);
    boxy.patch(&at(&group), &json!({"Operations": operations})).is(200);
    assert_eq!(boxy.members(&id(&group)), [""; 0]);
    boxy.put(&at(&group), &json!({"displayName": "BoxyHQ - Updated"})).is(200);
    assert_eq!(server.groups(), ["BoxyHQ - Updated"]);
    boxy.delete(&at(&group)).is(204);
    boxy.delete(&at(&made)).is(204);
    assert_eq!((server.people(), server.groups()), (vec!["jackson@boxyhq.com removed".to_owned()], vec![]));
}
