//! What becomes of a sync whose database is newer, damaged, not writable, or on a disk that is full.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::company::Company;
use super::truth::assert_true;
use crate::world::Outcome;

/// The sync failed, with this sentence and this way out.
#[track_caller]
fn assert_failed(outcome: &Outcome, phrase: &str, way_out: &str) {
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(phrase), "{outcome}");
    assert!(outcome.stderr.contains(way_out), "{outcome}");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let company = Company::connected();
    let db = rusqlite::Connection::open(company.world.database()).unwrap();
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    db.pragma_update(None, "user_version", 999).unwrap();
    assert_failed(&company.world.run(&["sync", "corp"]), "the database is of version 999", "update dirsync");
    db.pragma_update(None, "user_version", version).unwrap();
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    assert_true(&company);
}

#[test]
fn a_damaged_database_is_said_to_be_and_left_for_the_backup_to_replace() {
    let company = Company::connected();
    let database = company.world.database();
    let whole = rusqlite::Connection::open(&database).unwrap();
    whole.execute("VACUUM INTO ?1", [company.world.home().join("backup.db").to_str().unwrap()]).unwrap();
    drop(whole);
    for file in ["dirsync.db-wal", "dirsync.db-shm"] {
        let _ = std::fs::remove_file(company.world.home().join(file));
    }
    let rubbish = "rubbish ".repeat(4096);
    std::fs::write(&database, &rubbish).unwrap();
    assert_failed(&company.world.run(&["sync", "corp"]), "the database is damaged", "backup");
    assert_eq!(std::fs::read_to_string(&database).unwrap(), rubbish);
    std::fs::rename(company.world.home().join("backup.db"), &database).unwrap();
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_true(&company);
}

#[test]
fn a_database_that_may_not_be_written_stays_as_it_is() {
    let company = Company::connected();
    let before = company.contents();
    let home = company.world.home();
    let mode = |mode| std::fs::set_permissions(home, std::fs::Permissions::from_mode(mode)).unwrap();
    let read_only = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let database = company.world.database();
    read_only(&database, 0o444);
    mode(0o555);
    let mut command = company.world.command(&["sync", "corp"]);
    // Nothing is read-only to root.
    if std::fs::metadata(home).unwrap().uid() == 0 {
        command.uid(65534);
    }
    let output = command.output().unwrap();
    let outcome = company.world.outcome(&["sync", "corp"], output.status.code(), output.stdout, output.stderr);
    mode(0o700);
    read_only(&database, 0o600);
    assert_failed(&outcome, "database", "DIRSYNC_HOME");
    assert_eq!(company.contents(), before);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
}

#[test]
fn a_database_that_a_stranger_has_locked_is_tried_again_later() {
    let company = Company::connected();
    let before = company.contents();
    company.sandbox.play_day();
    let stranger = rusqlite::Connection::open(company.world.database()).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = company.world.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(75), "{outcome}");
    assert!(outcome.stderr.contains("locked by another program"), "{outcome}");
    assert!(outcome.stderr.contains("when the other program has finished"), "{outcome}");
    stranger.execute_batch("ROLLBACK").unwrap();
    assert_eq!(company.contents(), before);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    assert_true(&company);
}

/// A small disk over the home; taken away again when dropped.
struct SmallDisk<'a>(&'a std::path::Path);

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let company = Company::new();
    let home = company.world.home().to_owned();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs"]).arg(&home).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        // Only root can make a small disk.
        return;
    }
    let _disk = SmallDisk(&home);
    company.file("client.json", &company.sandbox.client_secrets_json());
    let added = company.add_by_key("corp");
    assert_eq!(added.code, Some(0), "{added}");
    let before = company.contents();
    company.sandbox.play_day();
    let filler = home.join("filler");
    let full = std::fs::write(&filler, vec![1; 32 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    // With no room at all, and with some but not enough.
    for room in [0, 96 << 10] {
        let length = std::fs::metadata(&filler).unwrap().len();
        std::fs::OpenOptions::new().write(true).open(&filler).unwrap().set_len(length - room).unwrap();
        let outcome = company.world.run(&["sync", "corp"]);
        assert_failed(&outcome, "no space is left", "make room");
    }
    std::fs::remove_file(filler).unwrap();
    assert_eq!(company.contents(), before);
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_true(&company);
}
