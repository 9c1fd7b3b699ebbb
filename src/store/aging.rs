//! What time does to the history: runs and changes that nobody will ask for any more go, so that the database of a
//! directory that stays the same size stays the same size.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{TransactionBehavior, params};

use super::columns::stamp;
use super::{Store, StoreError};

/// Rows that go in one transaction: others want to write, too.
const AT_ONCE: i64 = 20_000;

/// How much history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Runs and changes of this age and younger.
    pub age: SignedDuration,
    /// Of each integration, at most so many runs with their changes, the latest.
    pub runs: u32,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// Lines of history.
    pub changes: usize,
    /// Runs.
    pub runs: usize,
}

/// The last word on somebody's status says since when they are what they are, however long ago that was. (Whoever has
/// only joined is what they are since they were stored.)
const NOT_THE_LAST_WORD: &str = "NOT (c.subject = 'user' AND c.field IS 'status' AND c.id = (
    SELECT max(l.id) FROM changes l WHERE l.subject_id = c.subject_id AND l.subject = 'user' AND l.field = 'status'))";

impl Store {
    /// Takes out what is older or more than is kept, a part at a time. Plans that were decided go with their runs; what
    /// is held stays.
    ///
    /// # Errors
    /// The database refuses; what has gone until then is gone.
    pub fn age(&mut self, keep: Keep, now: Timestamp) -> Result<Aged, StoreError> {
        let before = stamp(now.checked_sub(keep.age).unwrap_or(Timestamp::MIN));
        self.db.execute_batch(
            "DROP TABLE IF EXISTS temp.aged_runs; CREATE TEMP TABLE aged_runs (id INTEGER PRIMARY KEY);",
        )?;
        self.db.execute(
            "INSERT INTO temp.aged_runs (id)
             SELECT id FROM (SELECT id, ended_at, row_number() OVER (PARTITION BY integration_id ORDER BY id DESC) AS n
                             FROM runs)
             WHERE (ended_at < ?1 OR n > ?2)
               AND id NOT IN (SELECT run_id FROM plans WHERE state = 'held')",
            params![before, keep.runs],
        )?;
        let old = format!("SELECT c.id FROM changes c WHERE c.at < ?1 AND {NOT_THE_LAST_WORD} LIMIT {AT_ONCE}");
        let of_runs = format!(
            "SELECT c.id FROM temp.aged_runs r CROSS JOIN changes c ON c.run_id = r.id
             WHERE ?1 IS NOT NULL AND {NOT_THE_LAST_WORD} LIMIT {AT_ONCE}"
        );
        let mut aged = Aged::default();
        for which in [old, of_runs] {
            loop {
                let gone = self.db.execute(&format!("DELETE FROM changes WHERE id IN ({which})"), [&before])?;
                aged.changes += gone;
                if gone < AT_ONCE as usize {
                    break;
                }
            }
        }
        // Last words are all that is left of those runs by now, and they keep no run: each was somebody's, for good.
        let last_words = format!(
            "UPDATE changes SET run_id = NULL WHERE id IN (
                 SELECT c.id FROM temp.aged_runs r CROSS JOIN changes c ON c.run_id = r.id LIMIT {AT_ONCE})"
        );
        while self.db.execute(&last_words, [])? == AT_ONCE as usize {}
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Who has what since when is told by the assignment itself.
        transaction.execute_batch(
            "UPDATE assignments SET run_id = NULL WHERE run_id IN (SELECT id FROM temp.aged_runs);
             DELETE FROM plans WHERE run_id IN (SELECT id FROM temp.aged_runs);",
        )?;
        aged.runs = transaction.execute("DELETE FROM runs WHERE id IN (SELECT id FROM temp.aged_runs)", [])?;
        transaction.commit()?;
        self.db.execute_batch("DROP TABLE temp.aged_runs")?;
        Ok(aged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24;

    fn count(store: &Store, table: &str) -> i64 {
        store.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// A run a day for a hundred days, each with a change of a title; on the first somebody was suspended, on the second
    /// somebody joined, of whom nothing more is told.
    fn a_hundred_days(store: &Store) -> Timestamp {
        let corp = store.add_integration_for_tests("corp");
        let begin: Timestamp = "2026-01-01T08:00:00Z".parse().unwrap();
        let insert = "INSERT INTO users (id, integration_id, external_id, status, created_at, updated_at)
                      VALUES (1, ?1, 'x', 'suspended', '2026-01-01T08:00:00Z', '2026-01-01T08:00:00Z')";
        store.db.execute(insert, [corp.0]).unwrap();
        for day in 0..100 {
            let at = stamp(begin.checked_add(SignedDuration::from_hours(day * DAY)).unwrap());
            let run = "INSERT INTO runs (integration_id, trigger, started_at, ended_at, outcome, counts)
                       VALUES (?1, 'sync', ?2, ?2, 'done', '{}')";
            store.db.execute(run, params![corp.0, at]).unwrap();
            let field = if day == 0 { "status" } else { "title" };
            let change =
                "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, kind, field)
                          VALUES (last_insert_rowid(), ?1, ?2, 'user', 1, 'x', 'changed', ?3)";
            store.db.execute(change, params![corp.0, at, field]).unwrap();
        }
        let joined = "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, kind)
                      SELECT run_id, integration_id, at, 'user', 2, 'y', 'joined' FROM changes WHERE run_id = 2";
        store.db.execute(joined, []).unwrap();
        begin.checked_add(SignedDuration::from_hours(99 * DAY)).unwrap()
    }

    #[test]
    fn what_is_old_goes_and_the_last_word_on_somebody_stays() {
        let home = tempfile::tempdir().unwrap();
        let mut store = Store::open(&home.path().join("dirsync.db")).unwrap();
        let now = a_hundred_days(&store);
        let keep = Keep { age: SignedDuration::from_hours(30 * DAY), runs: 1_000 };
        // 31 days, and of the first the change of status, which is the last word.
        assert_eq!(store.age(keep, now).unwrap(), Aged { changes: 69, runs: 69 });
        assert_eq!((count(&store, "changes"), count(&store, "runs")), (32, 31));
        assert_eq!(count(&store, "changes WHERE field = 'status' AND run_id IS NULL"), 1);
        assert_eq!(store.age(keep, now).unwrap(), Aged::default(), "a second time there is nothing to do");
        store.check_whole().unwrap();
    }

    #[test]
    fn more_runs_than_are_kept_go_but_not_one_that_holds_a_plan() {
        let home = tempfile::tempdir().unwrap();
        let mut store = Store::open(&home.path().join("dirsync.db")).unwrap();
        let now = a_hundred_days(&store);
        let plan = "INSERT INTO plans (integration_id, run_id, created_at, state) VALUES (1, ?1, 't', ?2)";
        store.db.execute(plan, params![5, "held"]).unwrap();
        store.db.execute(plan, params![6, "approved"]).unwrap();
        let keep = Keep { age: SignedDuration::from_hours(1_000 * DAY), runs: 10 };
        let aged = store.age(keep, now).unwrap();
        assert_eq!((aged.runs, count(&store, "runs"), count(&store, "plans")), (89, 11, 1));
        store.check_whole().unwrap();
    }
}
