//! Looking at devices, changing one, saying whose it is. Whole outputs stand in `snapshots/`.

use insta::assert_snapshot;

use crate::world::World;

#[test]
fn nothing_is_an_answer() {
    let world = World::new();
    assert_eq!(world.run(&["devices", "-o", "json"]).json(), serde_json::json!([]));
    assert_eq!(world.run(&["devices", "export", "-o", "json"]).json(), serde_json::json!([]));
    assert!(!world.database().exists());
    assert_eq!(world.run(&["devices", "show", "C02"]).code, Some(6));
}

#[test]
fn listings() {
    let world = World::filled();
    world.run(&["devices", "add", "n1", "--name", "Loan \"one\"", "--platform", "mac", "--tag", "b,a", "--shared"]);
    assert_snapshot!("devices_table", world.run(&["devices", "-o", "table"]));
    assert_snapshot!("devices_json", world.run(&["devices", "list", "-o", "json"]));
    let serials = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["devices", "list", "-o", "jsonl", "--columns", "serial"].iter().chain(arguments).copied().collect();
        let shown = world.run(&all);
        assert_eq!(shown.code, Some(0), "{shown}");
        shown
            .stdout
            .lines()
            .map(|line| line.replace("{\"serial\":\"", "").replace("\"}", ""))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(serials(&[]), "C02XL0GS n1 PF3KQ1");
    assert_eq!(serials(&["--assigned"]), "C02XL0GS PF3KQ1");
    assert_eq!(serials(&["--unassigned"]), "n1");
    assert_eq!(serials(&["--shared"]), "n1");
    assert_eq!(serials(&["--holder-status", "retained,missing"]), "PF3KQ1");
    assert_eq!(serials(&["--user", "countess@example.com"]), "C02XL0GS");
    assert_eq!(serials(&["--integration", "corp", "--limit", "1"]), "C02XL0GS");
    assert_eq!(serials(&["--platform", "MAC", "--tag", "A"]), "n1");
    assert_eq!(serials(&["--stale", "60d"]), "C02XL0GS n1 PF3KQ1", "what was never heard of is stale");
    assert_eq!(world.run(&["devices", "--limit", "1", "show", "n1"]).code, Some(2), "a misplaced filter");
}

#[test]
fn a_device_is_added_changed_and_taken_out() {
    let world = World::filled();
    assert_snapshot!(
        "devices_add",
        world.run(&["devices", "add", " größe \"7\" ", "--model", "X1", "--asset-tag", "A7"])
    );
    assert_eq!(world.run(&["devices", "add", "GRößE \"7\""]).code, Some(2), "the same but for case");
    assert_snapshot!(
        "devices_set",
        world.run(&["devices", "set", "größe \"7\"", "--asset-tag", "null", "--shared", "on"])
    );
    assert_eq!(world.run(&["devices", "set", "größe \"7\""]).code, Some(2), "nothing was named");
    assert_eq!(world.run(&["devices", "set", "größe \"7\"", "--shared", "perhaps"]).code, Some(2));
    assert_eq!(world.run(&["devices", "set", "nope", "--name", "x"]).code, Some(6));
    assert_snapshot!("devices_remove_held", world.run(&["devices", "remove", "pf3kq1", "--reason", "sold"]));
    assert_eq!(world.run(&["devices", "remove", "pf3kq1"]).code, Some(6), "it is gone");
    assert_snapshot!("devices_show_removed", world.run(&["devices", "show", "PF3KQ1"]));
    assert_eq!(world.run(&["devices", "add", "PF3KQ1"]).code, Some(0), "it may come again");
    let history = world.run(&["devices", "history", "PF3KQ1", "-o", "json"]).json();
    assert_eq!(history[0]["end_reason"], "sold", "and its history is whole");
    assert_snapshot!("devices_changes", world.run(&["changes", "--subject", "device", "-o", "jsonl"]));
}

#[test]
fn serial_numbers_are_kept_exactly_or_refused() {
    let world = World::new();
    for fine in ["=1+1", "a;b,c", "it's \"7\"", "山田-1", "\\t"] {
        assert_eq!(world.run(&["devices", "add", "--", fine]).code, Some(0), "{fine}");
        assert_eq!(world.run(&["devices", "show", fine, "-o", "json"]).json()["serial"], fine);
    }
    let long = "X".repeat(10_000);
    for (wrong, told) in
        [("a\nb", "invisible character"), ("a\u{202e}b", "U+202E"), (" ", "empty"), (&long, "10000 characters")]
    {
        let refused = world.run(&["devices", "add", wrong]);
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(refused.stderr.contains(told) && refused.stderr.len() < 400, "{refused}");
    }
}

#[test]
fn a_held_device_is_given_away_only_on_demand() {
    let world = World::filled();
    let assign = |words: &[&str]| world.run(&[&["devices", "assign"], words].concat());
    assert_snapshot!("devices_assign_held", assign(&["c02xl0gs", "grace@example.com"]));
    assert_snapshot!("devices_assign_held_json", assign(&["c02xl0gs", "grace@example.com", "-o", "json"]));
    assert_snapshot!("devices_assign_already", assign(&["c02xl0gs", "byron@example.com"]));
    assert_snapshot!("devices_assign_ambiguous", assign(&["PF3KQ1", "ada@example.com"]));
    assert_snapshot!("devices_assign_gone", assign(&["PF3KQ1", "105", "--replace"]));
    assert_eq!(assign(&["PF3KQ1", "grace@example"]).code, Some(6), "never in part");
    assert_eq!(assign(&["nope", "1"]).code, Some(6));
    assert_eq!(assign(&["PF3KQ1"]).code, Some(2), "nobody can be asked");
    assert_snapshot!(
        "devices_assign_replace",
        assign(&["C02XL0GS", "grace@example.com", "--replace", "--pin", "--reason", "repair"])
    );
    assert_snapshot!("devices_unassign", world.run(&["devices", "unassign", "pf3kq1", "-o", "json"]));
    assert_eq!(world.run(&["devices", "unassign", "pf3kq1"]).code, Some(0), "it is so already");
    let mine = assign(&["pf3kq1", "ada@example.com", "--integration", "old lab"]);
    assert_eq!(mine.code, Some(0), "{mine}");
    assert_snapshot!("devices_show", world.run(&["devices", "show", "c02xl0gs"]));
    assert_snapshot!("devices_show_json", world.run(&["devices", "show", "c02xl0gs", "-o", "json"]));
    assert_snapshot!("devices_history", world.run(&["devices", "history", "c02xl0gs"]));
    assert_snapshot!("devices_history_user", world.run(&["devices", "history", "--user", "1", "-o", "json"]));
}

#[test]
fn a_handover_is_from_whoever_has_it() {
    let world = World::filled();
    let handover = |from, to| world.run(&["devices", "handover", "C02XL0GS", "--from", from, "--to", to]);
    assert_eq!(handover("grace@example.com", "yamada@example.com").code, Some(1), "she does not have it");
    assert_snapshot!("devices_handover", handover("al@example.com", "yamada@example.com"));
    assert_eq!(handover("al@example.com", "yamada@example.com").code, Some(1));
    world.run(&["devices", "unassign", "C02XL0GS"]);
    assert_eq!(handover("yamada@example.com", "1").code, Some(6), "nobody has it");
}
