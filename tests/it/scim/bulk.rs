//! Bulk operations (RFC 7644 §3.7): the standard's examples, references in every direction, and how far errors go.

use serde_json::{Value, json};

use super::caller::{group, members, operations, user};
use super::examples::ENTERPRISE;
use super::server::Server;

fn bulk(all: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": all})
}

#[track_caller]
fn done(server: &Server, all: Value) -> Vec<Value> {
    let answer = server.post("/Bulk", &bulk(all)).is(200).json();
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    answer["Operations"].as_array().unwrap().clone()
}

fn statuses(done: &[Value]) -> Vec<&str> {
    done.iter().map(|it| it["status"].as_str().unwrap()).collect()
}

fn path(operation: &Value) -> String {
    let (_, rest) = operation["location"].as_str().unwrap().split_once("/v2").unwrap();
    rest.to_owned()
}

fn id(operation: &Value) -> String {
    operation["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn create(bulk_id: &str, endpoint: &str, data: Value) -> Value {
    json!({"method": "POST", "path": endpoint, "bulkId": bulk_id, "data": data})
}

#[test]
fn creating_replacing_patching_and_deleting_go_in_one_request() {
    let server = Server::start();
    let old = ["bob", "dave", "kate"].map(|name| server.post("/Users", &user(name)).is(201));
    let at = |at: usize| format!("/Users/{}", old[at].id());
    // §3.7.3
    let answer = done(
        &server,
        json!([
            create("qwerty", "/Users", user("Alice")),
            {"method": "PUT", "path": at(0), "version": old[0].header("etag"), "data": user("Bob")},
            {"method": "PATCH", "path": at(1), "version": old[1].header("etag"),
                "data": operations(json!([{"op": "remove", "path": "nickName"}, {"op": "add", "path": "userName", "value": "Dave"}]))},
            {"method": "DELETE", "path": at(2), "version": old[2].header("etag")},
        ]),
    );
    assert_eq!(statuses(&answer), ["201", "200", "200", "204"]);
    assert_eq!(answer[0]["bulkId"], "qwerty");
    assert_eq!(answer[0]["method"], "POST");
    let alice = server.get(&path(&answer[0])).is(200);
    assert_eq!(alice.header("etag"), answer[0]["version"].as_str().unwrap());
    assert_eq!(alice.json()["userName"], "Alice");
    for (at, name) in [(0, "Bob"), (1, "Dave")] {
        assert_eq!(answer[at + 1]["location"], old[at].json()["meta"]["location"]);
        assert_eq!(server.get(&format!("/Users/{}", old[at].id())).json()["userName"], name);
    }
    assert_eq!(answer[3]["location"], old[2].json()["meta"]["location"]);
    server.get(&at(2)).refuses(404, "");
    assert!(answer.iter().all(|it| it.get("response").is_none()), "what went well says no more");
}

#[test]
fn a_group_names_a_user_of_the_same_request_before_or_after_it() {
    let server = Server::start();
    // §3.7.2, and the other way round
    for (turn, backwards) in [("a", false), ("b", true)] {
        let mut all = vec![
            create("qwerty", "/Users", user(&format!("Alice{turn}"))),
            create(
                "ytrewq",
                "/Groups",
                json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": format!("Tour Guides {turn}"),
                    "members": [{"type": "User", "value": "bulkId:qwerty"}],
                }),
            ),
        ];
        if backwards {
            all.reverse();
        }
        let answer = done(&server, all.into());
        assert_eq!(statuses(&answer), ["201", "201"]);
        let named = |name: &str| answer.iter().find(|it| it["bulkId"] == name).unwrap();
        let group = server.get(&path(named("ytrewq"))).json();
        assert_eq!(members(&group), [id(named("qwerty"))]);
        assert!(!group.to_string().contains("bulkId"), "{group}");
    }
    // A path and a manager may name one as well.
    let answer = done(
        &server,
        json!([
            create("boss", "/Users", user("boss")),
            create("clerk", "/Users", json!({"userName": "clerk", ENTERPRISE: {"employeeNumber": "1", "manager": {"value": "bulkId:boss"}}})),
            {"method": "PATCH", "path": "/Users/bulkId:clerk", "data": operations(json!([{"op": "add", "path": "title", "value": "Clerk"}]))},
        ]),
    );
    assert_eq!(statuses(&answer), ["201", "201", "200"], "{answer:?}");
    let clerk = server.get(&path(&answer[1])).json();
    assert_eq!(clerk["title"], "Clerk");
    assert_eq!(clerk[ENTERPRISE]["manager"]["value"], id(&answer[0]));
}

