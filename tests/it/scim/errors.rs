//! What is refused, with which status and word (RFC 7644 §3.12), and that a refusal never repeats what it refuses.

use serde_json::{Value, json};

use super::caller::{Client, group, operations, user};
use super::server::{Pushed, Reply, Server};

fn sent(server: &Server, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Reply {
    server.send(server.request(method, path).header("content-type", "application/scim+json").body(body))
}

#[test]
fn a_body_that_is_no_json_object_in_utf_8_is_invalid_syntax() {
    let server = Server::start();
    let id = server.post("/Users", &user("ada")).is(201).id();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = format!("{{\"userName\":\"x\",\"a\":{}1{}}}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"{\"userName\":\"a\"} more",
        b"{\"userName\":\"\xff\xfe\"}",
        b"[]",
        b"\"text\"",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];
    for body in bodies {
        for (method, path) in [("POST", "/Users"), ("PUT", &format!("/Users/{id}")), ("PATCH", &format!("/Users/{id}"))]
        {
            let reply = sent(&server, method, path, body.to_vec()).refuses(400, "invalidSyntax");
            assert_eq!(reply.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
            assert_eq!(reply.header("content-type"), "application/scim+json");
        }
        sent(&server, "POST", "/Groups", body.to_vec()).refuses(400, "invalidSyntax");
        sent(&server, "POST", "/Bulk", body.to_vec()).refuses(400, "invalidSyntax");
        sent(&server, "POST", "/Users/.search", body.to_vec()).refuses(400, "invalidSyntax");
    }
    assert_eq!(server.list("/Users")["totalResults"], 1);
}

#[test]
fn a_value_that_is_missing_or_of_the_wrong_type_is_invalid() {
    let server = Server::start();
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for body in [
        json!({"schemas": [core]}),
        json!({"schemas": [core], "userName": ""}),
        json!({"schemas": [core], "userName": null}),
        json!({"schemas": [core], "userName": {"value": "ada"}}),
        json!({"schemas": [core], "userName": "ada", "active": "perhaps"}),
        json!({"schemas": [core], "userName": "ada", "emails": "not an object of them at all"}),
    ] {
        let reply = server.post("/Users", &body);
        // A bare text for an e-mail address is forgiven.
        if body["emails"].is_string() && reply.status == 201 {
            continue;
        }
        reply.refuses(400, "invalidValue");
    }
    for body in [json!({"members": []}), json!({"displayName": ""}), json!({"displayName": {"a": 1}})] {
        server.post("/Groups", &body).refuses(400, "invalidValue");
    }
    for schemas in [json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]), json!(["urn:else"])] {
        let reply = server.post("/Users", &json!({"schemas": schemas, "userName": "ada"})).is(400);
        assert!(
            ["invalidSyntax", "invalidValue"].map(Value::from).contains(&reply.json()["scimType"]),
            "{}",
            reply.text
        );
    }
}

#[test]
fn a_patch_that_cannot_be_done_says_in_which_way_and_does_nothing() {
    let server = Server::start();
    let mut ada = user("ada");
    ada["emails"] = json!([{"value": "ada@corp.example", "type": "work"}]);
    let ada = server.post("/Users", &ada).is(201);
    let one = format!("/Users/{}", ada.id());
    for (operation, kind) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "id", "value": "mine"}), "mutability"),
        (json!({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}), "mutability"),
        (json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "shoeSize", "value": 46}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq", "value": "x"}), "invalidPath|invalidFilter"),
        (json!({"op": "replace", "path": "emails[type is \"work\"].value", "value": "x"}), "invalidFilter"),
        (json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": {"a": {"b": 1}}}), "invalidValue"),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), "invalidValue"),
        (json!({"op": "replace", "path": "userName", "value": ""}), "invalidValue"),
        (json!({"op": "replace", "path": "userName"}), "invalidValue"),
        (json!({"op": "add", "value": "text"}), "invalidValue"),
        (json!({"op": "replace", "path": 5, "value": "text"}), "invalidPath"),
        (json!({"op": "move", "path": "title", "value": "x"}), "invalidSyntax"),
        (json!("text"), "invalidSyntax"),
    ] {
        // What is right before it does not stay either.
        let request = operations(json!([{"op": "add", "path": "title", "value": "lost"}, operation]));
        let reply = server.patch(&one, &request).is(400);
        let said = reply.json()["scimType"].as_str().unwrap_or("").to_owned();
        assert!(kind.split('|').any(|kind| kind == said), "{operation}: {}", reply.text);
        assert_eq!(server.get(&one).json(), ada.json(), "{operation}");
    }
    for body in [json!({"Operations": []}), json!({"schemas": ["urn:x"], "Operations": [{"op": "add"}]}), json!({})] {
        server.patch(&one, &body).refuses(400, "invalidSyntax");
    }
}

