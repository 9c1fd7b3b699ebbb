//! What somebody at a terminal is shown and asked before a scope is set.

use expectrl::Expect;

use crate::returning::terminal::{rest, session};
use crate::world::World;

#[test]
fn the_effect_is_shown_before_it_is_asked_for() {
    let mut world = World::filled();
    world.set("COLUMNS", "200").set("TERM", "xterm").set("NO_COLOR", "1");
    let set = ["scope", "corp", "set", "--org-unit", "/Sales", "--group", "all@example.com"];
    let before = world.contents();
    let mut asked = session(&world, &set);
    asked.expect("corp would take in whoever is in or below /Sales and is a member of all@example.com").unwrap();
    asked.expect("3 people would go out of scope: Ada@Example.com, bob@example.com, grace@example.com").unwrap();
    asked.expect("1 of them would keep 1 device").unwrap();
    asked.expect("1 person would be in scope, 3 out of it; nobody leaves").unwrap();
    asked.expect("Set this scope?").unwrap();
    asked.send("n\r").unwrap();
    assert!(rest(&mut asked).contains("not confirmed, and the scope is as it was"));
    assert_eq!(world.contents(), before);
    let mut asked = session(&world, &set);
    asked.expect("Set this scope?").unwrap();
    asked.send("y\r").unwrap();
    let told = rest(&mut asked);
    assert!(told.contains("3 people went out of scope, 0 came in; 1 in scope now, 3 out of it"), "{told}");
    assert_eq!(world.json(&["users", "show", "3"])["status"], "active");
}
