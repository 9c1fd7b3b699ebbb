//! People who may be one person although the directories' ids differ: what speaks for it, and what was decided.

use jiff::Timestamp;
use serde::Serialize;

use super::UserStatus;

/// Why two people are shown side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ConflictReason {
    /// One directory, two ids: most likely somebody new was given an old address.
    #[serde(rename = "recycled address in the same directory")]
    Recycled,
    /// Two directories: most likely one person, who is in both.
    #[serde(rename = "perhaps the same person, from another directory")]
    Elsewhere,
}

impl ConflictReason {
    /// The words for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recycled => "recycled address in the same directory",
            Self::Elsewhere => "perhaps the same person, from another directory",
        }
    }
}

/// Somebody who is kept or remembered, and somebody who is there and has (or had) the same address or sign-in name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Internal id of who is kept.
    pub kept_id: i64,
    /// The directory they come from.
    pub kept_integration: String,
    /// Where they stand in the life cycle.
    pub kept_status: UserStatus,
    /// Serial numbers of the devices they hold.
    pub kept_devices: Vec<String>,
    /// Internal id of who is there.
    pub present_id: i64,
    /// The directory they come from.
    pub present_integration: String,
    /// Where they stand in the life cycle.
    pub present_status: UserStatus,
    /// What both are or were called, in lower case.
    pub email: String,
    /// What it most likely means.
    pub reason: ConflictReason,
}

/// What somebody decided of two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkVerdict {
    /// They are one person.
    Same,
    /// They are two.
    Different,
}

impl LinkVerdict {
    /// The stable word for the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
        }
    }

    /// The verdict of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Same, Self::Different].into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// A decision, seen from one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonLink {
    /// What was decided.
    pub verdict: LinkVerdict,
    /// Internal id of the other one.
    pub id: i64,
    /// The directory they come from.
    pub integration: String,
    /// Their address or name.
    pub label: Option<String>,
    /// Whether the other one is who was kept, and not who is there.
    pub is_kept: bool,
    /// When.
    pub decided_at: Timestamp,
    /// The operating-system user who decided.
    pub decided_by: Option<String>,
}