#[test]
fn a_name_that_is_taken_is_a_conflict_however_it_is_asked_for() {
    let server = Server::start();
    server.post("/Users", &user("ada")).is(201);
    let bob = format!("/Users/{}", server.post("/Users", &user("bob")).is(201).id());
    server.post("/Users", &user("ADA")).refuses(409, "uniqueness");
    server.put(&bob, &user("Ada")).refuses(409, "uniqueness");
    let rename = |name: &str, path: &str| operations(json!([{"op": "replace", "path": path, "value": name}]));
    server.patch(&bob, &rename("ada", "userName")).refuses(409, "uniqueness");
    assert_eq!(server.get(&bob).json()["userName"], "bob");
    server.put(&bob, &user("BOB")).is(200);
    server.post("/Groups", &group("all", &[])).is(201);
    let team = format!("/Groups/{}", server.post("/Groups", &group("team", &[])).is(201).id());
    server.post("/Groups", &group("All", &[])).refuses(409, "uniqueness");
    server.put(&team, &group("ALL", &[])).refuses(409, "uniqueness");
    server.patch(&team, &rename("all", "displayName")).refuses(409, "uniqueness");
}

#[test]
fn who_comes_without_the_right_token_is_not_let_in() {
    let server = Server::start();
    let other = server.world.add_scim("entra", &[]);
    let client = Client::new(&server, &server.okta);
    let right = &server.okta.token;
    for authorization in [
        None,
        Some("Bearer wrong".to_owned()),
        Some(format!("Bearer {}", other.token)),
        Some(format!("Bearer {right}x")),
        Some(format!("Basic {right}")),
        Some(right.clone()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
    ] {
        for (method, path) in [("GET", "/Users"), ("DELETE", "/Users/1"), ("GET", "/Me")] {
            let reply = client.saying(authorization.as_deref()).ask(method, path, None);
            // Many wrong ones in a row are told to wait.
            let reply = if reply.status == 429 { reply.refuses(429, "") } else { reply.refuses(401, "") };
            if reply.status == 401 {
                assert!(reply.header("www-authenticate").starts_with("Bearer"), "{authorization:?}");
            }
        }
    }
    client.saying(Some(&format!("bearer {right}"))).ask("GET", "/Users", None).is(200);
    client.saying(Some(&format!("BEARER   {right}"))).ask("GET", "/Users", None).is(200);
}

#[test]
fn a_token_that_has_expired_opens_nothing() {
    let server = Server::start_with(&["--token-ttl", "1h"]);
    server.get("/Users").is(200);
    // An hour is long.
    let ended = server.world.column("UPDATE scim_tokens SET expires_at = '2026-01-01T00:00:00Z' RETURNING expires_at");
    assert_eq!(ended.len(), 1);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let refused = server.get("/Users").refuses(401, "");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
}

#[test]
fn who_keeps_bringing_wrong_tokens_is_told_to_wait_and_the_right_one_is_let_in() {
    let server = Server::start();
    let client = Client::new(&server, &server.okta);
    let wrong = client.saying(Some("Bearer wrong"));
    let mut told = Vec::new();
    for _ in 0..40 {
        let reply = wrong.ask("GET", "/Users", None);
        told.push(reply.status);
        if reply.status == 429 {
            let wait: u64 = reply.refuses(429, "").header("retry-after").parse().unwrap();
            assert!((1..=120).contains(&wait), "{wait}");
        }
        client.ask("GET", "/Users?count=0", None).is(200);
    }
    assert_eq!((told[0], told[39]), (401, 429), "{told:?}");
}

#[test]
fn what_is_too_large_is_refused_with_the_limit() {
    let server = Server::start();
    let mut large = user("ada");
    large["title"] = "x".repeat(8 * 1024 * 1024).into();
    server.post("/Users", &large).refuses(413, "");
    // Nor does it matter that nobody announces how much it is.
    let chunks = (0..9).map(|_| Ok::<_, std::io::Error>("x".repeat(1024 * 1024)));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    sent(&server, "POST", "/Users", stream).refuses(413, "");

    let one = json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": user("bulk")});
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": vec![one; 1001]});
    let refused = server.post("/Bulk", &bulk).refuses(413, "");
    assert!(refused.json()["detail"].as_str().unwrap().contains("1000"), "{}", refused.text);
    let id = server.post("/Users", &user("ada")).is(201).id();
    let many = operations(json!(vec![json!({"op": "add", "path": "title", "value": "x"}); 1001]));
    server.patch(&format!("/Users/{id}"), &many).refuses(413, "");
    assert_eq!(server.list("/Users")["totalResults"], 1, "nothing of what was refused is there");
    server.get("/Users").is(200);
}

#[test]
fn another_kind_of_content_is_refused() {
    let server = Server::start();
    for kind in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
    {
        for path in ["/Users", "/Groups", "/Bulk", "/.search"] {
            let request = server.request("POST", path).header("content-type", kind).body(user("ada").to_string());
            server.send(request).refuses(415, "");
        }
    }
    assert_eq!(server.list("/Users")["totalResults"], 0);
}

#[test]
fn what_is_not_there_is_not_found_whatever_is_sent_to_it() {
    let server = Server::start();
    let gone = server.post("/Users", &user("ada")).is(201).id();
    server.delete(&format!("/Users/{gone}")).is(204);
    let team = server.post("/Groups", &group("all", &[])).is(201).id();
    server.delete(&format!("/Groups/{team}")).is(204);
    for id in ["nobody", "1", "%00", "a%2Fb", &gone, &"x".repeat(3000), "../Users", "%ff"] {
        for endpoint in ["Users", "Groups"] {
            let path = format!("/{endpoint}/{id}");
            if id.contains("..") {
                continue;
            }
            server.get(&path).refuses(404, "");
            server.delete(&path).refuses(404, "");
            // Existence comes before what is said.
            server.put(&path, &json!({"no": "good"})).refuses(404, "");
            server.patch(&path, &json!({"no": "good"})).refuses(404, "");
        }
    }
    server.get(&format!("/Users/{team}")).refuses(404, "");
    server.get(&format!("/Groups/{gone}")).refuses(404, "");
    let elsewhere = Client::new(&server, &Pushed { path: "/scim/nobody/v2".into(), ..server.okta.clone() });
    elsewhere.ask("GET", "/Users", None).refuses(404, "");
}

#[test]
fn no_refusal_repeats_a_value_it_was_sent() {
    let server = Server::start();
    const SECRET: &str = "Zyxwv-Secret-98765";
    let ada = format!("/Users/{}", server.post("/Users", &user(SECRET)).is(201).id());
    let replace = |path: &str, value: Value| operations(json!([{"op": "replace", "path": path, "value": value}]));
    let query: String = url::form_urlencoded::byte_serialize(format!("userName is \"{SECRET}\"").as_bytes()).collect();
    let boolean: String = url::form_urlencoded::byte_serialize(format!("active gt \"{SECRET}\"").as_bytes()).collect();
    let date: String =
        url::form_urlencoded::byte_serialize(format!("meta.created gt \"{SECRET}\"").as_bytes()).collect();
    let replies = [
        server.post("/Users", &user(SECRET)).is(409),
        server.post("/Users", &json!({"userName": "x", "active": SECRET})).is(400),
        server.post("/Users", &json!({"userName": "x", "emails": [{"value": {"x": SECRET}}]})).is(400),
        server.post("/Users", &json!({"userName": {"x": SECRET}})).is(400),
        server.patch(&ada, &replace("active", SECRET.into())).is(400),
        server.patch(&ada, &replace("name", SECRET.into())),
        server.patch(&ada, &replace(&format!("emails[type is \"{SECRET}\"].value"), "x".into())).is(400),
        server.patch(&ada, &replace("password", json!({"x": SECRET}))),
        sent(&server, "POST", "/Users", format!("{{\"userName\": \"{SECRET}\",}}")).is(400),
        server.get(&format!("/Users?filter={query}")).is(400),
        server.get(&format!("/Users?filter={boolean}")).is(400),
        server.get(&format!("/Users?filter={date}")).is(400),
        server.get(&format!("/Users?count={SECRET}")).is(400),
        server.get(&format!("/Users?cursor={SECRET}")).is(400),
        server.get(&format!("/Users?sortOrder={SECRET}")).is(400),
    ];
    for reply in replies {
        assert!(reply.status == 200 || !reply.text.contains(SECRET), "{} {}", reply.status, reply.text);
    }
}
