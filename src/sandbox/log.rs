//! What was asked of the sandbox: counts per path, the latest requests, the most at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// How many of the latest requests are remembered one by one.
const REMEMBERED: usize = 20_000;

#[derive(Default)]
struct Entries {
    total: u64,
    in_flight: u64,
    most_in_flight: u64,
    by_path: BTreeMap<String, u64>,
    latest: VecDeque<String>,
}

/// The log; shared by all requests.
#[derive(Default)]
pub(super) struct Log(Mutex<Entries>);

impl Log {
    /// Enters a request; it leaves when the guard is dropped, however it ends.
    pub(super) fn enter(&self, label: &str, line: String) -> Guard<'_> {
        let mut entries = self.entries();
        entries.total += 1;
        entries.in_flight += 1;
        entries.most_in_flight = entries.most_in_flight.max(entries.in_flight);
        *entries.by_path.entry(label.to_owned()).or_default() += 1;
        if entries.latest.len() == REMEMBERED {
            entries.latest.pop_front();
        }
        entries.latest.push_back(line);
        Guard(self)
    }

    /// The log as `GET /sandbox/requests` shows it.
    pub(super) fn report(&self) -> Value {
        let entries = self.entries();
        json!({"total": entries.total, "most_at_once": entries.most_in_flight, "by_path": entries.by_path,
            "latest": entries.latest})
    }

    /// Forgets everything but what is still under way.
    pub(super) fn clear(&self) {
        let mut entries = self.entries();
        *entries = Entries { in_flight: entries.in_flight, most_in_flight: entries.in_flight, ..Entries::default() };
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct Guard<'a>(&'a Log);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.entries().in_flight -= 1;
    }
}
