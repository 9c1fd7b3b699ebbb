//! Importing lists: what each row comes to, what is set aside, what a rehearsal shows.

use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::world::{Outcome, World};

/// Writes a list and imports it.
fn import(world: &World, text: &[u8], more: &[&str]) -> Outcome {
    std::fs::write(world.home().join("list.csv"), text).unwrap();
    world.run(&[&["devices", "import", "list.csv"], more].concat())
}

const LIST: &str = "\u{feff}Serial Number;User;Device Name;Colour;Shared;Pin\r\n\
    c02xl0gs;byron@example.com;\"Mac; \"\"1\"\"\";red;;\r\n\
    N1;new@example.com;;;;\r\n\
    N2;ada@example.com;;;;\r\n\
    N3;102;=1+1;;;true\r\n\
    N4;;;;yes;\r\n\
    PF3KQ1;null;;;;\r\n\
    ;x;;;;\r\n\
    DUP;;;;;\r\n\
    dup;;;;;\r\n\
    N5;;;;perhaps;\r\n\
    N6;a\r\n\
    N7;yamada@example.com;;;true;\r\n";

#[test]
fn every_row_has_its_verdict_and_a_rehearsal_changes_nothing() {
    let world = World::filled();
    let before = world.run(&["devices", "export"]).stdout;
    assert_snapshot!("import_dry_run", import(&world, LIST.as_bytes(), &["--dry-run", "-o", "table"]));
    assert_eq!(world.run(&["devices", "export"]).stdout, before);
    let rehearsed = import(&world, LIST.as_bytes(), &["--dry-run", "-o", "json"]).stdout;
    let done = import(&world, LIST.as_bytes(), &["--rejects", "rejects.csv", "-o", "json"]);
    assert_eq!((done.code, &done.stdout), (Some(3), &rehearsed), "{done}");
    assert_snapshot!("import_json", done);
    assert_snapshot!("import_rejects", std::fs::read_to_string(world.home().join("rejects.csv")).unwrap());
    assert_snapshot!("import_again", import(&world, LIST.as_bytes(), &[]));
    assert_snapshot!("import_exported", world.run(&["devices", "export"]));
}

#[test]
fn mended_rejects_can_be_imported() {
    let world = World::filled();
    import(&world, b"serial,shared,rejected_because\nA,perhaps,old\nB,,\n", &["--rejects", "rejects.csv"]);
    let rejects = std::fs::read_to_string(world.home().join("rejects.csv")).unwrap();
    assert_eq!(rejects, "serial,shared,rejected_because\nA,perhaps,shared 'perhaps' is neither true nor false\n");
    let mended = import(&world, rejects.replace("A,perhaps", "A,no").as_bytes(), &[]);
    assert_eq!((mended.code, mended.stderr.lines().count()), (Some(0), 1), "{mended}");
    let itself = world.run(&["devices", "import", "list.csv", "--rejects", "./list.csv"]);
    assert_eq!(itself.code, Some(2), "{itself}");
}

#[test]
fn a_list_may_come_by_standard_input_with_columns_of_its_own() {
    let world = World::filled();
    let words = ["devices", "import", "-", "--map", "Machine=serial_number", "--map", "Owner=user", "-o", "jsonl"];
    let mut command = world.command(&words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Machine\tOwner\nM1\tgrace@example.com\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&row["device"], &row["user"]), (&"added".into(), &"grace@example.com".into()));
}

#[test]
fn a_pin_and_a_contradiction_stop_a_row_and_nothing_else() {
    let world = World::filled();
    world.run(&["devices", "assign", "C02XL0GS", "1", "--pin"]);
    let reason = |text: &str| {
        let shown = import(&world, text.as_bytes(), &["-o", "json", "--dry-run"]);
        let rows: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        rows[0]["reason"].as_str().unwrap_or_default().to_owned()
    };
    assert!(reason("serial,user\nC02XL0GS,grace@example.com\n").contains("pinned to Ada@Example.com"));
    assert!(reason("serial,user\nC02XL0GS,null\n").contains("pinned"));
    assert!(reason("serial,user,pin\nC02XL0GS,grace@example.com,no\n").contains("--move-pinned"));
    let moved =
        import(&world, b"serial,user\nC02XL0GS,grace@example.com\n", &["-o", "json", "--dry-run", "--move-pinned"]);
    assert_eq!(moved.json()[0]["assignment"], "assigned", "{moved}");
    assert!(reason("serial,user,user_external_id\nX,grace@example.com,103\n").contains("two different people"));
    assert!(reason("serial,user,integration\nX,grace@example.com,nope\n").contains("no integration 'nope'"));
    assert_eq!(reason("serial,user,integration\nX,ada@example.com,OLD LAB\n"), "");
    assert!(reason("serial,user\nX,17,b\n").contains("3 values"));
    // Our own numbers mean nothing in other people's lists.
    let row = import(&world, b"serial,user\nX,3\n", &["-o", "json", "--dry-run"]).json();
    assert_eq!(row[0]["assignment"], "waiting");
}

