//! What Microsoft's SCIM validator asks of groups, and of requests that must fail.

use serde_json::{Value, json};

use super::client::{GROUP, USER, at, id, patch, resources};
use super::entra_validator::validator;
use super::server::Server;

fn group(name: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "externalId": format!("ext-{name}")})
}

fn user(server: &Server, name: &str) -> Value {
    let body = json!({
        "schemas": [USER], "userName": name, "active": true,
        "emails": [{"type": "work", "value": format!("{name}@corp.example"), "primary": true}],
    });
    validator(server).creates("/Users", &body)
}

#[test]
fn a_new_group_is_created_and_a_duplicate_is_a_conflict() {
    let server = Server::start();
    let validator = validator(&server);
    let made = validator.creates("/Groups", &group("KQLTSAWDYVAQ"));
    assert_eq!((&made["displayName"], &made["externalId"]), (&json!("KQLTSAWDYVAQ"), &json!("ext-KQLTSAWDYVAQ")));
    assert_eq!(made["schemas"], json!([GROUP]));
    validator.post("/Groups", &group("KQLTSAWDYVAQ")).refuses(409, "uniqueness");
    validator.post("/Groups", &group("kqltsawdyvaq")).refuses(409, "uniqueness");
    assert_eq!(server.groups(), ["KQLTSAWDYVAQ"]);
}

#[test]
fn an_existing_group_is_found_in_any_case_without_its_members() {
    let server = Server::start();
    let validator = validator(&server);
    let ann = user(&server, "ann");
    let mut body = group("Found");
    body["members"] = json!([{"value": id(&ann), "display": "ann", "type": "User"}]);
    let made = validator.creates("/Groups", &body);
    assert_eq!(made["members"][0]["value"], ann["id"]);
    for name in ["Found", "FOUND", "fOuNd"] {
        let filter = format!("displayName eq \"{name}\"");
        let found = validator.found("/Groups?excludedAttributes=members", &filter);
        assert_eq!((&found["totalResults"], &resources(&found)[0]["id"]), (&json!(1), &made["id"]), "{name}");
        assert!(resources(&found)[0].get("members").is_none(), "{found}");
    }
    let none = validator.found("/Groups", r#"displayName eq "Foun""#);
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
    let one = validator.read(&format!("{}?excludedAttributes=members", at(&made)));
    assert!(one.get("members").is_none(), "{one}");
    assert_eq!(validator.members(&id(&made)), [id(&ann)]);
}

#[test]
fn attributes_of_a_group_are_replaced_and_its_members_stay() {
    let server = Server::start();
    let validator = validator(&server);
    let ann = user(&server, "ann");
    let mut body = group("Before");
    body["members"] = json!([{"value": id(&ann)}]);
    let made = validator.creates("/Groups", &body);
    for (operations, name) in [
        (json!([{"op": "replace", "path": "displayName", "value": "By path"}]), "By path"),
        (json!([{"op": "replace", "value": {"displayName": "Without", "externalId": "ext-new"}}]), "Without"),
    ] {
        let after = validator.patch(&at(&made), &patch(&operations)).is(200).json();
        assert_eq!(after["displayName"], name);
        assert_eq!(validator.read(&at(&made)), after);
        assert_eq!(validator.members(&id(&made)), [id(&ann)]);
        assert_eq!(server.groups(), [name]);
    }
    assert_eq!(validator.ids("/Groups", r#"externalId eq "ext-new""#), [id(&made)]);
    assert_eq!(validator.ids("/Groups", r#"externalId eq "ext-Before""#), [""; 0]);
}

#[test]
fn members_are_added_replaced_and_removed() {
    let server = Server::start();
    let validator = validator(&server);
    let [ann, bob] = ["ann", "bob"].map(|name| id(&user(&server, name)));
    let made = validator.creates("/Groups", &group("Members"));
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    for (operation, left) in [
        (json!({"op": "add", "path": "members", "value": [{"value": ann}]}), vec![ann.clone()]),
        (json!({"op": "add", "path": "members", "value": [{"value": bob}]}), vec![ann.clone(), bob.clone()]),
        (json!({"op": "remove", "path": "members", "value": [{"value": ann}]}), vec![bob.clone()]),
        (json!({"op": "replace", "path": "members", "value": [{"value": ann}]}), vec![ann.clone()]),
        (json!({"op": "add", "path": "members", "value": [{"value": bob}]}), vec![ann.clone(), bob.clone()]),
        (json!({"op": "remove", "path": format!("members[value eq \"{bob}\"]")}), vec![ann.clone()]),
        (json!({"op": "remove", "path": "members"}), vec![]),
    ] {
        validator.patch(&at(&made), &patch(&json!([operation]))).is(200);
        assert_eq!(validator.members(&id(&made)), sorted(left), "{operation}");
    }
}

#[test]
fn one_request_changes_a_groups_name_and_its_members_or_nothing() {
    let server = Server::start();
    let validator = validator(&server);
    let [ann, bob] = ["ann", "bob"].map(|name| id(&user(&server, name)));
    let made = validator.creates("/Groups", &group("Multi"));
    let operations = json!([
        {"op": "replace", "path": "displayName", "value": "Many"},
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "add", "path": "members", "value": [{"value": bob}]},
        {"op": "remove", "path": format!("members[value eq \"{ann}\"]")},
    ]);
    let after = validator.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!(after["displayName"], "Many");
    assert_eq!(validator.members(&id(&made)), [bob.as_str()]);
    let poor = json!([
        {"op": "replace", "path": "displayName", "value": "Poor"},
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "remove"},
    ]);
    validator.patch(&at(&made), &patch(&poor)).refuses(400, "noTarget");
    assert_eq!(validator.read(&at(&made)), after);
    assert_eq!(validator.members(&id(&made)), [bob]);
    assert_eq!(server.groups(), ["Many"]);
}

#[test]
fn a_group_is_deleted_once_and_then_is_not_there() {
    let server = Server::start();
    let validator = validator(&server);
    let made = validator.creates("/Groups", &group("Gone"));
    validator.delete(&at(&made)).is(204);
    validator.delete(&at(&made)).refuses(404, "");
    validator.delete("/Groups/7a3f0f9e-0000-4000-8000-000000000000").refuses(404, "");
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "x"}]));
    validator.patch(&at(&made), &rename).refuses(404, "");
    assert_eq!(validator.list("/Groups")["totalResults"], 0);
    assert_eq!(server.groups(), [""; 0]);
}

#[test]
fn what_must_fail_changes_nothing() {
    let server = Server::start();
    let validator = validator(&server);
    let made = user(&server, "ann");
    validator.post("/Users", &json!({"schemas": [USER]})).refuses(400, "invalidValue");
    validator.post("/Users", &json!({"schemas": [USER], "userName": ""})).refuses(400, "invalidValue");
    validator.post("/Groups", &json!({"schemas": [GROUP]})).refuses(400, "invalidValue");
    for (operation, kind) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "id", "value": "mine"}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "noSuchThing", "value": "x"}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type qe \"work\"].value", "value": "x"}), "invalidFilter"),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), "invalidValue"),
    ] {
        let operations = json!([{"op": "replace", "path": "displayName", "value": "lost"}, operation]);
        validator.patch(&at(&made), &patch(&operations)).refuses(400, kind);
    }
    assert_eq!(validator.read(&at(&made)), made);
    assert_eq!(server.history(&server.person(&id(&made))), ["joined - - -"]);
    let bad = validator.get("/Users?filter=userName%20foo%20%22x%22");
    bad.refuses(400, "invalidFilter");
}
