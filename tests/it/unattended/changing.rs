//! `set` and `rename`, and the watchdog that `set --ping-url` names.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use serde_json::json;

use crate::google::company::Company;
use crate::world::World;

#[test]
fn an_interval_can_be_changed_and_is_shown() {
    let world = World::filled();
    assert_snapshot!("set_interval", world.run(&["set", "corp", "--interval", "2h"]));
    let details = world.run(&["set", "corp", "--interval", "manual", "-o", "json"]).json();
    assert_eq!((&details["interval"], &details["next_sync_at"]), (&json!("manual"), &json!(null)));
    assert_snapshot!("set_nothing", world.run(&["set", "corp"]));
    assert_snapshot!("set_strange", world.run(&["set", "corp", "--strict"]));
    assert_eq!(world.run(&["set", "nobody", "--interval", "2h"]).code, Some(6));
    assert_eq!(world.run(&["set", "--interval", "2h"]).code, Some(2));
}

#[test]
fn what_is_set_for_new_directories_does_not_change_those_that_are_there() {
    let mut world = World::filled();
    world.set("DIRSYNC_INTERVAL", "7h").set("DIRSYNC_STRICT", "1");
    assert_eq!(world.run(&["set", "corp"]).code, Some(2));
    let details = world.run(&["set", "corp", "--ping-url", "none", "-o", "json"]).json();
    assert_eq!(details["interval"], "4h");
}

#[test]
fn switches_of_a_directory_that_pushes_go_on_and_off() {
    let world = World::new();
    assert_eq!(world.run(&["add", "scim", "--name", "okta", "--strict", "-o", "json"]).code, Some(0));
    assert_snapshot!("set_switches", world.run(&["set", "okta", "--strict=no", "--equal-group-names"]));
    let kept = world.run(&["query", "SELECT credentials FROM integrations", "-o", "json"]).json();
    let kept: serde_json::Value = serde_json::from_str(kept[0]["credentials"].as_str().unwrap()).unwrap();
    assert_eq!(kept, json!({"strict": false, "equal_group_names": true, "ignore_unknown": false}));
    assert_eq!(world.run(&["set", "okta", "--interval", "4h"]).code, Some(2));
}

#[test]
fn another_name_takes_everything_along() {
    let world = World::filled();
    assert_snapshot!("rename", world.run(&["rename", "corp", "Headquarters"]));
    let people = world.run(&["users", "--integration", "headquarters", "-o", "json"]).json();
    assert!(people.as_array().unwrap().iter().all(|it| it["integration"] == "Headquarters") && people[0].is_object());
    assert_eq!(world.run(&["rename", "headquarters", "HEADQUARTERS", "-o", "json"]).json()["name"], "HEADQUARTERS");
    assert_snapshot!("rename_taken", world.run(&["rename", "headquarters", "old lab"]));
    assert_eq!(world.run(&["rename", "corp", "x"]).code, Some(6));
    assert_eq!(world.run(&["rename", "headquarters", " x"]).code, Some(2));
    // The name of a deleted one is free.
    assert_eq!(world.run(&["rename", "headquarters", "gone"]).code, Some(0));
}

/// Answers every request with 200 and keeps its first line.
fn watchdog() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-uuid", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let line = String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned();
            lines.lock().unwrap().push(line);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK").unwrap();
        }
    });
    (url, heard)
}

#[test]
fn a_watchdog_hears_of_every_sync_and_can_make_none_fail() {
    let mut company = Company::connected();
    let (url, heard) = watchdog();
    let take = || std::mem::take(&mut *heard.lock().unwrap());
    let set = company.world.run(&["set", "corp", "--ping-url", &url]);
    assert_eq!((set.code, set.to_string().matches("secret-uuid").count()), (Some(0), 1), "only what was typed: {set}");
    assert_eq!(company.json(&["details", "corp"])["ping_host"], "127.0.0.1");
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    assert_eq!(take(), ["GET /secret-uuid/start HTTP/1.1", "GET /secret-uuid HTTP/1.1"]);
    assert_eq!(company.world.run(&["sync", "corp", "--dry-run"]).code, Some(0));
    assert_eq!(take(), [""; 0]);
    company.world.set("DIRSYNC_GOOGLE_API_URL", "http://127.0.0.1:9");
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(75));
    assert_eq!(take(), ["GET /secret-uuid/start HTTP/1.1", "GET /secret-uuid/fail HTTP/1.1"]);
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    assert_eq!(company.world.run(&["sync", "--all"]).code, Some(7));
    assert_eq!(take(), ["GET /secret-uuid/fail HTTP/1.1"], "it could not even begin");

    let company = Company::connected();
    assert_eq!(company.world.run(&["set", "corp", "--ping-url", "http://127.0.0.1:9/secret-uuid"]).code, Some(0));
    let synced = company.world.run(&["-v", "sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert!(synced.stderr.contains("127.0.0.1 was not told") && !synced.stderr.contains("secret-uuid"), "{synced}");
    assert_eq!(company.world.run(&["delete", "corp", "--confirm", "corp"]).code, Some(0));
    assert_eq!(company.count("unattended"), 0);
}
