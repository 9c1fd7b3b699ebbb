//! Entity tags (RFC 7644 §3.14): one and the same in the body and in the header, and another exactly when the resource is.

use serde_json::json;

use super::caller::{group, operations, user};
use super::server::{Reply, Server};

/// The version, which the body and the header must agree about.
#[track_caller]
fn version(reply: &Reply) -> String {
    let version = reply.json()["meta"]["version"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("etag"), version);
    assert!(version.starts_with("W/\"") && version.ends_with('"'), "{version}");
    version
}

fn ask(server: &Server, method: &str, path: &str, header: (&str, &str), body: &serde_json::Value) -> Reply {
    let request = server.request(method, path).header(header.0, header.1);
    match method {
        "GET" | "DELETE" => server.send(request),
        _ => server.send(request.header("content-type", "application/scim+json").body(body.to_string())),
    }
}

#[test]
fn the_version_in_the_body_is_the_entity_tag_on_every_answer() {
    let server = Server::start();
    for (endpoint, body) in [("/Users", user("ada")), ("/Groups", group("all", &[]))] {
        let created = server.post(endpoint, &body).is(201);
        let one = format!("{endpoint}/{}", created.id());
        let first = version(&created);
        assert_eq!(version(&server.get(&one)), first);
        let list = server.list(endpoint);
        assert_eq!(list["Resources"][0]["meta"]["version"], first);
        let mut changed = body.clone();
        changed["displayName"] = "else".into();
        let second = version(&server.put(&one, &changed).is(200));
        assert_ne!(first, second);
        let name = operations(json!([{"op": "replace", "path": "displayName", "value": "once more"}]));
        let third = version(&server.patch(&one, &name).is(200));
        assert_ne!(second, third);
        assert_eq!(version(&server.get(&one)), third);
    }
}

#[test]
fn who_has_this_version_is_told_so_and_sent_nothing() {
    let server = Server::start();
    for (endpoint, body) in [("/Users", user("ada")), ("/Groups", group("all", &[]))] {
        let created = server.post(endpoint, &body).is(201);
        let (one, tag) = (format!("{endpoint}/{}", created.id()), version(&created));
        let strong = tag.trim_start_matches("W/").to_owned();
        for tags in [&*tag, &*strong, "*", &*format!("W/\"other\", {tag}"), &*format!("\"a\",\"b\" , {strong}")] {
            let reply = ask(&server, "GET", &one, ("if-none-match", tags), &json!(null)).is(304);
            assert_eq!((reply.text.as_str(), reply.header("etag")), ("", tag.as_str()), "{tags}");
        }
        ask(&server, "GET", &one, ("if-none-match", "W/\"other\""), &json!(null)).is(200);
        let name = operations(json!([{"op": "replace", "path": "displayName", "value": "else"}]));
        server.patch(&one, &name).is(200);
        ask(&server, "GET", &one, ("if-none-match", &tag), &json!(null)).is(200);
    }
}

#[test]
fn who_thinks_it_is_another_version_changes_nothing() {
    let server = Server::start();
    for (endpoint, body) in [("/Users", user("ada")), ("/Groups", group("all", &[]))] {
        let created = server.post(endpoint, &body).is(201);
        let (one, tag) = (format!("{endpoint}/{}", created.id()), version(&created));
        let name = |name: &str| operations(json!([{"op": "replace", "path": "displayName", "value": name}]));
        let old = ("if-match", "W/\"other\"");
        ask(&server, "PUT", &one, old, &body).refuses(412, "");
        ask(&server, "PATCH", &one, old, &name("lost")).refuses(412, "");
        ask(&server, "DELETE", &one, old, &json!(null)).refuses(412, "");
        assert_eq!(version(&server.get(&one).is(200)), tag, "nothing happened");

        let strong = tag.trim_start_matches("W/");
        let patched = ask(&server, "PATCH", &one, ("if-match", &format!("\"x\", {strong}")), &name("first")).is(200);
        assert_eq!(patched.json()["displayName"], "first");
        ask(&server, "PATCH", &one, ("if-match", &tag), &name("second")).refuses(412, "");
        ask(&server, "PUT", &one, ("if-match", "*"), &body).is(200);
        let now = version(&server.get(&one));
        ask(&server, "DELETE", &one, ("if-match", &now), &json!(null)).is(204);
        ask(&server, "PUT", &one, ("if-match", "*"), &body).refuses(404, "");
        ask(&server, "DELETE", &one, ("if-match", &now), &json!(null)).refuses(404, "");
    }
}

