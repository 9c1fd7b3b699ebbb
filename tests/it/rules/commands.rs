//! `devices rules` and `devices assign --auto`, by the real binary.

use insta::assert_snapshot;

use crate::world::World;

/// A rule for the fixture's people of Sales.
const SALES: &str = r#"
[[rule]]
name = "sales-macs"
priority = 25
evidence = "enrolled_by"
match = ["email", "upn", "alias"]
device = { platform = ["mac"], tag = "sales", serial_prefix = "n" }
user = { integration = "corp", groups_any = ["sales@example.com"], department = "sales", state = ["active"] }
on_conflict = "only-unassigned"
"#;

#[test]
fn rules_are_listed_shown_switched_and_removed() {
    let world = World::filled();
    assert_snapshot!("rules_table", world.run(&["devices", "rules", "-o", "table"]));
    assert_snapshot!("rules_show", world.run(&["devices", "rules", "show", "Enrolment", "-o", "json"]));
    let enabled = |name: &str| world.run(&["devices", "rules", "show", name, "-o", "json"]).json()["enabled"].clone();
    assert_eq!(world.run(&["devices", "rules", "disable", "enrolment"]).code, Some(0));
    assert_eq!(enabled("enrolment"), false);
    world.run(&["devices", "rules", "enable", "ENROLMENT"]);
    assert_eq!(enabled("enrolment"), true);
    assert_snapshot!("rules_remove_built_in", world.run(&["devices", "rules", "remove", "enrolment"]));
    assert_snapshot!("rules_enable_without_attribute", world.run(&["devices", "rules", "enable", "serial-attribute"]));
    assert_snapshot!("rules_unknown", world.run(&["devices", "rules", "show", "nope"]));
    assert_eq!(world.run(&["devices", "rules", "remove"]).code, Some(2), "nobody can be asked");
}

#[test]
fn a_rule_gives_what_it_says_to_whom_it_says() {
    let world = World::filled();
    std::fs::write(world.home().join("sales.toml"), SALES).unwrap();
    assert_eq!(world.run(&["devices", "rules", "add", "sales.toml"]).code, Some(0));
    world.run(&["devices", "rules", "disable", "enrolment"]);
    let device = |serial: &str, words: &[&str], user: &str| {
        world.run(&[&["devices", "add", serial], words].concat());
        world.run(&[
            "devices",
            "evidence",
            "add",
            serial,
            "--kind",
            "enrolled_by",
            "--user",
            user,
            "--at",
            "2026-11-20",
        ]);
    };
    device("n1", &["--platform", "Mac", "--tag", "Sales"], "YAMADA@example.com");
    device("n2", &["--platform", "windows", "--tag", "sales"], "yamada@example.com");
    device("n3", &["--platform", "mac", "--tag", "sales", "--shared"], "yamada@example.com");
    device("n4", &["--platform", "mac", "--tag", "sales"], "ada@example.com");
    device("x5", &["--platform", "mac", "--tag", "sales"], "yamada@example.com");
    assert_snapshot!("auto_dry_run", world.run(&["devices", "assign", "--auto", "--dry-run", "-o", "json"]));
    assert_eq!(world.run(&["devices", "show", "n1", "-o", "json"]).json()["user_email"], serde_json::Value::Null);
    assert_snapshot!("auto", world.run(&["devices", "assign", "--auto"]));
    assert_snapshot!("auto_history", world.run(&["devices", "history", "n1", "-o", "json"]));
    let changes = world.run(&["changes", "--subject", "device", "-o", "json"]).json();
    assert_eq!(changes.as_array().unwrap().iter().filter(|it| it["kind"] == "assigned").count(), 1);
    assert_eq!(world.run(&["devices", "assign", "--auto", "-o", "json"]).json(), serde_json::json!([]));
    // Somebody of two directories is nobody's guess, unless a rule or the evidence says which.
    world.run(&["devices", "rules", "enable", "enrolment"]);
    let explained = world.run(&["devices", "explain", "n4", "-o", "json"]).json();
    assert_eq!(
        explained["rules"][2]["verdict"],
        "names 2 people and does not guess (Ada@Example.com, ada@example.com)"
    );
    assert_eq!(explained["conclusion"], "nobody's: no rule names one person");
    let to_lab = world.run(&["devices", "assign", "--auto", "--integration", "Old Lab", "-o", "json"]).json();
    assert_eq!(to_lab, serde_json::json!([]), "narrowing what is given is no reason to guess");
}

/// Which condition a rule is tried by first is the pass's own business.
#[test]
fn every_condition_alone_gives_what_it_says() {
    for conditions in [
        "device = { platform = \"MAC\" }",
        "device = { tag = \"sales\" }",
        "device = { model = \"air\" }",
        "device = { blueprint = \"Field\" }",
        "device = { serial_prefix = \"n\" }",
        "user = { department = \"SALES\" }",
        "user = { org_unit = \"/\" }",
        "user = { groups_any = \"sales@example.com\" }",
        "user = { integration = \"corp\" }",
    ] {
        let world = World::filled();
        world.run(&["devices", "rules", "disable", "enrolment"]);
        let rule = "name = \"mine\"\npriority = 25\nevidence = \"enrolled_by\"\nmatch = [\"email\"]";
        std::fs::write(world.home().join("rule.toml"), format!("[[rule]]\n{rule}\n{conditions}\n")).unwrap();
        assert_eq!(world.run(&["devices", "rules", "add", "rule.toml"]).code, Some(0), "{conditions}");
        let fields = ["--platform", "mac", "--tag", "Sales", "--tag", "loan", "--model", "Air", "--blueprint", "field"];
        world.run(&[&["devices", "add", "n1"], &fields[..]].concat());
        world.run(&["devices", "evidence", "add", "n1", "--kind", "enrolled_by", "--user", "yamada@example.com"]);
        let given = world.run(&["devices", "assign", "--auto", "-o", "json"]).json();
        assert_eq!(given[0]["rule"], "mine", "{conditions}: {given}");
    }
}

