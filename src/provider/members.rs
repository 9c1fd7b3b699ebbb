//! Members listings, one per group, many at once. A group whose members cannot be read is reported and left as it was,
//! unless the cause would fail every other group as well.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{Receiver, Sender};

use super::Fetched;
use crate::http::OUT_OF_PATIENCE;
use crate::model::{Failure, FailureKind};

/// Group ids on their way from the groups listing to the members listings.
pub(super) const GROUPS_AHEAD: usize = 4096;

/// So many groups in a row whose members could not be reached mean that the directory is away, not these groups.
const AWAY_AFTER: u32 = 16;

/// Lists the members of every group of `ids` with `list`, which sends the pages.
///
/// # Errors
/// A cause that concerns all groups.
pub(super) async fn of_each_group<'a>(
    ids: Receiver<String>,
    at_once: usize,
    to: &Sender<Fetched>,
    list: impl Fn(String) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync,
) -> Result<(), Failure> {
    let unreachable_in_a_row = AtomicU32::new(0);
    let ids = futures_util::stream::unfold(ids, |mut ids| async { ids.recv().await.map(|id| (Ok(id), ids)) });
    let (list, unreachable) = (&list, &unreachable_in_a_row);
    ids.try_for_each_concurrent(at_once, |group: String| async move {
        let ending = match list(group.clone()).await {
            Ok(()) => {
                unreachable.store(0, Ordering::Relaxed);
                Fetched::MembersEnd { group }
            }
            Err(failure) if concerns_one_group(&failure, unreachable) => Fetched::MembersFailed { group, failure },
            Err(failure) => return Err(failure),
        };
        send(to, ending).await
    })
    .await
}

/// Whether a members listing failed for a reason of that group's own.
fn concerns_one_group(failure: &Failure, unreachable_in_a_row: &AtomicU32) -> bool {
    match failure.kind {
        FailureKind::Temporary if failure.reason.as_deref() == Some(OUT_OF_PATIENCE) => false,
        FailureKind::Temporary => unreachable_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 < AWAY_AFTER,
        FailureKind::NotFound | FailureKind::Malformed | FailureKind::Refused => true,
        FailureKind::SignInNeeded | FailureKind::ConsentNeeded | FailureKind::Blocked | FailureKind::Misconfigured => {
            false
        }
    }
}

/// Sends a piece to the staging area.
pub(super) fn send(to: &Sender<Fetched>, piece: Fetched) -> BoxFuture<'_, Result<(), Failure>> {
    Box::pin(async { to.send(piece).await.map_err(|_| stopped()) })
}

/// The receiving side has stopped; it knows the real reason, which takes the place of this one.
pub(super) fn stopped() -> Failure {
    Failure::new(FailureKind::Refused, "the run was stopped")
}
