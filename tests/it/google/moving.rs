//! Moving house: backups, another home, and the master key that comes along, moves or is replaced.

use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;

use super::company::Company;
use super::truth::assert_true;
use crate::world::{Outcome, World};

/// A second machine, from which the same directory can be reached.
fn other_machine(company: &Company) -> World {
    let mut world = World::in_real_time();
    for (name, value) in company.sandbox.environment() {
        world.set(name, &value);
    }
    world
}

#[track_caller]
fn ends(outcome: Outcome, code: i32) -> Outcome {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    outcome
}

fn backup(company: &Company, more: &[&str]) -> String {
    let file = company.world.home().join("moved.db").to_str().unwrap().to_owned();
    ends(company.world.run(&[&["backup", &file, "--force"], more].concat()), 0);
    file
}

#[test]
fn a_house_moves_with_its_key() {
    let company = Company::connected();
    let passphrase = company.file("passphrase", "correct horse battery\n");
    let passphrase = passphrase.to_str().unwrap();
    let file = backup(&company, &["--with-key", "--passphrase-file", passphrase]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let there = other_machine(&company);
    let wrong = company.file("wrong", "incorrect\n");
    let refused = there.run(&["restore", &file, "--passphrase-file", wrong.to_str().unwrap()]);
    assert!(ends(refused, 7).stderr.contains("that is not the passphrase"));
    assert!(!there.database().exists(), "nothing is left of a refused restore");
    ends(there.run(&["restore", &file, "--no-input"]), 2);
    ends(there.run(&["restore", &file, "--passphrase-file", passphrase, "--key-store", "file"]), 0);
    assert_eq!(there.contents(), company.contents());
    company.sandbox.play_day();
    ends(there.run(&["sync", "corp"]), 0);
    assert_true(&Company { world: there, ..company });
}

#[test]
fn a_backup_without_the_key_tells_nobody_anything_and_its_restorer_what_is_missing() {
    let company = Company::connected();
    let file = backup(&company, &[]);
    let there = other_machine(&company);
    let restored = ends(there.run(&["restore", &file]), 0);
    assert!(restored.stderr.contains("cannot be used yet"), "{restored}");
    ends(there.run(&["sync", "corp"]), 7);
    // The key comes by other means.
    there.file("dirsync.key", &std::fs::read_to_string(company.world.home().join("dirsync.key")).unwrap());
    assert!(restored.stderr.contains("the key file [HOME]/dirsync.key"), "{restored}");
    ends(there.run(&["sync", "corp"]), 0);
    // Or it never does.
    let there = other_machine(&company);
    ends(there.run(&["restore", &file, "--without-secrets"]), 0);
    assert_eq!(there.json(&["list"])[0]["status"], "sign_in_needed");
    ends(there.run(&["sync", "corp"]), 4);
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let again =
        ["reauth", "corp", "--service-account", key.to_str().unwrap(), "--admin", &admin, "--key-store", "file"];
    ends(there.run(&again), 0);
    ends(there.run(&["sync", "corp"]), 0);
}

#[test]
fn what_is_there_is_only_replaced_when_asked_and_kept_beside() {
    let company = Company::connected();
    let file = backup(&company, &[]);
    let before = company.contents();
    company.sandbox.play_day();
    ends(company.world.run(&["sync", "corp"]), 0);
    let today = company.contents();
    assert!(ends(company.world.run(&["restore", &file]), 2).stderr.contains("--replace"));
    let restored = ends(company.world.run(&["restore", &file, "--replace"]), 0);
    assert_eq!(company.contents(), before);
    let kept = restored.stderr.lines().find_map(|line| line.strip_prefix("what was here is kept as ")).unwrap();
    let kept = kept.replace("[HOME]", company.world.home().to_str().unwrap());
    ends(company.world.run(&["restore", &kept, "--replace"]), 0);
    assert_eq!(company.contents(), today);
    ends(company.world.run(&["sync", "corp"]), 0);

    // A damaged database is replaced as well, and something else is no backup.
    std::fs::write(company.world.database(), "not a database any more, but long enough".repeat(100)).unwrap();
    ends(company.world.run(&["restore", &file]), 2);
    ends(company.world.run(&["restore", &file, "--replace"]), 0);
    assert_eq!(company.contents(), before);
    let nonsense = company.file("nonsense.db", &"no backup at all".repeat(500));
    let refused = ends(company.world.run(&["restore", nonsense.to_str().unwrap(), "--replace"]), 1);
    assert!(refused.stderr.contains("is no backup"), "{refused}");
    ends(company.world.run(&["restore", "/nonexistent", "--replace"]), 2);
    assert_eq!(company.contents(), before);
}

#[test]
fn a_backup_of_an_earlier_version_is_brought_up_to_date_and_itself_left_alone() {
    let company = Company::connected();
    let file = backup(&company, &[]);
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let newer = std::fs::read(&file).unwrap();
    let there = other_machine(&company);
    let refused = ends(there.run(&["restore", &file]), 1);
    assert!(refused.stderr.contains("version 999"), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), newer);
    assert!(ends(there.run(&["backup", "x.db"]), 6).stderr.contains("nothing to back up"));
}

