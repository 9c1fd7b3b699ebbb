//! Whatever is done to devices, in whatever order and whatever the clock says: one holder at a time, and a dated history
//! without gaps or overlaps.

use dirsync::people::{Assign, Serial, assign, handover, unassign};
use dirsync::store::{Store, StoreError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::World;

#[derive(Clone, Debug)]
enum Deed {
    Assign { device: usize, user: i64, replace: bool },
    Unassign { device: usize },
    Handover { device: usize, from: i64, to: i64 },
    Remove { device: usize },
}

const SERIALS: [&str; 3] = ["C02XL0GS", "PF3KQ1", "N1"];

fn deed() -> impl Strategy<Value = Deed> {
    let (device, user) = (|| 0..SERIALS.len(), || 1_i64..=8);
    prop_oneof![
        4 => (device(), user(), any::<bool>()).prop_map(|(device, user, replace)| Deed::Assign { device, user, replace }),
        2 => device().prop_map(|device| Deed::Unassign { device }),
        2 => (device(), user(), user()).prop_map(|(device, from, to)| Deed::Handover { device, from, to }),
        1 => device().prop_map(|device| Deed::Remove { device }),
    ]
}

/// Does it, if it may be done.
fn carry_out(store: &mut Store, deed: &Deed, at: i64) {
    let now = jiff::Timestamp::from_second(1_795_000_000 + at).unwrap();
    let of = |device: usize| Serial::parse(SERIALS[device]).unwrap();
    let _ = store.change_devices(now, Some("tester"), false, |writer| {
        let how = Assign::default();
        let done = match deed {
            Deed::Assign { device, user, replace } => {
                if writer.device(SERIALS[*device])?.is_none() {
                    writer.add(SERIALS[*device], Default::default())?;
                }
                assign(writer, &of(*device), *user, &Assign { replace: *replace, ..how }).is_ok()
            }
            Deed::Unassign { device } => unassign(writer, &of(*device), None).is_ok(),
            Deed::Handover { device, from, to } => handover(writer, &of(*device), *from, *to, &how).is_ok(),
            Deed::Remove { device } => {
                let known = writer.device(SERIALS[*device])?;
                known.iter().try_for_each(|known| writer.remove(known, "manual", None))?;
                true
            }
        };
        if done { Ok(()) } else { Err(StoreError::Refused) }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_holder_at_a_time_and_a_whole_history(deeds in vec((deed(), 0_i64..50), 1..40)) {
        let world = World::filled();
        let mut store = Store::open(&world.database()).unwrap();
        for (deed, at) in &deeds {
            carry_out(&mut store, deed, *at);
        }
        drop(store);
        let db = rusqlite::Connection::open(world.database()).unwrap();
        let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        prop_assert_eq!(number("SELECT count(*) FROM assignments WHERE ended_at < started_at"), 0);
        let overlapping = "SELECT count(*) FROM assignments a JOIN assignments b
             ON b.device_id = a.device_id AND b.id > a.id AND (a.ended_at IS NULL OR a.ended_at > b.started_at)";
        prop_assert_eq!(number(overlapping), 0);
        let of_the_removed = "SELECT count(*) FROM assignments a JOIN devices d ON d.id = a.device_id
             JOIN users u ON u.id = a.user_id
             WHERE a.ended_at IS NULL AND (d.removed_at IS NOT NULL OR u.status = 'removed')";
        prop_assert_eq!(number(of_the_removed), 0);
        // Each beginning and each end has its line; the two of the fixture began before there were any.
        let lines = |kind: &str| number(&format!("SELECT count(*) FROM changes WHERE subject = 'device' AND kind = '{kind}'"));
        prop_assert_eq!(lines("assigned"), number("SELECT count(*) FROM assignments") - 2);
        prop_assert_eq!(lines("unassigned"), number("SELECT count(*) FROM assignments WHERE ended_at IS NOT NULL"));
    }
}
