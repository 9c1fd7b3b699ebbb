//! How large the database is and how long a run takes, month by month.

use std::time::Duration;

use rusqlite::Connection;

/// One month's end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Month {
    /// Pages of the database, and those of them that nothing is on.
    pub(super) pages: i64,
    free: i64,
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

    /// The month is over.
    pub(super) fn end(&mut self, db: &Connection) {
        let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        self.pages = number("PRAGMA page_count");
        self.free = number("PRAGMA freelist_count");
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
    say("month   pages    KiB  free pages    runs  changes  people ever  ms a run");
    for (month, it) in (1..).zip(months) {
        let Month { pages, free, runs, changes, people, .. } = it;
        let (kib, millis) = (pages * 4, it.millis());
        say(&format!("{month:>5} {pages:>7} {kib:>6} {free:>11} {runs:>7} {changes:>8} {people:>12} {millis:>9.1}"));
    }
    let mean = |months: &[Month]| months.iter().map(Month::millis).sum::<f64>() / months.len() as f64;
    say(&format!("time of a run, months 10-12 to months 4-6: {:.2}", mean(&months[9..]) / mean(&months[3..6])));
}

/// Fails if the last quarter's database is larger than the second's by more than a tenth.
pub(super) fn assert_level(months: &[Month]) {
    let largest = |months: &[Month]| months.iter().map(|month| month.pages).max().unwrap();
    let (then, now) = (largest(&months[3..6]), largest(&months[9..]));
    assert!(now <= then + then / 10 + 8, "{then} pages in months 4 to 6, {now} in months 10 to 12");
}
