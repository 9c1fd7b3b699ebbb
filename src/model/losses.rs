//! What a run would take away from a directory, and which of it has to wait for approval.

/// What a run would take away, counted before anything is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// People the directory has here: active, suspended, missing. Whoever is out of scope, or was when last seen, is no loss in any of these.
    pub people: u64,
    /// Absent, and confirmed gone by the directory or by a second complete fetch.
    pub gone: u64,
    /// Absent for the first time, not confirmed.
    pub newly_absent: u64,
    /// Active here, suspended there.
    pub suspensions: u64,
}

/// Which of them have to wait for approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Removals of people who are gone.
    pub gone: bool,
    /// People absent for the first time: so many at once look like a fault, and somebody should know today.
    pub newly_absent: bool,
    /// Suspensions.
    pub suspensions: bool,
}
