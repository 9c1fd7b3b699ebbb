//! A real Secret Service in each of its states: unlocked, locked, absent, silent, emptied. Whatever it does, the program
//! ends in time, says both ways out, and loses nothing.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::google::company::Company;
use crate::world::Outcome;

/// What every refusal for want of a keyring offers.
const WAYS_OUT: [&str; 2] = ["--key-store file", "--key-store systemd"];

/// A company whose people keep the master key in the keyring, the default.
fn company() -> Company {
    let mut company = Company::new();
    company.world.set("DIRSYNC_KEY_STORE", "keyring");
    company.world.set("PATH", "/usr/bin:/bin");
    company
}

/// The arguments that connect `corp` by service account.
fn add(company: &Company) -> Vec<String> {
    let key = company.key_file().display().to_string();
    let admin = company.sandbox.admin_email();
    ["add", "google", "--name", "corp", "--service-account", &key, "--admin", &admin].map(str::to_owned).to_vec()
}

/// Runs the program in a session of its own whose keyring is opened with `password`.
fn in_session(company: &Company, password: &str, arguments: &[&str]) -> Outcome {
    in_session_at(company, company.world.home(), password, arguments)
}

/// The same with another `DIRSYNC_HOME`.
fn in_session_at(company: &Company, home: &Path, password: &str, arguments: &[&str]) -> Outcome {
    let program = company.world.command(arguments);
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/real/with-keyring.sh"));
    command.arg(program.get_program()).args(program.get_args()).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("KR_PW", password).env("DIRSYNC_HOME", home).stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    company.world.outcome(arguments, output.status.code(), output.stdout, output.stderr)
}

/// From now on the session's bus accepts whoever comes, and says nothing.
fn silent(company: &mut Company) {
    let socket = company.world.home().join("bus");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        held.extend(listener.incoming().take(100));
        held
    });
    company.world.set("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", socket.display()));
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Runs the program, which must end within the deadline of one keyring call and some slack.
#[expect(clippy::disallowed_methods, reason = "a deadline on a real process")]
fn in_time(run: impl FnOnce() -> Outcome) -> Outcome {
    let started = Instant::now();
    let outcome = run();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}: {outcome}", started.elapsed());
    outcome
}

fn refused(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains(why), "{outcome}");
    for way in WAYS_OUT {
        assert!(outcome.stderr.contains(way), "{way} is a way out: {outcome}");
    }
}

