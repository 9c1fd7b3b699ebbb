//! People, groups, memberships and changes as stored and shown. Field names are the keys of the JSON output.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a person stands in the life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// Present and enabled.
    Active,
    /// Present, but disabled or archived there.
    Suspended,
    /// Present, but left out by the scope; nothing is said of whether they have left.
    OutOfScope,
    /// Absent from the last complete fetch, not yet confirmed gone.
    Missing,
    /// Gone or no longer managed, kept because a device is assigned.
    Retained,
    /// A tombstone.
    Removed,
}

impl UserStatus {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::Suspended, Self::OutOfScope, Self::Missing, Self::Retained, Self::Removed];

    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::OutOfScope => "out_of_scope",
            Self::Missing => "missing",
            Self::Retained => "retained",
            Self::Removed => "removed",
        }
    }

    /// The status of a stored or typed word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A person in the local directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Internal id, never reused.
    pub id: i64,
    /// Name of the integration they come from.
    pub integration: String,
    /// The directory's immutable id.
    pub external_id: String,
    /// Primary address.
    pub email: Option<String>,
    /// Sign-in name.
    pub user_name: Option<String>,
    /// Name people see.
    pub display_name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Life-cycle status.
    pub status: UserStatus,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// Manager, as the directory names them.
    pub manager: Option<String>,
    /// Employee number.
    pub employee_id: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Place of work.
    pub location: Option<String>,
    /// Org unit path.
    pub org_unit: Option<String>,
    /// Other addresses.
    pub aliases: Vec<String>,
    /// May administer the directory.
    pub is_admin: bool,
    /// Names of the groups they are a direct member of.
    pub groups: Vec<String>,
    /// Serial numbers of the devices they hold.
    pub devices: Vec<String>,
    /// First seen.
    pub created_at: Timestamp,
    /// Last changed.
    pub updated_at: Timestamp,
}

/// A group in the local directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Internal id, never reused.
    pub id: i64,
    /// Name of the integration it comes from.
    pub integration: String,
    /// The directory's immutable id.
    pub external_id: String,
    /// Name people see.
    pub name: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Sort of group, where the directory has sorts.
    pub kind: Option<String>,
    /// Number of direct members.
    pub members: i64,
}

/// One member of a group, direct or (nested) found on the way down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// The member's immutable id.
    pub external_id: String,
    /// `user`, `group`, `everyone`, `external` or `other`.
    pub kind: String,
    /// The address it is listed by.
    pub email: Option<String>,
    /// The person's or group's name, where known here.
    pub display_name: Option<String>,
    /// Role in the group; of a nested member, in the group it is a direct member of.
    pub role: Option<String>,
    /// The groups on the way down, outermost first, joined by ` > `; `None` without nesting.
    pub path: Option<String>,
}

/// What sort of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Came for the first time.
    Joined,
    /// A field has another value.
    Changed,
    /// Gone.
    Left,
    /// Absent from one complete fetch.
    Missing,
    /// Was missing, retained or removed, and is back.
    Returned,
    /// Gone, but kept because a device is assigned.
    Retained,
    /// Of a device: given to somebody.
    Assigned,
    /// Of a device: taken from somebody.
    Unassigned,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Joined,
        Self::Changed,
        Self::Left,
        Self::Missing,
        Self::Returned,
        Self::Retained,
        Self::Assigned,
        Self::Unassigned,
    ];

    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Changed => "changed",
            Self::Left => "left",
            Self::Missing => "missing",
            Self::Returned => "returned",
            Self::Retained => "retained",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
        }
    }
}

/// One line of history (or of a plan that has not been applied: then `run` is `None`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When it was applied here; of a plan, when it was made.
    pub at: Timestamp,
    /// Name of the integration; a device that nobody holds is of none.
    pub integration: Option<String>,
    /// The run that applied it.
    pub run: Option<i64>,
    /// `user`, `group`, `membership` or `device`.
    pub subject: String,
    /// Internal id of the subject (of the group, for a membership); a person or group still to come has none.
    pub id: Option<i64>,
    /// The directory's id of the subject (of the member, for a membership).
    pub external_id: String,
    /// What people call it: an address or a name.
    pub label: Option<String>,
    /// `joined`, `changed`, `left` …
    pub kind: String,
    /// Which field changed; of a membership, the group's address or name.
    pub field: Option<String>,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}
