//! Okta's provisioning, replayed: enabling it, people by GET and PUT, groups pushed, its specification test.

use serde_json::{Value, json};

use super::client::{Client, GROUP, USER, at, id, patch, resources, values};
use super::server::Server;

pub(super) fn okta(server: &Server) -> Client<'_> {
    server
        .client("Okta SCIM Client 1.0.0")
        .sending("application/scim+json; charset=utf-8")
        .accepting("application/scim+json")
}

/// A person as it creates them.
pub(super) fn person(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": format!("00u{name}"),
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

pub(super) fn group(name: &str, members: &Value) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "members": members})
}

#[test]
fn enabling_it_lists_people_and_groups_and_looks_for_one() {
    let server = Server::start();
    let okta = okta(&server);
    for list in ["/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"] {
        let list = okta.list(list);
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(0), &json!(1)));
        assert_eq!((&list["itemsPerPage"], &list["Resources"]), (&json!(0), &json!([])));
    }
    let none = okta.list("/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100");
    assert_eq!(none["totalResults"], 0);
    let made = okta.creates("/Users", &person("test.user@okta.local"));
    let found = okta.list("/Users?filter=userName%20eq%20%22Test.User%40okta.local%22&startIndex=1&count=100");
    assert_eq!(resources(&found), [made]);
    // Its client is known by the name it gives, from the first request on.
    assert_eq!(server.world.json(&["details", "okta"])["client"], "Okta");
}

#[test]
fn a_person_is_created_with_a_password_that_nobody_ever_sees() {
    let server = Server::start();
    let okta = okta(&server);
    let reply = okta.post("/Users", &person("test.user@okta.local")).is(201);
    assert!(!reply.text.contains("1mz050nq") && !reply.text.contains("password"), "{}", reply.text);
    let made = reply.json();
    assert!(made.get("groups").is_none_or(|groups| groups == &json!([])), "{made}");
    assert_eq!(made["emails"], json!([{"primary": true, "value": "test.user@okta.local", "type": "work"}]));
    okta.post("/Users", &person("test.user@okta.local")).refuses(409, "uniqueness");
    okta.post("/Users", &person("TEST.USER@okta.local")).refuses(409, "uniqueness");
    for read in [at(&made), format!("{}?attributes=password", at(&made)), "/Users".to_owned()] {
        assert!(!okta.get(&read).is(200).text.contains("1mz050nq"), "{read}");
    }
    let change = patch(&json!([{"op": "replace", "value": {"password": "t0p-s3cr3t"}}]));
    let changed = okta.patch(&at(&made), &change).is(200);
    assert!(!changed.text.contains("t0p-s3cr3t"), "{}", changed.text);
    let kept = server.world.database();
    for file in [kept.clone(), kept.with_extension("db-wal")] {
        let bytes = std::fs::read(&file).unwrap_or_default();
        for secret in ["1mz050nq", "t0p-s3cr3t"] {
            assert!(
                !bytes.windows(8).any(|bytes| bytes == &secret.as_bytes()[..8]),
                "{secret} is in {}",
                file.display()
            );
        }
    }
    assert_eq!(server.people(), ["test.user@okta.local active"]);
}

#[test]
fn a_person_is_read_and_put_back_whole_with_what_is_the_servers() {
    let server = Server::start();
    let okta = okta(&server);
    let made = okta.creates("/Users", &person("test.user@okta.local"));
    let team =
        okta.creates("/Groups", &group("Team", &json!([{"value": id(&made), "display": "test.user@okta.local"}])));
    let mut body = okta.read(&at(&made));
    assert_eq!(values(&body["groups"]), [id(&team)]);
    body["name"]["familyName"] = "Updated".into();
    body["title"] = "Engineer".into();
    body["meta"]["created"] = "1999-01-01T00:00:00Z".into();
    body["groups"] = json!([]);
    let after = okta.put(&at(&made), &body).is(200).json();
    assert_eq!(okta.read(&at(&made)), after);
    assert_eq!((&after["name"]["familyName"], &after["title"]), (&json!("Updated"), &json!("Engineer")));
    assert_eq!(after["meta"]["created"], made["meta"]["created"], "what is the server's stays the server's");
    assert_eq!(values(&after["groups"]), [id(&team)]);
    assert_eq!(okta.members(&id(&team)), [id(&made)], "groups change by their own address alone");
    let person = server.person(&id(&made));
    assert_eq!((&person["family_name"], &person["title"]), (&json!("Updated"), &json!("Engineer")));
    assert_eq!(person["groups"], json!(["Team"]));

    // The same again changes nothing, and so nothing is said to have changed.
    let again = okta.put(&at(&made), &after).is(200).json();
    assert_eq!(again["meta"], after["meta"]);
    assert_eq!(server.history(&person), server.history(&server.person(&id(&made))));
    let mut poor = after;
    poor.as_object_mut().unwrap().remove("title");
    assert!(okta.put(&at(&made), &poor).is(200).json().get("title").is_none());
    assert!(server.person(&id(&made))["title"].is_null());
}

