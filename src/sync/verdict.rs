//! How well an integration is, in the words of monitoring: how old its last complete sync is, whether it can sign in and
//! for how long still, what waits for a decision. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Cadence, Standing};
use crate::store::HeldFacts;

/// How well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// All is well.
    Ok,
    /// It works; somebody should look at it.
    Warning,
    /// It does not work, or has not for long.
    Critical,
}

impl State {
    /// The word of monitoring.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Its syncs; of a directory that pushes, when it last did.
    pub cadence: Cadence,
    /// Why it cannot work, when it cannot.
    pub standing_reason: Option<String>,
    /// The plan that waits for approval.
    pub held: Option<HeldFacts>,
    /// Records and groups that the last run set aside.
    pub refused: i64,
    /// Its credentials, where their end is known.
    pub credential: Option<Credential>,
    /// From what age on its data are too old, whatever its interval.
    pub max_age: Option<SignedDuration>,
}

/// Credentials that end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Since when they are good, where that is known.
    pub since: Option<Timestamp>,
    /// When they end.
    pub ends_at: Timestamp,
}

/// From what age of the data on there is a warning, and when it is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// A warning.
    pub warning: SignedDuration,
    /// Critical.
    pub critical: SignedDuration,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst of its problems.
    pub state: State,
    /// What is wrong, worst first, each in half a sentence.
    pub problems: Vec<(State, String)>,
    /// How old the last complete sync is.
    pub age: Option<SignedDuration>,
    /// What that is measured by; `None` for what is synced by hand alone, or pushes.
    pub ages: Option<Ages>,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Long enough for somebody to make new credentials.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Judges one integration at `now`.
pub fn judge(evidence: &Evidence, now: Timestamp) -> Verdict {
    let mut problems = Vec::new();
    let cadence = &evidence.cadence;
    if cadence.standing != Standing::Connected {
        let why = evidence.standing_reason.as_deref().unwrap_or("it cannot be read");
        problems.push((State::Critical, format!("{}: {why}", cadence.standing.as_str().replace('_', " "))));
    }
    let age = cadence.last_complete.map(|at| now.duration_since(at).max(SignedDuration::ZERO));
    let ages = ages(cadence.interval, evidence.max_age);
    // One that was never synced is as old as it has been connected.
    let measured = age.unwrap_or_else(|| now.duration_since(cadence.created_at));
    if let Some(ages) = ages {
        let what = match age {
            Some(age) => format!("the last complete sync is {} old", span(age)),
            None => format!("never synced, connected {} ago", span(measured)),
        };
        if measured > ages.critical {
            problems.push((State::Critical, what));
        } else if measured > ages.warning {
            problems.push((State::Warning, what));
        }
    }
    if let Some(held) = evidence.held {
        let waits = now.duration_since(held.since);
        let state = if waits > DAY { State::Critical } else { State::Warning };
        let people = held.removals + held.suspensions;
        problems.push((state, format!("plan {} with {people} removals or suspensions waits for approval", held.plan)));
    }
    if let Some(credential) = evidence.credential {
        problems.extend(ending(credential, now));
    }
    if evidence.refused > 0 {
        problems.push((State::Warning, format!("{} records are set aside", evidence.refused)));
    }
    problems.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    let state = problems.first().map_or(State::Ok, |(state, _)| *state);
    Verdict { state, problems, age, ages }
}

fn ages(interval: SignedDuration, max_age: Option<SignedDuration>) -> Option<Ages> {
    match max_age {
        Some(critical) => Some(Ages { warning: critical, critical }),
        None if interval.is_zero() => None,
        None => Some(Ages { warning: interval + interval / 2, critical: interval * 3 }),
    }
}

fn ending(credential: Credential, now: Timestamp) -> Option<(State, String)> {
    let left = credential.ends_at.duration_since(now);
    // What lives for a week is not worth a word on its first day.
    let life = credential.since.map(|since| credential.ends_at.duration_since(since));
    let soon = life.map_or(SOON, |life| SOON.min(life / 3));
    if left <= SignedDuration::ZERO {
        Some((State::Critical, format!("its credentials ended on {}", credential.ends_at.strftime("%Y-%m-%d"))))
    } else if left < soon {
        Some((State::Warning, format!("its credentials end in {}", span(left))))
    } else {
        None
    }
}

