//! `kill -9` at any moment: the database is sound and exactly as before or as after, and whatever is run next works.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use dirsync::clock::Clock;
use serde_json::json;

use super::company::{Company, Visitor};
use super::scenes::*;
use super::truth::assert_true;
use crate::kept::Kept;

/// A company, the command to kill there, and how its home was before.
pub(super) struct Scene {
    company: Company,
    arguments: Vec<String>,
    kept: Kept,
    /// Whether somebody follows the address that the command prints.
    by_browser: bool,
    /// What else may be found, for a command of two steps: the first is done.
    half_way: Option<Vec<String>>,
}

impl Scene {
    /// The company as it is now, and the command to kill.
    pub(super) fn new(company: Company, arguments: &[&str]) -> Self {
        Self {
            kept: Kept::new(company.world.home()),
            company,
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            by_browser: false,
            half_way: None,
        }
    }

    /// Somebody follows the address.
    pub(super) fn with_browser(self) -> Self {
        Self { by_browser: true, ..self }
    }

    /// What this command leaves is right as well.
    pub(super) fn or_as_after(mut self, arguments: &[&str]) -> Self {
        let outcome = self.company.world.run(arguments);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        self.half_way = Some(self.snapshot());
        self.kept.restore();
        self
    }

    /// Starts the command; returns how it ended when left alone, or killed after so long.
    fn start(&self, kill_after: Option<Duration>) -> std::process::ExitStatus {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = self.company.world.command(&arguments);
        if self.by_browser {
            return self.start_with_browser(command, kill_after);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if let Some(after) = kill_after {
            std::thread::sleep(after);
            child.kill().unwrap();
        }
        child.wait().unwrap()
    }

    /// As [`Scene::start`], with an administrator who agrees to everything.
    fn start_with_browser(&self, mut command: Command, kill_after: Option<Duration>) -> std::process::ExitStatus {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let talk = child.stderr.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| self.company.follow(talk, Visitor::Allows(&self.company.sandbox.admin_email())));
            if let Some(after) = kill_after {
                std::thread::sleep(after);
                child.kill().unwrap();
            }
            child.wait().unwrap()
        })
    }

    /// All that the program shows, and how much history there is.
    fn snapshot(&self) -> Vec<String> {
        let db = rusqlite::Connection::open(self.company.world.database()).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let broken: i64 = db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
        assert_eq!(broken, 0, "foreign keys");
        let mut lines = self.company.contents();
        for sql in [
            "SELECT json_array(name, admin_email, tenant, standing, credentials) FROM integrations ORDER BY id",
            "SELECT json_array(integration_id, kind) FROM secrets ORDER BY 1",
            "SELECT json_array(id, state) FROM plans ORDER BY id",
            "SELECT json_array(subject, external_id, kind, field, before, after) FROM v1_changes ORDER BY 1",
            "SELECT json_array(id, outcome) FROM v1_runs ORDER BY id",
            "SELECT json_array(serial, name, user_id, user_integration, user_status, pinned, waiting_for) FROM v1_devices ORDER BY id",
            "SELECT json_array(device_id, user_id, source, ended_at IS NULL) FROM assignments ORDER BY id",
        ] {
            let mut statement = db.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            lines.extend(rows.map(Result::unwrap));
        }
        lines
    }

    /// The names of the files in the home; those that SQLite keeps beside an open database come and go.
    fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.company.world.home()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let passing = |name: &String| name.ends_with("-wal") || name.ends_with("-shm");
        names.filter(|name| !passing(name)).collect()
    }

    /// Kills the command `times` times, each at another moment of the time that it usually takes.
    fn kill(&self, times: u32, seed: u64) {
        let before = self.snapshot();
        let clock = Clock::system();
        // The first of anything is slow.
        assert!(self.start(None).success(), "{:?} does not work at all", self.arguments);
        let after = self.snapshot();
        assert_ne!(before, after, "{:?} changes nothing", self.arguments);
        self.work_on();
        let files = self.files();
        self.kept.restore();
        let begun = clock.instant();
        assert!(self.start(None).success());
        let usual = clock.instant().duration_since(begun);
        assert_eq!(self.snapshot(), after, "{:?} does something else each time", self.arguments);

        let mut random = seed;
        let mut killed = 0;
        for turn in 0..times {
            self.kept.restore();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let within = f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX);
            let moment = usual.mul_f64(1.1 * (f64::from(turn) + within) / f64::from(times));
            killed += u32::from(self.start(Some(moment)).signal() == Some(9));
            let now = self.snapshot();
            let when = format!("{:?}, killed after {moment:?} of {usual:?}, seed {seed}", self.arguments);
            let half_way = self.half_way.as_ref() == Some(&now);
            assert!(now == before || now == after || half_way, "{when}: neither as before nor as after");
            if now == before {
                // Not only others: the same works as well.
                assert!(self.start(None).success(), "{when}: does not work any more");
                assert_eq!(self.snapshot(), after, "{when}: does something else the second time");
            }
            self.work_on();
            assert_eq!(self.files(), files, "{when}: files are left over");
        }
        assert!(killed > times / 4, "only {killed} of {times} were killed before their end");
    }

    /// The next sync works; after a deletion it is the next connection.
    fn work_on(&self) {
        let company = &self.company;
        if company.json(&["list"]) == json!([]) {
            let added = company.add_by_key("corp");
            assert_eq!(added.code, Some(0), "{added}");
        }
        let synced = company.world.run(&["sync", "corp", "--max-removals", "100%"]);
        assert_eq!(synced.code, Some(0), "{synced}");
        assert_eq!(company.json(&["list"])[0]["status"], "connected");
        assert_true(company);
    }
}