#[test]
fn people_are_deactivated_and_reactivated_by_patch_or_by_put_and_never_deleted() {
    let server = Server::start();
    let okta = okta(&server);
    let made = okta.creates("/Users", &person("test.user@okta.local"));
    let patched =
        |active: bool| okta.patch(&at(&made), &patch(&json!([{"op": "replace", "value": {"active": active}}])));
    let put = |active: bool| {
        let mut body = okta.read(&at(&made));
        body["active"] = active.into();
        okta.put(&at(&made), &body)
    };
    let ways: [&dyn Fn(bool) -> super::server::Reply; 2] = [&patched, &put];
    for way in ways {
        for (active, status) in [(false, "suspended"), (true, "active")] {
            assert_eq!(way(active).is(200).json()["active"], active);
            assert_eq!(server.people(), [format!("test.user@okta.local {status}")]);
            assert_eq!(okta.ids("/Users", "userName eq \"test.user@okta.local\""), [id(&made)]);
        }
    }
    let history = server.history(&server.person(&id(&made)));
    let (away, back) = ("changed status active suspended", "changed status suspended active");
    assert_eq!(history, ["joined - - -", away, back, away, back]);
}

#[test]
fn a_group_is_pushed_renamed_filled_emptied_and_unlinked() {
    let server = Server::start();
    let okta = okta(&server);
    let [one, two, three] = ["one", "two", "three"].map(|name| id(&okta.creates("/Users", &person(name))));
    let made = okta.creates("/Groups", &group("Test SCIMv2", &json!([])));
    let member = |id: &String| json!({"value": id, "display": "somebody"});
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
        ids.sort_unstable();
        ids
    };
    let rename = |name: &str| json!({"op": "replace", "value": {"id": id(&made), "displayName": name}});
    let send = |operations: Value| {
        let reply = okta.patch(&at(&made), &patch(&operations));
        assert!([200, 204].contains(&reply.status), "{operations}: {}", reply.text);
    };
    assert_eq!(okta.members(&id(&made)), [""; 0]);
    send(json!([rename("Test SCIMv2"), {"op": "add", "path": "members", "value": [member(&one)]}]));
    assert_eq!(okta.members(&id(&made)), sorted(&[&one]));
    send(json!([rename("Test SCIM renamed")]));
    assert_eq!(server.groups(), ["Test SCIM renamed"]);
    assert_eq!(okta.members(&id(&made)), sorted(&[&one]), "a new name leaves the members");
    send(json!([
        {"op": "remove", "path": format!("members[value eq \"{one}\"]")},
        {"op": "add", "path": "members", "value": [member(&two), member(&three)]},
    ]));
    assert_eq!(okta.members(&id(&made)), sorted(&[&two, &three]));
    send(json!([{"op": "replace", "path": "members", "value": [member(&one), member(&three)]}]));
    assert_eq!(okta.members(&id(&made)), sorted(&[&one, &three]), "all of them are pushed anew");
    assert_eq!(server.person(&two)["groups"], json!([]));
    send(json!([{"op": "replace", "path": "members", "value": []}]));
    assert_eq!(okta.members(&id(&made)), [""; 0]);
    let another = json!([{"op": "replace", "value": {"id": "somebody-elses", "displayName": "x"}}]);
    let reply = okta.patch(&at(&made), &patch(&another));
    assert!([200, 204, 400].contains(&reply.status), "{}", reply.text);
    assert_eq!(okta.read(&at(&made))["id"], made["id"], "an id is for ever");

    let put = okta.put(&at(&made), &group("Put", &json!([member(&one), member(&two)]))).is(200).json();
    assert_eq!((&put["displayName"], &put["id"]), (&json!("Put"), &made["id"]));
    assert_eq!(okta.members(&id(&made)), sorted(&[&one, &two]));
    okta.put(&at(&made), &group("Put", &json!([member(&three)]))).is(200);
    assert_eq!(okta.members(&id(&made)), sorted(&[&three]));
    okta.delete(&at(&made)).is(204);
    okta.get(&at(&made)).refuses(404, "");
    assert_eq!((server.groups(), server.counted()), (vec![], (json!(3), json!(0))));
}

