//! Whatever happens to a directory (syncs, deletions, additions) and to devices, in whatever order: who somebody is never
//! changes, nor whose a device is, but by command.

use std::collections::BTreeMap;

use dirsync::model::{IntegrationName, Tenant};
use dirsync::people::{Assign, LIFE_CYCLE, Serial, assign, link, unassign};
use dirsync::store::{ConflictFilter, Farewell, NewIntegration, SignedIn, Store, StoreError};
use dirsync::sync::guard::RemovalLimit;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::engine::home::Home;
use crate::engine::plain::Plain;

#[derive(Clone, Debug)]
enum Deed {
    Join(u8),
    Leave(u8),
    /// Somebody new is given the address of another one.
    Recycle(u8, u8),
    Sync,
    Delete,
    Add,
    Assign {
        device: u8,
        person: usize,
    },
    Unassign(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (0..6_u8).prop_map(Deed::Join),
        3 => (0..6_u8).prop_map(Deed::Leave),
        1 => (0..6_u8, 6..9_u8).prop_map(|(old, new)| Deed::Recycle(old, new)),
        6 => Just(Deed::Sync),
        2 => Just(Deed::Delete),
        3 => Just(Deed::Add),
        4 => (0..3_u8, 0..9_usize).prop_map(|(device, person)| Deed::Assign { device, person }),
        1 => (0..3_u8).prop_map(Deed::Unassign),
    ]
}

fn add(home: &Home) {
    let new = NewIntegration {
        name: IntegrationName::new("corp").unwrap(),
        kind: "google",
        tenant: Tenant { id: "C1".into(), ..Tenant::default() },
        signed_in: SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) },
        interval: SignedDuration::from_hours(4),
    };
    let _ = home.store().add_integration(&new, &|_| Ok(Vec::new()), home.clock.now());
}

const HOLDERS: &str = "SELECT serial || '|' || user_id FROM v1_devices WHERE user_id IS NOT NULL ORDER BY 1";

/// Does it by command, if it may be done; says whether holders may have changed.
fn by_command(home: &Home, deed: &Deed) -> bool {
    let (device, person) = match deed {
        Deed::Assign { device, person } => (*device, Some(*person)),
        Deed::Unassign(device) => (*device, None),
        _ => return false,
    };
    let serial = Serial::parse(&format!("S{device}")).unwrap();
    let ids = home.rows("SELECT id FROM users ORDER BY id");
    let _ = home.store().change_devices(home.clock.now(), None, false, |writer| {
        if writer.device(&serial.key)?.is_none() {
            writer.add(&serial.given, Default::default())?;
        }
        match person.and_then(|person| ids.get(person)) {
            Some(id) => {
                drop(assign(writer, &serial, id.parse().unwrap(), &Assign { replace: true, ..Assign::default() }))
            }
            None => drop(unassign(writer, &serial, None)),
        }
        Ok::<_, StoreError>(())
    });
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_somebody_is_and_whose_a_device_is_outlast_everything(deeds in vec(deed(), 1..30)) {
        let home = Home::new();
        let mut plain = Plain::with_people(4);
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for deed in &deeds {
            let holders = home.rows(HOLDERS);
            match deed {
                Deed::Join(id) => plain.join(&id.to_string()),
                Deed::Leave(id) => {
                    plain.users.remove(&id.to_string());
                }
                Deed::Recycle(old, new) => {
                    plain.users.remove(&old.to_string());
                    plain.join(&new.to_string());
                    plain.users.get_mut(&new.to_string()).unwrap().email = Some(format!("P{old}@corp.example"));
                }
                Deed::Sync => {
                    if let Some(integration) = home.store().integration("corp").unwrap() && !plain.users.is_empty() {
                        home.sync_as_with(integration, &plain, RemovalLimit::Percent(100.0)).unwrap();
                    }
                }
                Deed::Delete => {
                    if let Some(integration) = home.store().integration("corp").unwrap() {
                        home.store().delete_integration(LIFE_CYCLE, integration.id, Farewell::default(), home.clock.now()).unwrap();
                    }
                }
                Deed::Add => add(&home),
                Deed::Assign { .. } | Deed::Unassign(_) => {}
            }
            if !by_command(&home, deed) {
                prop_assert_eq!(home.rows(HOLDERS), holders, "{:?} changed whose a device is", deed);
            }
            for row in home.rows("SELECT u.id || '', i.tenant || ' ' || u.external_id FROM users u
                                  JOIN integrations i ON i.id = u.integration_id") {
                let (id, who) = row.split_once('|').unwrap();
                let same = known.entry(id.to_owned()).or_insert_with(|| who.to_owned());
                prop_assert_eq!(same.as_str(), who, "user {} became somebody else by {:?}", id, deed);
            }
            prop_assert_eq!(known.len(), known.values().collect::<std::collections::BTreeSet<_>>().len());
            let holding = "SELECT 1 FROM users u JOIN assignments a ON a.user_id = u.id AND a.ended_at IS NULL
                           WHERE u.status = 'removed'";
            prop_assert!(home.rows(holding).is_empty(), "a tombstone holds a device after {:?}", deed);
        }
    }
}

