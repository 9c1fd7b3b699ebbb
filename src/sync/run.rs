//! One run of one integration, from the first request to the recorded outcome.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use futures_util::future::{BoxFuture, Shared};
use jiff::Timestamp;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::spawn_blocking;

use super::awake::Began;
use super::error::{standing_after, standing_after_failure};
use super::guard::{self, RemovalLimit};
use super::{IntegrationLock, SyncError, streams};
use crate::clock::Clock;
use crate::model::{Change, Failure, FailureKind, Integration, Outcome, Reading, Start};
use crate::people::LIFE_CYCLE;
use crate::provider::{Directory, Fetched};
use crate::store::{Facts, FailedRun, PlanSummary, Stage, Store, StoreError, Tally, WriteTurn};

/// Pages on their way from the network to the disk; a page is half a megabyte at most.
const PAGES_AHEAD: usize = 4;

/// Most pages in one transaction of the staging area.
const PIECES_AT_ONCE: usize = 256;

/// How long one transaction of the staging area gathers what comes in: what a kill can lose of it.
const LONGEST_BATCH: Duration = Duration::from_millis(100);

/// Told now and then how much has come in.
pub type Watch = Arc<dyn Fn(Tally) + Send + Sync>;

/// Ends when runs are to be broken off.
pub type Stopped = Shared<BoxFuture<'static, ()>>;

/// What to sync, and how.
pub struct Request {
    /// The integration.
    pub integration: Integration,
    /// Where the database is.
    pub database: PathBuf,
    /// Where the locks are.
    pub locks: PathBuf,
    /// Everything is to be told again, also by a directory that could tell what has changed.
    pub everything: bool,
    /// How long to wait while another process is at it.
    pub wait: Duration,
    /// How many people may go without asking.
    pub limit: RemovalLimit,
    /// A dry run: the plan's rows go here, and nothing is changed.
    pub rehearsal: Option<SyncSender<Change>>,
    /// The time.
    pub clock: Clock,
    /// Who is told how it goes.
    pub watch: Watch,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Number of the recorded run; a dry run has none.
    pub run: Option<i64>,
    /// Number of the plan that was held.
    pub plan: Option<i64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What it did, or would do.
    pub summary: PlanSummary,
}

impl Report {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.summary.outcome()
    }
}

/// Syncs one integration. A run that fails changes nothing but the record that it failed.
///
/// # Errors
/// Another run is at it, or the directory or the database failed.
pub async fn run(request: Request, directory: &dyn Directory) -> Result<Report, SyncError> {
    let never: BoxFuture<'static, ()> = Box::pin(std::future::pending());
    run_until(futures_util::FutureExt::shared(never), request, directory).await
}

/// As [`run`], until `stopped`: whatever is still being fetched then is broken off, and recorded as a run that failed. When
/// this returns nothing of the run works on any more, as it may where its future is dropped: a thread that stages goes on
/// then, without the lock.
///
/// # Errors
/// As [`run`], or it was stopped.
pub async fn run_until(stopped: Stopped, request: Request, directory: &dyn Directory) -> Result<Report, SyncError> {
    let id = request.integration.id;
    let mut lock = IntegrationLock::wait_for(&request.locks, id, "sync", &request.clock, request.wait).await?;
    let started_at = request.clock.now();
    let database = request.database.clone();
    if !blocking(move || Store::open(&database)?.is_live(id)).await? {
        return Err(SyncError::Deleted);
    }
    let result = attempt(&request, directory, started_at, &mut lock, &stopped).await;
    if let (Err(error), None) = (&result, &request.rehearsal) {
        record(&request, started_at, error).await;
    }
    result
}

