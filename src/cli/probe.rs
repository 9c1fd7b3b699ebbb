//! The try-out of a directory that has just been signed in to, with patience where a consent is only a moment old.

use std::time::Duration;

use crate::model::Failure;
use crate::provider::{Directory, Probe};

/// How often a directory that may not know of a consent yet is asked.
pub(super) const CONSENT_TRIES: u32 = 12;

/// Asks a little of every listing. For about a minute after a consent a directory may not know of it, and refuse: then
/// it is asked `tries` times, with `pause` in between.
pub(super) async fn probe(directory: &dyn Directory, tries: u32, pause: Duration) -> Result<Probe, Failure> {
    let mut left = tries;
    loop {
        left = left.saturating_sub(1);
        match directory.probe().await {
            Err(failure) if left > 0 && failure.status == Some(403) => {
                tracing::info!(%failure, "the directory may not know of the consent yet; asking again");
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::BoxFuture;
    use tokio::sync::mpsc::Sender;

    use super::*;
    use crate::model::{FailureKind, Start, Tenant};
    use crate::provider::{Fetched, Following};

    /// Refuses so many times.
    struct Slow {
        refusals: u32,
        status: u16,
        asked: AtomicU32,
    }

    impl Directory for Slow {
        fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst);
            let refused = Failure::new(FailureKind::ConsentNeeded, "insufficient privileges").status(self.status);
            let tenant = Tenant { id: "t".into(), label: None, domain: None };
            let answer = if asked < self.refusals { Err(refused) } else { Ok(Probe { tenant, account: None }) };
            Box::pin(std::future::ready(answer))
        }

        fn following(&self) -> Option<Following> {
            None
        }

        fn fetch(&self, _: Start, _: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
            Box::pin(std::future::ready(Ok(())))
        }

        fn deleted(&self, _: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
            Box::pin(std::future::ready(Ok(())))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_believed_at_once_unless_the_consent_is_fresh() {
        for (refusals, status, tries, asked, works) in [
            (0, 403, 1, 1, true),
            (1, 403, 1, 1, false),
            (3, 403, CONSENT_TRIES, 4, true),
            (99, 403, CONSENT_TRIES, CONSENT_TRIES, false),
            // Only a missing permission passes by itself.
            (3, 404, CONSENT_TRIES, 1, false),
        ] {
            let directory = Slow { refusals, status, asked: AtomicU32::new(0) };
            let began = tokio::time::Instant::now();
            let probed = probe(&directory, tries, Duration::from_secs(5)).await;
            assert_eq!((probed.is_ok(), directory.asked.load(Ordering::SeqCst)), (works, asked));
            assert!(began.elapsed() < Duration::from_secs(60));
        }
    }
}
