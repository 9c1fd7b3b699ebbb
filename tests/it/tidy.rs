//! The house rules of the architecture (header of `lib.rs`), held by a test so that nobody has to remember them.

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms a room may look into. Everybody may use `model` and `clock`.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &[]),
    ("paths", &[]),
    ("output", &[]),
    ("store", &[]),
    ("http", &[]),
    ("provider", &["http"]),
    ("auth", &["http", "store"]),
    ("people", &["store"]),
    ("sync", &["provider", "http", "store", "people"]),
    ("scim", &["store", "people"]),
    ("sandbox", &[]),
    ("cli", &["output", "paths", "store", "http", "provider", "auth", "people", "sync", "scim", "sandbox"]),
];

/// A library or call, and the only rooms that may use it.
const ONLY: &[(&str, &[&str])] = &[
    ("clap::", &["cli"]),
    ("clap_complete::", &["cli"]),
    ("dialoguer::", &["cli"]),
    ("ExitCode", &["cli", "main"]),
    ("rusqlite::", &["store"]),
    ("INSERT INTO ", &["store"]),
    ("DELETE FROM ", &["store"]),
    ("CREATE TABLE ", &["store"]),
    ("reqwest::", &["http"]),
    ("axum::", &["auth", "scim", "sandbox"]),
    ("TcpListener", &["auth", "scim", "sandbox"]),
    ("comfy_table::", &["output"]),
    ("indicatif::", &["output"]),
    ("println!(", &["output"]),
    ("print!(", &["output"]),
    ("dbg!(", &[]),
    ("process::exit", &[]),
    ("process::abort", &[]),
    ("env::var", &["cli", "paths"]),
    ("Timestamp::now", &["clock"]),
    ("SystemTime::now", &["clock"]),
    ("Instant::now", &["clock"]),
    ("ZonedDateTime::now", &["clock"]),
    ("#[allow(", &[]),
    ("#![allow(", &[]),
];

struct Source {
    /// Where it is, from the package's root.
    path: String,
    /// `store` for `src/store/open.rs`, `clock` for `src/clock.rs`.
    room: String,
    /// All of it.
    text: String,
    /// Without its tests and comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files
        .into_iter()
        .map(|file| {
            let path = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let room = path.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&file).unwrap();
            let test_file = path.contains("/tests") || path.contains("/test_support");
            let code = if test_file { "" } else { text.split("#[cfg(test)]\nmod tests").next().unwrap() };
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            Source { path, room, text, code }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn none(broken: Vec<String>, rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn rooms_look_only_where_the_arrows_point() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !["lib", "main"].contains(&&*source.room)) {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == source.room) else {
            broken.push(format!("{}: the room '{}' has no line in ARROWS", source.path, source.room));
            continue;
        };
        for part in source.code.split("crate::").skip(1) {
            let used: String = part.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
            let known = ARROWS.iter().any(|(room, _)| *room == used);
            let free = ["model", "clock"].contains(&&*used) && source.room != "model" && source.room != "clock";
            if known && used != source.room && !free && !allowed.contains(&&*used) {
                broken.push(format!("{} looks into {used}", source.path));
            }
        }
        if source.code.contains("crate::{") {
            broken.push(format!("{}: import rooms one by one, so that this test sees them", source.path));
        }
    }
    none(broken, "an arrow is missing or wrong");
}

#[test]
fn every_library_stays_in_its_room() {
    let mut broken = Vec::new();
    for source in sources() {
        for (word, rooms) in ONLY {
            if source.code.contains(word) && !rooms.contains(&&*source.room) {
                broken.push(format!("{} uses {word}", source.path));
            }
        }
        for line in source.code.lines() {
            let streams =
                ["io::stdout()", "io::stderr()", "Term::stdout()", "Term::stderr()"].iter().any(|it| line.contains(it));
            // Asking whether a stream is a terminal prints nothing; a prompt is dialoguer's, and cleaned up after there.
            let harmless = line.contains("is_terminal()") || source.path == "src/cli/prompt.rs";
            if streams && !harmless && source.room != "output" {
                broken.push(format!("{} opens a standard stream: {}", source.path, line.trim()));
            }
        }
    }
    none(broken, "something is used outside its room");
}

#[test]
fn no_providers_name_decides_anything_outside_its_room() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !["provider", "auth", "sandbox"].contains(&&*source.room)) {
        for line in source.code.lines() {
            let names = ["\"google\"", "\"entra\"", "\"scim\""].iter().any(|name| line.contains(name));
            if names && (line.contains("=>") || line.contains("==") || line.contains("matches!")) {
                broken.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    let mut migrations = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations")).unwrap();
    assert!(migrations.all(|file| !fs::read_to_string(file.unwrap().path()).unwrap().contains(" CHECK ")));
    none(broken, "a provider's name in a decision");
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut broken = Vec::new();
    for source in sources() {
        let header = source.text.lines().take_while(|line| line.starts_with("//!")).count();
        if header == 0 || (header > 5 && source.room != "lib") {
            broken.push(format!("{}: {header} lines of //!, 1 to 5 are wanted", source.path));
        }
        let lines = source.text.lines().count();
        if lines > 400 {
            broken.push(format!("{}: {lines} lines", source.path));
        }
    }
    none(broken, "a file without a purpose, or too long");
}

#[test]
fn a_mod_file_is_only_a_map() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("/mod.rs")) {
        for line in source.code.lines() {
            let word = line.trim_start().trim_start_matches("pub ").split(['(', ' ', '<']).next().unwrap_or_default();
            if ["fn", "impl", "struct", "enum", "trait", "static", "macro_rules!"].contains(&word) {
                broken.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    none(broken, "a mod.rs with logic");
}

#[test]
fn tests_are_short_files_too() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not say what it is for", file.display());
        assert!(text.lines().count() <= 400, "{} is too long", file.display());
    }
}
