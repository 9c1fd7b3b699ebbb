//! When `sync --due` was last started: whoever looks for a timer that does not fire finds it here, also where nothing was
//! due and nothing was written to the database.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use super::Context;

/// The file beside the database; its text is the moment, for a file's own times do not outlive a restored copy.
const FILE: &str = "last-due";

/// Notes that it was started. That it cannot be noted is nothing to fail a sync for.
pub(super) fn note(context: &Context) {
    if let Err(error) = write(&context.paths.data_dir, &context.clock.now().to_string()) {
        tracing::debug!(%error, "when the timer fired could not be noted");
    }
}

/// For its owner alone, as temporary files are; and never half of it.
fn write(folder: &Path, text: &str) -> io::Result<()> {
    let mut half = tempfile::Builder::new().prefix(".last-due-").tempfile_in(folder)?;
    half.write_all(text.as_bytes())?;
    half.persist(folder.join(FILE)).map_err(|error| error.error)?;
    Ok(())
}

/// When it was last started; `None` where that was never, or cannot be read.
pub(super) fn last(context: &Context) -> Option<Timestamp> {
    std::fs::read_to_string(context.paths.data_dir.join(FILE)).ok()?.parse().ok()
}
