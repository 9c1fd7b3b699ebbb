//! `kill -9` of the server while directories push: every answered write is there, whole, and no other is half there.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it")]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::{Client, group, members, operations, user};
use super::server::Server;

/// What one client did to one resource, and how it may be found: as it was when last answered, or as it would be had the
/// last, unanswered write been done.
#[derive(Clone, Debug, Default)]
struct Fate {
    answered: Option<Value>,
    hoped: Option<Option<Value>>,
}

/// What a client knows when the server dies: of its users by path, and who is in its group.
#[derive(Default)]
struct Memory {
    users: BTreeMap<String, Fate>,
    /// A name of which nobody knows whether it was taken.
    attempted: Option<String>,
    members: Vec<String>,
    /// Who was being added or removed.
    in_doubt: Option<String>,
    writes: usize,
}

/// Writes until the server does not answer: creates, patches two attributes at once, joins, leaves, deletes.
async fn write_on(client: Client, team: String, prefix: String) -> Memory {
    let mut memory = Memory::default();
    for turn in 0.. {
        let name = format!("{prefix}-{turn}");
        memory.attempted = Some(name.clone());
        let Ok(created) = client.send("POST", "/Users", Some(&user(&name))).await else { return memory };
        assert_eq!(created.status, 201, "{}", created.text);
        memory.attempted = None;
        memory.writes += 1;
        let (id, path) = (created.id(), format!("/Users/{}", created.id()));
        let fate = Fate { answered: Some(json!([null, null])), hoped: None };
        memory.users.insert(path.clone(), fate);

        let halves = json!([format!("t{turn}"), format!("n{turn}")]);
        memory.users.get_mut(&path).unwrap().hoped = Some(Some(halves.clone()));
        let change = operations(json!([
            {"op": "add", "path": "title", "value": halves[0]},
            {"op": "add", "path": "nickName", "value": halves[1]},
        ]));
        let Ok(patched) = client.send("PATCH", &path, Some(&change)).await else { return memory };
        assert_eq!(patched.status, 200, "{}", patched.text);
        memory.writes += 1;
        *memory.users.get_mut(&path).unwrap() = Fate { answered: Some(halves), hoped: None };

        memory.in_doubt = Some(id.clone());
        let join = operations(json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
        let Ok(joined) = client.send("PATCH", &team, Some(&join)).await else { return memory };
        assert!([200, 204].contains(&joined.status), "{}", joined.text);
        memory.writes += 1;
        memory.members.push(id.clone());
        memory.in_doubt = None;

        if turn % 3 == 2 {
            memory.users.get_mut(&path).unwrap().hoped = Some(None);
            memory.in_doubt = Some(id.clone());
            let Ok(deleted) = client.send("DELETE", &path, None).await else { return memory };
            assert_eq!(deleted.status, 204, "{}", deleted.text);
            memory.writes += 1;
            *memory.users.get_mut(&path).unwrap() = Fate::default();
            memory.members.retain(|member| *member != id);
            memory.in_doubt = None;
        }
    }
    memory
}

impl Memory {
    /// Everything is as this client was told, but for the one write that was not answered.
    fn assert_kept(&self, server: &Server, team: &str, when: &str) {
        for (path, fate) in &self.users {
            let reply = server.get(path);
            let now = (reply.status == 200).then(|| {
                let user = reply.json();
                json!([user["title"], user["nickName"]])
            });
            assert!([200, 404].contains(&reply.status), "{when}: {}", reply.text);
            let right = now == fate.answered || fate.hoped.as_ref() == Some(&now);
            assert!(right, "{when}: {path} is {now:?}, was {fate:?}");
        }
        if let Some(name) = &self.attempted {
            let found = server.found("/Users", &format!("userName eq \"{name}\""))["totalResults"].as_u64().unwrap();
            assert!(found <= 1, "{when}");
            // Whether it was or not, the directory goes on.
            server.post("/Users", &user(name)).is(if found == 1 { 409 } else { 201 });
        }
        let mut now = members(&server.get(team).is(200).json());
        let mut told = self.members.clone();
        for list in [&mut now, &mut told] {
            list.retain(|id| Some(id) != self.in_doubt.as_ref());
            list.sort();
        }
        assert_eq!(now, told, "{when}: the group");
    }
}

fn assert_sound(server: &Server, when: &str) {
    let db = rusqlite::Connection::open(server.world.database()).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{when}");
    let broken: i64 = db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0, "{when}: foreign keys");
}

/// Kills the server at so many moments, and asks it each time what is left.
fn kill(rounds: u32, seed: u64) {
    const WRITERS: usize = 4;
    let mut server = Server::start();
    let (mut random, mut writes) = (seed, 0);
    for round in 0..rounds {
        let client = Client::new(&server, &server.okta);
        let mut at_work = Vec::new();
        for number in 0..WRITERS {
            let prefix = format!("r{round}w{number}");
            let team = format!("/Groups/{}", server.post("/Groups", &group(&prefix, &[])).is(201).id());
            at_work.push((team.clone(), client.spawn(write_on(client.clone(), team, prefix))));
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(30 + (random >> 33) % 400);
        std::thread::sleep(moment);
        server.kill_and_restart();
        let when = format!("round {round}, killed after {moment:?}, seed {seed}");
        assert_sound(&server, &when);
        for (team, writer) in at_work {
            let memory = client.wait(writer).unwrap();
            writes += memory.writes;
            memory.assert_kept(&server, &team, &when);
        }
        // Ids that were answered are not given again, and the token is the old one.
        server.post("/Users", &user(&format!("after {round}"))).is(201);
    }
    println!("{writes} answered writes in {rounds} rounds");
    assert!(writes > rounds as usize * WRITERS, "only {writes} writes were answered");
}

#[test]
fn whenever_the_server_is_killed_what_it_answered_is_there() {
    kill(10, 1);
}

#[test]
#[ignore = "fifty more moments: minutes"]
fn the_server_killed_at_fifty_more_moments_keeps_what_it_answered() {
    kill(50, 2);
}
