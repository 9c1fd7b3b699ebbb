//! `check`, as a monitor sees it.

use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use serde_json::json;

use crate::world::World;

/// The fixture without what needs somebody.
fn well() -> World {
    let world = World::filled();
    world.sql(
        "UPDATE integrations SET deleted_at = '2026-11-20T08:00:00Z' WHERE name <> 'corp';
         UPDATE plans SET state = 'discarded'; DELETE FROM run_notes",
    );
    world
}

#[test]
fn one_line_with_figures_and_the_codes_of_monitoring() {
    let world = well();
    assert_snapshot!("check_ok", world.run(&["check"]));
    world.sql("UPDATE integrations SET last_sync_at = '2026-11-24T01:00:00Z' WHERE name = 'corp'");
    assert_snapshot!("check_warning", world.run(&["check"]));
    assert_snapshot!("check_max_age", world.run(&["check", "CORP", "--max-age", "6h"]));
    let world = World::filled();
    assert_snapshot!("check_critical", world.run(&["check"]));
    assert_snapshot!("check_json", world.run(&["check", "-o", "json"]));
    assert_eq!(world.run(&["check", "Old Lab"]).code, Some(2));
}

#[test]
fn what_cannot_be_looked_at_is_unknown() {
    assert_snapshot!("check_nothing", World::new().run(&["check"]));
    assert_snapshot!("check_nobody", World::filled().run(&["check", "nobody"]));
    let world = World::new();
    std::fs::write(world.database(), "not a database".repeat(1000)).unwrap();
    let told = world.run(&["check"]);
    assert_eq!((told.code, told.stdout.starts_with("DIRSYNC UNKNOWN - ")), (Some(3), true), "{told}");
    assert_eq!(world.run(&["check", "-o", "json"]).code, Some(3));
}

#[test]
fn a_name_cannot_break_the_line_or_the_file() {
    let world = well();
    world.sql("UPDATE integrations SET name = 'a|b=\"c''d\\', name_key = 'x' WHERE name = 'corp'");
    let line = world.run(&["check"]).stdout;
    assert_eq!(line.matches('|').count(), 1, "{line}");
    assert!(line.contains("'a_b_\"c_d\\_age'=5400s;21600;43200;0"), "{line}");
    assert_eq!(world.run(&["check", "--prometheus", "x.prom"]).code, Some(0));
    let text = std::fs::read_to_string(world.home().join("x.prom")).unwrap();
    assert!(text.contains("dirsync_state{integration=\"a|b=\\\"c'd\\\\\"} 0"), "{text}");
}

#[test]
fn the_collectors_file_is_whole_readable_and_replaced() {
    let world = World::filled();
    let file = world.home().join("dirsync.prom");
    std::fs::write(&file, "old").unwrap();
    let written = world.run(&["check", "--prometheus", file.to_str().unwrap()]);
    assert_eq!((written.code, &*written.stdout, &*written.stderr), (Some(0), "", ""), "{written}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_snapshot!("check_prometheus", std::fs::read_to_string(&file).unwrap());
    let left: Vec<_> = std::fs::read_dir(world.home()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".tmp")), "{left:?}");
    let lost = world.run(&["check", "--prometheus", "no/such/folder/x.prom"]);
    assert_eq!((lost.code, lost.stderr.contains("hint: ")), (Some(3), true), "{lost}");
}

#[test]
fn the_end_of_credentials_is_seen_coming() {
    let mut world = World::new();
    assert_eq!(world.run(&["add", "scim", "--name", "okta", "--token-ttl", "365d"]).code, Some(0));
    assert_eq!(world.run(&["check"]).code, Some(0));
    world.set("DIRSYNC_NOW", "2027-11-01T08:00:00Z");
    let told = world.run(&["check"]);
    assert_eq!((told.code, told.stdout.contains("okta: its credentials end in 23 d")), (Some(1), true), "{told}");
    world.set("DIRSYNC_NOW", "2027-12-01T08:00:00Z");
    assert_eq!(world.run(&["check"]).code, Some(2));
    // A second token that never ends is all that counts.
    assert_eq!(world.run(&["reauth", "okta"]).code, Some(0));
    assert_eq!(world.run(&["check"]).code, Some(0));

    let world = well();
    let ends = json!({"method": "account", "client_id": "1-a", "project_id": null, "token_uri": null, "scopes": [],
                      "ends_at": "2026-11-25T08:00:00Z"});
    world.sql(&format!("UPDATE integrations SET credentials = '{ends}', signed_in_at = '2026-11-18T08:00:00Z'"));
    assert_eq!(world.run(&["check"]).code, Some(1));
    assert_eq!(world.json(&["query", "SELECT 1"])[0]["1"], 1);
}
