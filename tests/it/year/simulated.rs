//! The year itself.

use dirsync::clock::Clock;
use dirsync::model::{Outcome, Tenant};
use dirsync::people::LIFE_CYCLE;
use dirsync::store::{Keep, SignedIn, Swept};
use dirsync::sync::due::{Due, due};
use dirsync::sync::guard::RemovalLimit;
use dirsync::sync::{Report, SyncError, run};
use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension};

use super::befalls::{Fate, Spell, Struck, dropped_after, next};
use super::dice::Dice;
use super::ledger::Ledger;
use super::life::Life;
use super::sizes::{Month, assert_level, tell};
use super::town::Town;
use crate::engine::home::{Home, expected, stored};

/// A run every four hours, for a year.
const RUNS: usize = 2_190;
const A_MONTH: usize = RUNS / 12;
/// Many people who are gone at once.
struct Vanished {
    people: Vec<String>,
    /// Whether the plan will be approved, before they turn out to be there after all.
    approved: bool,
    hours: f64,
}

struct Year<T> {
    home: Home,
    town: T,
    life: Life,
    dice: Dice,
    spell: Option<Spell>,
    vanished: Option<Vanished>,
    ledger: Ledger,
    months: Vec<Month>,
    keep: Keep,
    /// The last run there is a record of.
    last_run: i64,
    /// Whether the last run read all there is from its own beginning.
    fresh: bool,
    /// How often something happened, for the reader.
    failed: usize,
    killed: usize,
    held: usize,
    signed_in: usize,
}

impl<T: Town> Year<T> {
    fn begin(people: usize, mut town: T, keep: Keep, seed: u64) -> Self {
        let (home, mut dice) = (Home::new(), Dice::new(seed));
        let life = Life::begin(people, &mut town, &mut dice);
        home.sync(&town);
        let ledger = Ledger::begin(&Connection::open(home.database()).unwrap());
        Self {
            home,
            town,
            life,
            dice,
            spell: None,
            vanished: None,
            ledger,
            months: vec![Month::default()],
            keep,
            last_run: 1,
            fresh: true,
            failed: 0,
            killed: 0,
            held: 0,
            signed_in: 0,
        }
    }

    fn database(&self) -> Connection {
        Connection::open(self.home.database()).unwrap()
    }

    /// Lets time pass until a sync is due; whoever has to sign in does so when their time has come.
    fn until_due(&mut self) {
        loop {
            let now = self.home.clock.now();
            let watched = self.home.store().watched().unwrap();
            match due(&watched[0].cadence, now) {
                Due::Now { clock_set_back } => return assert!(!clock_set_back),
                Due::At(at) => self.pass(at.duration_since(now)),
                Due::Never => {
                    self.pass(SignedDuration::from_hours(3));
                    if self.spell.is_none() {
                        self.sign_in();
                    }
                }
            }
        }
    }

    fn pass(&mut self, time: SignedDuration) {
        self.home.clock.advance(time);
        let hours = time.as_secs_f64() / 3600.0;
        self.life.pass(hours, &mut self.town, &mut self.dice);
        self.spell.iter_mut().for_each(|spell| spell.hours -= hours);
        self.spell.take_if(|spell| spell.hours <= 0.0);
        self.vanished.iter_mut().for_each(|vanished| vanished.hours -= hours);
        if let Some(vanished) = self.vanished.take_if(|vanished| vanished.hours <= 0.0) {
            if vanished.approved {
                self.approve();
                let hours = self.dice.between(5, 72) as f64;
                self.vanished = Some(Vanished { approved: false, hours, ..vanished });
            } else {
                self.life.return_of(&vanished.people, &mut self.town);
            }
        }
    }

