//! `completions/` and `man/` are what the program makes; `DIRSYNC_BLESS=1` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::world::World;

#[test]
fn completion_scripts_are_current() {
    let world = World::new();
    let made =
        [("bash", "dirsync.bash"), ("zsh", "_dirsync"), ("fish", "dirsync.fish"), ("powershell", "_dirsync.ps1")]
            .map(|(shell, file)| (file.to_owned(), world.run(&["completions", shell]).stdout));
    compare("completions", BTreeMap::from(made));
}

#[test]
fn man_pages_are_current() {
    let world = World::new();
    let folder = world.home().join("man");
    fs::create_dir(&folder).unwrap();
    let outcome = world.run(&["man", "man"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    compare("man", files(&folder));
}

#[expect(clippy::disallowed_methods, reason = "how one asks a test to write rather than to compare")]
fn compare(folder: &str, made: BTreeMap<String, String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("DIRSYNC_BLESS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for (name, text) in &made {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let kept = files(&folder);
    for (name, text) in &made {
        assert!(kept.get(name) == Some(text), "{name} is not current: DIRSYNC_BLESS=1 cargo test --test it generated");
    }
    assert_eq!(kept.len(), made.len(), "{} holds files that are made no more", folder.display());
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}