/// Records that a run failed. Should even that fail, the run's own error is the one to be told.
async fn record(request: &Request, started_at: Timestamp, error: &SyncError) {
    let failure = FailedRun {
        integration: request.integration.id,
        started_at,
        ended_at: request.clock.now(),
        message: error.to_string(),
        // A sign-in that was renewed meanwhile is not judged by what became of the old one.
        standing: standing_after(error).map(|standing| (standing, request.integration.signed_in_at)),
    };
    let (database, locks) = (request.database.clone(), request.locks.clone());
    let recorded = spawn_blocking(move || {
        let _turn = WriteTurn::wait(&locks)?;
        Ok::<_, SyncError>(Store::open(&database)?.record_failure(&failure)?)
    });
    if let Err(error) = recorded.await.map_err(broken).and_then(|recorded| recorded) {
        tracing::warn!(%error, "the failed run could not be recorded");
    }
}

async fn attempt(
    request: &Request,
    directory: &dyn Directory,
    started_at: Timestamp,
    lock: &mut IntegrationLock,
    stopped: &Stopped,
) -> Result<Report, SyncError> {
    lock.reached("fetching");
    let (database, id) = (request.database.clone(), request.integration.id);
    let following = directory.following();
    // Whoever names a limit wants what is held to be judged by it, which only a whole account of people allows.
    let (everything, judged_anew) = (request.everything, request.limit != RemovalLimit::Standard);
    let reading = following.as_ref().map(|following| following.reading);
    let (stage, start) = blocking(move || match following {
        Some(following) => {
            let everything = everything || judged_anew && Store::open(&database)?.held_plan(id)?.is_some();
            streams::open_stage(&database, id, &following.key, everything, started_at)
        }
        None => Ok((Stage::begin(Store::open(&database)?, id, LIFE_CYCLE)?, Start::default())),
    })
    .await?;
    let (to, pieces) = mpsc::channel(PAGES_AHEAD);
    let began = Began::now(&request.clock);
    let fetched = unless(stopped, directory.fetch(start, to));
    let mut stage = stage_while(stage, pieces, reading, request, fetched).await?;
    // What was told to the end can be told again; what went wrong with it from here on must not be taken up.
    stage.discard();
    began.refuse_sleep(&request.clock)?;
    lock.reached("comparing and applying");
    tracing::debug!("everything is fetched and staged");
    let (mut stage, absent) = blocking(move || {
        let mut stage = stage;
        let absent = stage.find_absentees()?;
        Ok((stage, absent))
    })
    .await?;
    if absent > 0 {
        let (to, pieces) = mpsc::channel(PAGES_AHEAD);
        // The list of the deleted only confirms; without it the absent are missing until the next complete fetch.
        let deleted = async { directory.deleted(to).await.or_else(forgive_unless_signed_out) };
        stage = stage_while(stage, pieces, reading, request, unless(stopped, deleted)).await?;
    }
    let (limit, rehearsal, clock) = (request.limit, request.rehearsal.clone(), request.clock.clone());
    let locks = request.locks.clone();
    let name = request.integration.name.clone();
    let result: Result<Report, SyncError> = spawn_blocking(move || {
        let facts = stage.facts()?;
        refuse_emptiness(&facts, limit)?;
        stage.decide(guard::judge(facts.losses, limit))?;
        if let Some(rows) = rehearsal {
            let (summary, ended_at) = (stage.summary()?, clock.now());
            // Whoever does not want to hear more has heard enough.
            let listening = stage.rows(&name, ended_at, |change| rows.send(change).map_err(|_| Unheard::Enough));
            return match listening {
                Ok(()) | Err(Unheard::Enough) => Ok(Report { run: None, plan: None, started_at, ended_at, summary }),
                Err(Unheard::Store(error)) => Err(error.into()),
            };
        }
        tracing::debug!("the plan is decided");
        let _turn = WriteTurn::wait(&locks)?;
        let ended_at = clock.now();
        let applied = stage.apply(started_at, ended_at)?;
        let (run, plan, summary) = (Some(applied.run), applied.plan, applied.summary);
        Ok(Report { run, plan, started_at, ended_at, summary })
    })
    .await
    .map_err(broken)?;
    result
}

/// Why the rows of a plan stopped coming.
enum Unheard {
    Enough,
    Store(StoreError),
}

