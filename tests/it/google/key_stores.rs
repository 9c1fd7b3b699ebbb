//! The places where the master key can live, chosen once; and what happens when it is not there any more.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::company::{BY_BROWSER, Company, Visitor};
use crate::world::Outcome;

/// 32 bytes in base64.
const KEY: &str = "ZGlyc3luYyBkaXJzeW5jIGRpcnN5bmMgZGlyc3luYyE=";
const OTHER_KEY: &str = "YW5vdGhlciBrZXkgYW5vdGhlciBrZXkgYW5vdGhlciE=";

/// A company where no place has been chosen.
fn undecided() -> Company {
    let mut company = Company::new();
    company.world.unset("DIRSYNC_KEY_STORE");
    company
}

/// Connects `corp` by service account, with these flags more.
fn add(company: &Company, more: &[&str]) -> Outcome {
    let (key, admin) = (company.key_file(), company.sandbox.admin_email());
    let key = key.to_str().unwrap();
    let mut arguments = vec!["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin];
    arguments.extend(more);
    company.world.run(&arguments)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Its secrets cannot be read: the code is 7, all of `words` are said, and nothing was lost.
fn locked(company: &Company, before: &[String], words: &[&str]) {
    let outcome = company.world.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing: {outcome}");
    }
    assert!(outcome.stderr.contains("hint: "), "{outcome}");
    assert_eq!(company.count("secrets"), 1);
    assert_eq!(company.contents(), before);
}

fn syncs(company: &Company) {
    let outcome = company.world.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

#[test]
fn without_a_keyring_and_a_choice_nobody_is_sent_to_sign_in() {
    let company = undecided();
    let outcome = company.sign_in(BY_BROWSER, Visitor::Declines);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    for way in ["--key-store file", "--key-store systemd"] {
        assert!(outcome.stderr.contains(way), "{outcome}");
    }
    assert!(!outcome.stderr.contains("http"), "no address: {outcome}");
    assert_eq!((company.asked(), company.json(&["list"])), (0, json!([])));
    let json = company.world.run(&["add", "google", "--name", "corp", "--no-browser", "-o", "json"]);
    assert!(json.stderr.contains(r#""code":"secret_store""#), "{json}");
}

#[test]
fn a_key_file_is_made_beside_the_database_for_its_owner_alone() {
    let company = undecided();
    let added = add(&company, &["--key-store", "file"]);
    assert_eq!(added.code, Some(0), "{added}");
    let key = company.world.home().join("dirsync.key");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&company.world.database()), 0o600);
    let content = std::fs::read(&key).unwrap();
    syncs(&company);
    assert_eq!(std::fs::read(&key).unwrap(), content, "it is made once");
}

#[test]
fn a_sync_that_cannot_open_its_secrets_is_a_run_that_failed() {
    let company = undecided();
    add(&company, &["--key-store", "file"]);
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    for (arguments, runs) in [(&["sync", "corp"][..], 2), (&["sync", "--all"], 3), (&["sync", "corp", "--dry-run"], 3)]
    {
        assert_eq!(company.world.run(arguments).code, Some(7));
        assert_eq!(company.count("runs"), runs, "{arguments:?}");
    }
    let errors = company.world.column("SELECT error FROM runs WHERE outcome = 'failed'");
    assert!(errors.len() == 2 && errors.iter().all(|it| it.contains("dirsync.key does not exist")), "{errors:?}");
}

#[test]
fn a_damaged_secret_is_a_sign_in_that_is_needed_and_not_tried_again_and_again() {
    let company = Company::connected();
    company.world.sql("UPDATE secrets SET sealed = zeroblob(length(sealed))");
    company.world.sql("UPDATE integrations SET last_sync_at = '2020-01-01T08:00:00Z'");
    let first = company.world.run(&["sync", "--due"]);
    let standing = company.json(&["list"])[0]["status"].clone();
    let runs = company.count("runs");
    assert_eq!((first.code, company.world.run(&["sync", "--due"]).stderr.as_str()), (Some(4), ""), "{first}");
    assert_eq!((standing, company.count("runs")), (json!("sign_in_needed"), runs));
}

#[test]
fn when_a_key_ends_is_kept_with_the_key() {
    let company = Company::new();
    let ends = |told: Outcome| {
        assert_eq!(told.code, Some(0), "{told}");
        company.json(&["details", "corp"])["credentials_end_at"].clone()
    };
    assert_eq!(ends(add(&company, &["--credentials-end", "2020-12-20"])), "2020-12-20T00:00:00Z");
    let told = company.world.run(&["check"]);
    assert_eq!((told.code, told.stdout.contains("its credentials ended on 2020-12-20")), (Some(2), true), "{told}");
    assert_eq!(ends(company.world.run(&["reauth", "corp"])), "2020-12-20T00:00:00Z");
    assert_eq!(ends(company.world.run(&["reauth", "corp", "--credentials-end", "2999-12-20"])), "2999-12-20T00:00:00Z");
    assert_eq!(company.world.run(&["check"]).code, Some(0));
    // A key does not begin with the sign-in, so that its last days are not those of a short life.
    let ten_days = dirsync::clock::Clock::system().now().checked_add(jiff::SignedDuration::from_hours(240)).unwrap();
    ends(company.world.run(&["reauth", "corp", "--credentials-end", &ten_days.strftime("%Y-%m-%d").to_string()]));
    assert_eq!(company.world.run(&["check"]).code, Some(1));
    let browser = ["reauth", "corp", "--client-secrets", "x.json", "--credentials-end", "2999-12-20"];
    let told = company.world.run(&browser);
    assert_eq!((told.code, told.stderr.contains("leave --credentials-end away")), (Some(2), true), "{told}");
}

#[test]
fn a_key_file_elsewhere_is_remembered() {
    let company = undecided();
    let elsewhere = tempfile::tempdir().unwrap();
    let key = elsewhere.path().join("master");
    let added = add(&company, &["--key-store", "file", "--key-file", key.to_str().unwrap()]);
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(mode(&key), 0o600);
    syncs(&company);
    assert!(!company.world.home().join("dirsync.key").exists(), "only one key was made");
    std::fs::remove_file(&key).unwrap();
    locked(&company, &company.contents(), &["does not exist", key.to_str().unwrap()]);
}

#[test]
fn a_command_prints_the_key_every_time() {
    let company = undecided();
    let key = company.file("vault", KEY);
    let command = format!("cat '{}'", key.display());
    let added = add(&company, &["--key-store", "command", "--key-command", &command]);
    assert_eq!(added.code, Some(0), "{added}");
    syncs(&company);
    let before = company.contents();
    std::fs::write(&key, OTHER_KEY).unwrap();
    locked(&company, &before, &["another key"]);
    std::fs::write(&key, "too short").unwrap();
    locked(&company, &before, &["no 32-byte key", "openssl rand"]);
    std::fs::remove_file(&key).unwrap();
    locked(&company, &before, &["the key command", "exit code 1", "run it by hand"]);
    company.file("vault", KEY);
    syncs(&company);
}

#[test]
fn a_command_that_gives_no_key_is_noticed_before_anybody_signs_in() {
    let company = undecided();
    let missing = add(&company, &["--key-store", "command"]);
    assert_eq!(missing.code, Some(2), "{missing}");
    assert!(missing.stderr.contains("--key-command"), "{missing}");
    let failed = add(&company, &["--key-store", "command", "--key-command", "echo locked >&2; exit 3"]);
    assert_eq!(failed.code, Some(7), "{failed}");
    assert!(failed.stderr.contains("exit code 3 (locked)"), "{failed}");
    assert_eq!((company.asked(), company.count("secrets")), (0, 0));
}

#[test]
fn systemd_hands_the_key_to_its_unit_only() {
    let mut company = undecided();
    let folder = company.world.home().join("credentials");
    std::fs::create_dir(&folder).unwrap();
    let absent = add(&company, &["--key-store", "systemd"]);
    assert_eq!(absent.code, Some(7), "{absent}");
    assert!(absent.stderr.contains("systemd-creds encrypt") && absent.stderr.contains("LoadCredential"), "{absent}");

    company.world.set("CREDENTIALS_DIRECTORY", folder.to_str().unwrap());
    let empty = add(&company, &["--key-store", "systemd"]);
    assert_eq!(empty.code, Some(7), "{empty}");
    assert!(empty.stderr.contains("dirsync.key in [HOME]/credentials"), "{empty}");
    company.file("credentials/dirsync.key", KEY);
    let added = add(&company, &["--key-store", "systemd"]);
    assert_eq!(added.code, Some(0), "{added}");
    syncs(&company);

    company.world.unset("CREDENTIALS_DIRECTORY");
    locked(&company, &company.contents(), &["systemd"]);
}

#[test]
fn another_key_in_the_place_of_the_first_opens_nothing_and_loses_nothing() {
    let company = Company::connected();
    let key = company.world.home().join("dirsync.key");
    let former = std::fs::read(&key).unwrap();
    let before = company.contents();
    std::fs::write(&key, OTHER_KEY).unwrap();
    locked(&company, &before, &["another key", "put the former key back"]);
    let reauth = company.world.run(&["reauth", "corp"]);
    assert_eq!(reauth.code, Some(7), "{reauth}");
    std::fs::write(&key, former).unwrap();
    syncs(&company);
}

/// A further directory is added by browser: the code is 7, all of `words` are said, nobody was sent to sign in, and
/// nothing was stored or lost.
fn adds_nothing(company: &Company, words: &[&str]) {
    let (before, asked, listed) = (company.contents(), company.asked(), company.json(&["list"]));
    let second = ["add", "google", "--name", "second", "--no-browser"];
    let outcome = company.sign_in(&second, Visitor::Allows("admin@brightwater.example"));
    assert_eq!(outcome.code, Some(7), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing: {outcome}");
    }
    assert!(outcome.stderr.contains("hint: ") && outcome.stderr.contains("dirsync secrets reset"), "{outcome}");
    assert!(!outcome.stderr.contains("http://"), "an address to sign in at: {outcome}");
    assert_eq!((company.asked(), company.json(&["list"]), company.contents()), (asked, listed, before));
    assert_eq!((company.count("integrations"), company.count("secrets")), (1, 1));
}

#[test]
fn nothing_is_added_where_the_key_of_what_is_stored_is_gone_or_another() {
    let company = Company::connected();
    let key = company.world.home().join("dirsync.key");
    let former = std::fs::read_to_string(&key).unwrap();
    company.file("dirsync.key", OTHER_KEY);
    adds_nothing(&company, &["[HOME]/dirsync.key holds another key", "put the former key back"]);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), OTHER_KEY);
    std::fs::remove_file(&key).unwrap();
    adds_nothing(&company, &["[HOME]/dirsync.key does not exist", "put the key back"]);
    assert!(!key.exists(), "a new key would hide the loss");
    company.file("dirsync.key", &former);
    syncs(&company);
}