/// What was exported yesterday knows nothing of what was decided today.
#[test]
fn an_older_export_does_not_undo_a_pin() {
    let world = World::filled();
    let yesterday = world.run(&["devices", "export"]).stdout;
    let assigned = world.run(&["devices", "assign", "C02XL0GS", "2", "--replace", "--pin"]);
    assert_eq!(assigned.code, Some(0), "{assigned}");
    let before = world.run(&["devices", "show", "C02XL0GS", "-o", "json"]).json();
    let imported = import(&world, yesterday.as_bytes(), &[]);
    assert_eq!(imported.code, Some(3), "{imported}");
    assert!(imported.stderr.contains("--move-pinned"), "{imported}");
    let after = world.run(&["devices", "show", "C02XL0GS", "-o", "json"]).json();
    assert_eq!((&after["user_id"], &after["pinned"]), (&before["user_id"], &true.into()));
}

/// Whoever had an address once may not be who has it now.
#[test]
fn a_former_address_is_waited_for_and_given_to_nobody() {
    let world = World::filled();
    world.sql(
        "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before, after)
         VALUES (1, '2026-11-01T08:00:00Z', 'user', 3, '103', 'changed', 'email', 'starter@example.com', 'x@example.com')",
    );
    let row = import(&world, b"serial,user\nF1,starter@example.com\n", &["-o", "json"]).json()[0].clone();
    assert_eq!(row["assignment"], "waiting", "{row}");
    assert!(row["reason"].as_str().unwrap().contains("had that address once"), "{row}");
}

#[test]
fn modes_say_which_devices_a_list_may_speak_of() {
    let world = World::filled();
    let verdicts = |mode: &str| {
        let shown = import(&world, b"serial,name\nC02XL0GS,x\nNEW,y\n", &["-o", "json", "--dry-run", "--mode", mode]);
        let rows: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        (rows[0]["device"].as_str().unwrap().to_owned(), rows[1]["device"].as_str().unwrap().to_owned())
    };
    assert_eq!(verdicts("upsert"), ("changed".into(), "added".into()));
    assert_eq!(verdicts("add"), ("rejected".into(), "added".into()));
    assert_eq!(verdicts("update"), ("changed".into(), "rejected".into()));
}

#[test]
fn what_is_absent_goes_only_so_far_and_never_from_its_holder() {
    let world = World::filled();
    let many: String = (0..40).map(|n| format!("S{n}\n")).collect();
    assert_eq!(import(&world, format!("serial\n{many}").as_bytes(), &[]).code, Some(0));
    let held = import(&world, b"serial\nS0\n", &["--remove-absent"]);
    assert_snapshot!("import_too_many_absent", held);
    let count = || world.run(&["devices", "-o", "json"]).json().as_array().unwrap().len();
    assert_eq!(count(), 42);
    let unsure = import(&world, b"serial\nS0\nX\x07\n", &["--remove-absent", "--max-remove", "100%"]);
    assert_eq!(unsure.code, Some(3), "{unsure}");
    assert_eq!(count(), 42, "a row that cannot be read may be any device");
    let done = import(&world, b"serial\nS0\n", &["--remove-absent", "--max-remove", "39", "-o", "jsonl"]);
    assert_eq!(done.code, Some(0), "{done}");
    assert!(done.stdout.contains("held by Ada@Example.com"), "{done}");
    assert_eq!(count(), 3, "one was in the list, two are held");
}

#[test]
fn what_is_no_list_is_refused_whole() {
    let world = World::filled();
    for (text, told) in [
        (&b""[..], "it is empty"),
        (b"\xff\xfes\0e\0r\0", "not in UTF-8"),
        (b"<html><body>Sign in</body></html>\n", "no column of serial numbers"),
        (b"name;colour\nx;y\n", "its columns are name, colour"),
    ] {
        let refused = import(&world, text, &[]);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains(told) && refused.stderr.contains("hint: "), "{refused}");
    }
    assert_eq!(world.run(&["devices", "import", "nowhere.csv"]).code, Some(1));
    assert_eq!(world.run(&["devices", "import"]).code, Some(2), "nobody can be asked");
    // A quote that never ends swallows what follows, and that is seen.
    let open = import(&world, b"serial,name\nA,\"x\nB,y\n", &["-o", "json"]);
    assert_eq!(world.run(&["devices", "show", "B"]).code, Some(6), "{open}");
}

#[test]
fn evidence_is_kept_for_rules_to_come() {
    let world = World::filled();
    let list = b"serial,enrolled_by,enrolled_at,last_user,last_user_at\n\
        E1,Grace@Example.com,2026-11-01,bob@example.com,2026-11-20 10:00:00\n";
    assert_eq!(import(&world, list, &[]).code, Some(0));
    assert_eq!(import(&world, list, &["-o", "json"]).json()[0]["device"], "unchanged");
    let older = b"serial,last_user,last_user_at\nE1,ada@example.com,2026-11-10\n";
    assert_eq!(import(&world, older, &["-o", "json"]).json()[0]["device"], "unchanged", "an older telling is no news");
    assert_snapshot!("import_evidence", world.run(&["devices", "show", "E1"]));
    let ahead = import(&world, b"serial,enrolled_by,enrolled_at\nE1,bob@example.com,2099-01-01\n", &["-o", "json"]);
    assert_eq!(ahead.code, Some(3), "{ahead}");
    assert!(ahead.stdout.contains("more than a day in the future"), "{ahead}");
    import(&world, b"serial,enrolled_by,last_user\nE1,null,ada@example.com\n", &[]);
    let shown = world.run(&["devices", "show", "E1", "-o", "json"]).json();
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(shown["evidence"][0]["value"], "ada@example.com");
}