#[test]
fn two_groups_may_be_members_of_each_other() {
    let server = Server::start();
    let of = |name: &str, other: &str| {
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name,
            "members": [{"type": "Group", "value": format!("bulkId:{other}")}]})
    };
    // §3.7.1
    let answer = done(
        &server,
        json!([
            create("qwerty", "/Groups", of("Group A", "ytrewq")),
            create("ytrewq", "/Groups", of("Group B", "qwerty")),
            create("self", "/Groups", of("Group C", "self")),
        ]),
    );
    assert_eq!(statuses(&answer), ["201"; 3], "{answer:?}");
    for (one, other) in [(0, 1), (1, 0), (2, 2)] {
        let group = server.get(&path(&answer[one])).is(200).json();
        assert_eq!(members(&group), [id(&answer[other])], "{group}");
        assert_eq!(group["members"][0]["type"], "Group");
    }
}

#[test]
fn what_fails_says_why_and_stops_the_rest_when_that_is_asked_for() {
    let server = Server::start();
    server.post("/Users", &user("ada")).is(201);
    let all = json!([
        create("1", "/Users", user("ADA")),
        create("2", "/Users", user("bob")),
        {"method": "DELETE", "path": "/Users/nobody"},
        create("3", "/Users", user("carl")),
    ]);
    let mut request = bulk(all);
    // §3.7.3: after the first error nothing more is done
    request["failOnErrors"] = 1.into();
    let first = server.post("/Bulk", &request).is(200).json();
    let answer = first["Operations"].as_array().unwrap();
    assert_eq!(statuses(answer), ["409"]);
    let response = &answer[0]["response"];
    assert_eq!(response["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!((&response["scimType"], &response["status"]), (&json!("uniqueness"), &json!("409")));
    assert!(answer[0].get("location").is_none(), "what was not created is nowhere");
    assert_eq!(server.list("/Users")["totalResults"], 1);
    request["failOnErrors"] = 2.into();
    let second = server.post("/Bulk", &request).is(200).json();
    assert_eq!(statuses(second["Operations"].as_array().unwrap()), ["409", "201", "404"]);
    server.delete(&path(&second["Operations"][1])).is(204);
    request.as_object_mut().unwrap().remove("failOnErrors");
    let third = server.post("/Bulk", &request).is(200).json();
    assert_eq!(statuses(third["Operations"].as_array().unwrap()), ["409", "201", "404", "201"]);
}

#[test]
fn an_operation_that_makes_no_sense_fails_alone() {
    let server = Server::start();
    let ada = server.post("/Users", &user("ada")).is(201);
    let one = format!("/Users/{}", ada.id());
    let answer = done(
        &server,
        json!([
            create("a", "/Devices", user("x")),
            {"method": "POST", "path": "/Users", "data": user("without a bulkId")},
            {"method": "GET", "path": one},
            create("b", "/Groups", group("of an unknown", &["bulkId:nobody".into()])),
            create("c", "/Users", user("ADA")),
            create("d", "/Groups", group("of a failed", &["bulkId:c".into()])),
            {"method": "DELETE", "path": "/Users"},
            {"method": "PUT", "path": one, "version": "W/\"old\"", "data": user("else")},
            create("e", "/Users", json!("no object")),
            {"method": "post", "path": "/Users", "bulkId": "f", "data": user("fine")},
        ]),
    );
    assert_eq!(statuses(&answer), ["404", "400", "400", "400", "409", "409", "405", "412", "400", "201"], "{answer:?}");
    assert_eq!(server.get(&one).json(), ada.json());
    assert_eq!(server.list("/Groups")["totalResults"], 0);
    for rubbish in [json!({}), json!({"schemas": ["urn:x"], "Operations": []}), bulk(json!("text")), bulk(json!([1]))] {
        server.post("/Bulk", &rubbish).refuses(400, "invalidSyntax");
    }
    assert_eq!(done(&server, json!([])), Vec::<Value>::new());
}