impl From<StoreError> for Unheard {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stages what comes in on a thread of its own while `source` sends it.
async fn stage_while(
    mut stage: Stage,
    mut pieces: Receiver<Fetched>,
    reading: Option<Reading>,
    request: &Request,
    source: impl Future<Output = Result<(), SyncError>>,
) -> Result<Stage, SyncError> {
    let (watch, clock) = (Arc::clone(&request.watch), request.clock.clone());
    let writer = spawn_blocking(move || {
        while let Some(piece) = pieces.blocking_recv() {
            let began = clock.instant();
            // Whatever comes in for a while goes into the same transaction: each writes again most of what it touches.
            let taken_in = stage.in_transaction(|stage| {
                let mut next = Some(piece);
                for _ in 0..PIECES_AT_ONCE {
                    let Some(piece) = next.take() else { break };
                    take_in(stage, piece, reading)?;
                    watch(stage.tally);
                    if clock.instant().duration_since(began) > LONGEST_BATCH {
                        break;
                    }
                    next = pieces.blocking_recv();
                }
                next.into_iter().try_for_each(|piece| take_in(stage, piece, reading))
            });
            if let Err(error) = taken_in {
                stage.discard();
                return Err(error);
            }
        }
        Ok::<_, StoreError>(stage)
    });
    let sent = source.await;
    // A full disk stops the writer, which stops the source: the writer knows the reason.
    let mut stage = writer.await.map_err(broken)??;
    if let Err(error) = sent {
        // A network that comes back or a sign-in that is renewed lets the next run go on; all else begins anew.
        let goes_on = match &error {
            SyncError::Directory(failure) => {
                matches!(failure.kind, FailureKind::Temporary | FailureKind::SignInNeeded)
            }
            error => matches!(error, SyncError::Stopped),
        };
        if !goes_on {
            stage.discard();
        }
        return Err(error);
    }
    Ok(stage)
}

/// What `source` comes to, unless it is stopped before.
async fn unless(stopped: &Stopped, source: impl Future<Output = Result<(), Failure>>) -> Result<(), SyncError> {
    tokio::select! {
        biased;
        () = stopped.clone() => Err(SyncError::Stopped),
        sent = source => Ok(sent?),
    }
}

fn take_in(stage: &mut Stage, piece: Fetched, reading: Option<Reading>) -> Result<(), StoreError> {
    match piece {
        Fetched::Users(page) => stage.users(&page),
        Fetched::Groups(page) => stage.groups(&page),
        Fetched::Members { group, members } => stage.members(group, members),
        Fetched::MembersEnd { group } => stage.members_end(&group),
        Fetched::MembersFailed { group, failure } => stage.members_failed(&group, &failure.message),
        Fetched::Deleted(ids) => stage.deleted(&ids),
        Fetched::Changes { stream, changes, place } => match reading {
            Some(reading) => stage.told(stream, changes, &place, reading),
            None => Err(StoreError::Unbalanced("a directory that is not followed told changes".into())),
        },
        Fetched::Anew(stream) => stage.anew(stream),
    }
}

fn forgive_unless_signed_out(failure: Failure) -> Result<(), Failure> {
    if standing_after_failure(&failure).is_some() {
        return Err(failure);
    }
    tracing::warn!(%failure, "the list of deleted people could not be read");
    Ok(())
}

/// An empty listing is never read as "everybody left", whatever the limits.
fn refuse_emptiness(facts: &Facts, limit: RemovalLimit) -> Result<(), Failure> {
    if facts.users_whole && facts.users_fetched == 0 {
        let message = "the directory listed no people at all; nothing was changed";
        return Err(Failure::new(FailureKind::Malformed, message)
            .hint("if the directory really is empty, delete the integration"));
    }
    if facts.groups_whole && facts.groups_fetched == 0 && facts.groups_known > 1 && !limit.is_everything() {
        let known = facts.groups_known;
        let message = format!("the directory listed no groups, where there were {known}; nothing was changed");
        return Err(Failure::new(FailureKind::Malformed, message)
            .hint("if all groups really were deleted, say so once with --max-removals 100%"));
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, SyncError> {
    Ok(spawn_blocking(work).await.map_err(broken)??)
}

fn broken(error: tokio::task::JoinError) -> SyncError {
    SyncError::Broken(error.to_string())
}
