//! A directory whose fetch breaks off after some pages: the network is gone, or nobody waits for it any more.

use std::sync::atomic::{AtomicUsize, Ordering};

use dirsync::model::{Failure, FailureKind, Start};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use futures_util::future::{BoxFuture, try_join};
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Sender};

/// How a fetch ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The network fails.
    Fails,
    /// It comes to a standstill and says so, for the run to be dropped.
    Hangs,
}

/// Lets so many pages through.
pub(super) struct Breaking {
    pub(super) directory: Box<dyn Directory>,
    pub(super) pages: AtomicUsize,
    pub(super) ending: Ending,
    /// Told when it has come to a standstill.
    pub(super) stands: Notify,
}

impl Breaking {
    pub(super) fn new(directory: Box<dyn Directory>, pages: usize, ending: Ending) -> Self {
        Self { directory, pages: AtomicUsize::new(pages), ending, stands: Notify::new() }
    }

    fn is_over(&self) -> bool {
        self.pages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

impl Directory for Breaking {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        self.directory.probe()
    }

    fn following(&self) -> Option<Following> {
        self.directory.following()
    }

    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let (inner, mut pieces) = mpsc::channel(1);
            let forward = async {
                while let Some(piece) = pieces.recv().await {
                    if matches!(piece, Fetched::Changes { .. }) && self.is_over() {
                        if self.ending == Ending::Fails {
                            return Err(Failure::new(FailureKind::Temporary, "the network is gone"));
                        }
                        self.stands.notify_one();
                        std::future::pending::<()>().await;
                    }
                    let stopped = |_| Failure::new(FailureKind::Refused, "stopped");
                    to.send(piece).await.map_err(stopped)?;
                }
                Ok(())
            };
            try_join(self.directory.fetch(from, inner), forward).await.map(drop)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        self.directory.deleted(to)
    }
}
