//! `dirsync demo` where nobody watches: it succeeds, touches nothing of the user's, and leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::world::World;

/// A machine whose temporary files can be told from everybody else's.
fn machine() -> (World, PathBuf) {
    let mut world = World::in_real_time();
    let temporary = world.home().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    world.set("TMPDIR", temporary.to_str().unwrap());
    (world, temporary)
}

fn left_in(folder: &PathBuf) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_demo_needs_no_terminal_and_leaves_nothing_behind() {
    let (world, temporary) = machine();
    let shown = world.run(&["demo"]);
    assert_eq!(shown.code, Some(0), "{shown}");
    let steps = [
        "dirsync add google",
        "dirsync sync corp",
        "dirsync changes",
        "dirsync plans",
        "dirsync add entra",
        "dirsync sync --all",
        // Neither stream of Entra's began anew.
        "changed: /v1.0/groups/delta?$deltatoken=…, /v1.0/users/delta?$deltatoken=…)",
        "dirsync devices import",
        "dirsync devices assign --auto",
        "dirsync devices explain C02BW000",
        "dirsync report leavers",
        "dirsync delete corp --dry-run",
        "dirsync users --status retained",
        "of them taken back with",
    ];
    for step in steps {
        assert!(shown.stdout.contains(step) || shown.stderr.contains(step), "{step:?} is not shown: {shown}");
    }
    // Somebody left with a laptop, and whoever had one had it again in the end.
    assert!(shown.stdout.contains("retained") && shown.stdout.contains("corporation"), "{shown}");
    assert!(shown.stdout.contains("admin@brightwater.example"), "tables are data: {shown}");
    assert_eq!(left_in(&temporary), [temporary; 0]);
    assert!(!world.database().exists(), "the user's own home is not touched");
}

#[test]
fn a_demo_that_is_kept_can_be_used_until_it_is_stopped_and_then_is_gone() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let (world, temporary) = machine();
        let mut command = world.command(&["demo", "--keep"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut user = World::in_real_time();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            user.set(name, value);
            if name == "DIRSYNC_CLIENT_SECRETS" {
                break;
            }
        }
        // What it printed is all that a shell needs.
        let listed = user.run(&["list", "-o", "json"]);
        assert_eq!(listed.json(), serde_json::json!([]));
        let missing = user.run(&["add", "google", "--no-input"]);
        assert!(missing.stderr.contains("--name") && !missing.stderr.contains("--client-secrets"), "{missing}");
        let missing = user.run(&["add", "entra", "--no-input"]);
        assert!(missing.stderr.contains("--name") && !missing.stderr.contains("--client-id"), "{missing}");
        assert_eq!(left_in(&temporary).len(), 1);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(left_in(&temporary), [temporary; 0]);
    }
}

#[test]
fn a_port_of_the_sandbox_that_is_taken_is_said_so() {
    let (world, temporary) = machine();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let shown = world.run(&["demo", "--keep", "--sandbox-port", &port]);
    assert_eq!(shown.code, Some(1), "{shown}");
    assert!(shown.stderr.contains("in use"), "{shown}");
    assert_eq!(left_in(&temporary), [temporary; 0]);
}
