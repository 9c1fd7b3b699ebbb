//! Runs, their counts, and plans that were held back.

use jiff::Timestamp;
use serde::Serialize;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it.
    Done,
    /// Some records or groups were set aside.
    Partial,
    /// Adds and changes are in; removals wait for approval.
    Held,
    /// Nothing was changed.
    Failed,
}

impl Outcome {
    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }

    /// The outcome of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Done, Self::Partial, Self::Held, Self::Failed].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What a run did to one kind of subject. Balances: `fetched = added + out_of_scope + changed + unchanged + refused`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Distinct records in the listing.
    pub fetched: i64,
    /// New here, or back from being removed.
    pub added: i64,
    /// New here, and left out by the scope.
    pub out_of_scope: i64,
    /// Known, with another value somewhere.
    pub changed: i64,
    /// Known and the same.
    pub unchanged: i64,
    /// Gone.
    pub removed: i64,
    /// Not in the listing, not yet confirmed gone.
    pub missing: i64,
    /// Known, and left out by the scope from now on; whether anything else changed or not.
    pub left_scope: i64,
    /// Was left out by the scope, and counts from now on.
    pub came_into_scope: i64,
    /// Removals and suspensions waiting for approval.
    pub held: i64,
    /// Set aside with a reason.
    pub refused: i64,
}

impl Counts {
    /// Whether every fetched record is accounted for.
    pub fn balances(&self) -> bool {
        self.fetched == self.added + self.out_of_scope + self.changed + self.unchanged + self.refused
    }

    /// Whether nothing changes and nothing waits.
    pub fn is_empty(&self) -> bool {
        let moves = self.added + self.out_of_scope + self.changed + self.removed + self.missing;
        moves + self.left_scope + self.came_into_scope + self.held == 0
    }
}

/// One line of a run's list of what was set aside or is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunNote {
    /// `user`, `group` or `membership`.
    pub subject: String,
    /// The directory's id, if it could be read.
    pub external_id: Option<String>,
    /// `true` when the record was set aside, `false` when it is only worth knowing.
    pub refused: bool,
    /// Why.
    pub reason: String,
}

/// One sync (or one approval of a held plan), as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number.
    pub id: i64,
    /// Name of the integration.
    pub integration: String,
    /// `sync`, `approval`, or `scim` where a directory that pushes deleted many people.
    pub trigger: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<String>,
    /// People.
    pub users: Counts,
    /// Groups.
    pub groups: Counts,
    /// Memberships; `fetched` and `unchanged` count groups whose members were read whole.
    pub memberships: Counts,
}

/// Where a held plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Waits for a decision.
    Held,
    /// Applied, once.
    Approved,
    /// Dropped by an administrator.
    Discarded,
    /// A later complete run came to another conclusion.
    Replaced,
}

impl PlanState {
    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Discarded => "discarded",
            Self::Replaced => "replaced",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Held, Self::Approved, Self::Discarded, Self::Replaced].into_iter().find(|state| state.as_str() == word)
    }
}

/// What a held plan would do to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldAction {
    /// Take them out of the directory.
    Remove,
    /// Mark them as suspended.
    Suspend,
}

/// A numbered plan whose removals or suspensions wait for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Number.
    pub id: i64,
    /// Name of the integration.
    pub integration: String,
    /// When it was held.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: PlanState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// How many people would be removed.
    pub removals: i64,
    /// How many people would be marked suspended.
    pub suspensions: i64,
}

/// One person in a held plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanItem {
    /// Internal id.
    pub id: i64,
    /// The directory's id.
    pub external_id: String,
    /// Address or name.
    pub label: Option<String>,
    /// What would happen.
    pub action: HeldAction,
    /// What speaks for it: `directory` (it says so itself), `absent` (not in the listing).
    pub evidence: String,
}
