//! Whether the machine was awake for the whole of a fetch. Laptops and launchd's dark wakes stop a process for hours in the
//! middle of a listing; its first and last pages are then of two different days.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// A lid closed for less than this does no harm that a slow directory would not do.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(30);

/// When a fetch began, by the clock on the wall and by the one that stands still while the machine sleeps (Rust's
/// `Instant`, on Linux and macOS).
pub(super) struct Began {
    at: Timestamp,
    instant: Instant,
}

impl Began {
    /// It begins.
    pub(super) fn now(clock: &Clock) -> Self {
        Self { at: clock.now(), instant: clock.instant() }
    }

    /// It has ended.
    ///
    /// # Errors
    /// More time has passed on the wall than in this process, by more than half an hour: the machine slept, or its clock
    /// was moved. Another run tells which.
    pub(super) fn refuse_sleep(&self, clock: &Clock) -> Result<(), Failure> {
        let worked = SignedDuration::try_from(clock.instant().duration_since(self.instant)).unwrap_or_default();
        let asleep = clock.now().duration_since(self.at) - worked;
        if asleep <= LONGEST_SLEEP {
            return Ok(());
        }
        let minutes = asleep.as_mins();
        let message = format!(
            "this machine slept, or its clock was set forward, for {minutes} minutes in the middle of it, so what was read may \
             be of two moments; nothing was changed"
        );
        Err(Failure::new(FailureKind::Temporary, message).hint("sync again while it is awake"))
    }
}
