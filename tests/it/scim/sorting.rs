//! Order and choice: `sortBy` (RFC 7644 §3.4.2.3), `attributes` and `excludedAttributes` (§3.4.2.5, §3.9) everywhere.

use serde_json::{Value, json};

use super::caller::{group, operations, texts, user};
use super::examples::{ENTERPRISE, barbara};
use super::server::Server;

/// Names in the order of this query.
#[track_caller]
fn order(server: &Server, query: &str) -> String {
    texts(&server.list(&format!("/Users?{query}")), "/userName").join(" ")
}

#[test]
fn people_are_sorted_by_whatever_they_have_and_without_it_come_last() {
    let server = Server::start();
    let emails = |primary: &str, other: &str| json!([{"value": other, "type": "home"}, {"value": primary, "type": "work", "primary": true}]);
    for person in [
        json!({"userName": "Bob", "title": "b", "emails": emails("b@x", "z@x"), "active": true, "externalId": "b",
            "name": {"familyName": "zimmer"}, ENTERPRISE: {"department": "Beta", "employeeNumber": "3"}}),
        json!({"userName": "alice", "title": "C", "emails": emails("c@x", "a@x"), "active": false, "externalId": "B",
            "name": {"familyName": "Young"}, ENTERPRISE: {"department": "alpha"}}),
        json!({"userName": "carl", "emails": [{"value": "A@x"}, {"value": "y@x"}], "externalId": "a"}),
        json!({"userName": "Dora", "title": "a"}),
    ] {
        server.post("/Users", &person).is(201);
    }
    for (query, expected) in [
        ("", "Bob alice carl Dora"),
        ("sortBy=userName", "alice Bob carl Dora"),
        ("sortBy=USERNAME&sortOrder=descending", "Dora carl Bob alice"),
        ("sortBy=userName&sortOrder=Ascending", "alice Bob carl Dora"),
        // Missing ones last, and first in the other direction; case does not matter to a title.
        ("sortBy=title", "Dora Bob alice carl"),
        ("sortBy=title&sortOrder=descending", "carl alice Bob Dora"),
        ("sortBy=name.familyName&count=2", "alice Bob"),
        // The primary one, else the first.
        ("sortBy=emails.value", "carl Bob alice Dora"),
        ("sortBy=emails", "carl Bob alice Dora"),
        ("sortBy=emails.value&sortOrder=descending", "Dora alice Bob carl"),
        // Case matters to an id.
        ("sortBy=externalId", "alice carl Bob Dora"),
        (&format!("sortBy={ENTERPRISE}:department&count=2"), "alice Bob"),
        ("sortBy=meta.created", "Bob alice carl Dora"),
        ("sortBy=meta.lastModified&sortOrder=descending", "Dora carl alice Bob"),
        // Before it is cut into pages.
        ("sortBy=userName&startIndex=2&count=2", "Bob carl"),
        ("sortBy=title&startIndex=4", "carl"),
        ("sortBy=userName&filter=title+pr", "alice Bob Dora"),
        ("sortBy=title&filter=emails+pr&sortOrder=descending", "carl alice Bob"),
        ("sortBy=title&attributes=userName", "Dora Bob alice carl"),
    ] {
        assert_eq!(order(&server, query), expected, "{query}");
    }
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "title",
        "sortOrder": "descending", "attributes": ["userName"]});
    assert_eq!(texts(&server.post("/Users/.search", &body).json(), "/userName").join(" "), "carl alice Bob Dora");
    for unsortable in ["shoeSize", "name", "a..b", "emails.shoeSize", "password"] {
        let reply = server.get(&format!("/Users?sortBy={unsortable}"));
        assert!(reply.status == 400 || unsortable == "password", "{unsortable}: {}", reply.text);
    }
}

#[test]
fn groups_are_sorted_by_name_and_types_together_by_what_they_share() {
    let server = Server::start();
    for name in ["b", "C", "a"] {
        server.post("/Groups", &group(name, &[])).is(201);
    }
    server.post("/Users", &json!({"userName": "u", "displayName": "B2"})).is(201);
    assert_eq!(texts(&server.list("/Groups?sortBy=displayName"), "/displayName"), ["a", "b", "C"]);
    assert_eq!(texts(&server.list("/Groups?sortBy=displayName&sortOrder=descending"), "/displayName"), ["C", "b", "a"]);
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "displayName"});
    assert_eq!(texts(&server.post("/.search", &body).is(200).json(), "/displayName"), ["a", "b", "B2", "C"]);
    // What only one of them has the other is without.
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName"});
    assert_eq!(texts(&server.post("/.search", &body).is(200).json(), "/userName")[0], "u");
}

