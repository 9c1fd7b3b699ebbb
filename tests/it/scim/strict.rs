//! The two switches of an integration: `--strict` takes what the standard allows and no more, `--equal-group-names` lets
//! groups have the same name. Without them what clients really send is taken, and a name is one group's.

use serde_json::{Value, json};

use super::client::{GROUP, PATCH, USER};
use super::server::Server;

fn replace(path: &str, value: Value) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]})
}

#[test]
fn a_strict_integration_refuses_what_a_lenient_one_understands() {
    let (strict, lenient) = (Server::start_with(&["--strict"]), Server::start());
    let body = json!({"schemas": [USER], "userName": "ada", "active": "True"});
    strict.post("/Users", &body).refuses(400, "invalidValue");
    assert_eq!(lenient.post("/Users", &body).is(201).json()["active"], true);
    let plain = json!({"schemas": [USER], "userName": "bob", "active": true});
    let at = |server: &Server| format!("/Users/{}", server.post("/Users", &plain).is(201).id());
    let (strictly, leniently) = (at(&strict), at(&lenient));
    let home = replace("emails[type eq \"home\"].value", json!("bob@home.example"));
    strict.patch(&strictly, &home).refuses(400, "noTarget");
    let made = lenient.patch(&leniently, &home).is(200).json();
    assert_eq!(made["emails"], json!([{"type": "home", "value": "bob@home.example"}]));
    let query = "/Users?filter=userName+eq+bob";
    strict.get(query).refuses(400, "invalidFilter");
    assert_eq!(lenient.list(query)["totalResults"], 1);
    // What the standard allows both take.
    for (server, at) in [(&strict, &strictly), (&lenient, &leniently)] {
        server.patch(at, &replace("active", json!(false))).is(200);
        assert_eq!(server.found("/Users", "active eq false and userName eq \"bob\"")["totalResults"], 1);
    }
}

#[test]
fn groups_share_a_name_only_where_they_may() {
    let body = json!({"schemas": [GROUP], "displayName": "Staff"});
    let one = Server::start();
    one.post("/Groups", &body).is(201);
    one.post("/Groups", &json!({"schemas": [GROUP], "displayName": "STAFF"})).refuses(409, "uniqueness");
    let other = one.post("/Groups", &json!({"schemas": [GROUP], "displayName": "Other"})).is(201).id();
    one.put(&format!("/Groups/{other}"), &body).refuses(409, "uniqueness");
    one.patch(&format!("/Groups/{other}"), &replace("displayName", json!("staff"))).refuses(409, "uniqueness");
    let many = Server::start_with(&["--equal-group-names"]);
    many.post("/Groups", &body).is(201);
    many.post("/Groups", &body).is(201);
    assert_eq!(many.found("/Groups", "displayName eq \"staff\"")["totalResults"], 2);
}

#[test]
fn whoever_is_there_and_active_is_created_once() {
    let server = Server::start();
    let body = |name: &str| json!({"schemas": [USER], "userName": name, "externalId": "E1", "active": true});
    server.post("/Users", &body("ada")).is(201);
    server.post("/Users", &body("another")).refuses(409, "uniqueness");
}
