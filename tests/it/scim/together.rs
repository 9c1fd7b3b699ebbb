//! Many at once: what is answered is done, nothing is done twice, nothing is lost, and everybody else goes on meanwhile.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::caller::{Client, group, members, operations, user};
use super::server::Server;
use crate::google::company::Company;

/// Adds so many users in one go.
pub(crate) fn many_users(server: &Server, prefix: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(1000) {
        let made: Vec<Value> = some
            .iter()
            .map(|at| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{at}"), "data": user(&format!("{prefix}{at:05}"))}))
            .collect();
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": made});
        let done = server.post("/Bulk", &bulk).is(200).json();
        for operation in done["Operations"].as_array().unwrap() {
            assert_eq!(operation["status"], "201", "{operation}");
            ids.push(operation["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        }
    }
    ids
}

#[test]
fn of_sixteen_who_create_the_same_one_does() {
    let server = Server::start();
    for (endpoint, body, filter) in
        [("/Users", user("ada"), "userName eq \"ada\""), ("/Groups", group("all", &[]), "displayName eq \"all\"")]
    {
        let request =
            |_| server.request("POST", endpoint).header("content-type", "application/json").body(body.to_string());
        let replies = server.send_all((0..16).map(request).collect());
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 15]].concat(), "{endpoint}");
        assert_eq!(server.found(endpoint, filter)["totalResults"], 1);
        for reply in replies.into_iter().filter(|reply| reply.status == 409) {
            reply.refuses(409, "uniqueness");
        }
    }
}

#[test]
fn parallel_patches_of_one_group_lose_nobody() {
    let server = Server::start();
    let ids = many_users(&server, "u", 320);
    let (gone, joining) = ids.split_at(160);
    let team = format!("/Groups/{}", server.post("/Groups", &group("all", gone)).is(201).id());
    let one = Client::new(&server, &server.okta);
    let mut clients = Vec::new();
    // Each adds twenty and removes twenty, one after another, while seven others do the same.
    for client in 0..8 {
        let (one, team) = (one.clone(), team.clone());
        let (gone, joining) = (gone[client * 20..][..20].to_vec(), joining[client * 20..][..20].to_vec());
        let at_work = one.clone();
        clients.push(one.spawn(async move {
            for (gone, joining) in gone.iter().zip(&joining) {
                let change = operations(json!([
                    {"op": "remove", "path": format!("members[value eq \"{gone}\"]")},
                    {"op": "add", "path": "members", "value": [{"value": joining}]},
                ]));
                let reply = at_work.send("PATCH", &team, Some(&change)).await.unwrap();
                assert!([200, 204].contains(&reply.status), "{}", reply.text);
            }
        }));
    }
    one.wait(async {
        for client in clients {
            client.await.unwrap();
        }
    });
    let mut expected = joining.to_vec();
    expected.sort();
    assert_eq!(members(&server.get(&team).json()), expected);
    let everybody = server.found("/Users", "groups pr");
    assert_eq!(everybody["totalResults"], 160);
}

#[test]
fn parallel_patches_of_one_user_lose_no_attribute() {
    let server = Server::start();
    let ada = format!("/Users/{}", server.post("/Users", &user("ada")).is(201).id());
    let texts =
        ["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone", "profileUrl"];
    let paths: Vec<String> = texts
        .iter()
        .map(|name| (*name).to_owned())
        .chain(["givenName", "familyName", "middleName", "formatted"].map(|part| format!("name.{part}")))
        .chain(["a", "b", "c", "d"].map(|kind| format!("emails[type eq \"{kind}\"].value")))
        .collect();
    let request = |path: &String| {
        let change = operations(json!([{"op": "add", "path": path, "value": format!("of {path}")}]));
        server.request("PATCH", &ada).header("content-type", "application/scim+json").body(change.to_string())
    };
    for reply in server.send_all(paths.iter().map(request).collect()) {
        reply.is(200);
    }
    let now = server.get(&ada).json();
    for name in texts {
        assert_eq!(now[name], format!("of {name}"), "{now}");
    }
    for part in ["givenName", "familyName", "middleName", "formatted"] {
        assert_eq!(now["name"][part], format!("of name.{part}"), "{now}");
    }
    let kinds: BTreeSet<&str> =
        now["emails"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["a", "b", "c", "d"]), "{now}");
}

#[test]
fn everybody_else_goes_on_while_a_directory_pushes() {
    let company = Company::connected();
    company.sandbox.play_day();
    let server = Server::start_in(company.world, &[]);
    let client = Client::new(&server, &server.okta);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut writers = Vec::new();
    for number in 0..4 {
        let (client, stopped) = (client.clone(), stopped.clone());
        let at_work = client.clone();
        writers.push(client.spawn(async move {
            let mut done = 0_usize;
            while !*stopped.borrow() {
                let reply = at_work.send("POST", "/Users", Some(&user(&format!("w{number}-{done}")))).await.unwrap();
                assert_eq!(reply.status, 201, "{}", reply.text);
                done += 1;
            }
            done
        }));
    }
    let synced = server.world.run(&["sync", "corp", "--max-removals", "100%"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    for arguments in [&["users"][..], &["groups"], &["query", "SELECT count(*) FROM v1_users"], &["list"]] {
        let shown = server.world.run(arguments);
        assert_eq!(shown.code, Some(0), "{shown}");
    }
    stop.send(true).unwrap();
    let mut done = 0;
    for writer in writers {
        done += client.wait(writer).unwrap();
    }
    assert!(done > 0);
    assert_eq!(server.list("/Users?count=0")["totalResults"], done);
}

#[test]
fn a_group_of_ten_thousand_takes_a_hundred_more() {
    let server = Server::start();
    // Most of them nobody knows yet: groups may come before their people.
    let strangers = (0..9_900).map(|at| format!("stranger{at:05}"));
    let everybody: Vec<String> = strangers.chain(many_users(&server, "u", 200)).collect();
    let (first, more) = everybody.split_at(10_000);
    let team =
        format!("/Groups/{}", server.post("/Groups?excludedAttributes=members", &group("all", first)).is(201).id());
    let values: Vec<Value> = more.iter().map(|id| json!({"value": id})).collect();
    let join = operations(json!([{"op": "add", "path": "members", "value": values}]));
    server.patch(&team, &join).is(204);
    let mut expected = everybody.clone();
    expected.sort();
    assert_eq!(members(&server.get(&team).json()), expected);
    let without = server.get(&format!("{team}?excludedAttributes=members")).is(200).json();
    assert!(without.get("members").is_none());
    // The same again changes nothing.
    let version = without["meta"]["version"].clone();
    server.patch(&team, &join).is(204);
    assert_eq!(server.get(&format!("{team}?excludedAttributes=members")).json()["meta"]["version"], version);
    let of_last = server.get(&format!("/Users/{}", more[99])).json();
    assert_eq!(of_last["groups"][0]["display"], "all", "{of_last}");
}
