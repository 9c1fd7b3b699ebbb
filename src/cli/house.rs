//! What time does, looked after at the end of every `dirsync sync` and by a server once an hour: retained people without a
//! device go, tombstones are emptied, old history goes. Also where no directory answers, or none is connected any more.

use clap::Args;
use jiff::SignedDuration;

use super::{CliError, Context};
use crate::people::LIFE_CYCLE;
use crate::store::{Keep, Swept, WriteTurn};

/// How much history is kept.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "History")]
pub(super) struct HouseArgs {
    /// Keep runs and changes for so long
    #[arg(long, value_name = "DURATION", default_value = "730d", value_parser = super::values::lifetime, hide_short_help = true)]
    keep_history: SignedDuration,
    /// Keep so many runs of each directory
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    keep_runs: u32,
}

impl HouseArgs {
    /// Looks after the house; what goes wrong with it is no failure of the sync. `synced`: there was one, so that there
    /// is more history than before.
    pub(super) fn keep(self, context: &Context, synced: bool) {
        if let Err(error) = self.look_after(context, synced) {
            context.ui.warn(&format!("old records could not be cleared away: {}", error.message));
        }
    }

    fn look_after(self, context: &Context, synced: bool) -> Result<(), CliError> {
        let now = context.clock.now();
        let due = context.reader()?.house_is_due(now)?;
        if !(due || synced) {
            return Ok(());
        }
        let mut store = context.writer()?;
        // Part by part, for others wait for their turn to write, and a server's shutdown waits for this.
        while due && context.stop.asked().is_none() {
            context.alive.beat();
            let _turn = WriteTurn::wait(&context.paths.locks)?;
            if store.keep_house(LIFE_CYCLE, now)? == Swept::default() {
                break;
            }
        }
        if synced {
            let _turn = WriteTurn::wait(&context.paths.locks)?;
            let aged = store.age(Keep { age: self.keep_history, runs: self.keep_runs }, now)?;
            tracing::debug!(aged.changes, aged.runs, "old history is gone");
        }
        Ok(())
    }
}
