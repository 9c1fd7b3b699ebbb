//! The one place that asks what time it is. Everything that needs the time takes a [`Clock`], so that a test can stand
//! at a fixed moment and step forward, and so that a run uses one notion of "now".

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A source of wall-clock and monotonic time; cheap to clone, clones share a manual clock's position.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the Unix epoch, moved only by [`Clock::advance`].
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `at` until it is advanced.
    pub fn manual(at: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// The present moment, to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(at) => {
                Timestamp::from_millisecond(at.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }

    /// Moves a manual clock forward; the system clock cannot be moved and ignores it.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Manual(at) = &self.0 {
            at.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// A monotonic reading, for measuring how long something took (never for "when").
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// The sign of life of something that has to go on for ever: it beats, somebody else looks how long ago. Cheap to clone,
/// clones are the same.
#[derive(Clone, Debug)]
pub struct Pulse {
    of: &'static str,
    clock: Clock,
    last: Arc<Mutex<Instant>>,
}

impl Pulse {
    /// The pulse of what is called so; it is alive now.
    pub fn new(of: &'static str, clock: &Clock) -> Self {
        Self { of, clock: clock.clone(), last: Arc::new(Mutex::new(clock.instant())) }
    }

    /// Whose it is, in words for people.
    pub fn of(&self) -> &'static str {
        self.of
    }

    /// It is alive.
    pub fn beat(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.instant();
    }

    /// How long it has not beaten, at `now`.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(*self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Names the time since the machine was started, where the system does (Linux, see proc_sys_kernel(5)): what was written
/// without waiting for the disk is whole as long as this stays the same.
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_tells_how_long_it_has_not_beaten() {
        let clock = Clock::system();
        let pulse = Pulse::new("it", &clock);
        let later = clock.instant() + Duration::from_secs(60);
        assert!(pulse.silence(later) >= Duration::from_secs(60));
        let other = pulse.clone();
        while clock.instant() <= later - Duration::from_secs(60) {}
        other.beat();
        assert!(pulse.silence(later) < Duration::from_secs(60));
        // What beat after the moment in question was not silent then.
        assert_eq!(pulse.silence(later - Duration::from_secs(3600)), Duration::ZERO);
    }
}