    fn sign_in(&mut self) {
        let signed_in = SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) };
        let (id, now) = (self.home.integration().id, self.home.clock.now());
        let tenant = Tenant { id: "C1".into(), ..Tenant::default() };
        self.home.store().sign_in_again(id, &tenant, &signed_in, &|_| Ok(Vec::new()), now).unwrap();
        self.signed_in += 1;
    }

    fn approve(&mut self) {
        let (id, now) = (self.home.integration().id, self.home.clock.now());
        if let Some(plan) = self.home.store().held_plan(id).unwrap() {
            self.home.store().approve_plan(LIFE_CYCLE, plan, None, "somebody", now).unwrap();
            self.last_run = self.latest_run();
            self.ledger.take_down(&self.database());
        }
    }

    fn latest_run(&self) -> i64 {
        self.database().query_row("SELECT max(id) FROM runs", [], |row| row.get(0)).unwrap()
    }

    /// What befalls the next run.
    fn fate(&mut self) -> Fate {
        if let Some(spell) = &self.spell {
            return Fate::Fails(self.dice.below(4), spell.failure.clone());
        }
        if self.vanished.is_none() && self.dice.chance(0.0016) {
            let percent = self.dice.between(8, 30);
            let told = !self.town.lists() || self.dice.chance(0.5);
            let people = self.life.vanish(percent, told, &mut self.town, &mut self.dice);
            let (approved, hours) = (self.dice.chance(0.3), self.dice.between(6, 60) as f64);
            self.vanished = Some(Vanished { people, approved, hours });
            return Fate::Well;
        }
        // Runs that list everything wait more often.
        let waits = if self.town.lists() { 80 } else { 6 };
        next(&mut self.dice, &mut self.spell, waits)
    }

    /// One run, which nothing, or something, befalls.
    fn attempt(&mut self, fate: Fate) {
        self.town.turn(self.dice.roll());
        let group = self.life.some_group(&mut self.dice).to_owned();
        if matches!(fate, Fate::Odd) {
            let refused = self.dice.chance(0.5);
            self.town.odd(Some(&group).filter(|_| !refused).map(|group| &**group), refused);
        }
        let request = self.home.request(self.home.integration(), RemovalLimit::Standard, false, None);
        let (clock, seen) = (Clock::system(), self.ledger.len());
        let began = clock.instant();
        let ended = match &fate {
            Fate::Killed(waits) => {
                // Its threads end with the runtime, as those of a process do, in the middle or at the end of their work.
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
                runtime.block_on(dropped_after(run(request, &self.town), *waits))
            }
            Fate::Fails(after, failure) => {
                let struck = Struck { inner: &self.town, after: *after, failure: failure.clone() };
                Some(self.home.runtime.block_on(run(request, &struck)))
            }
            Fate::Well | Fate::Odd => Some(self.home.runtime.block_on(run(request, &self.town))),
        };
        if matches!(fate, Fate::Well) {
            let took = clock.instant().duration_since(began);
            self.months.last_mut().unwrap().run(took);
        }
        self.town.odd(None, false);
        self.ledger.take_down(&self.database());
        let recorded = self.recorded();
        match ended {
            None => {
                assert!(recorded.len() <= 1, "{recorded:?}");
                (self.killed, self.fresh) = (self.killed + 1, false);
            }
            Some(Ok(report)) => {
                assert_eq!(recorded, [(report.outcome().as_str().to_owned(), None)]);
                self.went_through(&report);
            }
            Some(Err(SyncError::Directory(failure))) => {
                assert_eq!(recorded, [("failed".to_owned(), Some(failure.message))], "{fate:?}");
                assert_eq!(self.ledger.len(), seen, "a run that failed has changed something");
                (self.failed, self.fresh) = (self.failed + 1, false);
            }
            Some(Err(other)) => panic!("{other}"),
        }
    }

    /// The outcomes and errors of the runs that were recorded since the last look.
    fn recorded(&mut self) -> Vec<(String, Option<String>)> {
        let db = self.database();
        let mut statement = db.prepare("SELECT outcome, error FROM runs WHERE id > ?1 ORDER BY id").unwrap();
        let rows = statement.query_map([self.last_run], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let recorded = rows.map(Result::unwrap).collect();
        self.last_run = self.latest_run();
        recorded
    }

    fn went_through(&mut self, report: &Report) {
        self.life.heard();
        let (mut store, now) = (self.home.store(), self.home.clock.now());
        while store.house_is_due(now).unwrap() && store.keep_house(LIFE_CYCLE, now).unwrap() != Swept::default() {}
        store.age(self.keep, now).unwrap();
        drop(store);
        let db = self.database();
        self.months.last_mut().unwrap().look(&db);
        match report.outcome() {
            Outcome::Held => self.held += 1,
            // What a resumed run was told may be older than what is true by now.
            Outcome::Done if self.fresh && self.dice.chance(0.1) => self.assert_true(),
            _ => {}
        }
        self.fresh = true;
    }

    #[track_caller]
    fn assert_true(&self) {
        assert_eq!(stored(&self.home), expected(&self.town.truth()));
    }

    /// From when on the history has to be complete.
    fn kept_from(&self) -> String {
        let sql = "SELECT ended_at FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?1";
        let oldest = self.database().query_row(sql, [self.keep.runs - 1], |row| row.get(0)).optional().unwrap();
        let cutoff = self.home.clock.now().checked_sub(self.keep.age).unwrap();
        cutoff.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().max(oldest.unwrap_or_default())
    }

    fn run(&mut self) {
        for attempt in 1..=RUNS {
            self.until_due();
            let fate = self.fate();
            self.attempt(fate);
            if attempt.is_multiple_of(A_MONTH) && self.months.len() <= 12 {
                let db = self.database();
                self.months.last_mut().unwrap().end(&db);
                self.months.push(Month::default());
            }
        }
        self.months.truncate(12);
    }

    /// Everything ends well: who vanished is back, who has to sign in does so, nothing befalls the last runs.
    fn settle(&mut self) {
        if let Some(vanished) = self.vanished.take() {
            self.life.return_of(&vanished.people, &mut self.town);
        }
        if self.spell.take().is_some() {
            self.sign_in();
        }
        for _ in 0..3 {
            self.home.clock.advance(SignedDuration::from_hours(5));
            self.attempt(Fate::Well);
        }
        self.assert_true();
        self.ledger.assert_kept(&self.database(), &self.kept_from());
        let last = self.home.sync_with(&self.town, RemovalLimit::Standard).unwrap();
        assert!(last.summary.is_empty(), "{:?}", last.summary);
    }
}

/// A year of so many people in `town`, of whose history so much is kept; says how it went. Fails if anything is lost, wrong
/// or untold.
pub(crate) fn a_year_of<T: Town>(people: usize, town: T, keep: Keep, seed: u64, say: &dyn Fn(&str)) {
    let mut year = Year::begin(people, town, keep, seed);
    let began = year.home.clock.now();
    year.run();
    let days = year.home.clock.now().duration_since(began).as_hours() / 24;
    let (failed, killed, held, signed_in) = (year.failed, year.killed, year.held, year.signed_in);
    say(&format!("{RUNS} runs in {days} days: {failed} failed, {killed} killed, {held} held; {signed_in} sign-ins"));
    tell(&year.months, say);
    year.settle();
    let db = year.database();
    year.ledger.assert_replays(&db);
    year.home.store().check_whole().unwrap();
    assert!(failed > 50 && killed > 20 && held > 1 && signed_in > 2, "too quiet a year");
    if RUNS as i64 > 2 * i64::from(keep.runs) {
        assert_level(&year.months);
    }
}
