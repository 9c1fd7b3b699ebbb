//! When `sync --due` was last started: whoever looks for a timer that does not fire finds it here, also where nothing was
//! due and nothing was written to the database.

use jiff::Timestamp;

use super::Context;

/// The file beside the database; its text is the moment, for a file's own times do not outlive a restored copy.
const FILE: &str = "last-due";

/// Notes that it was started. That it cannot be noted is nothing to fail a sync for.
pub(super) fn note(context: &Context) {
    let place = context.paths.data_dir.join(FILE);
    if let Err(error) = std::fs::write(&place, context.clock.now().to_string()) {
        tracing::debug!(%error, "when the timer fired could not be noted");
    }
}

/// When it was last started; `None` where that was never, or cannot be read.
pub(super) fn last(context: &Context) -> Option<Timestamp> {
    std::fs::read_to_string(context.paths.data_dir.join(FILE)).ok()?.parse().ok()
}
