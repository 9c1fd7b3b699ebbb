//! Between a plan and its apply others have had their turn: somebody was linked, pruned, forgotten or given a device. What
//! was planned for somebody who is not any more what they were then does not happen to them.

use rusqlite::Connection;

use super::plan::settle_fates;
use crate::model::LifeCycle;

/// Makes a decided plan one of people as they are now.
pub(super) fn meet_the_present(db: &Connection, life: LifeCycle) -> rusqlite::Result<()> {
    let now = |id: &str| format!("(SELECT u.status FROM users u WHERE u.id = {id})");
    db.execute_batch(&format!(
        "DELETE FROM stage.absent_users WHERE was IS NOT {};
         DELETE FROM stage.carried_items WHERE status_then IS NOT {};
         UPDATE stage.users SET was = {status} WHERE user_id IS NOT NULL AND was IS NOT {status};",
        now("absent_users.id"),
        now("carried_items.user_id"),
        status = now("users.user_id"),
    ))?;
    // Somebody may have been given a device.
    settle_fates(db, life)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::model::{AccountStatus, DirectoryUser, Holds, Record};
    use crate::people::{LIFE_CYCLE, link};
    use crate::store::{Stage, Store};

    /// Ann and Bea are missing, Ann with a device; Cy is there. Ann and Bea are absent once more, or seen, in a fetch that is
    /// decided upon as `holds` says; then both are linked to Cy, and only then it is applied. Shows what became of it.
    fn linked_while_a_sync_was_under_way(seen: bool, holds: Holds) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dirsync.db");
        let store = Store::open(&path).unwrap();
        let corp = store.add_integration_for_tests("corp");
        store
            .db
            .execute_batch(
                "INSERT INTO users (id, integration_id, external_id, status, status_before, email, created_at, updated_at)
                 VALUES (1, 1, 'a', 'missing', 'active', 'a@x', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
                        (2, 1, 'b', 'missing', 'active', 'b@x', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z'),
                        (3, 1, 'c', 'active', NULL, 'c@x', '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z');
                 INSERT INTO devices (id, serial) VALUES (1, 'S1');
                 INSERT INTO assignments (device_id, user_id, started_at) VALUES (1, 1, '2026-11-01T08:00:00Z');
                 UPDATE integrations SET last_sync_at = '2026-11-01T08:00:00Z'",
            )
            .unwrap();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let mut stage = Stage::begin(store, corp, LIFE_CYCLE).unwrap();
        let person = |id: &str| DirectoryUser {
            external_id: id.into(),
            status: Some(AccountStatus::Active),
            email: Some(format!("{id}@x")),
            ..DirectoryUser::default()
        };
        let there = if seen { &["a", "b", "c"][..] } else { &["c"] };
        stage.users(&there.iter().map(|id| Record::Read(person(id))).collect::<Vec<_>>()).unwrap();
        stage.find_absentees().unwrap();
        stage.facts().unwrap();
        stage.decide(holds).unwrap();
        let mut other = Store::open(&path).unwrap();
        other.change_devices(now, Some("root"), false, |writer| link(writer, 1, 3).and(link(writer, 2, 3))).unwrap();
        let applied = stage.apply(now, now).unwrap();
        assert_eq!((applied.plan, applied.summary.users.held, applied.summary.users.removed), (None, 0, 0));
        let told = "SELECT * FROM (SELECT id || ' ' || status FROM users ORDER BY id) UNION ALL
             SELECT concat_ws(' ', subject_id, kind, before, after) FROM changes WHERE field = 'status'
             UNION ALL SELECT 'holder ' || user_id FROM assignments WHERE ended_at IS NULL";
        let mut told = other.db.prepare(told).unwrap();
        told.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn whoever_was_linked_meanwhile_is_not_removed_once_more_nor_waits_for_it() {
        for holds in [Holds::default(), Holds { gone: true, newly_absent: true, suspensions: false }] {
            assert_eq!(
                linked_while_a_sync_was_under_way(false, holds),
                ["1 removed", "2 removed", "3 active", "1 left missing removed", "2 left missing removed", "holder 3"],
                "{holds:?}"
            );
        }
    }

    #[test]
    fn whoever_was_linked_meanwhile_and_is_seen_returns_from_what_they_were_made() {
        assert_eq!(
            linked_while_a_sync_was_under_way(true, Holds::default())[3..],
            [
                "1 left missing removed",
                "2 left missing removed",
                "1 returned removed active",
                "2 returned removed active",
                "holder 3"
            ]
        );
    }
}
