//! A sync or a sign-in that is stopped, and a database that somebody else holds: nothing changes, and the next run
//! goes through.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dirsync::sandbox::{Fault, Rule};

use super::company::{BY_BROWSER, Company, back};

fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

#[test]
fn a_stopped_sync_changes_nothing_and_says_so_by_its_code() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let company = Company::connected();
        company.sandbox.play_day();
        let before = company.contents();
        company.sandbox.inject(Rule::new("groups", Fault::Slow { ms: 20_000 }));
        let asked = company.asked();
        let mut command = company.world.command(&["sync", "corp"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        company.until_asked(asked);
        send(signal, child.id());
        let output = child.wait_with_output().unwrap();
        let outcome = company.world.outcome(&["sync", "corp"], output.status.code(), output.stdout, output.stderr);
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(!outcome.stderr.contains("panicked"), "{outcome}");
        assert_eq!(company.contents(), before);
        company.sandbox.clear_faults();
        assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0), "its lock is gone with it");
        assert_ne!(company.contents(), before);
    }
}

#[test]
fn a_sign_in_that_is_stopped_after_the_browser_came_back_keeps_nothing() {
    let company = Company::new();
    company.sandbox.inject(Rule::new("token", Fault::Slow { ms: 20_000 }));
    let mut child = company.world.command(BY_BROWSER).stderr(Stdio::piped()).spawn().unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut address: url::Url =
        talk.find_map(|line| line.parse().ok().filter(|url: &url::Url| url.scheme() == "http")).unwrap();
    address.query_pairs_mut().append_pair("sandbox_account", &company.sandbox.admin_email());
    let redirect = company.visit(address).unwrap();
    let asked = company.asked();
    std::thread::scope(|scope| {
        // The browser waits for its last page, which is held back until all is over.
        let page = scope.spawn(|| company.visit(redirect));
        company.until_asked(asked);
        send("-INT", child.id());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(page.join().unwrap(), None, "and is not left waiting");
    });
    assert!(!talk.any(|line| line.contains("panicked")));
    assert_eq!((company.count("integrations"), company.count("secrets")), (0, 0));
}

/// A port that is free at the moment.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_free(port: u16) -> bool {
    std::net::TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_sign_in_that_nobody_finishes_ends_at_its_deadline_and_keeps_nothing() {
    for does in ["nothing", "looks and leaves", "comes back from another sign-in"] {
        let mut company = Company::new();
        // People get sixty times that.
        company.world.set("DIRSYNC_GIVE_UP_AFTER", "30ms");
        let port = free_port();
        let number = port.to_string();
        let arguments = [BY_BROWSER, &["--port", &number]].concat();
        let ended = company.sign_in_by(&arguments, |url| {
            assert!(!is_free(port), "it waits for the browser");
            match does {
                "nothing" => {}
                "looks and leaves" => assert_eq!(company.visit(url.clone()), None),
                _ => {
                    let mut foreign = back(url, &[("code", "4/0A")]);
                    foreign.set_query(Some("state=another&code=4/0A"));
                    assert_eq!(company.visit(foreign), None);
                }
            }
        });
        assert_eq!(ended.code, Some(4), "{does}: {ended}");
        assert!(ended.stderr.contains("error: nobody signed in within 1 minute"), "{ended}");
        assert!(ended.stderr.contains("to try once more: dirsync add google --name corp"), "{ended}");
        assert!(is_free(port));
        assert_eq!((company.count("integrations"), company.count("secrets")), (0, 0));
        assert!(!company.asked_for("/token"));
        company.world.unset("DIRSYNC_GIVE_UP_AFTER");
        assert_eq!(company.add_by_browser().code, Some(0));
    }
}

#[test]
fn a_new_sign_in_that_nobody_finishes_leaves_the_old_one_as_it_was() {
    let mut company = Company::new();
    assert_eq!(company.add_by_browser().code, Some(0));
    let before = (company.contents(), company.json(&["details", "corp"]));
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "30ms");
    let ended = company.sign_in_by(&["reauth", "corp", "--no-browser"], |_| {});
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(ended.stderr.contains("nobody signed in") && ended.stderr.contains("dirsync reauth corp"), "{ended}");
    assert_eq!((company.contents(), company.json(&["details", "corp"])), before);
    company.world.unset("DIRSYNC_GIVE_UP_AFTER");
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
}

#[test]
fn a_wait_for_the_browser_that_is_stopped_keeps_nothing_and_frees_its_port() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let company = Company::new();
        let port = free_port();
        let number = port.to_string();
        let arguments = [BY_BROWSER, &["--port", &number]].concat();
        let mut child = company.world.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let address = talk.find_map(|line| line.parse().ok().filter(|url: &url::Url| url.scheme() == "http")).unwrap();
        assert_eq!(company.visit(address), None, "the page waits for a decision");
        assert!(!is_free(port));
        send(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(!talk.any(|line| line.contains("panicked")));
        assert!(is_free(port));
        assert_eq!((company.count("integrations"), company.count("secrets")), (0, 0));
    }
}

#[test]
fn a_database_that_a_stranger_holds_is_worth_trying_later_and_can_be_read_meanwhile() {
    let company = Company::connected();
    company.sandbox.play_day();
    let before = company.contents();
    let stranger = rusqlite::Connection::open(company.world.database()).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE; UPDATE settings SET value = value").unwrap();
    let people = company.json(&["users"]);
    assert!(!people.as_array().unwrap().is_empty(), "readers never wait");
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(75), "{synced}");
    assert!(synced.stderr.contains("locked by another program") && synced.stderr.contains("hint: "), "{synced}");
    stranger.execute_batch("ROLLBACK").unwrap();
    assert_eq!(company.contents(), before);
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
}

#[test]
fn a_delete_that_fails_has_not_given_the_sign_in_back() {
    let company = Company::new();
    assert_eq!(company.add_by_browser().code, Some(0));
    let before = company.contents();
    let stranger = rusqlite::Connection::open(company.world.database()).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let deleted = company.world.run(&["delete", "corp", "--confirm", "corp"]);
    assert_eq!(deleted.code, Some(75), "{deleted}");
    assert!(!company.asked_for("/revoke"), "{deleted}");
    stranger.execute_batch("ROLLBACK").unwrap();
    assert_eq!(company.contents(), before);
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
}

#[test]
fn a_reader_of_long_standing_stops_no_sync() {
    let company = Company::connected();
    let reader = rusqlite::Connection::open(company.world.database()).unwrap();
    let count = || reader.query_row("SELECT count(*) FROM v1_changes", [], |row| row.get::<_, i64>(0)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let before = count();
    company.sandbox.play_day();
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_eq!(count(), before, "its picture stands still");
    reader.execute_batch("COMMIT").unwrap();
    assert!(count() > before);
}
