//! `kill -9` at any moment: the database is sound, and as it was before or as it is after; the next run goes through.

use std::time::{Duration, Instant};

use super::company::Company;

/// A command, and what has to be done before it so that it has something to do.
struct Story {
    words: &'static [&'static str],
    prepare: fn(&Company),
}

const STORIES: &[Story] = &[
    Story { words: &["sync", "corp", "--max-removals", "100%"], prepare: |company| drop(company.sandbox.play_day()) },
    Story { words: &["plans", "approve"], prepare: hold_a_plan },
    Story { words: &["reauth", "corp"], prepare: |_| {} },
    Story { words: &["delete", "corp", "--confirm", "corp"], prepare: |_| {} },
];

fn hold_a_plan(company: &Company) {
    company.sandbox.vanish(40, true);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
}

/// All that counts: what is stored about people, plans and integrations, but neither times nor lock files.
fn state(company: &Company) -> Vec<String> {
    let db = rusqlite::Connection::open(company.world.database()).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let broken: i64 = db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0);
    let mut lines = company.contents();
    for sql in [
        "SELECT json_array('plan', id, state) FROM plans ORDER BY id",
        "SELECT json_array('integration', name, deleted_at IS NULL) FROM integrations",
        "SELECT json_array('secrets', count(*)) FROM secrets",
        "SELECT json_array('changes', count(*)) FROM changes",
    ] {
        let mut statement = db.prepare(sql).unwrap();
        lines.extend(statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap));
    }
    lines
}

/// Kills the command somewhere in the middle, `times` times per story, each time on a company of its own.
fn kill(times: u32) {
    for story in STORIES {
        for round in 0..times {
            let company = Company::connected();
            (story.prepare)(&company);
            let before = state(&company);
            let mut words = story.words.to_vec();
            if words == ["plans", "approve"] {
                words.push("1");
            }
            let saved = save(&company);
            let started = now();
            let whole = company.world.run(&words);
            let usual = now() - started;
            assert_eq!(whole.code, Some(0), "{whole}");
            let after = state(&company);
            restore(&company, &saved);
            assert_eq!(state(&company), before, "the copy is the state before");

            // Spread over the command's usual time, the seconds of luck in it included.
            let moment = usual.mul_f64(f64::from(round * 2 + 1) / f64::from(times * 2));
            let mut child = company.world.command(&words).stderr(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap();
            let found = state(&company);
            assert!(found == before || found == after, "{words:?} killed after {moment:?} of {usual:?}: neither nor");
            if words[0] != "delete" {
                let next = company.world.run(&["sync", "corp", "--max-removals", "100%"]);
                assert_eq!(next.code, Some(0), "{next}");
                let again = company.json(&["sync", "corp"]);
                assert_eq!(again[0]["changed"], 0, "and then nothing is left to do");
            }
        }
    }
}

/// The home's files, the brought ones included.
fn save(company: &Company) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    rusqlite::Connection::open(company.world.database())
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let entries = std::fs::read_dir(company.world.home()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn restore(company: &Company, saved: &[(std::path::PathBuf, Vec<u8>)]) {
    for name in ["dirsync.db", "dirsync.db-wal", "dirsync.db-shm"] {
        let _ = std::fs::remove_file(company.world.home().join(name));
    }
    for (path, bytes) in saved {
        std::fs::write(path, bytes).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the length of a real command in real time")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_killed_command_leaves_the_state_before_or_the_state_after() {
    kill(4);
}

#[test]
#[ignore = "takes minutes"]
fn a_killed_command_leaves_the_state_before_or_the_state_after_at_fifty_moments() {
    kill(50);
}

#[test]
fn a_first_sync_that_is_killed_is_done_by_the_next() {
    let company = Company::new();
    let key = company.key_file();
    let admin = company.sandbox.admin_email();
    let words =
        ["add", "google", "--name", "corp", "--no-sync", "--service-account", key.to_str().unwrap(), "--admin", &admin];
    assert_eq!(company.world.run(&words).code, Some(0));
    let empty = state(&company);
    for step in 1..8 {
        let mut child = company.world.command(&["sync", "corp"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(step * 12));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = state(&company);
        let whole = company.sandbox.truth()["users"].as_array().unwrap().len() as u64;
        assert!(found == empty || company.json(&["list"])[0]["users"] == whole, "half of an import");
    }
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    assert_eq!(company.json(&["list"])[0]["last_sync_outcome"], "done");
}

#[test]
fn an_integration_that_was_being_added_is_there_whole_or_not_at_all() {
    let company = Company::new();
    let whole = company.sandbox.truth()["users"].as_array().unwrap().len() as u64;
    let started = now();
    assert_eq!(company.add_by_key("corp").code, Some(0));
    let usual = now() - started;
    let key = company.key_file();
    let admin = company.sandbox.admin_email();
    let words = ["add", "google", "--name", "new", "--service-account", key.to_str().unwrap(), "--admin", &admin];
    for moment in 1..16 {
        let company = company.elsewhere();
        let mut child = company.command(&words).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(usual.mul_f64(f64::from(moment) / 16.0));
        child.kill().unwrap();
        child.wait().unwrap();
        let listed = company.run(&["list", "-o", "json"]).json();
        let Some(listed) = listed.get(0) else {
            assert_eq!(company.run(&words).code, Some(0), "it was never there, and can be added");
            continue;
        };
        let secrets = rusqlite::Connection::open(company.database()).unwrap();
        let secrets: i64 = secrets.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0)).unwrap();
        assert_eq!(secrets, 1, "never without its sign-in");
        assert!(listed["users"] == 0 || listed["users"] == whole, "{listed}");
        let synced = company.run(&["sync", "new"]);
        assert_eq!(synced.code, Some(0), "{synced}");
    }
}

#[test]
fn a_delete_that_is_killed_leaves_a_sign_in_that_works_or_none() {
    let mut usual = Duration::from_millis(100);
    for moment in 0..8 {
        let company = Company::new();
        assert_eq!(company.add_by_browser().code, Some(0));
        let words = ["delete", "corp", "--confirm", "corp"];
        if moment == 0 {
            let started = now();
            assert_eq!(company.world.run(&words).code, Some(0));
            usual = now() - started;
            continue;
        }
        let mut child = company.world.command(&words).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(usual.mul_f64(f64::from(moment) / 8.0));
        child.kill().unwrap();
        child.wait().unwrap();
        state(&company);
        if company.json(&["list"]) == serde_json::json!([]) {
            assert_eq!((company.count("secrets"), company.count("groups")), (0, 0));
        } else {
            let synced = company.world.run(&["sync", "corp"]);
            assert_eq!(synced.code, Some(0), "killed after {moment}/8 of {usual:?}: {synced}");
        }
    }
}
