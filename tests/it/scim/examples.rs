//! The standard's own examples: representations (RFC 7643 §8), creating, reading, listing, searching and replacing
//! (RFC 7644 §3.3 – §3.6, §3.12), the walk by cursor (RFC 9865 §2).

use serde_json::{Value, json};

use super::caller::{Client, group, ids, operations, user};
use super::server::Server;

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// RFC 7643 §8.2 and §8.3, but for what the server adds.
pub(super) fn barbara() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": {
            "formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane",
            "honorificPrefix": "Ms.", "honorificSuffix": "III",
        },
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        "addresses": [
            {
                "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608",
                "country": "USA", "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "type": "work",
                "primary": true,
            },
            {
                "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood", "region": "CA", "postalCode": "91608",
                "country": "USA", "formatted": "456 Hollywood Blvd\nHollywood, CA 91608 USA", "type": "home",
            },
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}, {"value": "555-555-4444", "type": "mobile"}],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [
            {"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"},
            {"value": "https://photos.example.com/profilephoto/72930000000Ccne/T", "type": "thumbnail"},
        ],
        "userType": "Employee",
        "title": "Tour Guide",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVM="}],
        ENTERPRISE: {
            "employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios",
            "division": "Theme Park", "department": "Tour Operations",
        },
    })
}

/// What was sent is there, byte for byte.
#[track_caller]
pub(super) fn assert_holds(resource: &Value, sent: &Value) {
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&resource[name], value, "{name}");
    }
}

#[test]
fn a_minimal_user_and_a_full_one_are_represented_as_in_the_standard() {
    let server = Server::start();
    // RFC 7643 §8.1
    let reply = server.post("/Users", &user("bjensen@example.net")).is(201);
    let minimal = reply.json();
    let one = format!("{}/Users/{}", server.base(), reply.id());
    assert_eq!(minimal["meta"]["resourceType"], "User");
    assert_eq!(minimal["meta"]["created"], minimal["meta"]["lastModified"]);
    assert_eq!(minimal["meta"]["location"], one);
    assert_eq!(reply.header("location"), one);
    let mut names: Vec<&String> = minimal.as_object().unwrap().keys().filter(|name| *name != "active").collect();
    names.sort();
    assert_eq!(names, ["id", "meta", "schemas", "userName"], "nothing is made up");

    // §8.2, §8.3, with a manager who is there
    let boss = server.post("/Users", &json!({"userName": "jsmith", "displayName": "John Smith"})).is(201);
    let mut sent = barbara();
    sent["password"] = "t1meMa$heen".into();
    sent[ENTERPRISE]["manager"] = json!({"value": boss.id(), "$ref": format!("{}/Users/{}", server.base(), boss.id())});
    let reply = server.post("/Users", &sent).is(201);
    assert!(!reply.text.contains("t1meMa$heen") && !reply.text.contains("password"));
    let full = server.get(&format!("/Users/{}", reply.id())).is(200);
    assert!(!full.text.contains("t1meMa$heen"));
    let full = full.json();
    assert_eq!(full, reply.json());
    let manager = &full[ENTERPRISE]["manager"];
    assert_eq!(manager["value"], boss.id());
    let place = format!("{}/Users/{}", server.base(), boss.id());
    assert!(manager.get("$ref").is_none_or(|it| *it == place), "if it is said where, then rightly: {manager}");
    let mut without = full.clone();
    without[ENTERPRISE].as_object_mut().unwrap().remove("manager");
    assert_holds(&without, &barbara());
}

#[test]
fn a_group_of_users_and_of_groups_is_represented_as_in_the_standard() {
    let server = Server::start();
    let mut babs = user("bjensen");
    babs["displayName"] = "Babs Jensen".into();
    let babs = server.post("/Users", &babs).is(201).id();
    let inner = server.post("/Groups", &group("Employees", &[])).is(201).id();
    // RFC 7643 §8.4
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour Guides",
        "members": [
            {"value": babs, "$ref": format!("{}/Users/{babs}", server.base()), "display": "Babs Jensen"},
            {"value": inner, "type": "Group"},
        ],
    });
    let reply = server.post("/Groups", &sent).is(201);
    let made = reply.json();
    assert_eq!(made["displayName"], "Tour Guides");
    assert_eq!(made["meta"]["resourceType"], "Group");
    let member = |id: &str| made["members"].as_array().unwrap().iter().find(|it| it["value"] == id).unwrap().clone();
    let of_babs = member(&babs);
    assert_eq!(of_babs["type"], "User");
    assert_eq!(of_babs["$ref"], format!("{}/Users/{babs}", server.base()));
    assert_eq!(member(&inner)["type"], "Group");
    assert_eq!(member(&inner)["$ref"], format!("{}/Groups/{inner}", server.base()));
    let shown = server.get(&format!("/Users/{babs}")).json();
    assert_eq!(shown["groups"][0]["value"], reply.id(), "{shown}");
}

