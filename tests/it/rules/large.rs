//! A large pass goes other ways than a small one: it looks at few where a rule is for few. What comes of it is the same.

use std::collections::BTreeMap;

use dirsync::model::EvidenceKind;
use dirsync::people::rules::read;
use dirsync::store::{AutoAssign, Store, StoreError};
use rusqlite::Connection;

use crate::engine::home::rows;

/// Four hundred people and as many devices, each of which was enrolled by the person of its number. Every tenth person is
/// suspended. Person 7's and person 8's devices carry the label `loan`, and person 9 signed in on both, person 3 on the
/// devices of the fifties.
fn filled(home: &std::path::Path) -> Store {
    let store = Store::open(&home.join("dirsync.db")).unwrap();
    let db = Connection::open(store.path()).unwrap();
    db.execute_batch(
        "INSERT INTO integrations (id, name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES (1, 'corp', 'corp', 'google', 'C1', 'connected', '{}', 1, '');
         WITH n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
         INSERT INTO users (id, integration_id, external_id, status, email, department, aliases, created_at, updated_at)
         SELECT n, 1, 'X' || n, CASE WHEN n % 10 THEN 'active' ELSE 'suspended' END, 'P' || n || '@corp.example',
             'Department ' || (n % 100), CASE WHEN n = 4 THEN '[\"Four@corp.example\"]' ELSE '[]' END, '', '' FROM n;
         WITH n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
         INSERT INTO devices (id, serial, platform, tags)
         SELECT n, 'S' || n, 'mac', CASE WHEN n IN (7, 8) THEN '[\"all\",\"Loan\"]' ELSE '[\"all\"]' END FROM n;
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         SELECT id, 'enrolled_by', 'p' || id || '@corp.example', 'p' || id || '@corp.example', '2026-11-20T08:00:00Z', 'import'
         FROM devices;
         INSERT INTO device_evidence (device_id, kind, value, value_key, observed_at, source)
         VALUES (20, 'directory_owner', 'four@corp.example', 'four@corp.example', '2026-11-20T08:00:00Z', 'import'),
                (30, 'directory_owner', 'x4', 'x4', '2026-11-20T08:00:00Z', 'import'),
                (40, 'directory_owner', 'X4', 'x4', '2026-11-20T08:00:00Z', 'import');
         INSERT INTO device_logins (device_id, value_key, observed_at, value, source)
         SELECT d.id, p.value || '@corp.example', '2026-11-2' || n.value || 'T08:00:00Z', p.value || '@corp.example', 'manual'
         FROM devices d, json_each('[1,2,3,4,5]') n, json_each('[\"p9\",\"p3\"]') p
         WHERE CASE p.value WHEN 'p9' THEN d.id IN (7, 8) OR (d.id = 51 AND n.value > 1) ELSE d.id / 10 = 5 END;",
    )
    .unwrap();
    store
}

/// The rules in front of the built-in ones, and what comes of a pass: every gift but those of the built-in ones.
fn given(rules: &str) -> BTreeMap<String, String> {
    let home = tempfile::tempdir().unwrap();
    let mut store = filled(home.path());
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    store
        .change_rules(now, |writer| read(rules).unwrap().iter().try_for_each(|rule| writer.put(rule, None)))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    let pass = |store: &mut Store| {
        let given = store.change_devices(now, None, false, |writer| writer.assign_by_rules(&AutoAssign::default()));
        given.unwrap_or_else(|error: StoreError| panic!("{error}"))
    };
    let contradictions = store.contradictions(&EvidenceKind::ALL).unwrap();
    let given = pass(&mut store);
    assert_eq!(pass(&mut store), [], "a second pass changes nothing");
    assert_eq!(rows(store.path(), "SELECT count(*) FROM assignments"), [given.len().to_string()]);
    assert_eq!(contradictions, [], "of a device that nobody holds, one is named by each sort of evidence");
    given
        .into_iter()
        .filter(|gift| gift.rule != "enrolment")
        .map(|gift| (gift.serial, format!("{} {}", gift.user, gift.rule)))
        .collect()
}

/// What the directory says of whose owner is suspended.
const OWNED: [(&str, &str); 2] =
    [("S20", "P4@corp.example directory-owner"), ("S40", "P4@corp.example directory-owner")];

fn expected(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(serial, who)| ((*serial).to_owned(), (*who).to_owned())).collect()
}

#[test]
fn a_label_is_enough_for_a_rule() {
    let rules = "[[rule]]\nname = \"lent\"\npriority = 21\nevidence = \"login\"\nmatch = [\"email\"]\n\
                 device = { tag = \"LOAN\" }\n";
    let lent = [("S7", "P9@corp.example lent"), ("S8", "P9@corp.example lent")];
    assert_eq!(given(rules), expected(&[&OWNED[..], &lent].concat()));
}

#[test]
fn of_rules_that_ask_for_the_same_the_first_one_gives() {
    let rule = |name: &str, priority: u8, evidence: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\npriority = {priority}\nevidence = \"{evidence}\"\nmatch = [\"email\"]\n\
             user = {{ department = \"department 3\" }}\n"
        )
    };
    let rules = [rule("c", 23, "enrolled_by"), rule("b", 22, "login"), rule("a", 21, "login")].concat();
    // On S51 person 9 signed in nearly as often, so that 3 is no usual user of it.
    let fifties = ["S50", "S52", "S53", "S54", "S55", "S56", "S57", "S58", "S59"];
    let mut all: Vec<(&str, &str)> = fifties.map(|serial| (serial, "P3@corp.example a")).to_vec();
    all.extend([("S3", "P3@corp.example c"), ("S103", "P103@corp.example c"), ("S203", "P203@corp.example c")]);
    all.push(("S303", "P303@corp.example c"));
    all.extend(OWNED);
    assert_eq!(given(&rules), expected(&all));
}

#[test]
fn few_people_are_found_by_every_name_they_have() {
    let rules = "[[rule]]\nname = \"last\"\npriority = 21\nevidence = \"directory_owner\"\n\
                 match = [\"email\", \"alias\", \"external_id\"]\nuser = { department = \"department 4\" }\n";
    // An id is compared as it is.
    assert_eq!(given(rules), expected(&[("S20", "P4@corp.example last"), ("S40", "P4@corp.example last")]));
}

#[test]
fn what_is_left_at_the_end_is_looked_at_as_well() {
    let rules = "[[rule]]\nname = \"usual\"\npriority = 98\nevidence = \"login\"\nmatch = [\"email\"]\n";
    let usual = ("S50", "P3@corp.example usual");
    assert_eq!(given(rules), expected(&[&OWNED[..], &[usual]].concat()));
}
