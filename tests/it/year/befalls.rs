//! What befalls a run: the directory fails on the way, is away for hours, ends the sign-in, shuts us out; the run is killed.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use dirsync::model::{Failure, FailureKind, Start};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use futures_util::future::{BoxFuture, join};
use tokio::sync::mpsc::{Sender, channel};

use super::dice::Dice;

/// What befalls one run.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// Nothing.
    Well,
    /// It fails after so many pieces have come.
    Fails(usize, Failure),
    /// It is dropped when it has waited so often.
    Killed(usize),
    /// A group's members cannot be read, or a record is odd.
    Odd,
}

/// Trouble that lasts.
#[derive(Clone, Debug)]
pub(super) struct Spell {
    /// Why it fails meanwhile.
    pub(super) failure: Failure,
    /// How many hours are left of it.
    pub(super) hours: f64,
}

/// What befalls the next run, which waits about so often, while no spell is on; a spell may begin.
pub(super) fn next(dice: &mut Dice, spell: &mut Option<Spell>, waits: usize) -> Fate {
    let mut lasts = |kind, message: &str, from, to, dice: &mut Dice| {
        let failure = Failure::new(kind, message);
        *spell = Some(Spell { failure: failure.clone(), hours: dice.between(from, to) as f64 });
        Fate::Fails(dice.between(0, 3), failure)
    };
    match dice.below(1000) {
        0..40 => Fate::Fails(dice.between(0, 60), Failure::new(FailureKind::Temporary, "the connection broke")),
        40..55 => Fate::Fails(dice.between(0, 60), Failure::new(FailureKind::Malformed, "no listing at all")),
        55..63 => lasts(FailureKind::Temporary, "nobody answers", 2, 40, dice),
        63..69 => lasts(FailureKind::SignInNeeded, "the sign-in has ended", 1, 72, dice),
        69..73 => lasts(FailureKind::Blocked, "a policy is in the way", 5, 50, dice),
        73..105 => Fate::Killed(dice.between(0, waits)),
        105..120 => Fate::Odd,
        _ => Fate::Well,
    }
}

/// Drops `work` when it has waited so often.
pub(super) async fn dropped_after<T>(work: impl Future<Output = T>, waits: usize) -> Option<T> {
    let (mut work, mut left) = (pin!(work), waits);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A directory that fails after so many pieces, at the end at the latest.
pub(super) struct Struck<'a> {
    pub(super) inner: &'a dyn Directory,
    pub(super) after: usize,
    pub(super) failure: Failure,
}

impl Directory for Struck<'_> {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        self.inner.probe()
    }

    fn following(&self) -> Option<Following> {
        self.inner.following()
    }

    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let (through, mut pieces) = channel(1);
            let pass_on = async move {
                for _ in 0..self.after {
                    let Some(piece) = pieces.recv().await else { return };
                    if to.send(piece).await.is_err() {
                        return;
                    }
                }
            };
            drop(join(self.inner.fetch(from, through), pass_on).await);
            Err(self.failure.clone())
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        self.inner.deleted(to)
    }
}
