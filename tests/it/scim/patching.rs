//! The examples of PATCH (RFC 7644 §3.5.2.1 – §3.5.2.3) and the rules they illustrate.

use serde_json::{Value, json};

use super::caller::{group, members, operations, user};
use super::examples::{ENTERPRISE, assert_holds, barbara};
use super::server::Server;

struct Scene {
    server: Server,
    one: String,
}

impl Scene {
    fn of(user: &Value) -> Self {
        let server = Server::start();
        let one = format!("/Users/{}", server.post("/Users", user).is(201).id());
        Self { server, one }
    }

    #[track_caller]
    fn patch(&self, operation: Value) -> Value {
        let reply = self.server.patch(&self.one, &operations(json!([operation]))).is(200);
        assert_eq!(reply.json(), self.server.get(&self.one).json());
        reply.json()
    }
}

#[test]
fn a_member_is_added_to_a_group_and_added_again_is_there_once() {
    let server = Server::start();
    let people: Vec<String> = ["a", "b", "c"].map(|name| server.post("/Users", &user(name)).is(201).id()).to_vec();
    let team = format!("/Groups/{}", server.post("/Groups", &group("team", &people[..1])).is(201).id());
    // §3.5.2.1
    let add = operations(json!([{
        "op": "add", "path": "members",
        "value": [{"display": "Babs Jensen", "$ref": format!("{}/Users/{}", server.base(), people[1]), "value": people[1]}],
    }]));
    let mut expected = people[..2].to_vec();
    expected.sort();
    for _ in 0..2 {
        let now = server.patch(&team, &add).is(200).json();
        assert_eq!(members(&now), expected);
    }
    // §3.5.2.2: one goes; all go.
    let remove = json!({"op": "remove", "path": format!("members[value eq \"{}\"]", people[1])});
    assert_eq!(members(&server.patch(&team, &operations(json!([remove]))).is(200).json()), people[..1]);
    let all = operations(json!([{"op": "remove", "path": "members"}]));
    assert!(server.patch(&team, &all).is(200).json().get("members").is_none());
    // One goes and one comes, in one request; without the space, as the standard's own example has it.
    server.patch(&team, &add).is(200);
    let exchange = operations(json!([
        {"op": "remove", "path": format!("members[value eq\"{}\"]", people[1])},
        {"op": "add", "path": "members", "value": [{"value": people[2]}]},
    ]));
    assert_eq!(members(&server.patch(&team, &exchange).is(200).json()), people[2..]);
    // §3.5.2.3: all are replaced.
    let replace = operations(
        json!([{"op": "replace", "path": "members", "value": [{"value": people[0]}, {"value": people[1]}]}]),
    );
    assert_eq!(members(&server.patch(&team, &replace).is(200).json()), expected);
    let none = operations(json!([{"op": "replace", "path": "members", "value": []}]));
    assert!(server.patch(&team, &none).is(200).json().get("members").is_none());
}

#[test]
fn attributes_are_added_without_a_path() {
    let scene = Scene::of(&barbara());
    // §3.5.2.1
    let now = scene.patch(json!({"op": "add", "value": {
        "emails": [{"value": "third@jensen.org", "type": "other"}], "nickname": "Barb", "userType": "Contractor",
    }}));
    assert_eq!(now["nickName"], "Barb");
    assert_eq!(now["userType"], "Contractor");
    assert_eq!(now["emails"].as_array().unwrap().len(), 3);
    assert_eq!(now["emails"][2], json!({"value": "third@jensen.org", "type": "other"}));
    let mut rest = barbara();
    for name in ["nickName", "userType", "emails"] {
        rest.as_object_mut().unwrap().remove(name);
    }
    assert_holds(&now, &rest);
}

