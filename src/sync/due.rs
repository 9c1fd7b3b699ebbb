//! When a sync is due. Pure: UTC moments in, a moment out. "Every four hours" counts from the start of the last complete
//! fetch, with a small offset that stays; what failed is tried again sooner, a sign-in that died is not tried at all.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Cadence, Standing};

/// How long after the first, second and third failure in a row it is tried again; then at the interval.
const RETRIES: [SignedDuration; 3] =
    [SignedDuration::from_mins(5), SignedDuration::from_mins(15), SignedDuration::from_mins(60)];

/// Whether a sync is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is.
    Now {
        /// What was done last lies in the future: the clock was set back, and intervals cannot be measured.
        clock_set_back: bool,
    },
    /// Then.
    At(Timestamp),
    /// It has no interval, or somebody has to sign in first.
    Never,
}

/// Whether a sync is due at `now`.
pub fn due(cadence: &Cadence, now: Timestamp) -> Due {
    if cadence.interval.is_zero() || cadence.standing == Standing::SignInNeeded {
        return Due::Never;
    }
    // Once it was tried by the clock as it is now, that failure counts, whatever the future holds.
    if last_failure(cadence).or(cadence.last_complete).is_some_and(|at| at > now) {
        return Due::Now { clock_set_back: true };
    }
    let planned = planned(cadence);
    if planned <= now { Due::Now { clock_set_back: false } } else { Due::At(planned) }
}

/// The moment of the next sync, as lists show it, be it past; `None` where none is to come.
pub fn next_sync_at(cadence: &Cadence, now: Timestamp) -> Option<Timestamp> {
    match due(cadence, now) {
        Due::Never => None,
        Due::At(at) => Some(at),
        Due::Now { .. } => Some(planned(cadence).min(now)),
    }
}

fn planned(cadence: &Cadence) -> Timestamp {
    let regular = match cadence.last_complete {
        Some(at) => later(at, cadence.interval + offset(cadence)),
        None => cadence.created_at,
    };
    let Some(failed) = last_failure(cadence) else { return regular };
    let again = later(failed, patience(cadence));
    // What failed before it was due (a sync by hand) is tried again, but not later than it would have been anyway.
    if regular > failed { regular.min(again) } else { again }
}

fn last_failure(cadence: &Cadence) -> Option<Timestamp> {
    cadence.last_failure_at.filter(|_| cadence.failures > 0)
}

/// How long a failure is waited out.
fn patience(cadence: &Cadence) -> SignedDuration {
    // What is wrong on the other side is mended there, often without a word to us; that takes its time.
    let patient = cadence.standing != Standing::Connected;
    let retry = RETRIES.get(cadence.failures.saturating_sub(1) as usize).filter(|_| !patient);
    retry.copied().unwrap_or(cadence.interval).min(cadence.interval)
}

/// Less than a tenth of the interval, and always the same: not all at the same minute, and yet foreseeable.
fn offset(cadence: &Cadence) -> SignedDuration {
    let tenth = cadence.interval.as_secs().max(0) / 10;
    let share = u64::try_from(tenth).unwrap_or(0);
    SignedDuration::from_secs(if share == 0 { 0 } else { i64::try_from(cadence.seed % share).unwrap_or(0) })
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn cadence() -> Cadence {
        Cadence {
            interval: SignedDuration::from_hours(4),
            created_at: at("2026-11-01T08:00:00Z"),
            standing: Standing::Connected,
            last_complete: Some(at("2026-11-24T08:00:00Z")),
            failures: 0,
            last_failure_at: None,
            seed: 600,
        }
    }

    fn failed(failures: u32, last: &str) -> Cadence {
        Cadence { failures, last_failure_at: Some(at(last)), ..cadence() }
    }

    #[test]
    fn it_is_due_an_interval_and_its_own_offset_after_the_last_complete_fetch_began() {
        assert_eq!(due(&cadence(), at("2026-11-24T12:09:59Z")), Due::At(at("2026-11-24T12:10:00Z")));
        assert_eq!(due(&cadence(), at("2026-11-24T12:10:00Z")), Due::Now { clock_set_back: false });
        let new = Cadence { last_complete: None, ..cadence() };
        assert_eq!(due(&new, at("2026-11-01T08:00:00Z")), Due::Now { clock_set_back: false });
        for never in [
            Cadence { interval: SignedDuration::ZERO, ..cadence() },
            Cadence { standing: Standing::SignInNeeded, ..cadence() },
        ] {
            assert_eq!(due(&never, at("2030-01-01T00:00:00Z")), Due::Never);
            assert_eq!(next_sync_at(&never, at("2030-01-01T00:00:00Z")), None);
        }
    }

    #[test]
    fn failures_are_tried_again_after_5_15_and_60_minutes_and_then_at_the_interval() {
        let then = |failures| due(&failed(failures, "2026-11-24T13:00:00Z"), at("2026-11-24T13:00:00Z"));
        for (failures, next) in [(1, "13:05"), (2, "13:15"), (3, "14:00"), (4, "17:00"), (99, "17:00")] {
            assert_eq!(then(failures), Due::At(at(&format!("2026-11-24T{next}:00Z"))), "{failures}");
        }
        // What waits for somebody on the other side is not knocked at every few minutes.
        let blocked = Cadence { standing: Standing::Blocked, ..failed(1, "2026-11-24T13:00:00Z") };
        assert_eq!(due(&blocked, at("2026-11-24T13:00:00Z")), Due::At(at("2026-11-24T17:00:00Z")));
    }

    #[test]
    fn a_sync_by_hand_that_failed_does_not_put_off_the_regular_one() {
        let by_hand = failed(3, "2026-11-24T11:50:00Z");
        assert_eq!(due(&by_hand, at("2026-11-24T11:50:00Z")), Due::At(at("2026-11-24T12:10:00Z")));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_it_due_once() {
        let now = at("2026-11-20T08:00:00Z");
        assert_eq!(due(&cadence(), now), Due::Now { clock_set_back: true });
        assert_eq!(next_sync_at(&cadence(), now), Some(now));
        // It was tried then, by the clock as it is, and failed: patience again.
        let tried = failed(1, "2026-11-20T08:00:00Z");
        assert_eq!(due(&tried, now), Due::At(at("2026-11-20T08:05:00Z")));
    }

    proptest! {
        #[test]
        fn it_is_never_later_than_the_interval_and_a_tenth_of_it(
            minutes in 1_i64..20_000, seed: u64, failures in 0_u32..9, ago in 0_i64..100_000, failed_ago in 0_i64..100_000,
        ) {
            let now = at("2026-11-24T08:00:00Z");
            let before = |minutes| now.checked_sub(SignedDuration::from_mins(minutes)).unwrap();
            let interval = SignedDuration::from_mins(minutes);
            let cadence = Cadence {
                interval, seed, failures,
                last_complete: Some(before(ago)),
                last_failure_at: (failures > 0).then(|| before(failed_ago)),
                ..cadence()
            };
            let latest = last_failure(&cadence).map_or(before(ago), |failed| failed.max(before(ago)));
            let bound = later(latest, interval + interval / 10);
            let planned = planned(&cadence);
            prop_assert!(planned <= bound);
            prop_assert!(offset(&cadence) >= SignedDuration::ZERO && offset(&cadence) * 10 <= interval);
            // The same question has the same answer, and from then on it is due.
            prop_assert_eq!(due(&cadence, planned.max(now)), Due::Now { clock_set_back: false });
            prop_assert_eq!(next_sync_at(&cadence, now), Some(planned));
            if failures == 0 {
                prop_assert!(planned >= before(ago) + interval);
            }
        }
    }
}