/// `90 min`, `7 h`, `3 d`.
pub fn span(of: SignedDuration) -> String {
    match of.as_mins() {
        minutes if minutes < 120 => format!("{minutes} min"),
        minutes if minutes < 48 * 60 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 60 / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-24T08:00:00Z";

    fn before(hours: i64) -> Timestamp {
        NOW.parse::<Timestamp>().unwrap().checked_sub(SignedDuration::from_hours(hours)).unwrap()
    }

    fn well() -> Evidence {
        Evidence {
            cadence: Cadence {
                interval: SignedDuration::from_hours(4),
                created_at: before(1000),
                standing: Standing::Connected,
                last_complete: Some(before(4)),
                failures: 0,
                last_failure_at: None,
                seed: 0,
            },
            standing_reason: None,
            held: None,
            refused: 0,
            credential: None,
            max_age: None,
        }
    }

    fn aged(hours: Option<i64>, evidence: Evidence) -> Evidence {
        Evidence { cadence: Cadence { last_complete: hours.map(before), ..evidence.cadence }, ..evidence }
    }

    #[track_caller]
    fn is(evidence: &Evidence, state: State, words: &str) {
        let verdict = judge(evidence, before(0));
        let said: Vec<&str> = verdict.problems.iter().map(|(_, words)| &**words).collect();
        assert_eq!((verdict.state, said.join("; ").contains(words)), (state, true), "{said:?}");
    }

    #[test]
    fn age_is_measured_by_the_interval_or_by_what_is_asked() {
        is(&well(), State::Ok, "");
        is(&aged(Some(6), well()), State::Ok, "");
        is(&aged(Some(7), well()), State::Warning, "7 h old");
        is(&aged(Some(13), well()), State::Critical, "13 h old");
        is(&aged(None, well()), State::Critical, "never synced, connected 41 d ago");
        let lenient = Evidence { max_age: Some(SignedDuration::from_hours(24)), ..well() };
        is(&aged(Some(23), lenient.clone()), State::Ok, "");
        is(&aged(Some(25), lenient), State::Critical, "25 h old");
        // By hand alone, or pushed: no age is too old unless somebody says so.
        let manual = Cadence { interval: SignedDuration::ZERO, last_complete: None, ..well().cadence };
        is(&Evidence { cadence: manual, ..well() }, State::Ok, "");
        // A clock that was set back makes nothing old.
        is(&aged(Some(-5), well()), State::Ok, "");
    }

    #[test]
    fn sign_in_plans_refusals_and_credentials_are_each_weighed_and_the_worst_counts() {
        let cadence = Cadence { standing: Standing::SignInNeeded, ..well().cadence };
        is(&Evidence { cadence, ..well() }, State::Critical, "sign in needed: it cannot be read");
        let held = |hours| HeldFacts { plan: 7, since: before(hours), removals: 20, suspensions: 1 };
        is(&Evidence { held: Some(held(24)), ..well() }, State::Warning, "plan 7 with 21 removals");
        is(&Evidence { held: Some(held(25)), refused: 2, ..well() }, State::Critical, "2 records are set aside");
        let ends = |days: i64, life: Option<i64>| {
            let ends_at = before(-24 * days);
            let since = life.map(|life| before(24 * (life - days)));
            Evidence { credential: Some(Credential { since, ends_at }), ..well() }
        };
        is(&ends(31, None), State::Ok, "");
        is(&ends(29, Some(365)), State::Warning, "end in 29 d");
        is(&ends(6, Some(7)), State::Ok, "");
        is(&ends(2, Some(7)), State::Warning, "end in 2 d");
        is(&ends(0, Some(365)), State::Critical, "ended on 2026-11-24");
    }
}