#[test]
fn a_first_sync_killed_at_any_moment_leaves_all_or_nothing() {
    first_sync().kill(15, 1);
}

#[test]
fn a_later_sync_killed_at_any_moment_leaves_all_or_nothing() {
    later_sync().kill(15, 2);
}

#[test]
fn an_approval_killed_at_any_moment_leaves_all_or_nothing() {
    approval().kill(15, 3);
}

#[test]
fn a_deletion_killed_at_any_moment_leaves_all_or_nothing() {
    deletion().kill(15, 4);
    deletion_of_a_sign_in().kill(15, 6);
}

#[test]
fn a_forgetting_killed_at_any_moment_leaves_all_or_nothing() {
    forgetting().kill(10, 10);
}

#[test]
fn a_connection_killed_at_any_moment_leaves_all_or_nothing() {
    connection().kill(10, 7);
    connection_and_first_sync().kill(10, 9);
    connection_that_adopts().kill(10, 11);
}

#[test]
fn an_import_of_devices_killed_at_any_moment_leaves_all_or_nothing() {
    import_of_devices().kill(15, 10);
}

#[test]
fn a_return_killed_at_any_moment_leaves_all_or_nothing() {
    return_of_a_directory().kill(10, 11);
}

#[test]
fn a_new_sign_in_killed_at_any_moment_leaves_all_or_nothing() {
    new_sign_in().kill(10, 5);
    new_sign_in_by_browser().kill(10, 8);
}

/// The file of a key that is not finished, in a folder.
fn unfinished_key(folder: &Path) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(".dirsync.key."))
}

#[test]
fn a_key_file_whose_maker_is_killed_is_swept_away_by_the_next() {
    let company = Company::new();
    company.world.sql("");
    // On a disk, where writing takes its time.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = folder.path();
    let key = folder.join("dirsync.key");
    let others = [".other.key.AbCdEf.new", ".dirsync.key.backup", ".dirsync.key.AbCdE.new", "dirsync.key.AbCdEf.new"];
    let place = ["--key-file", key.to_str().unwrap()];
    let add = [&["add", "google", "--name", "corp", "--no-browser"], &place[..]].concat();
    let mut tries = 0;
    let left = loop {
        tries += 1;
        assert!(tries < 500, "its making is over before it can be seen");
        let mut child = company.world.command(&add).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while unfinished_key(folder).is_none() && !key.exists() {
            assert_eq!(child.try_wait().unwrap(), None, "it ended without a key");
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        match unfinished_key(folder) {
            Some(left) if !key.exists() => break left,
            _ => {
                let _ = std::fs::remove_file(&key);
            }
        }
    };
    assert_eq!(std::fs::metadata(&left).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((company.count("integrations"), company.count("secrets")), (0, 0));
    others.iter().for_each(|name| std::fs::write(folder.join(name), "").unwrap());
    let admin = company.sandbox.admin_email();
    let added = company.sign_in(&add, Visitor::Allows(&admin));
    assert_eq!(added.code, Some(0), "{added}");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let expected = others.iter().copied().chain(["dirsync.key"]).map(str::to_owned);
    assert_eq!(files.collect::<BTreeSet<_>>(), expected.collect::<BTreeSet<_>>());
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0), "the key is the one that sealed its secrets");
}

/// Run whole on 2026-11-24, debug build, two busy cores: 9 scenes, 450 moments, 7 minutes; once more, busier: 12 minutes; no finds.
#[test]
#[ignore = "long"]
fn whatever_is_killed_at_fifty_more_moments_leaves_all_or_nothing() {
    for (seed, scene) in (10..).zip(SCENES) {
        scene().kill(50, seed);
    }
}
