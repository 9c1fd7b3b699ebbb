//! What a scope cannot be, and where there is none.

use crate::world::{Outcome, World};

#[track_caller]
fn refused(outcome: &Outcome, code: i32, phrase: &str) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(outcome.stderr.contains(phrase) && outcome.stderr.contains("hint: "), "{phrase:?} is not in {outcome}");
}

#[test]
fn a_directory_that_pushes_decides_itself() {
    let world = World::filled();
    world.sql("UPDATE integrations SET kind = 'scim' WHERE name = 'corp'");
    for how in [&["show"] as &[&str], &["set", "--exclude-suspended", "--yes"], &["clear", "--yes"]] {
        let outcome = world.run(&[&["scope", "corp"], how].concat());
        refused(&outcome, 2, "corp pushes its people");
    }
}

#[test]
fn org_units_are_named_only_where_there_are_any() {
    let world = World::filled();
    world.sql("UPDATE integrations SET kind = 'entra' WHERE name = 'corp'");
    let refusal = world.run(&["scope", "corp", "set", "--org-unit", "/Eng", "--yes"]);
    refused(&refusal, 2, "has no org units");
    let by_group = world.run(&["scope", "corp", "set", "--group", "sales@example.com", "--yes"]);
    assert_eq!(by_group.code, Some(0), "{by_group}");
}

#[test]
fn a_scope_is_something_that_is_there_and_agreed_to() {
    let world = World::filled();
    let set = |how: &[&str]| world.run(&[&["scope", "corp", "set"], how].concat());
    refused(&set(&[]), 2, "nothing was given to set");
    refused(&set(&["--exclude-suspended"]), 2, "has to be confirmed");
    refused(&set(&["--group", "nobody@example.com", "--yes"]), 6, "there is no group");
    // Another directory's.
    refused(&set(&["--group", "sales@lab.example", "--yes"]), 6, "there is no group");
    assert_eq!(set(&["--org-unit", "Eng", "--yes"]).code, Some(2));
    refused(&world.run(&["scope", "nope"]), 6, "there is no integration");
    let nobody = set(&["--org-unit", "/Typo", "--dry-run"]);
    assert!(nobody.code == Some(0) && nobody.stderr.contains("nobody is in /Typo"), "{nobody}");
    assert_eq!(
        world.json(&["changes", "--kind", "changed", "--limit", "1"])[0]["field"],
        "email",
        "nothing was changed"
    );
}
