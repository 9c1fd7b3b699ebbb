//! What holds for every command there is, new ones too: without a terminal nothing hangs or asks, and with `-o json` both
//! what it shows and what it complains of are JSON.

use clap::CommandFactory;
use dirsync::cli::Cli;

use crate::world::World;

/// Commands that go on until they are stopped, or print what is no data.
const OF_THEIR_OWN: &[&str] = &["demo", "serve", "completions", "man"];

/// Every command that does something by itself: those without subcommands, and those that do without one.
fn commands(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
    for below in command.get_subcommands().filter(|below| !OF_THEIR_OWN.contains(&below.get_name())) {
        let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
        if !below.is_subcommand_required_set() {
            all.push(path.clone());
        }
        commands(below, &path, all);
    }
}

#[test]
fn every_command_speaks_json_and_asks_nobody() {
    let mut all = Vec::new();
    commands(&Cli::command(), &[], &mut all);
    assert!(all.len() > 50, "{all:?}");
    for path in all {
        // One directory each, for some of them change what is there.
        let world = World::filled();
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.extend(["-o", "json"]);
        let outcome = world.run(&arguments);
        // Never a panic (101) or a signal.
        assert!(matches!(outcome.code, Some(0..=10 | 75)), "{outcome}");
        // Rules are exported as the TOML that they are imported from.
        if !outcome.stdout.is_empty() && path != ["devices", "rules", "export"] {
            let told: Result<serde_json::Value, _> = serde_json::from_str(&outcome.stdout);
            assert!(told.is_ok(), "stdout is no JSON: {outcome}");
        }
        if outcome.code != Some(0) {
            let complaints = outcome.stderr.lines().filter(|line| line.starts_with("{\"error\":"));
            let told: Vec<Result<serde_json::Value, _>> = complaints.map(serde_json::from_str).collect();
            // What these two find is their data, and their code says how grave it is.
            let by_data = ["check", "doctor"].contains(&&*path[0]);
            assert!(by_data || !told.is_empty(), "no error as JSON: {outcome}");
            assert!(told.iter().all(Result::is_ok), "{outcome}");
        }
    }
}
