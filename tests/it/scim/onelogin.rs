//! OneLogin and JumpCloud, replayed: templates full of what they need not send, and a connection tested by doing.

use serde_json::{Value, json};

use super::client::{Client, ENTERPRISE, GROUP, USER, at, id, patch, resources};
use super::server::Server;

fn onelogin(server: &Server) -> Client<'_> {
    server.client("OneLogin SCIM").sending("application/json").accepting("application/json")
}

/// The template of its generic connector, filled in: all values are text, and some are not there.
fn template(name: &str, active: &str) -> Value {
    json!({
        "schemas": [USER],
        "id": null,
        "externalId": format!("1{name}"),
        "userName": format!("{name}@onelogin.example"),
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": null},
        "displayName": "Ada Lovelace",
        "active": active,
        "title": "",
        "emails": [{"value": format!("{name}@onelogin.example"), "type": "work", "primary": true}],
        "phoneNumbers": [{"value": null, "type": "work"}],
        "groups": [],
        "meta": {"resourceType": "User", "created": null},
        ENTERPRISE: {
            "employeeNumber": "17",
            "department": "Engines",
            "manager": {"managerId": "4711", "displayName": "Charles Babbage"},
        },
    })
}

#[test]
fn onelogin_probes_with_a_name_that_nobody_has() {
    let server = Server::start();
    let onelogin = onelogin(&server);
    let none = onelogin.list("/Users?filter=userName%20eq%20%22one_login_test_zz%40nowhere.example%22");
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
    onelogin.get("/Users/00000").refuses(404, "");
    onelogin.list("/Users?startIndex=1&count=1");
    onelogin.list("/Groups");
}

#[test]
fn onelogins_template_is_taken_for_what_it_means() {
    let server = Server::start();
    let onelogin = onelogin(&server);
    let made = onelogin.creates("/Users", &template("ada", "true"));
    assert!(made["id"].as_str().is_some_and(|id| !id.is_empty()), "{made}");
    assert_eq!(
        (&made["active"], &made["name"]),
        (&json!(true), &json!({"givenName": "Ada", "familyName": "Lovelace"}))
    );
    assert!(made["phoneNumbers"][0].get("value").is_none(), "a null is no number: {made}");
    assert_eq!(
        (&made[ENTERPRISE]["department"], &made[ENTERPRISE]["employeeNumber"]),
        (&json!("Engines"), &json!("17"))
    );
    assert!(made[ENTERPRISE]["manager"].get("managerId").is_none(), "{made}");
    assert_eq!(made["schemas"], json!([USER, ENTERPRISE]), "what is there is named, whether or not it was");
    let person = server.person(&id(&made));
    assert_eq!((&person["department"], &person["status"]), (&json!("Engines"), &json!("active")));
    assert!(person["phone"].is_null() && person["manager"].is_null() && person["title"].is_null(), "{person}");
    onelogin.post("/Users", &template("ada", "true")).refuses(409, "uniqueness");

    let found = onelogin.list("/Users?filter=userName%20eq%20%22ada%40onelogin.example%22");
    assert_eq!(resources(&found)[0]["id"], made["id"]);
    for (active, status) in [("false", "suspended"), ("True", "active"), ("False", "suspended")] {
        let after = onelogin.put(&at(&made), &template("ada", active)).is(200).json();
        assert_eq!((&after["id"], &after["active"]), (&made["id"], &json!(status == "active")));
        assert_eq!(server.people(), [format!("ada@onelogin.example {status}")]);
    }
    let born = onelogin.creates("/Users", &template("idle", "false"));
    assert_eq!(server.person(&id(&born))["status"], "suspended");
    onelogin.delete(&at(&made)).is(204);
    onelogin.get(&at(&made)).refuses(404, "");
    assert_eq!(server.people(), ["ada@onelogin.example removed", "idle@onelogin.example suspended"]);
}

#[test]
fn onelogin_makes_groups_and_patches_them() {
    let server = Server::start();
    let onelogin = onelogin(&server);
    let [ada, bob] = ["ada", "bob"].map(|name| id(&onelogin.creates("/Users", &template(name, "true"))));
    let made = onelogin
        .creates("/Groups", &json!({"schemas": [GROUP], "id": null, "displayName": "Engines", "members": null}));
    for (operation, left) in [
        (json!({"op": "add", "path": "members", "value": [{"value": ada}]}), vec![ada.clone()]),
        (
            json!({"op": "add", "value": {"members": [{"value": bob, "display": "Bob"}]}}),
            vec![ada.clone(), bob.clone()],
        ),
        (json!({"op": "remove", "path": format!("members[value eq \"{ada}\"]")}), vec![bob.clone()]),
        (json!({"op": "replace", "path": "members", "value": [{"value": ada}]}), vec![ada.clone()]),
    ] {
        let reply = onelogin.patch(&at(&made), &patch(&json!([operation])));
        assert!([200, 204].contains(&reply.status), "{operation}: {}", reply.text);
        let mut left = left;
        left.sort_unstable();
        assert_eq!(onelogin.members(&id(&made)), left, "{operation}");
    }
    assert_eq!(server.person(&ada)["groups"], json!(["Engines"]));
}