fn keys(value: &Value) -> String {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn only_what_is_asked_for_is_sent_whatever_is_done() {
    let server = Server::start();
    let mut number = 0;
    let mut fresh = || {
        number += 1;
        let mut user = barbara();
        user["userName"] = format!("babs{number}").into();
        user["externalId"] = format!("x{number}").into();
        user
    };
    let cases = [
        ("attributes=title", "id schemas title"),
        ("attributes=TITLE,%20userName", "id schemas title userName"),
        ("attributes=id", "id schemas"),
        ("attributes=shoeSize", "id schemas"),
        ("attributes=password", "id schemas"),
        ("attributes=name.givenName,emails.value", "emails id name schemas"),
        ("attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName", "id schemas userName"),
        (&format!("attributes={ENTERPRISE}"), &format!("id schemas {ENTERPRISE}")),
        (&format!("attributes={ENTERPRISE}:department"), &format!("id schemas {ENTERPRISE}")),
        ("attributes=meta", "id meta schemas"),
    ];
    for (query, expected) in cases {
        let made = server.post(&format!("/Users?{query}"), &fresh()).is(201).json();
        assert_eq!(keys(&made), expected, "POST {query}");
        let one = format!("/Users/{}", made["id"].as_str().unwrap());
        assert_eq!(keys(&server.get(&format!("{one}?{query}")).is(200).json()), expected, "GET {query}");
        assert_eq!(keys(&server.put(&format!("{one}?{query}"), &fresh()).is(200).json()), expected, "PUT {query}");
        let change = operations(json!([{"op": "add", "path": "nickName", "value": format!("n of {expected}")}]));
        assert_eq!(keys(&server.patch(&format!("{one}?{query}"), &change).is(200).json()), expected, "PATCH {query}");
        let list = server.list(&format!("/Users?{query}"));
        assert!(list["Resources"].as_array().unwrap().iter().all(|it| keys(it) == expected), "list {query}");
        let wanted = url::form_urlencoded::parse(query.as_bytes()).next().unwrap().1.into_owned();
        let wanted: Vec<&str> = wanted.split(',').collect();
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": wanted});
        let found = server.post("/Users/.search", &body).is(200).json();
        assert!(found["Resources"].as_array().unwrap().iter().all(|it| keys(it) == expected), ".search {query}");
    }
    let one = format!("/Users/{}", server.post("/Users", &fresh()).is(201).id());
    let part = server.get(&format!("{one}?attributes=name.givenName,emails.type,{ENTERPRISE}:division")).json();
    assert_eq!(part["name"], json!({"givenName": "Barbara"}));
    assert_eq!(part["emails"], json!([{"type": "work"}, {"type": "home"}]));
    assert_eq!(part[ENTERPRISE], json!({"division": "Theme Park"}));
}

#[test]
fn what_is_excluded_is_not_sent_unless_it_always_is() {
    let server = Server::start();
    let made = server.post("/Users", &barbara()).is(201);
    let one = format!("/Users/{}", made.id());
    let all = made.json();
    for (query, gone) in [
        ("title", vec!["title"]),
        ("TITLE,emails", vec!["title", "emails"]),
        ("meta", vec!["meta"]),
        (ENTERPRISE, vec![ENTERPRISE]),
        ("id,schemas,shoeSize", vec![]),
    ] {
        let mut expected = all.clone();
        for name in gone {
            expected.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(server.get(&format!("{one}?excludedAttributes={query}")).is(200).json(), expected, "{query}");
    }
    let part = server.get(&format!("{one}?excludedAttributes=name.givenName,emails.value")).json();
    assert!(part["name"].get("givenName").is_none() && part["name"]["familyName"] == "Jensen");
    assert_eq!(part["emails"][0], json!({"type": "work", "primary": true}));
}

#[test]
fn a_group_is_read_without_its_members() {
    let server = Server::start();
    let ada = server.post("/Users", &user("ada")).is(201).id();
    let made = server.post("/Groups", &group("all", std::slice::from_ref(&ada))).is(201);
    let one = format!("/Groups/{}", made.id());
    let mut without = made.json();
    without.as_object_mut().unwrap().remove("members");
    assert_eq!(server.get(&format!("{one}?excludedAttributes=members")).json(), without);
    assert_eq!(server.list("/Groups?excludedAttributes=members")["Resources"], json!([without]));
    let found = server.list("/Groups?excludedAttributes=members&filter=displayName+eq+%22ALL%22");
    assert_eq!(found["Resources"], json!([without]));
    let some = server.get(&format!("{one}?attributes=members.value")).json();
    assert_eq!(some["members"], json!([{"value": ada}]));
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "excludedAttributes": ["members"]});
    assert_eq!(server.post("/Groups/.search", &body).json()["Resources"], json!([without]));
    // A filter may look at what is not sent.
    let query: String = url::form_urlencoded::byte_serialize(format!("members eq \"{ada}\"").as_bytes()).collect();
    assert_eq!(
        server.list(&format!("/Groups?excludedAttributes=members&filter={query}"))["Resources"],
        json!([without])
    );
}
