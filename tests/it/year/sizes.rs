//! How large the database is and how long a run takes, month by month.

use std::time::Duration;

use rusqlite::Connection;

/// What is in use.
#[derive(Clone, Copy, Debug)]
struct InUse {
    pages: i64,
    /// Rows of history and of plans, of which more are kept after more has happened.
    kept: i64,
}

/// One month's end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Month {
    /// Pages of the database; and the fewest of them that were in use after a run, when least had happened for a while.
    pages: i64,
    in_use: Option<InUse>,
    runs: i64,
    changes: i64,
    people: i64,
    /// How long runs took that nothing befell, and how many there were.
    spent: Duration,
    calm: u32,
}

impl Month {
    /// One more run that took so long.
    pub(super) fn run(&mut self, took: Duration) {
        self.spent += took;
        self.calm += 1;
    }

    /// A run has gone through, and old history is gone.
    pub(super) fn look(&mut self, db: &Connection) {
        let sql = "SELECT p.page_count - f.freelist_count,
                       (SELECT count(*) FROM changes) + (SELECT count(*) FROM plan_items)
                   FROM pragma_page_count p, pragma_freelist_count f";
        let read = |row: &rusqlite::Row<'_>| Ok(InUse { pages: row.get(0)?, kept: row.get(1)? });
        let now = db.query_row(sql, [], read).unwrap();
        self.in_use = self.in_use.filter(|fewest| fewest.pages <= now.pages).or(Some(now));
    }

    /// The month is over.
    pub(super) fn end(&mut self, db: &Connection) {
        let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        self.pages = number("PRAGMA page_count");
        self.runs = number("SELECT count(*) FROM runs");
        self.changes = number("SELECT count(*) FROM changes");
        self.people = number("SELECT count(*) FROM users");
    }

    fn millis(&self) -> f64 {
        self.spent.as_secs_f64() * 1e3 / f64::from(self.calm.max(1))
    }
}

/// Tells the year, line by line.
pub(super) fn tell(months: &[Month], say: &dyn Fn(&str)) {
    say("month    KiB  least in use    runs  changes  people ever  ms a run");
    for (month, it) in (1..).zip(months) {
        let Month { pages, in_use, runs, changes, people, .. } = it;
        let (kib, used, millis) = (pages * 4, in_use.map_or(0, |in_use| in_use.pages * 4), it.millis());
        say(&format!("{month:>5} {kib:>6} {used:>13} {runs:>7} {changes:>8} {people:>12} {millis:>9.1}"));
    }
    let mean = |months: &[Month]| months.iter().map(Month::millis).sum::<f64>() / months.len() as f64;
    say(&format!("time of a run, months 10-12 to months 4-6: {:.2}", mean(&months[9..]) / mean(&months[3..6])));
}

/// Rows of history there are to a page at least, with their places in indexes.
const ROWS_TO_A_PAGE: i64 = 10;

/// Fails if more is in use in the last quarter than in the second, by more than a tenth, at the time when it is least, and no
/// more has happened lately: people who vanish by the hundred and return are in the history for a while.
pub(super) fn assert_level(months: &[Month]) {
    let least = |months: &[Month]| months.iter().filter_map(|month| month.in_use).min_by_key(|it| it.pages).unwrap();
    let (then, now) = (least(&months[3..6]), least(&months[9..]));
    let more_kept = (now.kept - then.kept).max(0) / ROWS_TO_A_PAGE;
    let bound = then.pages + then.pages / 10 + 8 + more_kept;
    assert!(now.pages <= bound, "months 4 to 6: {then:?}, 10 to 12: {now:?}");
}