#[test]
fn nothing_is_added_where_systemd_or_the_command_gives_another_key() {
    let mut company = undecided();
    let folder = company.world.home().join("credentials");
    std::fs::create_dir(&folder).unwrap();
    company.world.set("CREDENTIALS_DIRECTORY", folder.to_str().unwrap());
    company.file("credentials/dirsync.key", KEY);
    assert_eq!(add(&company, &["--key-store", "systemd"]).code, Some(0));
    company.file("credentials/dirsync.key", OTHER_KEY);
    adds_nothing(&company, &["the systemd credential dirsync.key holds another key"]);
    company.file("credentials/dirsync.key", KEY);
    syncs(&company);

    let company = undecided();
    let command = format!("cat '{}'", company.file("vault", KEY).display());
    assert_eq!(add(&company, &["--key-store", "command", "--key-command", &command]).code, Some(0));
    company.file("vault", OTHER_KEY);
    adds_nothing(&company, &["the key command '/bin/sh' holds another key"]);
    company.file("vault", KEY);
    syncs(&company);
}

#[test]
fn a_key_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let company = Company::connected();
    let key = company.world.home().join("dirsync.key");
    let before = company.contents();
    for loose in [0o640, 0o604, 0o644] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(loose)).unwrap();
        locked(&company, &before, &[&format!("{loose:04o}"), "chmod 600 [HOME]/dirsync.key"]);
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    syncs(&company);
}

