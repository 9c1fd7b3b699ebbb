//! Where secrets must not be found: in anything that was shown, and in every file but those that keep them by nature.

use std::path::{Path, PathBuf};

use base64::Engine;

use crate::world::{Outcome, World};

/// All files and folders below.
pub(crate) fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_in(&path));
        }
        found.push(path);
    }
    found
}

/// Whether a secret occurs in these bytes.
pub(crate) fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

/// The master key as it may be written, each spelling with its name.
pub(crate) fn master_key(world: &World) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(world.home().join("dirsync.key")).unwrap();
    let text = text.trim();
    let engines = [
        &base64::engine::general_purpose::STANDARD,
        &base64::engine::general_purpose::STANDARD_NO_PAD,
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ];
    let raw = engines.iter().find_map(|engine| engine.decode(text).ok()).unwrap();
    assert_eq!(raw.len(), 32);
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut spellings = vec![("as it is in its file", text.as_bytes().to_vec()), ("raw", raw.clone())];
    spellings.push(("in upper-case hex", hex.to_uppercase().into_bytes()));
    spellings.push(("in hex", hex.into_bytes()));
    spellings
        .extend(engines.map(|engine| ("in base64", engine.encode(&raw).trim_end_matches('=').as_bytes().to_vec())));
    spellings.into_iter().map(|(how, bytes)| (format!("the master key {how}"), bytes)).collect()
}

/// Fails if one of `secrets` (each with its name) occurs in what was shown or in any file but `keepers`.
#[track_caller]
pub(crate) fn assert_kept(world: &World, secrets: &[(String, Vec<u8>)], keepers: &[&str], shown: &[Outcome]) {
    for outcome in shown {
        for (what, secret) in secrets {
            let both = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(!holds(both.as_bytes(), secret), "{what} is shown: {outcome}");
        }
    }
    let files = everything_in(world.home()).into_iter().filter(|path| path.is_file());
    let mut searched = 0;
    for file in files.filter(|file| !keepers.iter().any(|keeper| file.ends_with(keeper))) {
        let bytes = std::fs::read(&file).unwrap();
        for (what, secret) in secrets {
            assert!(!holds(&bytes, secret), "{what} is in {}", file.display());
        }
        searched += 1;
    }
    assert!(searched > 0, "no file was searched");
}
