//! Evidence told one piece at a time, and the reasoning made of it, by the real binary.

use insta::assert_snapshot;

use crate::world::World;

#[test]
fn evidence_is_told_shown_and_explained() {
    let mut world = World::filled();
    world.run(&["devices", "add", "n1", "--platform", "mac", "--tag", "sales"]);
    let tell = |kind: &str, user: &str, at: &str| {
        let told = world.run(&["devices", "evidence", "add", "N1", "--kind", kind, "--user", user, "--at", at]);
        assert_eq!(told.code, Some(0), "{told}");
        told.stderr
    };
    assert_eq!(tell("enrolled_by", "Yamada@example.com", "2026-11-20"), "");
    assert!(tell("enrolled_by", "bob@example.com", "2026-11-19").contains("younger"), "an older telling is no news");
    for hour in 10..13 {
        tell("login", "yamada@example.com", &format!("2026-11-21T{hour}:00:00Z"));
    }
    tell("login", "helpdesk@example.com", "2026-11-22T08:00:00Z");
    tell("login", "yamada@example.com", "2026-09-01T08:00:00Z");
    assert_snapshot!("evidence_shown", world.run(&["devices", "show", "n1", "-o", "json"]));
    assert_snapshot!("explain_json", world.run(&["devices", "explain", "n1", "-o", "json"]));
    world.set("COLUMNS", "120");
    assert_snapshot!("explain_table", world.run(&["devices", "explain", "n1", "-o", "table"]));
    assert_eq!(world.run(&["devices", "assign", "--auto"]).code, Some(0));
    let explained = world.run(&["devices", "explain", "n1", "-o", "json"]).json();
    assert_eq!(explained["conclusion"], "stays with yamada@example.com: rule 'enrolment' names yamada@example.com");
    assert_eq!(explained["holder"]["source"], "rule:enrolment");
}

#[test]
fn what_cannot_be_evidence_is_refused() {
    let world = World::filled();
    let add = |words: &[&str]| world.run(&[&["devices", "evidence", "add"], words].concat());
    assert_eq!(add(&["nope", "--kind", "login", "--user", "x"]).code, Some(6));
    assert_snapshot!("evidence_without_kind", add(&["C02XL0GS", "--user", "x"]));
    assert_eq!(add(&["C02XL0GS", "--kind", "login"]).code, Some(2));
    assert_eq!(add(&["C02XL0GS", "--kind", "user_attr_serial", "--user", "x"]).code, Some(2), "that is looked up");
    assert_eq!(add(&["C02XL0GS", "--kind", "login", "--user", " "]).code, Some(2));
    assert_eq!(add(&["C02XL0GS", "--kind", "login", "--user", "x", "--at", "noon"]).code, Some(2));
    assert_eq!(add(&["C02XL0GS", "--kind", "login", "--user", "x", "--integration", "nope"]).code, Some(6));
    let ahead = add(&["C02XL0GS", "--kind", "enrolled_by", "--user", "x", "--at", "2099-01-01"]);
    assert_eq!((ahead.code, ahead.stderr.contains("in the future")), (Some(2), true), "{ahead}");
    let ahead = world.run(&["devices", "set", "C02XL0GS", "--last-seen-at", "2099-01-01"]);
    assert_eq!((ahead.code, ahead.stderr.contains("in the future")), (Some(2), true), "{ahead}");
    assert_eq!(add(&["C02XL0GS", "--kind", "enrolled_by", "--user", "x", "--at", "2026-11-25"]).code, Some(0));
    assert_eq!(world.run(&["devices", "explain", "nope"]).code, Some(6));
    let settled = add(&["C02XL0GS", "--kind", "expected_user", "--user", "yamada@example.com"]);
    assert!(settled.stderr.contains("by hand"), "{settled}");
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json(), serde_json::json!([]));
}

#[test]
fn whoever_is_expected_gets_it_from_whomever_a_rule_gave_it() {
    let world = World::filled();
    world.run(&["devices", "add", "n1"]);
    let tell =
        |kind: &str, user: &str| world.run(&["devices", "evidence", "add", "n1", "--kind", kind, "--user", user]);
    tell("enrolled_by", "yamada@example.com");
    world.run(&["devices", "assign", "--auto"]);
    tell("expected_user", "al@example.com");
    let given = world.run(&["devices", "assign", "--auto", "-o", "json"]).json();
    assert_eq!((&given[0]["user"], &given[0]["before"]), (&"Ada@Example.com".into(), &"yamada@example.com".into()));
    assert_eq!(given[0]["rule"], "serial-list");
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json(), serde_json::json!([]));
    // What was taken back by hand stays so; only what is told later counts.
    world.run(&["devices", "unassign", "n1", "--reason", "in the cupboard"]);
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json(), serde_json::json!([]));
    let explained = world.run(&["devices", "explain", "n1", "-o", "json"]).json();
    assert_eq!(explained["rules"][1]["told"][0]["ignored_because"], "older");
    world.run(&[
        "devices",
        "evidence",
        "add",
        "n1",
        "--kind",
        "enrolled_by",
        "--user",
        "yamada@example.com",
        "--at",
        "2026-11-24T08:00:01Z",
    ]);
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json()[0]["user"], "yamada@example.com");
    // Given by hand to whoever has it, it is no rule's any more.
    let confirm =
        |words: &[&str]| world.run(&[&["devices", "assign", "n1", "yamada@example.com"], words].concat()).stderr;
    assert!(confirm(&[]).contains("has it already, and now by hand"));
    let held = || world.run(&["devices", "history", "n1", "-o", "json"]).json()[0].clone();
    let why = held()["reason"].as_str().unwrap().to_owned();
    assert!(held()["source"] == "manual" && why.starts_with("enrolled_by yamada"), "its evidence stays: {why}");
    assert!(!confirm(&[]).contains("by hand"), "it is so by now");
    assert!(confirm(&["--reason", "seen with it", "--pin"]).contains("by hand"));
    assert_eq!((&held()["reason"], &held()["pinned"]), (&"seen with it".into(), &true.into()));
    let changes = world.run(&["changes", "--subject", "device", "-o", "json"]).json();
    let told = |it: &serde_json::Value| format!("{} {} > {}", it["field"], it["before"], it["after"]);
    let changes: Vec<String> =
        changes.as_array().unwrap().iter().filter(|it| it["kind"] == "changed").map(told).collect();
    assert!(changes.contains(&r#""assignment_source" "rule:enrolment" > "manual""#.to_owned()), "{changes:?}");
    assert!(changes.contains(&format!(r#""reason" {why:?} > "seen with it""#)), "{changes:?}");
    world.sql("UPDATE assignments SET pinned = 0");
    world.run(&[
        "devices",
        "evidence",
        "add",
        "n1",
        "--kind",
        "enrolled_by",
        "--user",
        "Ada@Example.com",
        "--at",
        "2026-11-24T09:00:00Z",
        "--integration",
        "corp",
    ]);
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json(), serde_json::json!([]));
    let explained = world.run(&["devices", "explain", "n1", "-o", "json"]).json();
    assert_eq!(
        explained["conclusion"],
        "stays with yamada@example.com: rule 'enrolment' names Ada@Example.com, but it was given by hand"
    );
}
