//! Rules at the end of syncs and of what is pushed: in the same transaction, under the run's number.

use dirsync::model::{EvidenceKind, Rule};
use dirsync::people::{Serial, Telling, assign, tell, unassign};
use dirsync::store::{DeviceWriter, StoreError};
use jiff::SignedDuration;

use crate::engine::home::Home;
use crate::engine::plain::Plain;

fn devices<T>(home: &Home, change: impl FnOnce(&DeviceWriter<'_>) -> T) -> T {
    let changed =
        home.store().change_devices(home.clock.now(), None, false, |writer| Ok::<_, StoreError>(change(writer)));
    changed.unwrap()
}

fn evidence(home: &Home, serial: &str, kind: EvidenceKind, user: &str) {
    let at = home.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let telling = Telling { kind, user: user.into(), integration: None, at };
    devices(home, |writer| {
        if writer.device(serial).unwrap().is_none() {
            writer.add(serial, Default::default()).unwrap();
        }
        tell(writer, &Serial::parse(serial).unwrap(), &telling).unwrap()
    });
}

const HELD: &str = "SELECT serial || ' ' || coalesce(user_email, '') || ' ' || coalesce(assignment_source, '')
    FROM v1_devices ORDER BY serial";

#[test]
fn a_sync_ends_with_the_rules_and_its_number_stands_beside_what_they_gave() {
    let home = Home::new();
    let mut plain = Plain::with_people(2);
    evidence(&home, "A", EvidenceKind::EnrolledBy, "P0@corp.example");
    evidence(&home, "B", EvidenceKind::EnrolledBy, "plate@corp.example");
    let run = home.sync(&plain).run.unwrap();
    assert_eq!(home.rows(HELD), ["A p0@corp.example rule:enrolment", "B  "]);
    assert_eq!(
        home.rows("SELECT run_id, rank, reason FROM assignments"),
        [format!("{run}|30|enrolled_by P0@corp.example (2026-11-24T08:00:00Z, manual)")]
    );
    assert_eq!(
        home.rows("SELECT run, kind FROM v1_changes WHERE subject = 'device' AND run > 0"),
        [format!("{run}|assigned")]
    );
    plain.join("late");
    home.sync(&plain);
    assert_eq!(home.rows(HELD), ["A p0@corp.example rule:enrolment", "B plate@corp.example rule:enrolment"]);
    // Who enrolled it anew gets it; whoever is gone loses nothing for that.
    evidence(&home, "A", EvidenceKind::EnrolledBy, "p1@corp.example");
    plain.users.remove("late");
    home.sync(&plain);
    home.sync(&plain);
    assert_eq!(home.rows(HELD), ["A p1@corp.example rule:enrolment", "B plate@corp.example rule:enrolment"]);
    assert_eq!(home.status("late"), "retained");
    let ended = home.rows("SELECT end_source FROM assignments WHERE ended_at IS NOT NULL");
    assert_eq!(ended, ["rule:enrolment"]);
}

#[test]
fn by_hand_is_firmer_than_any_rule_and_the_contradiction_is_told() {
    let home = Home::new();
    let plain = Plain::with_people(3);
    home.sync(&plain);
    let user = |id: &str| home.rows(&format!("SELECT id FROM users WHERE external_id = '{id}'"))[0].parse().unwrap();
    let (zero, two): (i64, i64) = (user("0"), user("2"));
    for serial in ["A", "B", "C"] {
        evidence(&home, serial, EvidenceKind::EnrolledBy, "p1@corp.example");
    }
    let give = |serial: &str, to: i64, pin: bool| {
        let how = dirsync::people::Assign { pin, ..Default::default() };
        devices(&home, |writer| assign(writer, &Serial::parse(serial).unwrap(), to, &how).unwrap());
    };
    give("A", zero, false);
    give("B", two, true);
    home.sync(&plain);
    assert_eq!(
        home.rows(HELD),
        ["A p0@corp.example manual", "B p2@corp.example manual", "C p1@corp.example rule:enrolment"]
    );
    let told: Vec<String> = home
        .store()
        .contradictions(&EvidenceKind::ALL)
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{} {:?} {} {} {}",
                it.serial,
                it.rule.as_deref(),
                it.holder.as_deref().unwrap(),
                it.names.join(","),
                it.reason
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "A Some(\"enrolment\") p0@corp.example p1@corp.example names somebody else; the holder was given it by hand",
            "B Some(\"enrolment\") p2@corp.example p1@corp.example names somebody else; the holder is pinned",
        ]
    );
    // Evidence that means several people and a device that nobody has.
    home.store()
        .change_devices(home.clock.now(), None, false, |writer| writer.add("D", Default::default()))
        .map_err(|it: StoreError| it)
        .unwrap();
    rusqlite::Connection::open(home.database())
        .unwrap()
        .execute_batch("UPDATE users SET email = 'p1@corp.example' WHERE external_id = '2'")
        .unwrap();
    evidence(&home, "D", EvidenceKind::LastUser, "p1@corp.example");
    let all = home.store().contradictions(&EvidenceKind::ALL).unwrap();
    let last = all.last().unwrap();
    assert_eq!((&*last.serial, &*last.reason, last.names.len()), ("D", "names several people, and nobody has it", 2));
}

