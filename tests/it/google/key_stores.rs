//! Where the master key may live, and what happens when it is not there, not the same, or not private.

use super::company::{ADD, Company, error, set_mode};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

/// A company connected with these settings, and read through once more by a process of its own.
fn lives_by(settings: &[(&str, &str)]) -> Company {
    let mut company = Company::new();
    company.world.set("DIRSYNC_KEY_STORE", "");
    company.file("the.key", KEY);
    let home = company.world.home().to_str().unwrap().to_owned();
    for (name, value) in settings {
        company.world.set(name, &value.replace("[HOME]", &home));
    }
    let added = company.sign_in(ADD);
    assert_eq!(added.code, Some(0), "{added}");
    company
}

/// From now on the place is known without being named again.
fn forget(company: &mut Company) {
    for name in ["DIRSYNC_KEY_STORE", "DIRSYNC_KEY_FILE", "DIRSYNC_KEY_COMMAND"] {
        company.world.set(name, "");
    }
}

#[test]
fn a_file_is_made_beside_the_database_and_remembered() {
    let mut company = lives_by(&[("DIRSYNC_KEY_STORE", "file")]);
    let file = company.world.home().join("dirsync.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    forget(&mut company);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    set_mode(&file, 0o644);
    let outcome = company.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains("chmod 600 [HOME]/dirsync.key"), "{outcome}");
    set_mode(&file, 0o600);
    let key = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let outcome = company.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains("put the key back") && !file.exists(), "no new key beside old secrets: {outcome}");
    company.file("dirsync.key", KEY);
    let outcome = company.run(&["sync", "corp", "-o", "json"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(error(&outcome)["message"].as_str().unwrap().contains("holds another key"), "{outcome}");
    std::fs::write(&file, "too short").unwrap();
    let outcome = company.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(!outcome.stderr.contains("too short"), "what is in a key file is never shown: {outcome}");
    std::fs::write(&file, key).unwrap();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0), "and nothing was lost");
    assert_eq!(company.run(&["users"]).code, Some(0));
}

#[test]
fn a_file_elsewhere_is_found_again_and_may_move() {
    let mut company = lives_by(&[("DIRSYNC_KEY_STORE", "file"), ("DIRSYNC_KEY_FILE", "[HOME]/the.key")]);
    forget(&mut company);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    assert!(!company.world.home().join("dirsync.key").exists());
    std::fs::rename(company.world.home().join("the.key"), company.world.home().join("moved.key")).unwrap();
    assert_eq!(company.run(&["sync", "corp"]).code, Some(7));
    let moved = company.run(&["sync", "corp", "--key-store", "file", "--key-file", "moved.key"]);
    assert_eq!(moved.code, Some(0), "{moved}");
}

#[test]
fn a_commands_output_is_the_key() {
    let mut company = lives_by(&[("DIRSYNC_KEY_STORE", "command"), ("DIRSYNC_KEY_COMMAND", "/bin/cat [HOME]/the.key")]);
    forget(&mut company);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    company.file("the.key", "");
    let outcome = company.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    let locked = company.run(&["sync", "corp", "--key-store", "command", "--key-command", "echo locked >&2; exit 3"]);
    assert_eq!(locked.code, Some(7), "{locked}");
    let none = company.run(&["sync", "corp", "--key-store", "command"]);
    assert_eq!(none.code, Some(2), "{none}");
    assert!(none.stderr.contains("--key-command"), "{none}");
}

#[test]
fn a_systemd_credential_is_the_key() {
    let mut company = Company::new();
    let credentials = company.world.home().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    company.world.set("DIRSYNC_KEY_STORE", "systemd");
    let outcome = company.run(&[ADD, &["--no-browser"]].concat());
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains("systemd-creds encrypt"), "{outcome}");
    company.world.set("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap());
    let outcome = company.run(&[ADD, &["--no-browser"]].concat());
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains("dirsync.key") && !outcome.stderr.contains("Open this address"), "{outcome}");
    std::fs::write(credentials.join("dirsync.key"), KEY).unwrap();
    assert_eq!(company.sign_in(ADD).code, Some(0));
    forget(&mut company);
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0));
    company.world.set("CREDENTIALS_DIRECTORY", "");
    let outcome = company.run(&["sync", "corp"]);
    assert_eq!(outcome.code, Some(7), "cron has no credentials: {outcome}");
}

#[test]
fn another_place_is_taken_only_with_the_same_key() {
    let mut company = lives_by(&[("DIRSYNC_KEY_STORE", "file")]);
    forget(&mut company);
    company.file("other.key", KEY);
    let outcome = company.run(&["sync", "corp", "--key-store", "file", "--key-file", "other.key"]);
    assert_eq!(outcome.code, Some(7), "{outcome}");
    assert!(outcome.stderr.contains("does not hold the same key"), "{outcome}");
    let keyring = company.run(&["sync", "corp", "--key-store", "keyring"]);
    assert_eq!(keyring.code, Some(7), "{keyring}");
    assert_eq!(company.run(&["sync", "corp"]).code, Some(0), "the place that works is still the place");
}

#[test]
fn a_copy_of_the_database_without_its_key_still_shows_people_but_signs_in_nowhere() {
    let mut company = lives_by(&[("DIRSYNC_KEY_STORE", "file")]);
    forget(&mut company);
    std::fs::remove_file(company.world.home().join("dirsync.key")).unwrap();
    assert_ne!(company.run(&["users", "-o", "json"]).json(), serde_json::json!([]));
    assert_eq!(company.run(&["sync", "--all"]).code, Some(7));
}