#[test]
fn values_are_removed_by_filter_and_the_attribute_with_the_last_of_them() {
    let scene = Scene::of(&barbara());
    // §3.5.2.2
    let now = scene.patch(json!({"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}));
    assert_eq!(now["emails"], json!([{"value": "babs@jensen.org", "type": "home"}]));
    let now = scene.patch(json!({"op": "remove", "path": "emails[type eq \"home\"]"}));
    assert!(now.get("emails").is_none(), "{now}");
    let now = scene.patch(json!({"op": "remove", "path": "addresses[type eq \"work\"].streetAddress"}));
    assert!(now["addresses"][0].get("streetAddress").is_none() && now["addresses"][0]["locality"] == "Hollywood");
    let now = scene.patch(json!({"op": "remove", "path": "name.middleName"}));
    assert!(now["name"].get("middleName").is_none() && now["name"]["givenName"] == "Barbara");
    let now = scene.patch(json!({"op": "remove", "path": "title"}));
    assert!(now.get("title").is_none());
    // With the last of its attributes the extension goes, and its name with it.
    let now = scene.patch(json!({"op": "remove", "path": format!("{ENTERPRISE}:department")}));
    assert_eq!(now["schemas"].as_array().unwrap().len(), 2);
    let now = scene.patch(json!({"op": "remove", "path": ENTERPRISE}));
    assert!(now.get(ENTERPRISE).is_none());
    assert_eq!(now["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
    let now = scene.patch(json!({"op": "add", "path": format!("{ENTERPRISE}:costCenter"), "value": "1"}));
    assert_eq!(now["schemas"].as_array().unwrap().len(), 2);
    assert_eq!(now[ENTERPRISE], json!({"costCenter": "1"}));
}

#[test]
fn an_address_is_replaced_whole_or_in_part() {
    let scene = Scene::of(&barbara());
    // §3.5.2.3
    let value = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
        "primary": true,
    });
    let now = scene.patch(json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": value}));
    assert_eq!(now["addresses"][0], value);
    assert_eq!(now["addresses"][1], barbara()["addresses"][1]);
    let now = scene.patch(json!({
        "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave",
    }));
    assert_eq!(now["addresses"][0]["streetAddress"], "1010 Broadway Ave");
    assert_eq!(now["addresses"][0]["locality"], "Hollywood");
    let now = scene.patch(json!({"op": "replace", "value": {
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"},
        ],
        "nickname": "Babs",
    }}));
    assert_eq!(now["emails"], barbara()["emails"]);
    assert_eq!(now["nickName"], "Babs");
    // A complex value keeps the parts that are not named.
    let now = scene.patch(json!({"op": "replace", "path": "name", "value": {"givenName": "Babs"}}));
    assert_eq!((&now["name"]["givenName"], &now["name"]["familyName"]), (&json!("Babs"), &json!("Jensen")));
    let now = scene.patch(json!({"op": "replace", "path": "preferredLanguage", "value": "de"}));
    assert_eq!(now["preferredLanguage"], "de");
}

#[test]
fn what_no_value_matches_cannot_be_replaced_whole() {
    let scene = Scene::of(&user("ada"));
    for path in ["emails[value eq \"nobody@x\" and primary eq true]", "addresses[locality co \"x\"].country"] {
        let request = operations(json!([{"op": "replace", "path": path, "value": {"display": "x"}}]));
        let reply = scene.server.patch(&scene.one, &request);
        if path.ends_with(".country") {
            let request = operations(json!([{"op": "replace", "path": path, "value": "x"}]));
            scene.server.patch(&scene.one, &request).refuses(400, "noTarget");
        } else if reply.status != 200 {
            // A client's own terms may make the value; by the letter of the standard there is no target.
            reply.refuses(400, "noTarget");
        }
    }
    let gone = scene.patch(json!({"op": "remove", "path": "emails[type eq \"work\"]"}));
    assert_eq!(gone["userName"], "ada", "removing what is not there succeeds");
}

#[test]
fn a_new_primary_value_takes_the_mark_from_the_old_one() {
    let scene = Scene::of(&barbara());
    let primary = |now: &Value| -> Vec<String> {
        let emails = now["emails"].as_array().unwrap().iter();
        emails.filter(|it| it["primary"] == true).map(|it| it["value"].as_str().unwrap().to_owned()).collect()
    };
    let now =
        scene.patch(json!({"op": "add", "path": "emails", "value": [{"value": "new@x.example", "primary": true}]}));
    assert_eq!(primary(&now), ["new@x.example"]);
    let now = scene.patch(json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}));
    assert_eq!(primary(&now), ["babs@jensen.org"]);
    let two = json!([{"value": "a@x", "primary": true}, {"value": "b@x", "primary": true}]);
    let reply = scene.server.patch(&scene.one, &operations(json!([{"op": "replace", "path": "emails", "value": two}])));
    if reply.status == 200 {
        assert_eq!(primary(&reply.json()).len(), 1, "{}", reply.text);
    } else {
        reply.refuses(400, "invalidValue");
    }
}

#[test]
fn operations_see_what_those_before_them_did_and_are_done_all_or_none() {
    let scene = Scene::of(&barbara());
    let all = operations(json!([
        {"op": "remove", "path": "emails"},
        {"op": "add", "path": "emails", "value": [{"value": "one@x.example", "type": "work"}]},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "two@x.example"},
        {"op": "add", "path": "title", "value": "Guide"},
        {"op": "remove", "path": "title"},
    ]));
    let now = scene.server.patch(&scene.one, &all).is(200).json();
    assert_eq!(now["emails"], json!([{"value": "two@x.example", "type": "work"}]));
    assert!(now.get("title").is_none());
    let half = operations(json!([
        {"op": "replace", "path": "userName", "value": "else"},
        {"op": "remove", "path": "emails"},
        {"op": "replace", "path": "meta.version", "value": "x"},
    ]));
    scene.server.patch(&scene.one, &half).refuses(400, "mutability");
    assert_eq!(scene.server.get(&scene.one).json(), now);
    assert_eq!(scene.server.found("/Users", "userName eq \"else\"")["totalResults"], 0);
}

