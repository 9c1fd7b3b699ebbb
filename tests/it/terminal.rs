//! Through a pseudo-terminal, a closed pipe and a signal: what only a real process can show.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::world::World;

#[test]
#[expect(clippy::disallowed_methods, reason = "a deadline on a real process")]
fn a_query_ends_at_ctrl_c_with_130() {
    let world = World::filled();
    let endless = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let mut child = world.command(&["query", endless]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(started.elapsed() < Duration::from_secs(2), "it was interrupted, not given up on");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let world = World::filled();
    let many = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i FROM n";
    for format in ["json", "jsonl", "csv", "tsv"] {
        let mut child = world
            .command(&["query", many, "-o", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{format}");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_a_table_advice_and_colour() {
    use expectrl::{Eof, Expect, Session};
    let on_terminal = |world: &World, arguments: &[&str]| {
        let mut session = Session::spawn(world.command(arguments)).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        String::from_utf8(session.expect(Eof).unwrap().as_bytes().to_vec()).unwrap()
    };
    let mut world = World::filled();
    world.set("COLUMNS", "100").set("TERM", "xterm");
    let shown = on_terminal(&world, &["list"]);
    assert!(shown.contains("\u{1b}[") && shown.contains("1 h ago") && shown.contains("hidden, --wide"), "{shown}");
    world.set("NO_COLOR", "1");
    let shown = on_terminal(&world, &["list"]);
    assert!(!shown.contains("\u{1b}["), "{shown}");
    let mut empty = World::new();
    empty.set("TERM", "xterm");
    let shown = on_terminal(&empty, &["list"]);
    assert!(shown.contains("'dirsync add' connects one"), "{shown}");
}

#[test]
fn a_shell_gets_the_names_of_integrations_at_once() {
    let world = World::filled();
    let asked = |typed: &str| {
        let mut command = world.command(&["--", "dirsync", "users", "--integration", typed]);
        command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.stderr)
    };
    assert_eq!(asked("C"), ("corp".to_owned(), Vec::new()));
    assert_eq!(asked("").0, "corp\nnew\nOld Lab");
    std::fs::write(world.database(), "rubbish").unwrap();
    assert_eq!(asked(""), (String::new(), Vec::new()), "a shell is no place for errors");
}
