//! What the service manager is told (sd_notify(3)), if there is one that wants to know: that the server is ready, reads its
//! settings anew, is stopping, what it does, and that it is alive, as long as everything is that has to be.

use std::time::Duration;

use crate::clock::{Clock, Pulse};

/// A word to the service manager.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word<'a> {
    /// It serves.
    Ready,
    /// It reads its settings anew, and says [`Word::Ready`] again afterwards.
    Reloading,
    /// It is about to end.
    Stopping,
    /// It is alive.
    Alive,
    /// What it does, in a line for people.
    Status(&'a str),
}

/// Tells the service manager; one that does not hear it says so itself.
#[cfg(unix)]
pub(super) fn tell(words: &[Word<'_>]) {
    use sd_notify::NotifyState as State;
    let states = words.iter().flat_map(|word| match word {
        Word::Ready => vec![State::Ready],
        // Type=notify-reload wants to know since when.
        Word::Reloading => std::iter::once(State::Reloading).chain(State::monotonic_usec_now().ok()).collect(),
        Word::Stopping => vec![State::Stopping],
        Word::Alive => vec![State::Watchdog],
        Word::Status(line) => vec![State::Status(line)],
    });
    let _ = sd_notify::notify(&states.collect::<Vec<_>>());
}

/// There is nobody to tell.
#[cfg(not(unix))]
pub(super) fn tell(_: &[Word<'_>]) {}

/// How long the service manager goes without a sign of life before it restarts the server (`WatchdogSec=`).
#[cfg(unix)]
pub(super) fn patience() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero())
}

/// Nobody waits for any.
#[cfg(not(unix))]
pub(super) fn patience() -> Option<Duration> {
    None
}

/// Gives signs of life, as long as there is one from everything that has to be alive. Never ends.
pub(super) async fn keep_alive(clock: &Clock, pulses: &[Pulse]) {
    let Some(patience) = patience() else { return std::future::pending().await };
    let mut silent = false;
    // Half of it is what sd_watchdog_enabled(3) recommends.
    let mut ticks = tokio::time::interval(patience / 2);
    loop {
        ticks.tick().await;
        let now = clock.instant();
        let dead = pulses.iter().find(|pulse| pulse.silence(now) >= patience);
        match dead {
            None => tell(&[Word::Alive]),
            Some(pulse) if !silent => tracing::error!(patience = ?patience, "{} gives no sign of life", pulse.of()),
            Some(_) => {}
        }
        silent = dead.is_some();
    }
}
