//! Rules as files: added, edited, exported and imported, by the real binary.

use insta::assert_snapshot;

use crate::world::World;

const RULE: &str = "[[rule]]\nname = \"mine\"\npriority = 35\nevidence = \"login\"\nmatch = [\"email\"]\n";

fn with(text: &str) -> World {
    let world = World::filled();
    std::fs::write(world.home().join("rules.toml"), text).unwrap();
    world
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let world = with(&format!("{RULE}user = {{ integration = \"Old Lab\", exclude = [\"svc-*\"] }}\n"));
    assert_eq!(world.run(&["devices", "rules", "add", "rules.toml"]).code, Some(0));
    assert_snapshot!("rules_export", world.run(&["devices", "rules", "export"]));
    let before = world.run(&["devices", "rules", "-o", "json"]).json();
    assert_eq!(world.run(&["devices", "rules", "export", "all.toml"]).code, Some(0));
    world.run(&["devices", "rules", "remove", "mine"]);
    assert_eq!(world.run(&["devices", "rules", "import", "all.toml"]).code, Some(0));
    assert_eq!(world.run(&["devices", "rules", "-o", "json"]).json(), before);
    // A directory that gets another name is the same.
    world.sql("UPDATE integrations SET name = 'lab', name_key = 'lab' WHERE id = 2");
    assert_eq!(world.run(&["devices", "rules", "show", "mine", "-o", "json"]).json()["integration"], "lab");
}

#[test]
fn a_rule_about_a_deleted_directory_is_still_ones_own() {
    let world = with(&format!("{RULE}user = {{ integration = \"Old Lab\" }}\n"));
    assert_eq!(world.run(&["devices", "rules", "add", "rules.toml"]).code, Some(0));
    assert_eq!(world.run(&["delete", "Old Lab", "--confirm", "Old Lab"]).code, Some(0));
    let listed = world.run(&["devices", "rules", "-o", "json"]);
    assert!(listed.stderr.contains("is about Old Lab, which was deleted"), "{listed}");
    let rule = || {
        let rule = world.run(&["devices", "rules", "show", "mine", "-o", "json"]).json();
        (rule["integration"].clone(), rule["integration_deleted"].clone(), rule["enabled"].clone())
    };
    let of_lab = |enabled: bool| ("Old Lab".into(), true.into(), enabled.into());
    assert_eq!(rule(), of_lab(true));
    for (word, enabled) in [("disable", false), ("enable", true)] {
        let done = world.run(&["devices", "rules", word, "mine"]);
        assert_eq!((done.code, rule()), (Some(0), of_lab(enabled)), "{done}");
    }
    let silent = world.run(&["devices", "rules", "disable", "mine"]);
    assert_eq!((silent.code, &*silent.stderr), (Some(0), ""), "{silent}");
    assert_eq!(world.run(&["devices", "rules", "edit", "mine", "--file", "rules.toml"]).code, Some(0));
    assert_eq!(world.run(&["devices", "rules", "export", "all.toml"]).code, Some(0));
    assert_eq!(world.run(&["devices", "rules", "remove", "mine"]).code, Some(0));
    let imported = world.run(&["devices", "rules", "import", "all.toml"]);
    assert!(imported.code == Some(0) && imported.stderr.contains("which was deleted"), "{imported}");
    assert_eq!(rule(), of_lab(true));
    // Another directory of that name is another one, until somebody says that it is meant.
    world.sql("UPDATE integrations SET name = 'Old Lab', name_key = 'old lab' WHERE id = 3");
    world.run(&["devices", "rules", "disable", "mine"]);
    assert_eq!(rule(), of_lab(false));
    world.run(&["devices", "rules", "edit", "mine", "--file", "rules.toml"]);
    assert_eq!(rule(), ("Old Lab".into(), false.into(), true.into()));
}

#[test]
fn replacing_takes_out_what_is_ones_own_and_not_in_the_file() {
    let world = with(RULE);
    world.run(&["devices", "rules", "add", "rules.toml"]);
    let other = RULE.replace("mine", "other").replace("35", "36");
    std::fs::write(world.home().join("other.toml"), other).unwrap();
    let names = || {
        let all = world.run(&["devices", "rules", "-o", "json"]).json();
        all.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(world.run(&["devices", "rules", "import", "other.toml"]).code, Some(0));
    assert_eq!(names(), "serial-list enrolment mine other directory-owner serial-attribute usual-user last-user");
    assert_eq!(world.run(&["devices", "rules", "import", "other.toml", "--replace"]).code, Some(0));
    assert_eq!(names(), "serial-list enrolment other directory-owner serial-attribute usual-user last-user");
}

#[test]
fn what_cannot_be_a_rule_is_refused_and_nothing_is_kept() {
    let world = with(&format!("{RULE}colour = \"red\"\n"));
    assert_snapshot!("rules_unknown_key", world.run(&["devices", "rules", "add", "rules.toml"]));
    std::fs::write(world.home().join("rules.toml"), format!("{RULE}user = {{ integration = \"nope\" }}\n")).unwrap();
    assert_eq!(world.run(&["devices", "rules", "add", "rules.toml"]).code, Some(6), "no such integration");
    std::fs::write(world.home().join("rules.toml"), RULE).unwrap();
    assert_eq!(world.run(&["devices", "rules", "add", "rules.toml"]).code, Some(0));
    assert_snapshot!("rules_add_twice", world.run(&["devices", "rules", "add", "rules.toml"]));
    std::fs::write(world.home().join("rules.toml"), RULE.replace("mine", "enrolment")).unwrap();
    assert_snapshot!("rules_import_other_evidence", world.run(&["devices", "rules", "import", "rules.toml"]));
    assert_eq!(world.run(&["devices", "rules", "add", "away.toml"]).code, Some(1));
    assert_eq!(world.run(&["devices", "rules", "add"]).code, Some(2), "nobody can be asked");
}

#[test]
fn a_rule_is_edited_by_a_file_where_there_is_no_terminal() {
    let world = with("[[rule]]\nname = \"enrolment\"\npriority = 31\nevidence = \"enrolled_by\"\nmatch = [\"upn\"]\n");
    assert_snapshot!("rules_edit_without_terminal", world.run(&["devices", "rules", "edit", "enrolment"]));
    assert_eq!(world.run(&["devices", "rules", "edit", "Enrolment", "--file", "rules.toml"]).code, Some(0));
    let rule = world.run(&["devices", "rules", "show", "enrolment", "-o", "json"]).json();
    assert_eq!(
        (&rule["priority"], &rule["match"], &rule["built_in"]),
        (&31.into(), &serde_json::json!(["upn"]), &true.into())
    );
    assert_snapshot!("rules_edit_name", world.run(&["devices", "rules", "edit", "usual-user", "--file", "rules.toml"]));
    assert_eq!(world.run(&["devices", "rules", "edit", "nope", "--file", "rules.toml"]).code, Some(6));
}