fn conflicts(store: &Store) -> Vec<(i64, i64, String)> {
    let filter = ConflictFilter {
        integrations: None,
        with_devices: false,
        removed_since: "2026-11-01T00:00:00Z".parse().unwrap(),
    };
    let mut found = Vec::new();
    store
        .each_conflict(&filter, |it| {
            found.push((it.kept_id, it.present_id, it.email));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(store.count_conflicts(&filter).unwrap(), found.len() as i64);
    found
}

#[test]
fn a_recycled_address_is_a_conflict_and_never_inherits() {
    let home = Home::new();
    let mut plain = Plain::with_people(10);
    home.sync(&plain);
    let id = |external: &str| -> i64 {
        home.rows(&format!("SELECT id FROM users WHERE external_id = '{external}'"))[0].parse().unwrap()
    };
    let serial = Serial::parse("S1").unwrap();
    let mut store = home.store();
    store
        .change_devices(home.clock.now(), None, false, |writer| {
            writer.add("S1", Default::default())?;
            assign(writer, &serial, id("3"), &Assign::default()).map_err(|_| StoreError::Refused)
        })
        .unwrap();
    plain.users.remove("3");
    plain.deleted.insert("3".into());
    plain.join("new");
    plain.users.get_mut("new").unwrap().email = Some("P3@CORP.example".into());
    home.sync(&plain);
    assert_eq!((home.status("3"), home.status("new")), ("retained".to_owned(), "active".to_owned()));
    let (old, new) = (id("3"), id("new"));
    assert_eq!(conflicts(&store), [(old, new, "p3@corp.example".to_owned())]);
    for _ in 0..3 {
        home.sync(&plain);
    }
    assert_eq!(home.rows(HOLDERS), [format!("S1|{old}")], "nobody inherits by address");

    let linked = store.change_devices(home.clock.now(), Some("root"), false, |writer| {
        link(writer, old, new).map_err(|_| StoreError::Refused)
    });
    assert_eq!(linked.unwrap().devices, ["S1"]);
    assert_eq!((conflicts(&store), home.rows(HOLDERS)), (vec![], vec![format!("S1|{new}")]));
    home.sync(&plain);
    assert_eq!(home.status("3"), "removed");
    // Back all the same, by the immutable id, and no more than that.
    plain.deleted.clear();
    plain.join("3");
    plain.users.get_mut("3").unwrap().email = Some("old3@corp.example".into());
    home.sync(&plain);
    assert_eq!((id("3"), home.status("3"), home.rows(HOLDERS)), (old, "active".to_owned(), vec![format!("S1|{new}")]));
}