#[test]
fn serial_numbers_that_stand_with_people_are_believed_once_it_is_said_where() {
    let home = Home::new();
    let mut plain = Plain::with_people(2);
    plain.users.get_mut("1").unwrap().attributes =
        Some(r#"{"custom_schemas":{"IT":{"serials":[{"value":" a "},"x"]}}}"#.into());
    plain.users.get_mut("0").unwrap().employee_id = Some("b".into());
    devices(&home, |writer| ["A", "B", "C"].map(|serial| writer.add(serial, Default::default()).unwrap()));
    home.sync(&plain);
    assert_eq!(home.rows("SELECT count(*) FROM assignments"), ["0"]);
    for (attribute, held) in [
        ("IT.serials", ["A p1@corp.example rule:serial-attribute", "B  ", "C  "]),
        ("employee_id", ["A p1@corp.example rule:serial-attribute", "B p0@corp.example rule:serial-attribute", "C  "]),
    ] {
        home.store()
            .change_rules(home.clock.now(), |writer| {
                let rules = writer.rules()?;
                let rule = rules.iter().find(|rule| rule.name == "serial-attribute").unwrap().clone();
                writer.put(&Rule { enabled: true, attribute: Some(attribute.into()), ..rule }, None)
            })
            .map_err(|error: StoreError| error)
            .unwrap();
        home.sync(&plain);
        assert_eq!(home.rows(HELD), held, "{attribute}: what a rule no longer says it does not take back");
    }
    assert_eq!(home.rows("SELECT reason FROM assignments ORDER BY id")[0], "user_attr_serial IT.serials is A");
}

#[test]
fn what_was_taken_by_hand_comes_back_by_a_serial_number_only_once_that_came_to_stand_there_anew() {
    let home = Home::new();
    let mut plain = Plain::with_people(2);
    plain.users.get_mut("0").unwrap().employee_id = Some("A".into());
    plain.users.get_mut("1").unwrap().attributes = Some(r#"{"IT":{"serials":["B"]}}"#.into());
    devices(&home, |writer| ["A", "B"].map(|serial| writer.add(serial, Default::default()).unwrap()));
    home.store()
        .change_rules(home.clock.now(), |writer| {
            let rules = writer.rules()?;
            let rule = rules.iter().find(|rule| rule.name == "serial-attribute").unwrap();
            for (name, attribute) in [("serial-attribute", "employee_id"), ("lists", "IT.serials")] {
                let attribute = Some(attribute.to_owned());
                writer.put(&Rule { name: name.into(), enabled: true, attribute, ..rule.clone() }, None)?;
            }
            Ok(())
        })
        .map_err(|error: StoreError| error)
        .unwrap();
    home.sync(&plain);
    assert_eq!(home.rows(HELD), ["A p0@corp.example rule:serial-attribute", "B p1@corp.example rule:lists"]);
    devices(&home, |writer| {
        for serial in ["A", "B"] {
            unassign(writer, &Serial::parse(serial).unwrap(), Some("broken")).unwrap();
        }
    });
    let mut turn = |change: &dyn Fn(&mut Plain)| {
        home.clock.advance(SignedDuration::from_hours(4));
        change(&mut plain);
        home.sync(&plain);
        home.rows(HELD)
    };
    for title in ["Lead", "Head"] {
        let held = turn(&|plain| plain.users.values_mut().for_each(|user| user.title = Some(title.into())));
        assert_eq!(held, ["A  ", "B  "], "a change of title is no evidence");
    }
    let held = turn(&|plain| {
        plain.users.get_mut("1").unwrap().attributes = Some(r#"{"IT":{"serials":["B","X"]}}"#.into());
    });
    assert_eq!(held, ["A  ", "B  "], "nor is another number beside it");
    turn(&|plain| {
        plain.users.get_mut("0").unwrap().employee_id = None;
        plain.users.get_mut("1").unwrap().attributes = None;
    });
    let held = turn(&|plain| {
        plain.users.get_mut("0").unwrap().employee_id = Some("A".into());
        plain.users.get_mut("1").unwrap().attributes = Some(r#"{"IT":{"serials":["B"]}}"#.into());
    });
    assert_eq!(held, ["A p0@corp.example rule:serial-attribute", "B p1@corp.example rule:lists"]);
}
