//! What somebody at a terminal is asked and told.

use std::process::Stdio;
use std::time::Duration;

use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};

use crate::world::World;

/// A world in which a directory was deleted, of whose people one is kept.
fn world() -> World {
    let mut world = World::filled();
    world.set("COLUMNS", "200").set("TERM", "xterm").set("NO_COLOR", "1");
    world
}

pub(crate) fn session(world: &World, arguments: &[&str]) -> OsSession {
    let mut command = world.command(arguments);
    command.stdin(Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

pub(crate) fn rest(session: &mut OsSession) -> String {
    String::from_utf8(session.expect(Eof).unwrap().as_bytes().to_vec()).unwrap()
}

#[test]
fn taking_people_over_is_asked_of_whoever_is_there() {
    let world = world();
    let told = world.run(&["add", "scim", "--name", "other", "-v"]);
    assert!(told.stderr.contains("the same organisation, add it with --adopt-from gone instead"), "{told}");
    assert_eq!(world.run(&["delete", "other", "--confirm", "other"]).code, Some(0));
    let add = ["add", "scim", "--name", "pushed", "--adopt-from", "gone"];
    let mut asked = session(&world, &add);
    asked.expect("gone (google C04, deleted 2026-10-21): 1 person is kept").unwrap();
    asked.expect("Take them over? Only if").unwrap();
    asked.send("n\r").unwrap();
    assert!(rest(&mut asked).contains("nothing was stored"));
    assert_eq!(world.count("integrations"), 5);
    let mut asked = session(&world, &add);
    asked.expect("Take them over?").unwrap();
    asked.send("y\r").unwrap();
    let shown = rest(&mut asked);
    assert!(shown.contains("pushed: 1 person is kept; whoever is pushed is taken back"), "{shown}");
    assert_eq!(world.json(&["users", "show", "8"])["integration"], "pushed");
}

#[test]
fn without_findings_there_is_advice_and_with_conflicts_what_the_command_means() {
    let world = world();
    let shown = rest(&mut session(&world, &["report", "leavers", "--since", "1d"]));
    assert!(shown.contains("nobody who left or is suspended holds a device"), "{shown}");
    let shown = rest(&mut session(&world, &["conflicts"]));
    assert!(
        shown.contains("dirsync users link 5 6 --different") && shown.contains("without it they are one"),
        "{shown}"
    );
}