#[test]
fn its_specification_test_passes_step_by_step() {
    let server = Server::start();
    let okta = okta(&server);
    okta.creates("/Users", &person("somebody@before.example"));
    // 1: the first user, as a list of one.
    let list = okta.list("/Users?count=1&startIndex=1");
    let (first, list_schema) = (&resources(&list)[0], "urn:ietf:params:scim:api:messages:2.0:ListResponse");
    assert!(list["schemas"].as_array().unwrap().contains(&json!(list_schema)));
    assert!(first["name"]["givenName"].is_string() && first["name"]["familyName"].is_string(), "{first}");
    assert!(first["id"].is_string() && first["userName"].is_string() && first["active"].is_boolean(), "{first}");
    assert!(first["emails"][0]["value"].as_str().unwrap().contains('@'), "{first}");
    // 2: by its id.
    let read = okta.read(&at(first));
    assert_eq!((&read["id"], &read["userName"]), (&first["id"], &first["userName"]));
    // 3, 4: nobody, by name and by id.
    assert_eq!(okta.found("/Users", "userName eq \"not-there@abcd.example\"")["totalResults"], 0);
    let missing = okta.get("/Users/00919288221112222").refuses(404, "");
    assert_eq!(missing.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    // 5, 6: a random user is created, and read.
    let random = json!({
        "schemas": [USER], "userName": "Runscope300Abc@atko.com", "name": {"givenName": "Run", "familyName": "Scope"},
        "emails": [{"primary": true, "value": "Runscope300Abc@atko.com", "type": "work"}],
        "displayName": "Run Scope", "active": true,
    });
    let made = okta.creates("/Users", &random);
    for same in ["userName", "name", "emails", "active"] {
        assert_eq!(made[same], random[same], "{same}");
    }
    // 7, 8: no secrets and no duplicates.
    assert!(!made.to_string().contains("password"));
    okta.post("/Users", &random).refuses(409, "uniqueness");
    // 9: another case of the name.
    assert_eq!(okta.ids("/Users", "userName eq \"rUNSCOPE300aBC@atko.com\""), [id(&made)]);
    // 10, 11: groups; that they come within 600 ms is for the benchmarks.
    assert_eq!(okta.list("/Groups")["totalResults"], 0);
    // 12: without a token nothing is to be had, and what there is not is not there.
    let (http, request) = server.request("GET", "/Users").build_split();
    let mut request = request.unwrap();
    request.headers_mut().remove("authorization");
    let refused = server.send(reqwest::RequestBuilder::from_parts(http, request)).refuses(401, "");
    assert!(refused.header("www-authenticate").starts_with("Bearer"), "{:?}", refused.headers);
    okta.get("/Accounts").refuses(404, "");
    assert_eq!(server.people(), ["Runscope300Abc@atko.com active", "somebody@before.example active"]);
}

#[test]
fn everybody_is_on_exactly_one_of_its_pages_in_the_same_order_every_time() {
    let server = Server::start();
    let okta = okta(&server);
    let request = |number: usize| {
        let body = person(&format!("user{number:03}@okta.local")).to_string();
        server.request("POST", "/Users").header("content-type", "application/scim+json").body(body)
    };
    for some in (0..250).collect::<Vec<_>>().chunks(10) {
        for reply in server.send_all(some.iter().map(|number| request(*number)).collect()) {
            reply.is(201);
        }
    }
    let pages = || -> Vec<String> {
        let mut ids = Vec::new();
        for (start, there) in [(1, 100), (101, 100), (201, 50), (301, 0)] {
            let page = okta.list(&format!("/Users?startIndex={start}&count=100"));
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(250), &json!(start)));
            assert_eq!(page["itemsPerPage"], there);
            ids.extend(resources(&page).iter().map(id));
        }
        ids
    };
    let first = pages();
    let mut each = first.clone();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), 250);
    // Who is changed does not move.
    let change = patch(&json!([{"op": "replace", "value": {"active": false}}]));
    okta.patch(&format!("/Users/{}", first[120]), &change).is(200);
    assert_eq!(pages(), first);
    assert_eq!(server.counted().0, 250);
}
