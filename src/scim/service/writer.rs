//! The one writer: a thread that takes whatever requests have come in, writes each under a savepoint of its own, commits
//! them together, and only then lets them be answered. An answered write has reached the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::clock::{Clock, Pulse};
use crate::model::IntegrationId;
use crate::people::LIFE_CYCLE;
use crate::scim::Problem;
use crate::store::scim::{Batch, ScimWriter};
use crate::store::{Store, StoreError, WriteTurn};

/// Requests that may wait to be written; more are told to come back.
const QUEUE: usize = 1024;
/// Requests in one commit.
const TOGETHER: usize = 64;
/// How long a request waits to be written, say behind a large sync, before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(25);
/// After so long without a pause the turn to write is given up for [`PAUSE`], so that a sync gets it.
const STINT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(4);

/// How often it says that it is there, while there is nothing to do.
const BEAT: Duration = Duration::from_secs(1);

/// Tells a request what became of it, once the commit is known to have worked or not.
type Reply = Box<dyn FnOnce(Result<(), Problem>) + Send>;
/// Writes a request, unless nobody waits for it any more.
type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Option<Reply>, StoreError> + Send>;
/// Writes something that is not a request's.
type Aside = Box<dyn FnOnce(&mut Store) -> Result<(), StoreError> + Send>;

enum Work {
    Job(Job),
    Aside(Aside),
}

/// The way to the writer; the thread ends when the last of these is gone.
pub(super) struct Writer {
    jobs: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on a database it alone has opened.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(mut store: Store, locks: PathBuf, clock: Clock, pulse: Pulse) -> std::io::Result<Self> {
        let (jobs, received) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("scim-writer".into())
            .spawn(move || work(&mut store, &locks, &clock, &pulse, &received))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Writes and waits until it is on the disk.
    ///
    /// # Errors
    /// What `write` refuses with; 503 if the writer is busy for too long or the database refuses. Then nothing is stored.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        integration: IntegrationId,
        now: Timestamp,
        write: impl FnOnce(&mut ScimWriter<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, mut answered) = oneshot::channel();
        let job: Job = Box::new(move |batch| {
            if answer.is_closed() {
                // It was told that nothing was stored.
                return Ok(None);
            }
            let result = batch.attempt(integration, now, write)?;
            Ok(Some(Box::new(move |committed: Result<(), Problem>| {
                let _ = answer.send(committed.and(result));
            })))
        });
        let busy = || Problem::busy("too much is being written; nothing was stored", 5);
        match self.jobs.as_ref().ok_or_else(busy)?.try_send(Work::Job(job)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return Err(busy()),
        }
        match tokio::time::timeout(PATIENCE, &mut answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Problem::new(500, "the database refused; nothing was stored")),
            Err(_) => {
                answered.close();
                // It may have been written at this very moment.
                answered
                    .try_recv()
                    .unwrap_or_else(|_| Err(Problem::busy("the database is busy; it may not have been stored", 30)))
            }
        }
    }
}

impl Writer {
    /// Writes something by itself, sooner or later.
    pub(super) fn aside(&self, write: impl FnOnce(&mut Store) -> Result<(), StoreError> + Send + 'static) {
        // If there is too much to do, that comes first.
        let _ = self.jobs.as_ref().map(|jobs| jobs.try_send(Work::Aside(Box::new(write))));
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(store: &mut Store, locks: &std::path::Path, clock: &Clock, pulse: &Pulse, work: &Receiver<Work>) {
    let mut since = clock.instant();
    loop {
        pulse.beat();
        let first = match work.try_recv() {
            Ok(first) => first,
            Err(_) => match work.recv_timeout(BEAT) {
                Ok(first) => {
                    // Whoever waited for the turn has had it meanwhile.
                    since = clock.instant();
                    first
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            },
        };
        since = breathe(clock, since);
        let turn = WriteTurn::wait(locks);
        if let Err(error) = &turn {
            tracing::error!("cannot take the turn to write: {error}");
        }
        // Only now, for while it waited for its turn more may have come in.
        let (mut jobs, mut asides) = (Vec::new(), Vec::new());
        for work in std::iter::once(first).chain(work.try_iter()).take(TOGETHER) {
            match work {
                Work::Job(job) => jobs.push(job),
                Work::Aside(aside) => asides.push(aside),
            }
        }
        if !jobs.is_empty() {
            // A fault of ours in one request must not end the writing of all others; its transaction is rolled back.
            let written = catch_unwind(AssertUnwindSafe(|| write_together(store, jobs)));
            if written.is_err() {
                tracing::error!("a request could not be written: a fault of this program");
            }
        }
        for aside in asides {
            if let Err(error) = aside(store) {
                tracing::warn!("something was not written down: {error}");
            }
        }
    }
}

/// Between two commits the turn is free for no time at all. A short sleep now and then lets somebody else have it.
fn breathe(clock: &Clock, since: Instant) -> Instant {
    let now = clock.instant();
    if now.duration_since(since) < STINT {
        return since;
    }
    std::thread::sleep(PAUSE);
    clock.instant()
}

fn write_together(store: &mut Store, jobs: Vec<Job>) {
    let mut replies: Vec<Reply> = Vec::new();
    let written = (|| {
        let mut batch = store.scim_batch(LIFE_CYCLE)?;
        for job in jobs {
            replies.extend(job(&mut batch)?);
        }
        batch.commit()
    })();
    let written = written.map_err(Problem::from);
    for reply in replies {
        reply(written.clone());
    }
}
