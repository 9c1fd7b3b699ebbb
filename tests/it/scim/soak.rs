//! Mixed traffic for as long as wanted (`DIRSYNC_SOAK_SECONDS`, else 20): memory stays level, nothing fails, the database
//! is sound. The figures are printed.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dirsync::clock::Clock;
use serde_json::{Value, json};

use super::caller::{Client, operations, user};
use super::server::Server;
use crate::world::asked_for;

const CLIENTS: usize = 6;
/// Kilobytes of memory more than after the warm-up that are no leak: caches fill, allocators keep pages.
const LEEWAY: u64 = 24 * 1024;

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    failures: AtomicU64,
}

/// Resident memory of a process in kilobytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// One request; what comes back must be one of these.
async fn ask(
    client: &Client,
    counts: &Counts,
    method: &str,
    path: &str,
    body: Option<Value>,
    expected: &[u16],
) -> Value {
    let reply = client.send(method, path, body.as_ref()).await.unwrap();
    counts.requests.fetch_add(1, Ordering::Relaxed);
    if reply.status >= 500 || !expected.contains(&reply.status) {
        counts.failures.fetch_add(1, Ordering::Relaxed);
        println!("{method} {path}: {} {}", reply.status, reply.text);
    }
    if reply.text.is_empty() { Value::Null } else { reply.json() }
}

/// What a directory does in a day, over and over; it leaves as many people as it finds.
async fn work(
    client: Client,
    counts: Arc<Counts>,
    number: usize,
    team: String,
    stop: tokio::sync::watch::Receiver<bool>,
) {
    let mut turn = 0_u64;
    while !*stop.borrow() {
        turn += 1;
        let name = format!("soak{number}-{turn}");
        let mut person = user(&name);
        person["externalId"] = format!("x-{name}").into();
        person["emails"] = json!([{"value": format!("{name}@corp.example"), "type": "work", "primary": true}]);
        let made = ask(&client, &counts, "POST", "/Users", Some(person.clone()), &[201]).await;
        let id = made["id"].as_str().unwrap_or("lost").to_owned();
        let one = format!("/Users/{id}");
        ask(&client, &counts, "POST", "/Users", Some(person), &[409]).await;
        let found =
            ask(&client, &counts, "GET", &format!("/Users?filter=userName+eq+%22{name}%22"), None, &[200]).await;
        assert_eq!(found["totalResults"], 1, "{found}");
        ask(&client, &counts, "GET", &format!("/Users?filter=emails.value+eq+%22{name}@corp.example%22"), None, &[200])
            .await;
        ask(&client, &counts, "GET", &format!("/Users?startIndex={}&count=50", 1 + turn % 100), None, &[200]).await;
        ask(&client, &counts, "GET", "/Users?cursor=&count=20&filter=title+pr&sortBy=title", None, &[200]).await;
        let change = operations(json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "add", "path": "title", "value": format!("title {}", turn % 7)},
        ]));
        ask(&client, &counts, "PATCH", &one, Some(change), &[200]).await;
        let join = operations(json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
        ask(&client, &counts, "PATCH", &team, Some(join), &[200, 204]).await;
        ask(&client, &counts, "GET", &format!("{team}?excludedAttributes=members"), None, &[200]).await;
        let leave = operations(json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]));
        ask(&client, &counts, "PATCH", &team, Some(leave), &[200, 204]).await;
        // And what nobody should send.
        ask(&client, &counts, "GET", "/Users?filter=userName+is+5", None, &[400]).await;
        ask(&client, &counts, "PATCH", &one, Some(json!({"rubbish": turn})), &[400]).await;
        ask(&client, &counts, "GET", "/Users/nobody", None, &[404]).await;
        ask(&client.saying(Some("Bearer wrong")), &counts, "GET", "/Users", None, &[401, 429]).await;
        ask(&client, &counts, "DELETE", &one, None, &[204]).await;
        ask(&client, &counts, "DELETE", &one, None, &[404]).await;
    }
}

#[test]
#[ignore = "a soak: as long as DIRSYNC_SOAK_SECONDS says"]
fn mixed_traffic_for_a_while_leaves_memory_level_and_the_database_sound() {
    let server = Server::start();
    let process = server.process();
    let clock = Clock::system();
    let counts = Arc::new(Counts::default());
    let client = Client::new(&server, &server.okta);
    for at in 0..200 {
        let mut resident = user(&format!("stays{at}"));
        resident["title"] = format!("title {}", at % 7).into();
        server.post("/Users", &resident).is(201);
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut at_work = Vec::new();
    for number in 0..CLIENTS {
        let body = json!({"displayName": format!("team {number}")});
        let team = format!("/Groups/{}", server.post("/Groups", &body).is(201).id());
        at_work.push(client.spawn(work(client.clone(), counts.clone(), number, team, stopped.clone())));
    }
    let total = Duration::from_secs(asked_for("DIRSYNC_SOAK_SECONDS", 20));
    let begun = clock.instant();
    std::thread::sleep(total / 4);
    let warm = resident(process);
    std::thread::sleep(total / 4);
    let middle = resident(process);
    std::thread::sleep(total / 2);
    let end = resident(process);
    stop.send(true).unwrap();
    for worker in at_work {
        client.wait(worker).unwrap();
    }
    let lasted = clock.instant().duration_since(begun).as_secs_f64();
    let requests = counts.requests.load(Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let rate = requests as f64 / lasted;
    println!(
        "soak: {lasted:.0} s, {requests} requests, {rate:.0}/s, memory {warm} kB warm, {middle} kB in the middle, {end} kB at the end"
    );
    assert_eq!(counts.failures.load(Ordering::Relaxed), 0, "answers that were not expected");
    assert!(end < warm + LEEWAY, "memory grew from {warm} kB to {end} kB");
    assert_eq!(server.list("/Users?count=0")["totalResults"], 200);
    let db = rusqlite::Connection::open(server.world.database()).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}
