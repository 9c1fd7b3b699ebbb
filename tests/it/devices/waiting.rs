//! Devices that wait for somebody are theirs with the sync that brings them, in its transaction and under its number.

use dirsync::model::{AccountStatus, DirectoryUser};
use dirsync::people::import::{Delimiter, ImportMode, ImportOptions, Sheet, import};
use dirsync::people::{Serial, assign, unassign};
use dirsync::store::StoreError;
use dirsync::store::scim::NewUser;

use crate::engine::home::Home;
use crate::engine::plain::Plain;

/// Imports a list.
fn imported(home: &Home, list: &str) {
    let sheet = Sheet::read(list.as_bytes(), Delimiter::Auto, None, &[]).unwrap();
    let options = ImportOptions { mode: ImportMode::Upsert, move_pinned: false, remove_absent: None };
    home.store().change_devices(home.clock.now(), None, false, |writer| import(writer, &sheet, &options)).unwrap();
}

const HELD: &str = "SELECT serial || ' ' || coalesce(user_email, '') || ' ' || coalesce(assignment_source, '') || ' '
    || pinned || ' ' || coalesce(waiting_for, '') FROM v1_devices ORDER BY serial";

#[test]
fn whoever_comes_gets_what_waits_for_them() {
    let home = Home::new();
    let mut plain = Plain::with_people(3);
    home.sync(&plain);
    let (zero, new) = ("p0@corp.example", "pnew@corp.example");
    imported(
        &home,
        &format!(
            "serial,user,user_external_id,integration,pin,reason,shared\nA,{new},,,true,from the list,\nB,,77,corp,,,\n\
             C,nobody@example.com,,,,,\nD,{zero},,,,,\n"
        ),
    );
    // D is handed to somebody else while the list still wants it for one who is not here.
    imported(&home, &format!("serial,user\nD,{}\n", new.to_uppercase()));
    let before = home.rows(HELD);
    assert_eq!(before[3], format!("D {zero} import 0 {}", new.to_uppercase()));
    home.sync(&plain);
    assert_eq!(home.rows(HELD), before, "nobody has come");
    plain.join("new");
    plain.join("77");
    home.sync(&plain);
    assert_eq!(
        home.rows(HELD),
        [
            format!("A {new} import 1 "),
            "B p77@corp.example import 0 ".to_owned(),
            "C   0 nobody@example.com".to_owned(),
            format!("D {new} import 0 "),
        ]
    );
    let run =
        home.rows("SELECT count(DISTINCT run) || ' ' || count(*) FROM v1_changes WHERE subject = 'device' AND run > 0");
    assert_eq!(run, ["1 4"], "three given, one taken, all by one run");
    let reason = home.rows("SELECT reason FROM assignments WHERE reason IS NOT NULL");
    // The list's own words, else what it said.
    assert_eq!(reason.iter().filter(|it| *it == "from the list").count(), 1, "{reason:?}");
    assert!(reason.iter().any(|it| it.starts_with("expected_user PNEW@CORP.EXAMPLE (")), "{reason:?}");
    // What was decided since is not undone by a later sync.
    let serial = Serial::parse("a").unwrap();
    let given = home.store().change_devices(home.clock.now(), None, false, |writer| unassign(writer, &serial, None));
    assert!(given.unwrap().changed());
    let now = home.rows(HELD);
    home.sync(&plain);
    assert_eq!(home.rows(HELD), now);
}

#[test]
fn a_decision_in_the_meantime_ends_the_waiting() {
    let home = Home::new();
    let mut plain = Plain::with_people(2);
    home.sync(&plain);
    imported(&home, "serial,user\nA,plate@corp.example\nB,plate@corp.example\n");
    let first: i64 = home.rows("SELECT id FROM users WHERE external_id = '0'")[0].parse().unwrap();
    let serial = Serial::parse("A").unwrap();
    let how = Default::default();
    home.store().change_devices(home.clock.now(), None, false, |writer| assign(writer, &serial, first, &how)).unwrap();
    plain.join("late");
    home.sync(&plain);
    let holders =
        home.rows("SELECT user_id = (SELECT id FROM users WHERE external_id = '0') FROM v1_devices ORDER BY serial");
    assert_eq!(holders, ["1", "0"], "A stays where it was put, B is theirs");
}

/// Somebody a client pushes.
fn pushed(id: &str) -> NewUser {
    let person = DirectoryUser {
        external_id: format!("scim-{id}"),
        status: Some(AccountStatus::Active),
        email: Some(format!("P{id}@corp.example")),
        user_name: Some(format!("p{id}")),
        ..DirectoryUser::default()
    };
    NewUser {
        person,
        user_name_key: format!("p{id}"),
        display_name_key: None,
        external_id: None,
        active: Some(true),
        document: "{}".into(),
        email_keys: vec![],
    }
}

#[test]
fn whoever_is_pushed_gets_what_waits_for_them_in_the_same_transaction() {
    let home = Home::new();
    imported(&home, "serial,user\nA,pnew@corp.example\nB,psome@corp.example\n");
    let integration = home.integration().id;
    let push = |id: &str| {
        let mut store = home.store();
        let mut batch = store.scim_batch(dirsync::people::LIFE_CYCLE).unwrap();
        let made = batch.attempt(integration, home.clock.now(), |writer| writer.create_user(&pushed(id)));
        made.unwrap().map(drop).unwrap_or_else(|error: StoreError| panic!("{error}"));
        batch.commit().unwrap();
    };
    push("other");
    assert_eq!(home.rows("SELECT count(*) FROM assignments"), ["0"]);
    push("new");
    assert_eq!(home.rows("SELECT serial FROM v1_devices WHERE user_email = 'Pnew@corp.example'"), ["A"]);
    assert_eq!(home.rows("SELECT waiting_for FROM v1_devices WHERE serial = 'B'"), ["psome@corp.example"]);
}

/// Deleted and created again they keep their row; renamed, too. A device may have begun to wait in between.
#[test]
fn whoever_is_pushed_again_or_renamed_gets_what_waits_for_them() {
    let home = Home::new();
    let integration = home.integration().id;
    let mut store = home.store();
    let mut push = |work: &dyn Fn(&mut dirsync::store::scim::ScimWriter<'_>) -> Result<(), StoreError>| {
        let mut batch = store.scim_batch(dirsync::people::LIFE_CYCLE).unwrap();
        batch.attempt(integration, home.clock.now(), |writer| work(writer)).unwrap().unwrap();
        batch.commit().unwrap();
    };
    let mut eve = pushed("eve");
    eve.external_id = Some("eve-at-the-client".into());
    push(&|writer| writer.create_user(&eve).map(drop));
    push(&|writer| writer.delete_user("scim-eve", |_, _| false).map(drop));
    imported(&home, "serial,user\nA,peve@corp.example\nB,second@corp.example\n");
    let mut again = pushed("again");
    again.external_id.clone_from(&eve.external_id);
    again.person.email.clone_from(&eve.person.email);
    push(&|writer| writer.create_user(&again).map(drop));
    assert_eq!(
        home.rows("SELECT count(*) FROM users WHERE external_id IN ('scim-eve', 'scim-again')"),
        ["1"],
        "the same row"
    );
    assert_eq!(home.rows("SELECT serial FROM v1_devices WHERE user_id IS NOT NULL"), ["A"]);
    let mut renamed = again;
    renamed.person.email = Some("Second@corp.example".into());
    push(&|writer| writer.update_user(&renamed).map(drop));
    assert_eq!(home.rows("SELECT serial FROM v1_devices WHERE user_id IS NOT NULL"), ["A", "B"]);
}