#[test]
fn what_a_client_may_not_write_is_ignored_when_it_creates_and_replaces() {
    let server = Server::start();
    let mut sent = barbara();
    sent["id"] = "mine".into();
    sent["meta"] = json!({"created": "2001-01-01T00:00:00Z", "resourceType": "Robot", "version": "W/\"x\""});
    sent["groups"] = json!([{"value": "admins"}]);
    // RFC 7644 §3.3
    let made = server.post("/Users", &sent).is(201);
    let check = |now: &Value| {
        assert_eq!(now["id"], made.id());
        assert_eq!(now["meta"]["created"], made.json()["meta"]["created"]);
        assert_eq!(now["meta"]["resourceType"], "User");
        assert!(now.get("groups").is_none(), "{now}");
    };
    assert_ne!(made.id(), "mine");
    assert_ne!(made.json()["meta"]["created"], "2001-01-01T00:00:00Z");
    check(&made.json());
    check(&server.put(&format!("/Users/{}", made.id()), &sent).is(200).json());
}

#[test]
fn a_user_is_replaced_whole() {
    let server = Server::start();
    let made = server.post("/Users", &barbara()).is(201);
    let one = format!("/Users/{}", made.id());
    // RFC 7644 §3.5.1
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": made.id(), "userName": "bjensen",
        "externalId": "bjensen", "roles": [],
        "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"},
        "emails": [{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}],
    });
    let reply = server.put(&one, &sent).is(200);
    let now = reply.json();
    assert_eq!(now, server.get(&one).json());
    assert_eq!(now["userName"], "bjensen");
    assert_eq!(now["name"], sent["name"], "a part that is not named is gone");
    for gone in ["title", "addresses", "phoneNumbers", "nickName", "roles", ENTERPRISE] {
        assert!(now.get(gone).is_none(), "{gone}: {now}");
    }
    assert_eq!(now["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
    let addresses = now["emails"].as_array().unwrap().iter().map(|email| email["value"].as_str().unwrap());
    assert_eq!(addresses.collect::<Vec<_>>(), ["bjensen@example.com", "babs@jensen.org"]);
    server.put("/Users/unknown", &sent).refuses(404, "");
    server.put("/Users", &sent).is(405);
}

#[test]
fn a_user_is_found_read_and_listed_as_in_the_standard() {
    let server = Server::start();
    let made = server.post("/Users", &barbara()).is(201);
    server.post("/Users", &json!({"userName": "jsmith", "displayName": "James Smith"})).is(201);
    // §3.4.1
    let read = server.get(&format!("/Users/{}", made.id())).is(200);
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("etag"), made.header("etag"));
    // §3.4.2
    let list = server.list("/Users?attributes=userName");
    assert_eq!(list["totalResults"], 2);
    for one in list["Resources"].as_array().unwrap() {
        let mut names: Vec<&String> = one.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["id", "schemas", "userName"]);
    }
    // §3.9
    let partial = server.get(&format!("/Users/{}?attributes=userName", made.id())).is(200).json();
    assert_eq!(partial, json!({"schemas": made.json()["schemas"], "id": made.id(), "userName": "bjensen@example.com"}));
    // What nobody matches is a list of nothing.
    let nobody = server.found("/Users", "userName eq \"nobody\"");
    assert_eq!((&nobody["totalResults"], nobody["Resources"].as_array().map_or(0, Vec::len)), (&json!(0), 0));
}

