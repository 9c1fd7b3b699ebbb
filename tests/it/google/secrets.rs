//! Nothing secret lies about: not in any file, not on any stream, not in a process's arguments.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use dirsync::sandbox::{Fault, Rule};

use super::company::{BY_BROWSER, Company, Visitor};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn no_secret_leaves_its_place_in_a_whole_story_at_the_highest_verbosity() {
    let company = Company::new();
    let admin = company.sandbox.admin_email();
    let mut talk = String::new();
    let mut hear = |outcome: crate::world::Outcome| talk += &outcome.to_string();
    let mut add = BY_BROWSER.to_vec();
    add.push("-vv");
    hear(company.sign_in(&add, Visitor::Allows(&admin)));
    hear(company.world.run(&["sync", "corp", "-vv"]));
    company.sandbox.expire_tokens();
    company.sandbox.inject(Rule::new("users", Fault::Unauthorized).times(1));
    hear(company.world.run(&["sync", "corp", "-vv", "-o", "json"]));
    company.sandbox.clear_faults();
    hear(company.sign_in(&["reauth", "corp", "--no-browser", "-vv"], Visitor::Declines));
    let key = company.key_file();
    let key = key.to_str().unwrap();
    hear(company.world.run(&["reauth", "corp", "--service-account", key, "--admin", &admin, "-vv"]));
    hear(company.world.run(&["sync", "corp", "-vv"]));
    hear(company.world.run(&["details", "corp", "-o", "json"]));

    let client: serde_json::Value = serde_json::from_str(&company.sandbox.client_secrets_json()).unwrap();
    let account: serde_json::Value = serde_json::from_str(&company.sandbox.service_account_json().unwrap()).unwrap();
    let pem = account["private_key"].as_str().unwrap();
    let mut secrets = company.sandbox.secrets();
    assert!(secrets.len() >= 5, "codes, access tokens and a refresh token were issued: {}", secrets.len());
    secrets.push(client["installed"]["client_secret"].as_str().unwrap().to_owned());
    secrets.push(pem.lines().nth(3).unwrap().to_owned());
    let master = std::fs::read(company.world.home().join("dirsync.key")).unwrap();
    let master = String::from_utf8_lossy(&master).trim().to_owned();
    assert!(master.len() >= 32);
    secrets.push(master);

    // What the administrator brought, and the key's own place.
    let own = ["client.json", "key.json", "dirsync.key"];
    for file in files(company.world.home()) {
        if own.iter().any(|name| file.ends_with(name)) {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        for secret in &secrets {
            assert!(!contains(&bytes, secret), "{} holds a secret", file.display());
        }
    }
    for secret in &secrets {
        assert!(!talk.contains(secret), "a secret was said: {talk}");
    }
}

#[test]
fn a_running_sync_shows_no_secret_in_its_arguments_or_environment() {
    let company = Company::connected();
    company.sandbox.inject(Rule::new("users", Fault::Slow { ms: 600 }));
    let mut child = company.world.command(&["sync", "corp"]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    for what in ["cmdline", "environ"] {
        let shown = std::fs::read(format!("/proc/{}/{what}", child.id())).unwrap();
        assert!(!shown.is_empty());
        for secret in company.sandbox.secrets() {
            assert!(!contains(&shown, &secret), "{what}");
        }
    }
    assert!(child.wait().unwrap().success());
}

#[test]
fn everything_made_is_private_however_lax_the_umask() {
    let company = Company::new();
    let key = company.key_file();
    let home = company.world.home().join("fresh");
    let program = env!("CARGO_BIN_EXE_dirsync");
    let script = format!(
        "umask 000; {program} add google --name corp --service-account {} --admin {} && {program} sync corp",
        key.display(),
        company.sandbox.admin_email()
    );
    let mut command = company.world.command(&[]);
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    command = std::process::Command::new("/bin/sh");
    let status =
        command.arg("-c").arg(script).env_clear().envs(environment).env("DIRSYNC_HOME", &home).status().unwrap();
    assert!(status.success());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    let made = files(&home);
    assert!(
        made.iter().any(|path| path.ends_with("dirsync.db")) && made.iter().any(|path| path.ends_with("dirsync.key"))
    );
    for path in made {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert_eq!(mode(path.parent().unwrap()), 0o700, "the folder of {}", path.display());
    }
}
