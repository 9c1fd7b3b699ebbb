//! Log lines: to a file, as objects, for journald; what is said is among them, and nobody's name or address.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use dirsync::sandbox::{Fault, Rule};
use serde_json::Value;

use crate::google::company::Company;
use crate::program::assert_refused;
use crate::running::Running;
use crate::world::World;

const WRONG: &[&str] = &["sync", "nobody"];

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_log_file_has_log_lines_and_what_is_said_with_their_time() {
    let world = World::filled();
    for _ in 0..2 {
        let told = world.run(&[WRONG, &["--log-file", "log"]].concat());
        assert_refused(&told, 6, &["there is no integration 'nobody'"]);
    }
    let log = world.home().join("log");
    assert_eq!(mode(&log), 0o600);
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    for line in text.lines() {
        assert!(line.starts_with("2026-11-24T08:00:00.000Z ERROR there is no integration 'nobody' "), "{line}");
        assert!(line.contains("code=\"not_found\" hint=\"there is corp, "), "{line}");
    }
    let told = world.run(&[WRONG, &["--log-file", "no/such/folder"]].concat());
    assert_refused(&told, 2, &["the log cannot be written to no/such/folder", "--log-file"]);
}

#[test]
fn objects_are_for_programs() {
    let world = World::filled();
    let told = world.run(&[WRONG, &["--log-format", "json"]].concat());
    let line: Value = serde_json::from_str(&told.stderr).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert_eq!((&line["time"], &line["level"]), (&"2026-11-24T08:00:00.000Z".into(), &"error".into()), "{line}");
    assert_eq!((&line["target"], &line["fields"]["code"]), (&"dirsync::talk".into(), &"not_found".into()), "{line}");
    assert_eq!(line["message"], "there is no integration 'nobody'");
    // An object that was asked for otherwise stays what it is, and a file changes nothing on stderr.
    let told = world.run(&[WRONG, &["--log-format", "json", "-o", "json"]].concat());
    let error: Value = serde_json::from_str(&told.stderr).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert_eq!(error["error"]["code"], "not_found");
    let told = world.run(&[WRONG, &["--log-format", "json", "--log-file", "log"]].concat());
    assert!(told.stderr.starts_with("error: there is no integration"), "{told}");
    let line: Value = serde_json::from_str(&std::fs::read_to_string(world.home().join("log")).unwrap()).unwrap();
    assert_eq!(line["level"], "error");
}

#[test]
fn journald_learns_how_grave_a_line_is() {
    let mut world = World::filled();
    let path = world.home().join("journal");
    let said = |world: &World| {
        let stderr = File::create(&path).unwrap();
        world.command(WRONG).stderr(stderr).status().unwrap();
        std::fs::read_to_string(&path).unwrap()
    };
    world.set("JOURNAL_STREAM", "1:2");
    assert!(said(&world).starts_with("error: there is no integration"), "another's stream");
    let journal = path.metadata().unwrap();
    world.set("JOURNAL_STREAM", &format!("{}:{}", journal.dev(), journal.ino()));
    let text = said(&world);
    assert!(text.starts_with("<3>there is no integration 'nobody' code=\"not_found\""), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    world.set("DIRSYNC_LOG", "off");
    assert!(said(&world).starts_with("<3>"), "an error is not for a filter to silence");
}

#[test]
fn nobodys_name_or_address_is_in_a_log_unless_all_there_is_is_asked_for() {
    let company = Company::connected();
    company.sandbox.play_day();
    // What is tried again is told of, too.
    company.sandbox.inject(Rule::new("members", Fault::UnavailableHtml).times(2));
    let synced = company.world.run(&["sync", "corp", "-v", "--log-file", "log"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    let log = || std::fs::read_to_string(company.world.home().join("log")).unwrap();
    assert!(log().contains("trying again") && log().contains("corp: "), "{}", log());
    assert!(!log().contains('@') && !log().contains("brightwater"), "{}", log());
    company.sandbox.play_day();
    let synced = company.world.run(&["sync", "corp", "-vv", "--log-file", "log"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert!(log().contains("asked the directory"));
}

#[test]
fn a_log_file_that_was_moved_away_is_made_anew_when_the_server_is_told() {
    let company = Company::connected();
    let server = Running::start(company.world.command(&["serve", "--sync", "--log-file", "log"]));
    server.hears("nobody listens");
    let (log, old) = (company.world.home().join("log"), company.world.home().join("log.1"));
    std::fs::rename(&log, &old).unwrap();
    server.signal("-HUP");
    server.hears("the settings were read anew");
    assert_eq!(mode(&log), 0o600);
    let text = |path| std::fs::read_to_string(path).unwrap();
    assert!(text(&old).contains(" INFO syncing what is due"), "{}", text(&old));
    assert!(text(&log).contains(" INFO the settings were read anew"), "{}", text(&log));
}