fn jumpcloud(server: &Server) -> Client<'_> {
    server.client("jumpcloud-identity-management").sending("application/scim+json").accepting("application/scim+json")
}

fn tester() -> Value {
    json!({
        "schemas": [USER],
        "externalId": "jumpcloud-test",
        "userName": "jctest@jumpcloud.example",
        "name": {"givenName": "JumpCloud", "familyName": "Test"},
        "displayName": "JumpCloud Test",
        "emails": [{"value": "jctest@jumpcloud.example", "type": "work", "primary": true}],
        "active": true,
    })
}

#[test]
fn jumpcloud_tests_a_connection_by_doing_everything_as_often_as_it_likes() {
    let server = Server::start();
    let jumpcloud = jumpcloud(&server);
    let mut ids = Vec::new();
    for _ in 0..3 {
        assert_eq!(jumpcloud.ids("/Users", "userName eq \"jctest@jumpcloud.example\""), [""; 0]);
        let user = jumpcloud.creates("/Users", &tester());
        let body =
            json!({"schemas": [GROUP], "displayName": "JumpCloud Test Group", "members": [{"value": id(&user)}]});
        let group = jumpcloud.creates("/Groups", &body);
        assert_eq!(jumpcloud.members(&id(&group)), [id(&user)]);
        let mut change = tester();
        change["title"] = "Changed".into();
        assert_eq!(jumpcloud.put(&at(&user), &change).is(200).json()["title"], "Changed");
        jumpcloud.delete(&at(&group)).is(204);
        jumpcloud.delete(&at(&user)).is(204);
        for gone in [&user, &group] {
            jumpcloud.get(&at(gone)).refuses(404, "");
        }
        assert_eq!((server.people(), server.groups()), (vec!["jctest@jumpcloud.example removed".to_owned()], vec![]));
        ids.extend([id(&user), id(&group)]);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6, "no id is used twice");
    assert_eq!(server.world.json(&["plans"]), json!([]), "a test is no mass deletion");
}

#[test]
fn jumpcloud_deactivates_where_it_does_not_delete() {
    let server = Server::start();
    let jumpcloud = jumpcloud(&server);
    let user = jumpcloud.creates("/Users", &tester());
    let mut body = tester();
    body["active"] = false.into();
    assert_eq!(jumpcloud.put(&at(&user), &body).is(200).json()["active"], false);
    assert_eq!(server.people(), ["jctest@jumpcloud.example suspended"]);
    assert_eq!(jumpcloud.ids("/Users", "userName eq \"jctest@jumpcloud.example\""), [id(&user)]);
}

#[test]
fn jumpcloud_adds_members_and_removes_them_by_an_array_without_a_filter() {
    let server = Server::start();
    let jumpcloud = jumpcloud(&server);
    let mut ids = Vec::new();
    for name in ["ann", "bob", "cyd"] {
        let body = json!({"schemas": [USER], "userName": name, "emails": [{"value": format!("{name}@j.example")}]});
        ids.push(id(&jumpcloud.creates("/Users", &body)));
    }
    let made = jumpcloud.creates("/Groups", &json!({"schemas": [GROUP], "displayName": "JC"}));
    let send = |op: &str, ids: &[String]| {
        let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
        let body = patch(&json!([{"op": op, "path": "members", "value": members}]));
        let reply = jumpcloud.patch(&at(&made), &body);
        assert!([200, 204].contains(&reply.status), "{}", reply.text);
    };
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    send("add", &ids);
    assert_eq!(jumpcloud.members(&id(&made)), sorted(&ids));
    send("remove", &ids[..1]);
    assert_eq!(jumpcloud.members(&id(&made)), sorted(&ids[1..]));
    let body = json!({"schemas": [GROUP], "displayName": "JC renamed", "members": [{"value": ids[0]}]});
    jumpcloud.put(&at(&made), &body).is(200);
    assert_eq!(jumpcloud.members(&id(&made)), ids[..1]);
    assert_eq!(server.groups(), ["JC renamed"]);
}