#[test]
fn a_search_says_in_its_body_what_a_listing_says_in_its_address() {
    let server = Server::start();
    for (name, display) in [("bjensen", "Babs Jensen"), ("jsmith", "James Smith"), ("asmithers", "smith Alice")] {
        server.post("/Users", &json!({"userName": name, "displayName": display})).is(201);
    }
    server.post("/Groups", &group("Smith Group", &[])).is(201);
    // RFC 7644 §3.4.3
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10,
    });
    let all = server.post("/.search", &search).is(200).json();
    assert_eq!(all["totalResults"], 2, "{all}");
    assert_eq!(all["itemsPerPage"], 2);
    let names: Vec<&Value> = all["Resources"].as_array().unwrap().iter().map(|it| &it["displayName"]).collect();
    assert!(names.contains(&&json!("smith Alice")) && names.contains(&&json!("Smith Group")), "{all}");
    assert!(all["Resources"][0].get("meta").is_none(), "{all}");
    assert_eq!(server.post("/Users/.search", &search).is(200).json()["totalResults"], 1);
    assert_eq!(server.post("/Groups/.search", &search).is(200).json()["totalResults"], 1);
    // §3.4.2.1: by the type of the resource
    let mut of_type = search.clone();
    of_type["filter"] = "(meta.resourceType eq User) or (meta.resourceType eq Group)".into();
    assert_eq!(server.post("/.search", &of_type).is(200).json()["totalResults"], 4);
    of_type["filter"] = "meta.resourceType eq \"Group\"".into();
    assert_eq!(server.post("/.search", &of_type).is(200).json()["totalResults"], 1);
}

#[test]
fn a_deleted_user_is_gone_for_everybody_and_the_name_is_free() {
    let server = Server::start();
    let made = server.post("/Users", &barbara()).is(201);
    let one = format!("/Users/{}", made.id());
    let team = server.post("/Groups", &group("Tour Guides", &[made.id()])).is(201).id();
    // RFC 7644 §3.6
    let deleted = server.delete(&one).is(204);
    assert_eq!(deleted.text, "");
    server.get(&one).refuses(404, "");
    server.delete(&one).refuses(404, "");
    server.put(&one, &barbara()).refuses(404, "");
    server.patch(&one, &operations(json!([{"op": "add", "path": "title", "value": "x"}]))).refuses(404, "");
    assert_eq!(server.list("/Users")["totalResults"], 0);
    assert_eq!(server.found("/Users", "userName eq \"bjensen@example.com\"")["totalResults"], 0);
    assert!(server.get(&format!("/Groups/{team}")).json().get("members").is_none(), "nor is she in the group");
    let again = server.post("/Users", &barbara()).is(201);
    assert_ne!(again.id(), made.id(), "an id is never given again");
}

#[test]
fn errors_are_worded_as_in_the_standard() {
    let server = Server::start();
    // RFC 7644 §3.12
    let missing = server.get("/Users/2819c223-7f76-453a-919d-413861904646").refuses(404, "").json();
    assert_eq!(missing["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(missing["status"], "404");
    let one = format!("/Users/{}", server.post("/Users", &barbara()).is(201).id());
    let readonly = operations(json!([{"op": "replace", "path": "id", "value": "x"}]));
    server.patch(&one, &readonly).refuses(400, "mutability");
    server.post("/Users", &barbara()).refuses(409, "uniqueness");
}

#[test]
fn a_walk_by_cursor_goes_as_in_the_standard() {
    let server = Server::start();
    let client = Client::new(&server, &server.okta);
    let made: Vec<String> = (0..10).map(|at| server.post("/Users", &user(&format!("u{at}"))).is(201).id()).collect();
    // RFC 9865 §2.1: an empty cursor begins, the last page has none.
    let mut walked = Vec::new();
    let mut cursor = String::new();
    for expected in [4, 4, 2] {
        let page = client.ask("GET", &format!("/Users?cursor={cursor}&count=4"), None).is(200).json();
        assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(10), &json!(expected)));
        walked.extend(ids(&page));
        cursor = page["nextCursor"].as_str().unwrap_or_default().to_owned();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{cursor}");
        assert_eq!(cursor.is_empty(), walked.len() == 10);
    }
    assert_eq!(walked, made);
    // §2.3: the same in a search.
    let mut search =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "cursor": "", "count": 5});
    let first = server.post("/Users/.search", &search).is(200).json();
    search["cursor"] = first["nextCursor"].clone();
    let second = server.post("/Users/.search", &search).is(200).json();
    assert_eq!([ids(&first), ids(&second)].concat(), made);
    assert!(second.get("nextCursor").is_none());
    // §2.2: without a cursor it goes by index.
    let list = server.list("/Users?count=4");
    assert_eq!((&list["startIndex"], list.get("nextCursor")), (&json!(1), None));
    server.get("/Users?cursor=forged&count=4").refuses(400, "invalidCursor");
    server.get("/Users?cursor=&count=-1").refuses(400, "invalidCount");
}
