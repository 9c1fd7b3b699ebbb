//! No token, code, secret, assertion or key is found where it does not belong, and what dirsync makes is for its owner
//! alone.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use dirsync::sandbox::{Fault, Rule};

use super::hq::{ALEX, BY_BROWSER, BY_CODE, Hq, REAUTH, refusal};
use crate::hidden::{self, everything_in, holds, master_key};
use crate::world::Outcome;

/// Everything the pretend Microsoft has issued or been told, and the master key.
fn secrets(hq: &Hq) -> Vec<(String, Vec<u8>)> {
    let issued = hq.sandbox.secrets().into_iter().enumerate().map(|(at, it)| (format!("secret {at}"), it.into()));
    issued.chain(master_key(&hq.world)).collect()
}

#[track_caller]
fn assert_kept(hq: &Hq, shown: &[Outcome]) {
    hidden::assert_kept(&hq.world, &secrets(hq), &["secret.txt", "app.pem", "dirsync.key"], shown);
}

#[track_caller]
fn done(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

fn talkative(arguments: &[&'static str]) -> Vec<&'static str> {
    [arguments, &["-vv"]].concat()
}

#[test]
fn no_secret_is_stored_or_shown_from_the_first_sign_in_to_the_deletion() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    let sync = || hq.world.run(&["sync", "hq", "-vv"]);
    let mut shown = vec![done(hq.sign_in(&talkative(&[BY_BROWSER, &["--admin-consent"]].concat()), &admin, &[]))];
    assert!(shown[0].stderr.contains("DEBUG"), "-vv tells little: {}", shown[0]);
    assert_kept(&hq, &shown);
    shown.push(done(sync()));
    hq.sandbox.expire_tokens();
    hq.sandbox.play_day();
    shown.push(done(sync()));
    shown.push(done(hq.sign_in(&talkative(REAUTH), &admin, &[])));
    hq.inject("graph", Fault::ClaimsChallenge);
    shown.push(sync());
    hq.sandbox.clear_faults();
    // A token that is refused is the likeliest to be quoted.
    for fault in
        [refusal("invalid_grant", 50_173), refusal("an_error_of_tomorrow", 1), Fault::HtmlOk, Fault::TruncatedJson]
    {
        hq.inject("token", fault);
        let refused = hq.world.run(&["sync", "hq", "-vv", "-o", "json"]);
        assert_ne!(refused.code, Some(0), "{refused}");
        shown.push(refused);
        hq.sandbox.clear_faults();
    }
    for more in [("sandbox_decline", "true"), ("sandbox_withhold", "User.Read.All")] {
        let refused = hq.sign_in(&talkative(REAUTH), &admin, &[more]);
        assert_eq!(refused.code, Some(4), "{refused}");
        shown.push(refused);
    }
    hq.inject("token", Fault::WrongNonce);
    shown.push(hq.sign_in(&talkative(REAUTH), &admin, &[]));
    hq.sandbox.clear_faults();
    shown.push(done(hq.world.run(&["details", "hq", "-o", "json"])));
    assert_kept(&hq, &shown);
    shown.push(done(hq.world.run(&["delete", "hq", "--confirm", "hq", "-vv"])));
    assert_kept(&hq, &shown);
    assert_eq!(hq.world.count("secrets"), 0, "secrets of a deleted integration");
}

#[test]
fn no_device_code_is_stored_or_shown() {
    let hq = Hq::new();
    let admin = hq.sandbox.admin_upn();
    let mut shown = vec![
        hq.sign_in_by_code(&talkative(BY_CODE), &admin, true),
        hq.sign_in_by_code(&talkative(BY_CODE), ALEX, false),
        done(hq.sign_in_by_code(&talkative(BY_CODE), &admin, false)),
        done(hq.world.run(&["sync", "hq", "-vv"])),
    ];
    hq.inject("token", Fault::HtmlOk);
    shown.push(hq.world.run(&["reauth", "hq", "-vv"]));
    assert!(hq.sandbox.secrets().iter().any(|secret| secret.starts_with("DAQABA")), "device codes are among them");
    assert_kept(&hq, &shown);
}

#[test]
fn no_key_secret_or_assertion_is_stored_or_shown() {
    let hq = Hq::new();
    let (pem, secret) = (hq.certificate_file(), hq.secret_file());
    let mut shown = Vec::new();
    for (flag, file) in [("--certificate", &pem), ("--client-secret-file", &secret)] {
        shown.push(done(hq.world.run(&hq.unattended(flag, file, &["-vv"]).each())));
        assert_kept(&hq, &shown);
        shown.push(done(hq.world.run(&["sync", "hq", "-vv"])));
        hq.inject("token", refusal("invalid_client", 700_027));
        shown.push(hq.world.run(&["sync", "hq", "-vv", "-o", "json"]));
        shown.push(hq.world.run(&["reauth", "hq", flag, file.to_str().unwrap(), "-vv"]));
        hq.sandbox.clear_faults();
        assert_kept(&hq, &shown);
        shown.push(done(hq.world.run(&["delete", "hq", "--confirm", "hq", "-vv"])));
    }
    assert!(hq.sandbox.secrets().iter().any(|secret| secret.matches('.').count() == 2), "assertions are among them");
    // A file that is no secret is the likeliest to be quoted.
    for (flag, file) in [("--certificate", &secret), ("--client-secret-file", &pem)] {
        shown.push(hq.world.run(&hq.unattended(flag, file, &["-vv"]).each()));
    }
    assert_kept(&hq, &shown);
}

/// A running program's arguments and environment, and what the database's files hold meanwhile.
#[test]
fn no_secret_is_in_the_arguments_or_the_environment_of_a_running_sync() {
    let hq = Hq::signed_in();
    hq.sandbox.inject(Rule::new("users/delta", Fault::Slow { ms: 250 }).times(1));
    let before = hq.asked("/users/delta");
    let mut command = hq.world.command(&["sync", "hq"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while hq.asked("/users/delta") == before && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let line = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
    assert!(holds(&line, b"sync"), "the process has ended already");
    for (what, secret) in secrets(&hq) {
        assert!(!holds(&line, &secret), "{what} is among the arguments");
        assert!(!holds(&environment, &secret), "{what} is in the environment");
    }
    assert_kept(&hq, &[]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn whatever_the_umask_files_and_folders_are_for_their_owner_alone() {
    let hq = Hq::new();
    let home = hq.world.home().join("new/home");
    let secret = hq.secret_file();
    let lax = |arguments: &[&str]| {
        let program = hq.world.command(arguments);
        let mut command = Command::new("sh");
        command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
        command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.env("DIRSYNC_HOME", &home).stdin(Stdio::null()).output().unwrap();
        done(hq.world.outcome(arguments, output.status.code(), output.stdout, output.stderr))
    };
    lax(&hq.by_secret(&secret, &[]).each());
    // A round that broke off leaves its staging area.
    hq.sandbox.play_day();
    let open = rusqlite::Connection::open(home.join("dirsync.db")).unwrap();
    let _: i64 = open.query_row("SELECT count(*) FROM v1_users", [], |row| row.get(0)).unwrap();
    lax(&["sync", "hq"]);
    let made: Vec<_> = everything_in(&home);
    for name in ["dirsync.db", "dirsync.key", "dirsync.db-wal", "dirsync.db-shm"] {
        assert!(made.iter().any(|path| path.ends_with(name)), "{name} is not among {made:?}");
    }
    for path in made.iter().chain([&home, &home.parent().unwrap().to_owned()]) {
        let metadata = std::fs::metadata(path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        let mode = metadata.permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{} is {mode:o}", path.display());
    }
}

/// What a first round that broke off has staged is private as well, whatever the umask.
#[test]
fn what_is_staged_of_a_round_that_broke_off_is_for_its_owner_alone() {
    let hq = Hq::new();
    hq.sandbox.inject(Rule::new("users/delta", Fault::UnavailableHtml).after(2));
    let secret = hq.secret_file();
    let words = hq.by_secret(&secret, &[]);
    let program = hq.world.command(&words.each());
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.current_dir(hq.world.home()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    let made = everything_in(hq.world.home());
    let others = |path: &&std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0;
    let open: Vec<_> = made.iter().filter(others).collect();
    assert!(open.is_empty(), "{open:?}");
    assert_kept(&hq, &[]);
}
