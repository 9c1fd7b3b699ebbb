//! The loop within `serve`: syncs what is due, by the same rules as `sync --due`, and keeps the house once an hour. It asks
//! the database each time and the wall clock each minute, so that whatever is changed meanwhile is heeded.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::endpoint::pushes;
use super::notify::{Word, patience, tell};
use crate::cli::due::{self, Audience};
use crate::cli::hooks::HookArgs;
use crate::cli::house::HouseArgs;
use crate::cli::online::KeyStoreArgs;
use crate::cli::sync::LimitArgs;
use crate::cli::{CliError, Context};
use crate::sync::due::{Due, due as is_due};

/// The longest sleep: an interval that is set, a sign-in or a clock that jumps is noticed within it.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The shortest, should something be due again at once.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// How often what time does is looked after.
const HOUSE_KEPT_EVERY: Duration = Duration::from_secs(60 * 60);

/// After so long the same trouble with the database is told again.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// What the scheduler is told.
pub(super) enum Wake {
    /// To look, now.
    Look,
    /// To look by other rules from now on.
    Anew(Box<Duties>),
    /// To end.
    End,
}

/// What it does, and how.
#[derive(Clone, Debug)]
pub(super) struct Duties {
    /// How what is due is synced, if that is its task at all.
    pub(super) sync: Option<Syncing>,
    /// How much history is kept.
    pub(super) house: HouseArgs,
}

/// How what is due is synced.
#[derive(Clone, Debug)]
pub(super) struct Syncing {
    /// How many may go.
    pub(super) limit: LimitArgs,
    /// Where the master key is.
    pub(super) key_store: KeyStoreArgs,
    /// Whom to tell.
    pub(super) hooks: HookArgs,
}

/// The loop.
pub(super) struct Scheduler<'a> {
    pub(super) context: &'a Context,
    pub(super) duties: Duties,
    /// Whether what is pushed is taken in.
    pub(super) listens: bool,
    pub(super) wakes: Receiver<Wake>,
}

/// What it remembers from one look to the next.
#[derive(Default)]
struct Memory {
    /// A run was recorded since the house was kept, so that there is more history than before.
    synced: bool,
    house_kept: Option<Instant>,
    /// What kept it from looking, and when that was told.
    told: Option<(String, Timestamp)>,
    /// It was told that nobody takes in what is pushed.
    told_of_pushing: bool,
}

impl Scheduler<'_> {
    /// Looks whenever it is woken, and by itself. Begins with the first word, for whoever started the server wants to know
    /// first that it serves.
    pub(super) fn run(mut self) {
        let mut memory = Memory::default();
        let mut sleep = None;
        // Whoever waits for signs of life gets them in good time.
        let longest = patience().map_or(LONGEST_SLEEP, |patience| patience / 4);
        loop {
            let word = match sleep {
                None => self.wakes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(sleep) => self.wakes.recv_timeout(sleep),
            };
            match word {
                Ok(Wake::Look) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Anew(duties)) => self.duties = *duties,
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.context.stop.asked().is_some() {
                return;
            }
            self.context.alive.beat();
            sleep = Some(self.look(&mut memory).min(longest));
        }
    }

    /// One look; how long the next can wait.
    fn look(&self, memory: &mut Memory) -> Duration {
        let sleep = match self.sync_what_is_due(memory) {
            Ok(sleep) => {
                memory.told = None;
                sleep
            }
            Err(error) => {
                self.complain(&error, memory);
                LONGEST_SLEEP
            }
        };
        let now = self.context.clock.instant();
        if memory.house_kept.is_none_or(|kept| now.duration_since(kept) >= HOUSE_KEPT_EVERY) {
            memory.house_kept = Some(now);
            self.duties.house.keep(self.context, std::mem::take(&mut memory.synced));
        }
        sleep
    }

    fn sync_what_is_due(&self, memory: &mut Memory) -> Result<Duration, CliError> {
        let context = self.context;
        let Some(Syncing { limit, key_store, hooks }) = &self.duties.sync else { return Ok(LONGEST_SLEEP) };
        memory.synced |= due::sweep(context, (*limit).into(), key_store, hooks, Audience::Log)?.synced();
        let now = context.clock.now();
        let watched = context.reader()?.watched()?;
        if !self.listens && !memory.told_of_pushing && watched.iter().any(|it| pushes(&it.kind)) {
            memory.told_of_pushing = true;
            context.ui.warn("a directory that pushes was added, and nobody listens: start 'dirsync serve' anew");
        }
        let next = watched.iter().filter_map(|it| match is_due(&it.cadence, now) {
            Due::At(at) => Some(at),
            // It was tried just now: another process is at it, or the secrets cannot be had.
            Due::Now { .. } | Due::Never => None,
        });
        let next = next.min();
        let status = next.map_or_else(|| "nothing is due".to_owned(), |at| format!("the next sync is due at {at:.0}"));
        tell(&[Word::Status(&status)]);
        let sleep = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        Ok(sleep.unwrap_or(LONGEST_SLEEP).clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    /// That the database cannot be asked is told when it begins, and once a day.
    fn complain(&self, error: &CliError, memory: &mut Memory) {
        let now = self.context.clock.now();
        if self.context.stop.asked().is_some() {
            return;
        }
        let old = memory.told.as_ref().is_some_and(|(message, at)| {
            *message == error.message && *at <= now && now.duration_since(*at) < TOLD_AGAIN
        });
        if !old {
            memory.told = Some((error.message.clone(), now));
            error.report().iter().for_each(|report| self.context.ui.report(report));
        }
    }
}
