//! Staying within a provider's quota: a token bucket, a limit on requests at once, and a common pause when told to wait.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::Clock;
use crate::model::{Failure, FailureKind};

/// How long after a throttled answer the bucket is emptied twice as fast.
const CAUTION: Duration = Duration::from_secs(60);

/// The reason of a failure that ends a run because it was told to wait for too long.
pub const OUT_OF_PATIENCE: &str = "outOfPatience";

/// The quota of one sync run.
pub struct Quota {
    bucket: DefaultDirectRateLimiter,
    places: Semaphore,
    clock: Clock,
    start: std::time::Instant,
    /// Milliseconds after `start` until which nobody asks anything.
    pause_until: AtomicU64,
    /// Milliseconds after `start` until which a request costs two tokens.
    careful_until: AtomicU64,
    /// Milliseconds this run has waited because it was told to.
    told_to_wait: AtomicU64,
    patience: Duration,
}

impl Quota {
    /// `per_minute` requests (or, where they cost differently, units) a minute, `at_once` in parallel, waiting as told for `patience` in all.
    pub fn new(per_minute: NonZeroU32, at_once: usize, patience: Duration, clock: Clock) -> Self {
        // A second's worth in advance keeps the pipeline full without a burst that a per-minute quota would punish.
        let burst = NonZeroU32::new(per_minute.get().div_ceil(60).max(2)).unwrap_or(NonZeroU32::MIN);
        let start = clock.instant();
        Self {
            bucket: RateLimiter::direct(governor::Quota::per_minute(per_minute).allow_burst(burst)),
            places: Semaphore::new(at_once),
            clock,
            start,
            pause_until: AtomicU64::new(0),
            careful_until: AtomicU64::new(0),
            told_to_wait: AtomicU64::new(0),
            patience,
        }
    }

    fn elapsed(&self) -> u64 {
        millis(self.clock.instant().duration_since(self.start))
    }

    /// Waits for a turn of a request that costs so much; the permit is held for one attempt.
    ///
    /// # Errors
    /// Never in practice: the quota is not closed while it is used.
    pub(super) async fn turn(&self, cost: NonZeroU32) -> Result<SemaphorePermit<'_>, Failure> {
        loop {
            let pause = self.pause_until.load(Ordering::Relaxed).saturating_sub(self.elapsed());
            if pause == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let careful = self.careful_until.load(Ordering::Relaxed) > self.elapsed();
        for _ in 0..=u32::from(careful) {
            // One that costs more than the bucket holds would never come; it cannot be, with costs of a few.
            let _ = self.bucket.until_n_ready(cost).await;
        }
        let closed = |_| Failure::new(FailureKind::Temporary, "the run is ending");
        self.places.acquire().await.map_err(closed)
    }

    /// Notes a throttled answer. With `wait`, everybody pauses that long.
    ///
    /// # Errors
    /// The run has waited as told for longer than it may.
    pub(super) fn throttled(&self, wait: Option<Duration>) -> Result<(), Failure> {
        let now = self.elapsed();
        self.careful_until.fetch_max(now + millis(CAUTION), Ordering::Relaxed);
        let Some(wait) = wait else { return Ok(()) };
        let until = now + millis(wait);
        let before = self.pause_until.fetch_max(until, Ordering::Relaxed).max(now);
        // Sixteen answers that say "wait 30 s" at once are one wait, not sixteen.
        let added = until.saturating_sub(before);
        let total = self.told_to_wait.fetch_add(added, Ordering::Relaxed) + added;
        if Duration::from_millis(total) > self.patience {
            let minutes = self.patience.as_secs() / 60;
            let message = format!("the directory asked for more waiting than the {minutes} minutes a run may wait");
            let failure = Failure::new(FailureKind::Temporary, message).reason(OUT_OF_PATIENCE);
            return Err(failure.hint("try again later"));
        }
        Ok(())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(patience: u64) -> Quota {
        Quota::new(NonZeroU32::new(60_000).unwrap(), 4, Duration::from_secs(patience), Clock::system())
    }

    #[tokio::test(start_paused = true)]
    async fn a_told_wait_holds_everybody_and_is_counted_once() {
        let quota = quota(60);
        for _ in 0..16 {
            quota.throttled(Some(Duration::from_secs(30))).unwrap();
        }
        assert!(quota.throttled(Some(Duration::from_secs(100))).is_err(), "130 s are more than 60 s");
    }
}
