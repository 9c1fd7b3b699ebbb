//! The reports, on a filled directory. Whole outputs stand in `snapshots/`.

use insta::assert_snapshot;
use serde_json::json;

use crate::world::World;

fn world() -> World {
    let world = World::filled();
    world.sql(
        "UPDATE users SET manager = '101', department = 'Sales', status_reason = 'missing' WHERE id = 4;
         INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before, after)
         VALUES (1, '2026-11-08T08:00:00Z', 'user', 4, '104', 'missing', 'status', 'active', 'missing'),
                (1, '2026-11-10T08:00:00Z', 'user', 4, '104', 'retained', 'status', 'missing', 'retained'),
                (1, '2026-11-11T08:00:00Z', 'user', 4, '104', 'changed', 'title', NULL, 'x');
         INSERT INTO devices (id, serial, name, platform, model, last_seen_at, shared)
         VALUES (3, 'B1', 'Spare', 'mac', 'Air', '2026-11-01T08:00:00Z', 0), (4, 'A2', NULL, NULL, NULL, NULL, 0),
                (5, 'KIOSK', NULL, NULL, NULL, NULL, 1), (6, 'A1', NULL, NULL, NULL, '2026-11-20T08:00:00Z', 0);
         INSERT INTO assignments (device_id, user_id, started_at, ended_at)
         VALUES (3, 7, '2026-10-01T08:00:00Z', '2026-10-05T08:00:00Z'),
                (3, 2, '2026-10-05T08:00:00Z', '2026-11-05T08:00:00Z'),
                (6, 4, '2026-10-05T08:00:00Z', NULL);
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source, waiting, is_external_id)
         VALUES (4, 'expected_user', 'later@example.com', 'later@example.com', '2026-11-01T08:00:00Z', 'import', 1, 0),
                (1, 'expected_user', 'AL@example.com', 'al@example.com', '2026-11-01T08:00:00Z', 'import', 0, 0),
                (1, 'enrolled_by', '103', '103', '2026-11-02T08:00:00Z', 'import', 0, 1),
                (2, 'expected_user', 'ada@example.com', 'ada@example.com', '2026-11-03T08:00:00Z', 'manual', 0, 0),
                (2, 'enrolled_by', 'nobody@example.com', 'nobody@example.com', '2026-11-03T08:00:00Z', 'manual', 0, 0),
                (6, 'enrolled_by', 'grace@example.com', 'grace@example.com', '2026-11-03T08:00:00Z', 'manual', 0, 0);",
    );
    world
}

const REPORTS: [&str; 4] = ["leavers", "unassigned", "without-device", "contradictions"];

#[test]
fn reports_in_every_form() {
    let world = world();
    for report in REPORTS {
        assert_snapshot!(format!("report_{report}_piped"), world.run(&["report", report]));
        assert_snapshot!(format!("report_{report}_json"), world.run(&["report", report, "-o", "json"]));
        assert_snapshot!(format!("report_{report}_table"), world.run(&["report", report, "-o", "table"]));
        assert_snapshot!(format!("report_{report}_csv"), world.run(&["report", report, "-o", "csv"]));
    }
}

#[test]
fn cron_hears_of_it_only_if_there_is_something() {
    let world = world();
    for report in REPORTS {
        assert_eq!(world.run(&["report", report]).code, Some(0), "{report}");
        assert_eq!(world.run(&["report", report, "--exit-code"]).code, Some(10), "{report}");
    }
    let nothing = World::new();
    for report in REPORTS {
        let told = nothing.run(&["report", report, "--exit-code"]);
        assert_eq!((told.code, &*told.stdout, &*told.stderr), (Some(0), "", ""), "{told}");
        let told = nothing.run(&["report", report, "--exit-code", "-o", "table"]);
        assert_eq!((told.code, &*told.stdout, &*told.stderr), (Some(0), "", ""), "{told}");
        assert_eq!(nothing.run(&["report", report, "-o", "json"]).json(), json!([]));
        assert_eq!(nothing.run(&["report", report, "-o", "csv"]).stdout.lines().count(), 1, "{report}");
    }
    assert!(!nothing.database().exists());
}

#[test]
fn reports_can_be_narrowed() {
    let world = world();
    let count = |words: &[&str]| {
        let shown = world.run(&[&["report"], words, &["-o", "json"]].concat()).json();
        shown.as_array().unwrap().len()
    };
    assert_eq!(count(&["leavers", "--since", "2026-11-10"]), 1);
    assert_eq!(count(&["leavers", "--since", "7d"]), 0, "a field that changed later is not the status");
    assert_eq!(count(&["leavers", "--integration", "gone"]), 0);
    assert_eq!(count(&["unassigned", "--shared"]), 3);
    assert_eq!(count(&["without-device"]), 3);
    assert_eq!(count(&["without-device", "--integration", "corp"]), 2);
    assert_eq!(count(&["without-device", "--department", "sales"]), 1);
    assert_eq!(count(&["without-device", "--org-unit", "/"]), 2);
    assert_eq!(count(&["without-device", "--org-unit", "/sales/"]), 1);
    assert_eq!(count(&["without-device", "--group", "platform@example.com"]), 1);
    assert_eq!(world.run(&["report", "without-device", "--group", "nope"]).code, Some(6));
    assert_eq!(world.run(&["report", "nope"]).code, Some(2));
}

#[test]
fn an_address_that_two_have_contradicts_neither_of_them() {
    let world = world();
    let names = |world: &World| {
        let all = world.run(&["report", "contradictions", "-o", "json"]).json();
        all.as_array().unwrap().iter().map(|it| format!("{} {}", it["serial"], it["names"])).collect::<Vec<_>>()
    };
    assert_eq!(names(&world).len(), 2);
    // One of the two Adas gets it.
    world.sql("UPDATE assignments SET user_id = 7 WHERE device_id = 2");
    assert_eq!(names(&world), [r#""C02XL0GS" ["yamada@example.com"]"#]);
}

#[test]
fn who_sat_there_last_is_told_only_to_whoever_asks_and_the_export_says_the_same_as_the_report() {
    let world = world();
    world.sql(
        "INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source, waiting, is_external_id)
         VALUES (1, 'last_user', 'bob@example.com', 'bob@example.com', '2026-11-03T08:00:00Z', 'manual', 0, 0)",
    );
    let told = |words: &[&str]| {
        let all = world.run(&[&["report", "contradictions", "-o", "json"], words].concat()).json();
        let told = all.as_array().unwrap().iter();
        told.map(|it| format!("{} {}", it["serial"].as_str().unwrap(), it["evidence"].as_str().unwrap())).collect()
    };
    let usual: Vec<String> = told(&[]);
    assert_eq!(usual, ["C02XL0GS enrolled_by", "PF3KQ1 expected_user"]);
    assert_eq!(told(&["--evidence", "last_user"]), ["C02XL0GS last_user"]);
    assert_eq!(told(&["--evidence", "enrolled_by,last_user"]), ["C02XL0GS enrolled_by", "C02XL0GS last_user"]);
    assert_eq!(world.run(&["report", "contradictions", "--evidence", "gossip"]).code, Some(2));

    let exported = world.run(&["devices", "export", "-o", "json"]).json();
    let of_export: Vec<String> = exported
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["contradiction"].as_array().unwrap().iter().map(move |kind| (it, kind)))
        .map(|(it, kind)| format!("{} {}", it["serial_number"].as_str().unwrap(), kind.as_str().unwrap()))
        .collect();
    assert_eq!(of_export, usual, "whoever is not here, or may not have it, contradicts nobody");
}
