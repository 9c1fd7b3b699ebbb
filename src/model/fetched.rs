//! What a directory says, in no vendor's words: people, groups and members as fetched, before they meet the store.

use serde::Serialize;

/// Whether the directory lets an account work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Enabled.
    Active,
    /// Disabled, suspended or archived.
    Suspended,
}

/// A person as the directory describes them now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DirectoryUser {
    /// The directory's immutable id; the only key people are compared by.
    pub external_id: String,
    /// `None` where the directory did not say (it happens for minutes after creation): then what is known stays.
    pub status: Option<AccountStatus>,
    /// Why suspended, in the directory's words.
    pub status_reason: Option<String>,
    /// The primary address, spelt as given.
    pub email: Option<String>,
    /// The sign-in name, spelt as given.
    pub user_name: Option<String>,
    /// The name people see.
    pub display_name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// The manager as the directory names them, usually an address.
    pub manager: Option<String>,
    /// The employer's own number for the person.
    pub employee_id: Option<String>,
    /// Main telephone number.
    pub phone: Option<String>,
    /// Where the person works.
    pub location: Option<String>,
    /// The org unit's path.
    pub org_unit: Option<String>,
    /// Other addresses, sorted, without duplicates.
    pub aliases: Vec<String>,
    /// Whether the person may administer the directory.
    pub is_admin: bool,
    /// Whatever else is kept, as one JSON object (custom schemas, guest marks); `None` when there is nothing.
    pub attributes: Option<String>,
}

/// A group as the directory describes it now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DirectoryGroup {
    /// The directory's immutable id.
    pub external_id: String,
    /// The name people see; not unique.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What sort of group it is, where the directory has sorts.
    pub kind: Option<String>,
    /// Other addresses, sorted, without duplicates.
    pub aliases: Vec<String>,
    /// Whatever else is kept, as one JSON object (a dynamic group's rule, whether it is synchronised from elsewhere).
    pub attributes: Option<String>,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// A person.
    User,
    /// A group within a group.
    Group,
    /// Everybody in the organisation.
    Everyone,
    /// Somebody outside the organisation.
    External,
    /// Something this version does not know.
    Other,
}

impl MemberKind {
    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Everyone => "everyone",
            Self::External => "external",
            Self::Other => "other",
        }
    }
}

/// One direct membership of a group, as the directory gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DirectoryMember {
    /// The member's immutable id; the organisation's own id for [`MemberKind::Everyone`].
    pub external_id: String,
    /// What it is.
    pub kind: MemberKind,
    /// The address it is listed by, which may be an alias; everyone has none.
    pub email: Option<String>,
    /// Its role in the group, in lower case (`owner`, `manager`, `member`).
    pub role: Option<String>,
}

/// What a record, change or note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person.
    User,
    /// A group.
    Group,
    /// A person's or group's place in a group.
    Membership,
    /// A device.
    Device,
}

impl Subject {
    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Membership => "membership",
            Self::Device => "device",
        }
    }
}

/// One entry of a listing: understood, or set aside with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record<T> {
    /// Understood.
    Read(T),
    /// Cannot be stored; the rest of the listing goes on.
    Refused {
        /// Whose it is, if even that could be read. Without it nobody's absence can be judged.
        external_id: Option<String>,
        /// What is wrong with it; no personal data.
        reason: String,
    },
}
