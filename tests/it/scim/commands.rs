//! `add`, `details`, `reauth`, `sync`, `list` and `delete` of a directory that pushes.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::hidden;
use crate::program::assert_refused;
use crate::world::{Outcome, World};

const ADD: &[&str] = &["add", "scim", "--name", "okta", "--email", "admin@corp.example"];

/// What differs from run to run, taken out.
fn shown(outcome: &Outcome) -> String {
    let words = outcome.to_string();
    let mut shown = String::new();
    for piece in words.split_inclusive(|char: char| "\t\n /\",".contains(char)) {
        let word = piece.trim_end_matches(['\t', '\n', ' ', '/', '"', ',']);
        let slug = word.len() == 16 && word.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit());
        let replaced = match word {
            _ if slug => "[slug]",
            _ if word.starts_with("dirsync_") => "[token]",
            _ => word,
        };
        shown += replaced;
        shown += &piece[word.len()..];
    }
    shown
}

fn tokens(world: &World) -> serde_json::Value {
    world.json(&["details", "okta"])["tokens"].take()
}

fn sql(world: &World, statements: &str) {
    rusqlite::Connection::open(world.database()).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn adding_shows_the_address_and_the_token_once_and_no_other_place_knows_it() {
    let world = World::new();
    let added = world.json(ADD);
    let (url, token) = (added["api_url"].as_str().unwrap(), added["token"].as_str().unwrap());
    assert_eq!(added["name"], "okta");
    assert_eq!(added.as_object().unwrap().len(), 3);
    assert_eq!((token.len(), &token[..8]), (51, "dirsync_"));
    let slug = url.strip_prefix("http://127.0.0.1:8787/scim/").unwrap().strip_suffix("/v2").unwrap();
    assert_eq!(slug.len(), 16);
    let renewed = world.json(&["reauth", "okta"]);
    assert_eq!(renewed["api_url"], url);
    let second = renewed["token"].as_str().unwrap();
    assert_ne!(second, token);
    let secrets = [("the first token", token), ("the second", second)];
    let secrets = secrets.map(|(what, token)| (what.to_owned(), token[8..].as_bytes().to_vec()));
    let runs = [&["details", "okta", "-vv"][..], &["list", "-vv"], &["reauth", "okta", "-vv", "--token-file", "t"]];
    let outcomes = runs.map(|run| world.run(run));
    assert!(outcomes.iter().all(|outcome| outcome.code == Some(0)));
    hidden::assert_kept(&world, &secrets, &[], &outcomes);
}

#[test]
fn adding_in_every_form() {
    let world = World::new();
    assert_snapshot!("add_piped", shown(&world.run(ADD)));
    assert_snapshot!("add_taken", world.run(ADD));
    assert_snapshot!("details_new", shown(&world.run(&["details", "okta"])));
    assert_snapshot!("details_new_json", shown(&world.run(&["details", "okta", "-o", "json"])));
    assert_snapshot!("list", shown(&world.run(&["list", "-o", "json"])));
    let more = ["add", "scim", "--name", "one login", "--public-url", "https://dirsync.corp.example/in/"];
    let other = world.json(&[&more[..], &["--token-ttl", "90d"]].concat());
    let url = other["api_url"].as_str().unwrap();
    assert!(url.starts_with("https://dirsync.corp.example/in/scim/") && url.ends_with("/v2"), "{url}");
    assert_ne!(url.split('/').nth(5), world.json(&["details", "okta"])["api_url"].as_str().unwrap().split('/').nth(5));
    let details = world.json(&["details", "ONE LOGIN"]);
    assert_eq!(
        (&details["tokens"][0]["expires_at"], &details["api_url"]),
        (&"2027-02-22T08:00:00Z".into(), &other["api_url"])
    );
    assert!(
        world.json(&["details", "okta"])["api_url"].as_str().unwrap().starts_with("https://dirsync.corp.example/in/")
    );
    for wrong in [&["--public-url", "corp.example"][..], &["--token-ttl", "-1d"], &["--interval", "4h"]] {
        let refused = world.run(&[&["add", "scim", "--name", "x"], wrong].concat());
        assert_eq!(refused.code, Some(2), "{refused}");
    }
    assert_refused(&world.run(&["add", "scim"]), 2, &["--name NAME"]);
    assert!(!world.home().join("dirsync.key").exists(), "nothing is sealed, so no key is made");
}

#[test]
fn a_token_for_a_file_is_private_and_writes_over_nothing() {
    let world = World::new();
    let path = world.home().join("okta.token");
    let added = world.json(&[ADD, &["--token-file", "okta.token"]].concat());
    assert!(added["token"].is_null());
    let token = std::fs::read_to_string(&path).unwrap();
    assert!(token.starts_with("dirsync_") && token.ends_with('\n'));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = world.run(&["reauth", "okta", "--token-file", "okta.token"]);
    assert_refused(&again, 2, &["okta.token exists already"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), token);
    assert_eq!(tokens(&world).as_array().unwrap().len(), 1, "nothing was issued");
    let nowhere = world.run(&["reauth", "okta", "--token-file", "no/such/folder/x"]);
    assert_refused(&nowhere, 2, &["cannot write no/such/folder/x"]);
    // Lingering in an environment it would keep every token from being seen.
    let mut world = World::new();
    world.set("DIRSYNC_TOKEN_FILE", "lingering");
    assert!(world.json(ADD)["token"].is_string());
}

#[test]
fn an_old_token_lives_on_for_the_grace_and_never_longer_than_it_would() {
    let world = World::new();
    world.json(&[ADD, &["--token-ttl", "2h"]].concat());
    let renewed = world.run(&["reauth", "okta", "--token-ttl", "30d"]);
    assert_snapshot!("reauth", shown(&renewed));
    let ends = || tokens(&world).as_array().unwrap().iter().map(|it| it["expires_at"].to_string()).collect::<Vec<_>>();
    assert_eq!(ends(), ["\"2026-12-24T08:00:00Z\"", "\"2026-11-24T10:00:00Z\""]);
    world.json(&["reauth", "okta"]);
    assert_eq!(ends(), ["null", "\"2026-11-25T08:00:00Z\"", "\"2026-11-24T10:00:00Z\""]);
    world.json(&["reauth", "okta", "--grace", "1h"]);
    assert_eq!(ends()[1..], ["\"2026-11-24T09:00:00Z\"", "\"2026-11-24T09:00:00Z\"", "\"2026-11-24T09:00:00Z\""]);
    world.json(&["reauth", "okta", "--grace", "0"]);
    let valid: Vec<bool> = tokens(&world).as_array().unwrap().iter().map(|it| it["valid"] == true).collect();
    assert_eq!(valid, [true, false, false, false, false]);
}

#[test]
fn flags_go_with_the_kind_they_are_for() {
    let world = World::filled();
    world.json(ADD);
    for (arguments, words) in [
        (
            &["reauth", "okta", "--client-secrets", "a.json"][..],
            "--client-secrets is for directories that are signed in to, and okta is SCIM 2.0",
        ),
        (&["reauth", "okta", "--tenant", "x"], "--tenant is for"),
        (&["reauth", "okta", "--no-browser"], "--no-browser is for"),
        (&["reauth", "okta", "--key-store", "file"], "--key-store is for"),
        (&["reauth", "corp", "--grace", "1h"], "--grace is for directories that push, and corp is Google"),
        (&["reauth", "corp", "--token-ttl", "1h"], "--token-ttl is for"),
        (&["reauth", "corp", "--token-file", "x"], "--token-file is for"),
    ] {
        assert_refused(&world.run(arguments), 2, &[words]);
    }
}

#[test]
fn nobody_can_be_forced_to_push() {
    let world = World::new();
    world.json(ADD);
    assert_snapshot!("sync", world.run(&["sync", "okta"]));
    assert_snapshot!("sync_json", world.run(&["sync", "okta", "-o", "json"]));
    let all = world.run(&["sync", "--all"]);
    assert_eq!((all.code, &*all.stdout, &*all.stderr), (Some(0), "", ""), "{all}");
    let told = world.run(&["sync", "--all", "-v"]);
    assert!(told.stderr.contains("okta: pushes by itself, passed over"), "{told}");
    assert_eq!(world.count("runs"), 0);
}

#[test]
fn details_tell_who_pushes_and_when_they_did() {
    let world = World::new();
    world.json(ADD);
    sql(
        &world,
        "UPDATE integrations SET client = 'Okta SCIM Client 1.0.0', last_sync_at = '2026-11-24T07:59:00Z',
             last_sync_outcome = 'done';
         UPDATE scim_tokens SET last_used_at = '2026-11-24T07:59:30Z', expires_at = '2026-11-25T08:00:00Z';
         INSERT INTO groups (integration_id, external_id, name, created_at, updated_at)
             VALUES (1, 'g', 'Staff', '2026-11-24T07:59:00Z', '2026-11-24T07:59:00Z');",
    );
    assert_snapshot!("details", shown(&world.run(&["details", "okta"])));
    assert_snapshot!("details_json", shown(&world.run(&["details", "okta", "-o", "json"])));
    sql(&world, "UPDATE integrations SET client = 'home-made/1.2'");
    assert_eq!(world.json(&["details", "okta"])["client"], "home-made/1.2");
}

#[test]
fn what_was_deleted_is_the_same_when_it_comes_back_under_its_name() {
    let world = World::new();
    let first = world.json(ADD);
    assert_refused(&world.run(&["delete", "okta", "--confirm", "other"]), 2, &["nothing was deleted"]);
    let deleted = world.run(&["delete", "okta", "--confirm", "okta"]);
    assert_snapshot!("delete", deleted);
    assert_eq!(world.json(&["list"]), serde_json::json!([]));
    assert_eq!(world.count("scim_tokens"), 0);
    assert_eq!(world.run(&["reauth", "okta"]).code, Some(6));
    let second = world.json(&["add", "scim", "--name", "OKTA"]);
    assert_eq!(second["api_url"], first["api_url"]);
    assert_ne!(second["token"], first["token"]);
    assert_eq!(world.count("integrations"), 1);
    let other = world.json(&["add", "scim", "--name", "other"]);
    assert_ne!(other["api_url"], first["api_url"]);
}

#[test]
fn on_a_terminal_add_offers_it_and_asks_for_its_name() {
    use expectrl::{Eof, Expect, Session};
    let mut world = World::in_real_time();
    world.set("TERM", "xterm").set("NO_COLOR", "1");
    let mut command = world.command(&["add"]);
    command.stdin(std::process::Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(20)));
    for (shown, typed) in [("SCIM 2.0", "\u{1b}[A\r"), ("What shall it be called here?", "okta\r"), ("dirsync_", "")] {
        session.expect(shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
        session.send(typed).unwrap();
    }
    session.expect(Eof).unwrap();
    assert_eq!(world.json(&["list"])[0]["kind"], "scim");
}