#[test]
fn adding_what_is_there_changes_neither_the_version_nor_the_date() {
    let server = Server::start();
    let mut ada = user("ada");
    ada["emails"] = json!([{"value": "ada@corp.example", "type": "work", "primary": true}]);
    ada["name"] = json!({"givenName": "Ada", "familyName": "Lovelace"});
    let ada = server.post("/Users", &ada).is(201);
    let all = server.post("/Groups", &group("all", &[ada.id()])).is(201);
    let one = format!("/Users/{}", ada.id());
    // As it is with the group it is in.
    let before = server.get(&one).is(200);
    for operation in [
        json!({"op": "add", "path": "emails", "value": [{"value": "ada@corp.example", "type": "work"}]}),
        json!({"op": "add", "path": "name.givenName", "value": "Ada"}),
        json!({"op": "add", "value": {"name": {"familyName": "Lovelace"}}}),
        json!({"op": "replace", "path": "userName", "value": "ada"}),
        json!({"op": "remove", "path": "nickName"}),
    ] {
        let after = server.patch(&one, &operations(json!([operation]))).is(200);
        assert_eq!(after.json(), before.json(), "{operation}");
        assert_eq!(version(&after), version(&before), "{operation}");
    }
    let team = format!("/Groups/{}", all.id());
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": ada.id()}]}),
        json!({"op": "remove", "path": "members[value eq \"nobody\"]"}),
        json!({"op": "replace", "path": "members", "value": [{"value": ada.id()}]}),
    ] {
        let after = server.patch(&team, &operations(json!([operation])));
        if operation["op"] != "remove" {
            assert_eq!(after.is(200).json()["meta"], all.json()["meta"], "{operation}");
        }
        assert_eq!(server.get(&team).json(), all.json(), "{operation}");
    }
}

#[test]
fn who_joins_a_group_changes_the_group_and_is_seen_to_be_in_it() {
    let server = Server::start();
    let ada = server.post("/Users", &user("ada")).is(201);
    let all = server.post("/Groups", &group("all", &[])).is(201);
    let (one, team) = (format!("/Users/{}", ada.id()), format!("/Groups/{}", all.id()));
    let mut seen = vec![version(&all)];
    let mut seen_of_her = vec![version(&ada)];
    let join = json!([{"op": "add", "path": "members", "value": [{"value": ada.id()}]}]);
    let leave = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", ada.id())}]);
    for (change, is_in) in [(join.clone(), true), (leave, false), (join, true)] {
        server.patch(&team, &operations(change)).is(200);
        let (group, her) = (server.get(&team).is(200), server.get(&one).is(200));
        assert!(!seen.contains(&version(&group)), "the group is another");
        // What is shown of her is another, so that who has her old version must not be told it is still good.
        assert_ne!(seen_of_her.last(), Some(&version(&her)));
        seen.push(version(&group));
        seen_of_her.push(version(&her));
        let groups = her.json();
        let shown = groups["groups"].as_array().map_or(0, Vec::len);
        assert_eq!(shown, usize::from(is_in), "{groups}");
        if is_in {
            assert_eq!(groups["groups"][0]["value"], all.id());
            assert_eq!(groups["groups"][0]["display"], "all");
            assert_eq!(groups["groups"][0]["$ref"], format!("{}{team}", server.base()));
        }
    }
    server.delete(&team).is(204);
    assert!(server.get(&one).json().get("groups").is_none(), "a deleted group has nobody in it");
}
