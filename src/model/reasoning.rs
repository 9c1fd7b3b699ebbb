//! Why a device is whose it is: every rule with what it found and what it concluded, and what contradicts the holder.

use jiff::Timestamp;
use serde::Serialize;

use super::{EvidenceKind, MatchField, Rule, UserStatus};

/// All that was weighed for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasoning {
    /// The device's internal id.
    pub device_id: i64,
    /// Its serial number.
    pub serial: String,
    /// Whether it is shared, so that rules do not touch it.
    pub shared: bool,
    /// Who has it.
    pub holder: Option<HeldBy>,
    /// Every rule in the order in which they are tried.
    pub trials: Vec<Trial>,
    /// The first enabled rule that names exactly one person, and whom.
    pub winner: Option<Winner>,
    /// Whether a pass of the rules would give the device to the winner.
    pub gives: bool,
}

/// Whoever has a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldBy {
    /// Internal id.
    pub user_id: i64,
    /// Address or name.
    pub user: String,
    /// The directory they come from.
    pub integration: String,
    /// Where they stand in the life cycle.
    pub status: UserStatus,
    /// Since when.
    pub since: Timestamp,
    /// How it became theirs.
    pub source: String,
    /// How firm that is: a rule replaces only what has a higher number than its own.
    pub rank: i64,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// Why.
    pub reason: Option<String>,
}

/// What one rule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The rule.
    pub rule: Rule,
    /// Its conditions that the device does not fulfil.
    pub unfit: Vec<String>,
    /// The evidence it looks at.
    pub told: Vec<Told>,
    /// Whoever that may mean.
    pub candidates: Vec<Candidate>,
}

/// A piece of evidence, as a rule sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Whom it names, as told.
    pub value: String,
    /// When it was so (of sign-ins: when last).
    pub observed_at: Timestamp,
    /// Where it comes from.
    pub source: String,
    /// The directory it was said to be of.
    pub integration: Option<String>,
    /// Of sign-ins: how many of how many.
    pub logins: Option<[i64; 2]>,
    /// Why it does not count, if it does not.
    pub ignored_because: Option<Ignored>,
}

/// Why evidence does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ignored {
    /// Somebody decided since, or it has been carried out.
    Settled,
    /// The device was taken from somebody by hand or by a list since.
    Older,
}

/// Somebody whom evidence may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Internal id.
    pub user_id: i64,
    /// Address or name.
    pub user: String,
    /// The directory they come from.
    pub integration: String,
    /// Where they stand in the life cycle.
    pub status: UserStatus,
    /// By what they are meant; `None`: by a serial number that stands with them.
    pub matched_by: Option<MatchField>,
    /// The conditions they do not fulfil; none: they may receive the device.
    pub fails: Vec<String>,
}

/// Whom the rules name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Winner {
    /// The rule.
    pub rule: String,
    /// Internal id of the person.
    pub user_id: i64,
    /// Address or name.
    pub user: String,
}

/// A device that a pass of the rules gave to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gift {
    /// The device.
    pub serial: String,
    /// Who has it now.
    pub user_id: i64,
    /// Their address or name.
    pub user: String,
    /// The directory they come from.
    pub integration: String,
    /// Who had it.
    pub before: Option<String>,
    /// By which rule.
    pub rule: String,
    /// On what evidence.
    pub reason: Option<String>,
}

/// Evidence that does not go with the holder, or that means several people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// The device's serial number.
    pub serial: String,
    /// Its internal id.
    pub device_id: i64,
    /// Who has it, if anybody: address or name.
    pub holder: Option<String>,
    /// Where they stand in the life cycle.
    pub holder_status: Option<UserStatus>,
    /// What sort of evidence.
    pub evidence: EvidenceKind,
    /// The rule that would give the device to somebody else, if any does.
    pub rule: Option<String>,
    /// The active people the evidence may mean: address or name.
    pub names: Vec<String>,
    /// What is wrong, and why it stays so, in words.
    pub reason: String,
}
