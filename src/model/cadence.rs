//! When an integration was last synced, how often it wants to be, and what was last told of it.

use jiff::{SignedDuration, Timestamp};

use super::Standing;

/// All that its next sync depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Time between syncs; zero: only by hand.
    pub interval: SignedDuration,
    /// When it was added (for the last time).
    pub created_at: Timestamp,
    /// Whether it can work.
    pub standing: Standing,
    /// When the last complete fetch began.
    pub last_complete: Option<Timestamp>,
    /// Syncs that failed since the last one that did not, and since the last sign-in.
    pub failures: u32,
    /// When the last of them ended.
    pub last_failure_at: Option<Timestamp>,
    /// A number of its own, which stays: spreads integrations over time.
    pub seed: u64,
}

/// The trouble that was last told of an integration where nobody watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleTold {
    /// Its word.
    pub word: String,
    /// When it was told.
    pub at: Timestamp,
}