/// Connected, with its key in the keyring that opens with `ci`.
fn connected() -> Company {
    let company = company();
    let added = in_session(&company, "ci", &words(&add(&company)));
    assert_eq!(added.code, Some(0), "{added}");
    company
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn with_an_unlocked_keyring_a_second_session_syncs_with_the_key_of_the_first() {
    let company = connected();
    assert!(!company.world.home().join("master.key").exists());
    let synced = in_session(&company, "ci", &["sync", "corp", "-o", "json"]).json();
    assert_eq!(synced[0]["outcome"], "done");
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn a_locked_keyring_ends_with_7_and_works_again_once_unlocked() {
    let company = connected();
    let before = company.contents();
    let sync = ["sync", "corp"];
    let locked = in_time(|| in_session(&company, "another password", &sync));
    refused(&locked, "the keyring is locked");
    assert_eq!(company.contents(), before);
    let unlocked = in_session(&company, "ci", &sync);
    assert_eq!(unlocked.code, Some(0), "{unlocked}");
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn without_a_session_bus_nothing_is_added_and_what_was_added_stays() {
    let company = company();
    let arguments = add(&company);
    let nowhere = in_time(|| company.world.run(&words(&arguments)));
    refused(&nowhere, "no keyring service");
    assert_eq!(company.json(&["list"]), serde_json::json!([]));

    let company = connected();
    let before = company.contents();
    refused(&in_time(|| company.world.run(&["sync", "corp"])), "no keyring service");
    assert_eq!(company.contents(), before);
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn a_bus_that_never_answers_is_given_up_after_three_seconds() {
    let mut company = connected();
    let before = company.contents();
    silent(&mut company);
    refused(&in_time(|| company.world.run(&["sync", "corp"])), "did not answer within 3 seconds");
    assert_eq!(company.contents(), before);
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn a_keyring_emptied_after_adding_asks_whether_this_is_another_session() {
    let company = connected();
    let before = company.contents();
    let kept = company.world.home().join("keyrings");
    let place = company.world.home().join(".local/share/keyrings");
    std::fs::rename(&place, &kept).unwrap();
    let empty = in_time(|| in_session(&company, "ci", &["sync", "corp"]));
    assert_eq!(empty.code, Some(7), "{empty}");
    assert!(empty.stderr.contains("another user or session?"), "{empty}");
    assert!(empty.stderr.contains("the user who added"), "{empty}");
    assert!(empty.stderr.contains("dirsync secrets reset"), "{empty}");
    assert_eq!(company.contents(), before);
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::rename(&kept, &place).unwrap();
    let back = in_session(&company, "ci", &["sync", "corp"]);
    assert_eq!(back.code, Some(0), "{back}");
}

/// Nobody was sent to sign in, and nothing is stored.
fn nothing_began(company: &Company) {
    assert_eq!((company.asked(), company.json(&["list"])), (0, serde_json::json!([])));
    assert_eq!(company.count("secrets"), 0);
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn nobody_is_sent_to_the_browser_while_the_keyring_is_absent_locked_or_silent() {
    let browser = crate::google::company::BY_BROWSER;
    let mut company = company();
    let absent = in_time(|| company.world.run(browser));
    refused(&absent, "no keyring service");
    nothing_began(&company);

    // A keyring is made, and stays in the home.
    let other = ["add", "google", "--name", "corp", "--client-secrets", "nowhere.json", "--no-browser"];
    let made = in_session(&company, "ci", &other);
    assert_eq!(made.code, Some(1), "{made}");
    let locked = in_time(|| in_session(&company, "another password", browser));
    refused(&locked, "the keyring is locked");
    assert!(!locked.stderr.contains("http://127"), "{locked}");
    nothing_began(&company);

    silent(&mut company);
    let silence = in_time(|| company.world.run(browser));
    refused(&silence, "did not answer within 3 seconds");
    assert!(!silence.stderr.contains("http://127"), "{silence}");
    nothing_began(&company);
}

#[test]
#[ignore = "needs gnome-keyring and D-Bus"]
fn nobody_is_sent_to_the_browser_while_the_keyring_is_emptied_or_holds_another_key() {
    let company = connected();
    let (before, listed) = (company.contents(), company.json(&["list"]));
    let home = company.world.home();
    let place = home.join(".local/share/keyrings");
    let second = ["add", "google", "--name", "second", "--no-browser"];
    let nothing_began = |why: &str| {
        let asked = company.asked();
        let refused = in_time(|| in_session(&company, "ci", &second));
        assert_eq!(refused.code, Some(7), "{refused}");
        assert!(refused.stderr.contains(why) && refused.stderr.contains("hint: "), "{refused}");
        assert!(refused.stderr.contains("dirsync secrets reset") && !refused.stderr.contains("http://"), "{refused}");
        assert_eq!(
            (company.asked(), company.json(&["list"]), company.contents()),
            (asked, listed.clone(), before.clone())
        );
        assert_eq!((company.count("integrations"), company.count("secrets")), (1, 1));
    };
    std::fs::rename(&place, home.join("kept")).unwrap();
    nothing_began("another user or session?");

    // A database of its own has another key made in the same keyring.
    let other = home.join("other");
    let key = company.key_file();
    let admin = company.sandbox.admin_email();
    let with_key = ["add", "google", "--name", "corp", "--service-account", key.to_str().unwrap(), "--admin", &admin];
    let made = in_session_at(&company, &other, "ci", &with_key);
    assert_eq!(made.code, Some(0), "{made}");
    nothing_began("the keyring holds another key");

    std::fs::remove_dir_all(&place).unwrap();
    std::fs::rename(home.join("kept"), &place).unwrap();
    let back = in_session(&company, "ci", &["sync", "corp"]);
    assert_eq!(back.code, Some(0), "{back}");
}