#[test]
fn a_key_file_that_is_gone_is_not_made_anew() {
    let company = Company::connected();
    let key = company.world.home().join("dirsync.key");
    let before = company.contents();
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    locked(&company, &before, &["[HOME]/dirsync.key does not exist", "dirsync secrets reset"]);
    assert!(!key.exists(), "a new key would hide the loss");
    company.file("dirsync.key", &kept);
    syncs(&company);
}

#[test]
fn another_place_is_taken_only_when_it_holds_the_same_key() {
    let mut company = Company::connected();
    company.world.unset("DIRSYNC_KEY_STORE");
    let beside = company.world.home().join("dirsync.key");
    let elsewhere = company.file("other", OTHER_KEY);
    let at = |path: &Path| {
        let (path, key) = (path.to_str().unwrap(), company.key_file());
        let key = key.to_str().unwrap();
        company.world.run(&["reauth", "corp", "--key-file", path, "--service-account", key])
    };
    let refused = at(&elsewhere);
    assert_eq!(refused.code, Some(7), "{refused}");
    assert!(refused.stderr.contains("does not hold the same key"), "{refused}");
    syncs(&company);
    std::fs::copy(&beside, &elsewhere).unwrap();
    assert_eq!(at(&elsewhere).code, Some(0));
    std::fs::remove_file(&beside).unwrap();
    syncs(&company);
}

