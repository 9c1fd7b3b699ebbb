//! The edges that a review found: the root, HEAD, names used twice in a bulk, members before their time and after it,
//! what a PUT does not say, what is not known.

use serde_json::{Value, json};

use super::client::{GROUP, PATCH, USER};
use super::server::Server;

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name, "active": true})
}

fn post(path: &str, bulk_id: &str, data: &Value) -> Value {
    json!({"method": "POST", "path": path, "bulkId": bulk_id, "data": data})
}

fn group(name: &str, member: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "members": [{"value": member}]})
}

#[test]
fn the_root_lists_everything_and_a_head_is_a_get_without_its_body() {
    let server = Server::start();
    let ada = server.post("/Users", &user("ada")).is(201).id();
    server.post("/Groups", &group("Staff", &ada)).is(201);
    assert_eq!(server.list("")["totalResults"], 2);
    assert_eq!(server.found("/", "userName pr")["Resources"][0]["id"], ada.as_str());
    let head = server.send(server.request("HEAD", &format!("/Users/{ada}"))).is(200);
    assert_eq!(head.text, "");
    assert_eq!(head.header("etag"), server.get(&format!("/Users/{ada}")).header("etag"));
}

#[test]
fn a_bulk_names_everything_once_and_knows_groups_from_people_in_a_circle() {
    let server = Server::start();
    let twice = [post("/Users", "1", &user("ada")), post("/Groups", "1", &group("Staff", "x"))];
    server.post("/Bulk", &json!({"schemas": [BULK], "Operations": twice})).refuses(400, "invalidValue");
    assert_eq!(server.list("")["totalResults"], 0);
    let circle = [post("/Groups", "a", &group("A", "bulkId:b")), post("Groups?x=y", "b", &group("B", "bulkId:a"))];
    let done = server.post("/Bulk", &json!({"schemas": [BULK], "Operations": circle})).is(200).json();
    for result in done["Operations"].as_array().unwrap() {
        assert_eq!(result["status"], "201", "{result}");
    }
    for group in server.list("/Groups")["Resources"].as_array().unwrap() {
        assert_eq!(group["members"][0]["type"], "Group", "{group}");
    }
}

#[test]
fn whoever_is_deleted_is_no_member_again_by_a_late_list() {
    let server = Server::start();
    let [ada, bob] = ["ada", "bob"].map(|name| server.post("/Users", &user(name)).is(201).id());
    let staff = server.post("/Groups", &group("Staff", &ada)).is(201).id();
    server.delete(&format!("/Users/{ada}")).is(204);
    let late = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ada}, {"value": bob}]});
    let kept = server.put(&format!("/Groups/{staff}"), &late).is(200).json();
    assert_eq!(kept["members"].as_array().unwrap().len(), 1, "{kept}");
    assert_eq!(server.world.json(&["groups"])[0]["members"], 1);
}

#[test]
fn to_say_nothing_of_a_suspension_does_not_end_it() {
    let server = Server::start();
    let at = format!("/Users/{}", server.post("/Users", &user("ada")).is(201).id());
    server.put(&at, &json!({"schemas": [USER], "userName": "ada", "active": false})).is(200);
    let silent = server.put(&at, &json!({"schemas": [USER], "userName": "ada", "title": "Dr"})).is(200).json();
    assert_eq!((&silent["active"], &silent["title"]), (&json!(false), &json!("Dr")));
    assert_eq!(server.world.json(&["users"])[0]["status"], "suspended");
    server.put(&at, &user("ada")).is(200);
    assert_eq!(server.world.json(&["users"])[0]["status"], "active");
}

#[test]
fn what_is_not_known_in_a_patch_is_passed_over_only_where_it_may_be() {
    let operations = json!([
        {"op": "replace", "path": "urn:custom:2.0:User:tag", "value": "x"},
        {"op": "replace", "path": "title", "value": "Dr"},
    ]);
    let body = json!({"schemas": [PATCH], "Operations": operations});
    for (flags, status) in [(&[][..], 400), (&["--ignore-unknown"][..], 200)] {
        let server = Server::start_with(flags);
        let at = format!("/Users/{}", server.post("/Users", &user("ada")).is(201).id());
        server.patch(&at, &body).is(status);
        let title = &server.get(&at).json()["title"];
        assert_eq!(title == "Dr", status == 200, "{title}");
    }
}

#[test]
fn a_patch_that_would_look_at_everything_is_refused_before_it_does() {
    let server = Server::start();
    let at = format!("/Users/{}", server.post("/Users", &user("ada")).is(201).id());
    let many = vec!["value eq \"x\""; 900].join(" or ");
    let operation = json!({"op": "remove", "path": format!("emails[{many}]")});
    let body = json!({"schemas": [PATCH], "Operations": [operation, operation, operation]});
    server.patch(&at, &body).refuses(413, "");
    let staff = format!("/Groups/{}", server.post("/Groups", &group("Staff", "x")).is(201).id());
    let operation = json!({"op": "remove", "path": "members[type eq \"User\"]"});
    let body = json!({"schemas": [PATCH], "Operations": vec![operation; 21]});
    server.patch(&staff, &body).refuses(413, "");
}

#[test]
fn the_first_use_of_a_token_and_its_client_are_known_at_once() {
    let server = Server::start();
    server.send(server.request("GET", "/Users").header("user-agent", "Okta SCIM Client 1.0.0")).is(200);
    let known = || server.world.json(&["details", "okta"]);
    let told = |details: &Value| {
        details["client"].as_str().is_some_and(|client| client.contains("Okta"))
            && !details["tokens"][0]["last_used_at"].is_null()
    };
    let seen = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        told(&known())
    });
    assert!(seen, "{}", known());
}
