//! Weeks of the real program on a machine where a timer starts it and nobody watches, on a fake clock: what is told of each
//! failure, and how often; `kill -9`; sign-ins that end.

use std::process::Stdio;
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::model::Standing;
use dirsync::sandbox::{Fault, Options, Rule};
use dirsync::store::{Store, Watched};
use dirsync::sync::due::{Due, due};
use jiff::{SignedDuration, Timestamp};

use crate::conformance::google::truth::picture;
use crate::conformance::picture::Picture;
use crate::google::company::{Company, Visitor};
use crate::world::{Outcome, asked_for};
use crate::year::dice::Dice;

/// What the timer calls.
const CALL: &[&str] = &["sync", "--due", "--keep-history", "20d", "--keep-runs", "100"];
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long a directory that is away is nobody's business: three intervals.
const PATIENCE: SignedDuration = SignedDuration::from_hours(12);

/// Something that goes wrong at the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strike {
    /// It is away.
    Away,
    /// It talks nonsense.
    Nonsense,
    /// A record is not as it should be.
    Odd,
    /// The sign-in has ended.
    SignedOut,
    /// Many people are gone.
    Vanished,
}

/// What is wrong, in the word that is remembered of it, and the exit code that tells it.
type Trouble = (&'static str, i32);

const HELD: Trouble = ("held", 5);

struct Machine {
    company: Company,
    clock: Clock,
    dice: Dice,
    strike: Option<(Strike, Timestamp)>,
    /// What was told last, and when.
    told: Option<(String, Timestamp)>,
    runs: i64,
    day: i64,
    began: Timestamp,
    /// How often it was told of something.
    news: usize,
    killed: usize,
}

impl Machine {
    fn begin(seed: u64) -> Self {
        let clock = Clock::manual("2026-01-05T08:00:00Z".parse().unwrap());
        let mut company = Company::with(Options::small(clock.clone()));
        company.world.set("DIRSYNC_NOW", &clock.now().to_string());
        let added = company.add_by_browser();
        assert_eq!(added.code, Some(0), "{added}");
        let began = clock.now();
        let dice = Dice::new(seed);
        Self { company, clock, dice, strike: None, told: None, runs: 1, day: 0, began, news: 0, killed: 0 }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn watched(&self) -> Watched {
        Store::open(&self.company.world.database()).unwrap().watched().unwrap().remove(0)
    }

    /// Time passes, here and there; with each day the people live on, and trouble ends when its time has come.
    fn pass(&mut self, time: SignedDuration) {
        self.clock.advance(time);
        self.company.world.unset("DIRSYNC_NOW").set("DIRSYNC_NOW", &self.clock.now().to_string());
        let day = self.now().duration_since(self.began).as_hours() / 24;
        while self.day < day {
            self.day += 1;
            self.company.sandbox.play_day();
        }
        if let Some((strike, until)) = self.strike
            && until <= self.now()
        {
            self.relent(strike);
        }
    }

    fn relent(&mut self, strike: Strike) {
        self.strike = None;
        self.company.sandbox.clear_faults();
        self.company.sandbox.unvanish();
        if strike == Strike::SignedOut {
            let admin = self.company.sandbox.admin_email();
            let again = self.company.sign_in(&["reauth", "corp", "--no-browser"], Visitor::Allows(&admin));
            assert_eq!(again.code, Some(0), "{again}");
        }
    }

    /// Something begins to be wrong, now and then.
    fn befall(&mut self) {
        let (strike, hours) = match self.dice.below(100) {
            0..6 => (Strike::Away, self.dice.between(1, 36)),
            6..9 => (Strike::Nonsense, self.dice.between(1, 30)),
            9..12 => (Strike::Odd, self.dice.between(1, 30)),
            12..14 => (Strike::SignedOut, self.dice.between(2, 60)),
            14..16 => (Strike::Vanished, self.dice.between(6, 60)),
            _ => return,
        };
        let inject = |on: &str, fault| self.company.sandbox.inject(Rule::new(on, fault));
        match strike {
            Strike::Away => inject(["users", "groups", "token"][self.dice.below(3)], Fault::UnavailableHtml),
            Strike::Nonsense => inject("users", Fault::HtmlOk),
            Strike::Odd => inject("users", Fault::WrongType { whole: false }),
            Strike::SignedOut => self.company.revoke(""),
            Strike::Vanished => drop(self.company.sandbox.vanish(40, true)),
        }
        let until = self.now().checked_add(SignedDuration::from_hours(i64::try_from(hours).unwrap())).unwrap();
        self.strike = Some((strike, until));
    }

    /// What is wrong by what is stored: of the run that there is a new record of, or without one.
    fn trouble(&self, before: &Watched, outcome: Option<&str>) -> Option<Trouble> {
        let after = self.watched();
        let standing = match after.cadence.standing {
            Standing::Connected => None,
            Standing::SignInNeeded => Some(("sign_in_needed", 4)),
            other => panic!("{other:?}"),
        };
        let since = before.cadence.last_complete.unwrap();
        match outcome {
            Some("failed") if standing.is_some() => standing,
            Some("failed") if self.strike.is_some_and(|(strike, _)| strike == Strike::Away) => {
                Some(("away", 75)).filter(|_| self.now().duration_since(since) > PATIENCE).or(after.held.map(|_| HELD))
            }
            Some("failed") => Some(("failed", 1)),
            Some("held") => Some(HELD),
            Some("partial") => Some(("partial", 3)),
            Some(_) => None,
            None => standing.or(after.held.map(|_| HELD)),
        }
    }

    /// The timer calls: what is wrong is told at once and then once a day, with its exit code, and nothing else is.
    fn call(&mut self) {
        let before = self.watched();
        let is_due = matches!(due(&before.cadence, self.now()), Due::Now { .. });
        let called = self.company.world.run(CALL);
        let outcome = self.latest_outcome(is_due, &called);
        let error = self.company.world.column("SELECT coalesce(error, 'none') FROM runs ORDER BY id DESC LIMIT 1");
        let trouble = self.trouble(&before, outcome.as_deref());
        let now = self.now();
        let news = trouble.filter(|(word, _)| {
            self.told.as_ref().is_none_or(|(told, at)| told != word || now.duration_since(*at) >= DAY)
        });
        match news {
            Some((word, code)) => {
                let said = called.stderr.contains("corp: ") && !called.stderr.contains("panicked");
                assert_eq!((called.code, said), (Some(code), true), "{word} at {now}, {error:?}: {called}");
                self.told = Some((word.to_owned(), now));
                self.news += 1;
            }
            None => {
                let silent = called.stdout.is_empty() && called.stderr.is_empty();
                assert_eq!(
                    (called.code, silent),
                    (Some(0), true),
                    "{trouble:?} at {now}, {error:?}, {:?}: {called}",
                    self.told
                );
                let over = match (&outcome, &self.told) {
                    (Some(outcome), _) => outcome == "done",
                    (None, Some((told, _))) => trouble.is_none() && ["held", "sign_in_needed"].contains(&&**told),
                    (None, None) => false,
                };
                self.told.take_if(|_| over);
            }
        }
    }

    /// How the run ended that was due, and nothing if none was.
    fn latest_outcome(&mut self, is_due: bool, called: &Outcome) -> Option<String> {
        let new = format!("SELECT outcome FROM runs WHERE id > {} ORDER BY id", self.runs);
        let mut outcomes = self.company.world.column(&new);
        assert_eq!(outcomes.len(), usize::from(is_due), "at {}: {called}", self.now());
        self.runs += i64::from(is_due);
        outcomes.pop()
    }

    /// The timer calls, and the program is killed at some moment.
    fn call_and_kill(&mut self) {
        let mut command = self.company.world.command(CALL);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(self.dice.between(0, 250) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        self.killed += 1;
        let runs = self.company.world.column("SELECT CAST(max(id) AS TEXT) FROM runs")[0].parse().unwrap();
        assert!((self.runs..=self.runs + 1).contains(&runs));
        self.runs = runs;
        self.told = self.watched().told.map(|told| (told.word, told.at));
    }

    fn until_due(&self) -> SignedDuration {
        match due(&self.watched().cadence, self.now()) {
            Due::Now { .. } => SignedDuration::ZERO,
            Due::At(at) => at.duration_since(self.now()),
            Due::Never => SignedDuration::from_hours(5),
        }
    }

    #[track_caller]
    fn assert_true(&self) {
        Picture::stored(&self.company.world.database()).assert_is(&picture(&self.company.sandbox.truth()));
    }
}

#[test]
#[ignore = "calls the program hundreds of times: for DIRSYNC_MACHINE_DAYS of its time, else 30"]
fn each_failure_is_told_at_once_and_once_a_day_and_in_the_end_all_is_well() {
    let days = i64::try_from(asked_for("DIRSYNC_MACHINE_DAYS", 30)).unwrap();
    let mut machine = Machine::begin(3);
    while machine.day < days {
        // Timers come more often than anything is due.
        let time = machine.until_due();
        if machine.dice.chance(0.3) {
            machine.pass(time / 2);
            machine.call();
        }
        let time = machine.until_due();
        machine.pass(time);
        if machine.strike.is_none() {
            machine.befall();
        }
        if machine.dice.chance(0.07) { machine.call_and_kill() } else { machine.call() }
    }
    if let Some((strike, _)) = machine.strike {
        machine.relent(strike);
    }
    for _ in 0..3 {
        let time = machine.until_due();
        machine.pass(time);
        machine.call();
    }
    machine.assert_true();
    assert_eq!(machine.told, None);
    let failed =
        machine.company.json(&["query", "SELECT count(*) AS n FROM runs WHERE outcome = 'failed' AND error <> ''"]);
    println!(
        "{} runs, {} kept that failed, {} killed, {} reports",
        machine.runs, failed[0]["n"], machine.killed, machine.news
    );
    assert!(machine.news > 5 && machine.killed > 5, "too quiet");
}