#[test]
fn the_key_moves_and_is_replaced_and_syncs_go_on() {
    let company = Company::connected();
    let shown = company.json(&["secrets"]);
    assert_eq!((&shown["key_store"], &shown["usable"]), (&"file".into(), &true.into()));
    assert_eq!(shown["secrets"], serde_json::json!(["corp: private key"]));
    let elsewhere = company.world.home().join("elsewhere.key");
    let place = elsewhere.to_str().unwrap();
    let mut company = company;
    // Remembered, not said each time.
    company.world.unset("DIRSYNC_KEY_STORE");
    ends(company.world.run(&["secrets", "move", "--to", "file", "--key-file", place]), 0);
    assert!(elsewhere.exists() && !company.world.home().join("dirsync.key").exists());
    ends(company.world.run(&["sync", "corp"]), 0);
    let before = std::fs::read(&elsewhere).unwrap();
    let rotated = ends(company.world.run(&["secrets", "rotate"]), 0);
    assert!(rotated.stderr.contains("sealed anew: corp"), "{rotated}");
    assert_ne!(std::fs::read(&elsewhere).unwrap(), before);
    ends(company.world.run(&["sync", "corp"]), 0);
    let command = format!("cat {place}");
    ends(company.world.run(&["secrets", "move", "--to", "command", "--key-command", &command, "--keep"]), 0);
    ends(company.world.run(&["sync", "corp"]), 0);
    assert!(ends(company.world.run(&["secrets", "rotate"]), 7).stderr.contains("not for dirsync to write"));
    ends(company.world.run(&["secrets", "move", "--to", "systemd"]), 7);
    ends(company.world.run(&["sync", "corp"]), 0);
    std::fs::remove_file(&elsewhere).unwrap();
    let shown = ends(company.world.run(&["secrets", "-o", "json"]), 7);
    assert!(shown.stdout.contains("\"usable\": false"), "{shown}");
}

#[test]
fn a_lost_key_is_got_over_without_losing_anybody() {
    let company = Company::connected();
    let before = company.contents();
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    let lost = ends(company.world.run(&["sync", "corp"]), 7);
    assert!(lost.stderr.contains("dirsync secrets reset"), "{lost}");
    let shown = company.world.run(&["secrets", "-o", "json"]);
    let id = shown.stdout.split("\"key_id\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    ends(company.world.run(&["secrets", "reset"]), 2);
    ends(company.world.run(&["secrets", "reset", "--confirm", "another"]), 2);
    ends(company.world.run(&["secrets", "reset", "--confirm", &id]), 0);
    ends(company.world.run(&["secrets", "reset", "--confirm", &id]), 0);
    ends(company.world.run(&["sync", "corp"]), 4);
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    ends(company.world.run(&["reauth", "corp", "--service-account", key.to_str().unwrap(), "--admin", &admin]), 0);
    ends(company.world.run(&["sync", "corp"]), 0);
    assert_eq!(company.contents(), before);
}

#[test]
fn a_backup_does_not_say_what_is_run_here() {
    let company = Company::connected();
    let (file, trace) = (backup(&company, &[]), company.world.home().join("trace"));
    let argv = serde_json::json!(["/bin/sh", "-c", format!("touch {}", trace.display())]).to_string();
    let db = Connection::open(&file).unwrap();
    db.execute("INSERT OR REPLACE INTO settings VALUES ('key_store', 'command'), ('key_store_place', ?1)", [argv])
        .unwrap();
    drop(db);
    let there = other_machine(&company);
    let restored = ends(there.run(&["restore", &file]), 0);
    assert!(restored.stderr.contains("give --key-store command"), "{restored}");
    there.run(&["sync", "corp"]);
    assert!(!trace.exists(), "it was run");
}

#[test]
fn what_a_killed_backup_or_restore_left_goes_a_day_later() {
    let world = World::filled();
    let lies_since = |name: &str, day: &str| {
        let at: jiff::Timestamp = format!("2026-11-{day}:00:00Z").parse().unwrap();
        std::fs::write(world.home().join(name), "half").unwrap();
        let file = std::fs::File::options().write(true).open(world.home().join(name)).unwrap();
        let since = std::time::Duration::from_secs(at.as_second().unsigned_abs());
        file.set_modified(std::time::UNIX_EPOCH + since).unwrap();
    };
    let left = |names: &[&str]| -> Vec<String> {
        names.iter().filter(|name| world.home().join(name).exists()).map(|name| (*name).to_owned()).collect()
    };
    let abandoned = [".copy.db.17.unfinished", ".copy.db.17.unfinished-wal", ".copy.db.17.unfinished-journal"];
    let others =
        [".copy.db.18.unfinished", ".copy.db.x.unfinished", ".other.db.17.unfinished", ".copy.db.17.unfinished.bak"];
    abandoned.iter().for_each(|name| lies_since(name, "23T08"));
    others[1..].iter().for_each(|name| lies_since(name, "01T08"));
    lies_since(others[0], "23T09");
    ends(world.run(&["backup", "copy.db"]), 0);
    assert_eq!(left(&abandoned), [""; 0]);
    assert_eq!(left(&others), others, "somebody may be at it yet, or it is none of ours");

    lies_since(".dirsync.db.17.unfinished", "01T08");
    ends(world.run(&["restore", "copy.db", "--replace"]), 0);
    assert_eq!(left(&[".dirsync.db.17.unfinished"]), [""; 0]);
}