#[test]
fn auto_and_one_device_are_different_things() {
    let world = World::filled();
    for wrong in [
        &["--auto", "C02XL0GS"][..],
        &["--auto", "--pin"],
        &["--auto", "--replace"],
        &["--dry-run", "C02XL0GS", "1"],
        &["--only-unassigned", "C02XL0GS", "1"],
        &["C02XL0GS"],
    ] {
        assert_eq!(world.run(&[&["devices", "assign"], wrong].concat()).code, Some(2), "{wrong:?}");
    }
    assert_eq!(world.run(&["devices", "assign", "--auto", "--integration", "nope"]).code, Some(6));
    assert_snapshot!("auto_nothing", world.run(&["devices", "assign", "--auto", "-o", "table"]));
}

#[test]
fn an_address_that_means_somebody_else_by_now_takes_nothing_from_anybody() {
    let world = World::filled();
    let evidence = |serial: &str, at: &str| {
        let words = ["devices", "evidence", "add", serial, "--kind", "enrolled_by", "--user", "yamada@example.com"];
        assert_eq!(world.run(&[&words[..], &["--at", at]].concat()).code, Some(0));
    };
    let holder = |serial: &str| world.run(&["devices", "show", serial, "-o", "json"]).json()["user_id"].clone();
    world.run(&["devices", "add", "R1"]);
    evidence("R1", "2026-11-20");
    assert_eq!(world.run(&["devices", "assign", "--auto"]).code, Some(0));
    let first = holder("R1");
    assert!(first.is_number(), "{first}");
    // She marries, and whoever starts next week is given her old address.
    world.sql(&format!(
        "UPDATE users SET email = 'yamada.hanako@example.com', user_name = 'yamada.hanako', aliases = '[]' WHERE id = {first};
         INSERT INTO users (id, integration_id, external_id, status, email, created_at, updated_at)
         VALUES (90, 1, '190', 'active', 'yamada@example.com', '2026-11-23T08:00:00Z', '2026-11-23T08:00:00Z')"
    ));
    let nothing = world.run(&["devices", "assign", "--auto", "-o", "json"]);
    assert_eq!((nothing.json(), holder("R1")), (serde_json::json!([]), first.clone()), "{nothing}");
    let why = world.run(&["devices", "explain", "R1", "-o", "json"]).stdout;
    assert!(why.contains("nothing newer was told since"), "{why}");
    // Told anew, it is the other's.
    world.sql(
        "UPDATE assignments SET started_at = '2026-11-21T08:00:00Z' WHERE ended_at IS NULL AND source LIKE 'rule:%'",
    );
    evidence("R1", "2026-11-24");
    world.run(&["devices", "assign", "--auto"]);
    assert_eq!(holder("R1"), 90);

    // A leaver and somebody else of the same address: the laptop stays with who has it.
    world.run(&["devices", "add", "R2"]);
    evidence("R2", "2026-11-24");
    world.sql(
        "UPDATE users SET status = 'retained' WHERE id = 90;
         INSERT INTO users (id, integration_id, external_id, status, email, created_at, updated_at)
         VALUES (91, 1, '191', 'active', 'yamada@example.com', '2026-11-23T08:00:00Z', '2026-11-23T08:00:00Z')",
    );
    world.run(&["devices", "assign", "--auto"]);
    assert_eq!((holder("R1"), holder("R2")), (90.into(), 91.into()));
}

#[test]
fn what_was_told_of_another_of_the_same_name_gives_nothing_to_whoever_has_it_now() {
    let world = World::filled();
    world.sql(
        "INSERT INTO users (id, integration_id, external_id, status, email, created_at, updated_at, removed_at) VALUES
             (80, 1, '180', 'removed', 'gone@example.com', '2024-01-01T08:00:00Z', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
             (81, 1, '181', 'active', 'gone@example.com', '2026-11-23T08:00:00Z', '2026-11-23T08:00:00Z', NULL)",
    );
    let told = |serial: &str, at: &str| {
        world.run(&["devices", "add", serial]);
        let words = ["devices", "evidence", "add", serial, "--kind", "enrolled_by", "--user", "gone@example.com"];
        assert_eq!(world.run(&[&words[..], &["--at", at]].concat()).code, Some(0));
    };
    told("OLD", "2024-05-01");
    told("NEW", "2026-11-24");
    let given = world.run(&["devices", "assign", "--auto", "-o", "jsonl", "--columns", "serial,user"]);
    assert_eq!(given.stdout, "{\"serial\":\"NEW\",\"user\":\"gone@example.com\"}\n", "{given}");
    let why = world.run(&["devices", "explain", "OLD", "-o", "json"]).stdout;
    assert!(why.contains("told before they came"), "{why}");
}