#[test]
fn no_secret_lies_open_in_the_database() {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    let secrets = company.sandbox.secrets();
    assert!(secrets.len() > 3, "there is something to look for");
    for file in std::fs::read_dir(company.world.home()).unwrap().map(Result::unwrap) {
        if file.path().file_name().is_some_and(|name| name.to_string_lossy().starts_with("dirsync.db")) {
            let content = std::fs::read(file.path()).unwrap();
            for secret in &secrets {
                let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", file.path().display());
            }
        }
    }
    for secret in &secrets {
        assert!(!added.stderr.contains(&**secret) && !added.stdout.contains(&**secret), "{secret} was shown");
    }
}

#[test]
fn whoever_lost_the_key_deletes_and_adds_anew_and_has_everybody_back() {
    let company = Company::connected();
    let key = company.world.home().join("dirsync.key");
    let before = company.contents();
    std::fs::remove_file(&key).unwrap();
    let gone = company.world.run(&["delete", "corp", "--confirm", "corp"]);
    assert_eq!(gone.code, Some(0), "{gone}");
    assert!(gone.stderr.contains("warning:"), "the grant could not be read: {gone}");
    assert_eq!(company.count("secrets"), 0);
    assert_eq!(company.add_by_key("corp").code, Some(0));
    assert_eq!((company.contents(), mode(&key)), (before, 0o600));
}

#[test]
fn a_damaged_secret_is_mended_by_signing_in_again() {
    let company = Company::connected();
    let before = company.contents();
    company.world.sql("UPDATE secrets SET sealed = zeroblob(length(sealed))");
    let damaged = company.world.run(&["sync", "corp"]);
    assert_eq!(damaged.code, Some(4), "{damaged}");
    assert!(damaged.stderr.contains("damaged") && damaged.stderr.contains("dirsync reauth"), "{damaged}");
    assert_eq!(company.contents(), before);
    let key = company.key_file();
    let again = company.world.run(&["reauth", "corp", "--service-account", key.to_str().unwrap()]);
    assert_eq!(again.code, Some(0), "{again}");
    syncs(&company);
}

#[test]
fn secrets_that_changed_places_do_not_open() {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    company.world.sql(
        "UPDATE secrets SET sealed = (SELECT other.sealed FROM secrets other WHERE other.kind <> secrets.kind)
         WHERE kind = 'refresh_token'",
    );
    let moved = company.world.run(&["sync", "corp"]);
    assert_eq!(moved.code, Some(4), "{moved}");
    assert!(moved.stderr.contains("the stored refresh token of integration 1 is damaged"), "{moved}");
}