#[test]
fn names_of_operations_and_attributes_are_taken_in_any_case() {
    let scene = Scene::of(&user("ada"));
    let now = scene.patch(json!({"OP": "Add", "Path": "DISPLAYNAME", "Value": "Ada"}));
    assert_eq!(now["displayName"], "Ada");
    let now = scene.patch(json!({"op": "ADD", "path": "Name.GivenName", "value": "Ada"}));
    assert_eq!(now["name"], json!({"givenName": "Ada"}));
    let core = "URN:IETF:params:scim:schemas:CORE:2.0:User";
    let now = scene.patch(json!({"op": "replace", "path": format!("{core}:userName"), "value": "lovelace"}));
    assert_eq!(now["userName"], "lovelace");
    let list = scene.server.get(&format!("{}?attributes=name.givenName", scene.one)).json();
    assert_eq!(list["name"], json!({"givenName": "Ada"}));
}

#[test]
fn a_patch_answers_with_what_is_asked_for() {
    let scene = Scene::of(&barbara());
    let change = operations(json!([{"op": "add", "path": "title", "value": "Guide"}]));
    let now = scene.server.patch(&format!("{}?attributes=title", scene.one), &change).is(200).json();
    let mut names: Vec<&String> = now.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["id", "schemas", "title"]);
    let now = scene.server.patch(&format!("{}?excludedAttributes=name,emails", scene.one), &change).is(200).json();
    assert!(now.get("name").is_none() && now.get("emails").is_none() && now["title"] == "Guide");
}

#[test]
fn a_new_manager_brings_nothing_of_the_old_one_along() {
    let scene = Scene::of(&barbara());
    let [old, new] = ["old", "new"].map(|name| scene.server.post("/Users", &user(name)).is(201));
    let path = format!("{ENTERPRISE}:manager");
    let at = |id: &str| format!("{}/Users/{id}", scene.server.base());
    for value in [json!(new.id()), json!([{"value": new.id()}]), json!({"value": new.id()})] {
        let first = json!({"value": old.id(), "$ref": at(&old.id())});
        let now = scene.patch(json!({"op": "replace", "path": path, "value": first}));
        assert_eq!(now[ENTERPRISE]["manager"]["value"], old.id());
        let now = scene.patch(json!({"op": "replace", "path": path, "value": value}));
        let manager = &now[ENTERPRISE]["manager"];
        assert_eq!(manager["value"], new.id());
        assert!(manager.get("$ref").is_none_or(|place| *place == at(&new.id())), "{value}: {manager}");
    }
}
