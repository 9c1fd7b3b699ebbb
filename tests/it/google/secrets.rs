//! No secret is found where it does not belong, and what dirsync makes is for its owner alone.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use dirsync::sandbox::{Fault, Rule};
use serde_json::Value;

use super::company::{Company, Visitor};
use crate::hidden::{self, everything_in, holds, master_key};
use crate::world::Outcome;

/// What must not be found, by what it is.
fn secrets(company: &Company) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> =
        company.sandbox.secrets().into_iter().enumerate().map(|(at, it)| (format!("secret {at}"), it.into())).collect();
    let client: Value = serde_json::from_str(&company.sandbox.client_secrets_json()).unwrap();
    all.push(("the client secret".into(), client["installed"]["client_secret"].as_str().unwrap().into()));
    let key: Value = serde_json::from_str(&company.sandbox.service_account_json().unwrap()).unwrap();
    let body = key["private_key"].as_str().unwrap().lines().filter(|line| line.len() > 20 && !line.starts_with('-'));
    all.extend(body.map(|line| ("the private key".to_owned(), line.as_bytes().to_vec())));
    all.extend(master_key(&company.world));
    all
}

/// Fails if a secret occurs in what was shown or in any file that is no keeper of secrets.
#[track_caller]
fn assert_kept(company: &Company, shown: &[Outcome]) {
    hidden::assert_kept(&company.world, &secrets(company), &["client.json", "key.json", "dirsync.key"], shown);
}

#[track_caller]
fn done(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

#[test]
fn no_secret_is_stored_or_shown_from_the_first_sign_in_to_the_deletion() {
    let company = Company::new();
    let run = |arguments: &[&str]| company.world.run(arguments);
    let admin = company.sandbox.admin_email();
    let browser = Visitor::Allows(&admin);
    let mut shown = vec![done(company.sign_in(&["add", "google", "--name", "corp", "--no-browser", "-vv"], browser))];
    assert!(shown[0].stderr.contains("DEBUG"), "-vv tells little: {}", shown[0]);
    assert_kept(&company, &shown);
    shown.push(done(run(&["sync", "corp", "-vv"])));
    company.sandbox.expire_tokens();
    company.sandbox.play_day();
    shown.push(done(run(&["sync", "corp", "-vv"])));
    shown.push(done(company.sign_in(&["reauth", "corp", "--no-browser", "-vv"], browser)));
    // A token that is refused is the likeliest to be quoted.
    for fault in [Fault::InvalidGrant { subtype: None }, Fault::HtmlOk] {
        company.sandbox.inject(Rule::new("token", fault));
        let refused = run(&["sync", "corp", "-vv", "-o", "json"]);
        assert_ne!(refused.code, Some(0), "{refused}");
        shown.push(refused);
        company.sandbox.clear_faults();
    }
    let declined = company.sign_in(&["reauth", "corp", "--no-browser", "-vv"], Visitor::Declines);
    assert_eq!(declined.code, Some(4), "{declined}");
    let withheld = Visitor::Withholds("https://www.googleapis.com/auth/admin.directory.group.readonly");
    let withheld = company.sign_in(&["reauth", "corp", "--no-browser", "-vv"], withheld);
    assert_eq!(withheld.code, Some(4), "{withheld}");
    shown.extend([declined, withheld]);
    shown.push(done(run(&["details", "corp", "-o", "json"])));
    assert_kept(&company, &shown);
    let key = company.key_file();
    let key = key.to_str().unwrap();
    shown.push(done(run(&["reauth", "corp", "--service-account", key, "--admin", &admin, "-vv"])));
    shown.push(done(run(&["sync", "corp", "-vv"])));
    assert_kept(&company, &shown);
    shown.push(done(run(&["delete", "corp", "--confirm", "corp", "-vv"])));
    assert_kept(&company, &shown);
    let db = rusqlite::Connection::open(company.world.database()).unwrap();
    let left: i64 = db.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "secrets of a deleted integration");
}

/// A running program's arguments and environment, and what the database's files hold meanwhile.
#[test]
fn no_secret_is_in_the_arguments_of_a_running_sync() {
    let company = Company::new();
    done(company.add_by_browser());
    company.sandbox.inject(Rule::new("users", Fault::Slow { ms: 700 }).times(1));
    let before = company.sandbox.requests()["total"].as_u64().unwrap();
    let mut command = company.world.command(&["sync", "corp"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while company.sandbox.requests()["total"].as_u64().unwrap() < before + 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut line = Vec::new();
    std::fs::File::open(format!("/proc/{}/cmdline", child.id())).unwrap().read_to_end(&mut line).unwrap();
    assert!(holds(&line, b"sync"), "the process has ended already");
    let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
    for (what, secret) in secrets(&company) {
        assert!(!holds(&line, &secret), "{what} is among the arguments");
        assert!(!holds(&environment, &secret), "{what} is in the environment");
    }
    assert_kept(&company, &[]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn whatever_the_umask_files_and_folders_are_for_their_owner_alone() {
    let company = Company::new();
    let admin = company.sandbox.admin_email();
    let key = company.key_file();
    let key = key.to_str().unwrap();
    let nested = company.world.home().join("new/home");
    for home in [company.world.home().to_owned(), nested.clone()] {
        let own = [PathBuf::from(key), company.world.home().join("client.json"), company.world.home().join("new")];
        let lax = |arguments: &[&str]| {
            let program = company.world.command(arguments);
            let mut command = Command::new("sh");
            command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
            command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = command.env("DIRSYNC_HOME", &home).stdin(Stdio::null()).output().unwrap();
            done(company.world.outcome(arguments, output.status.code(), output.stdout, output.stderr))
        };
        lax(&["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin]);
        company.sandbox.play_day();
        // While something runs there are more files than afterwards.
        let open = rusqlite::Connection::open(home.join("dirsync.db")).unwrap();
        let _: i64 = open.query_row("SELECT count(*) FROM v1_users", [], |row| row.get(0)).unwrap();
        lax(&["sync", "corp"]);
        let made: Vec<PathBuf> = everything_in(&home).into_iter().filter(|path| !own.contains(path)).collect();
        for name in ["dirsync.db", "dirsync.key", "dirsync.db-wal", "dirsync.db-shm"] {
            assert!(made.iter().any(|path| path.ends_with(name)), "{name} is not among {made:?}");
        }
        assert!(made.iter().any(|path| path.extension().is_some_and(|it| it == "lock")), "{made:?}");
        let above = if home == nested { vec![home.clone(), home.parent().unwrap().to_owned()] } else { Vec::new() };
        for path in made.iter().chain(&above) {
            let metadata = std::fs::metadata(path).unwrap();
            let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
            let mode = metadata.permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{} is {mode:o}", path.display());
        }
    }
}
