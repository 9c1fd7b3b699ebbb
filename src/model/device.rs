//! Devices, their fields, who holds them and what speaks for it. Field names are the keys of the JSON output.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::UserStatus;

/// A field of a device that can be set, cleared and compared; all are text in one canonical spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceField {
    /// Name people see.
    Name,
    /// Operating system or sort of device.
    Platform,
    /// Model.
    Model,
    /// Inventory number.
    AssetTag,
    /// What the device manager sets it up by.
    Blueprint,
    /// Labels, in order, joined by `;`.
    Tags,
    /// `true`: nobody's in particular; else `false`.
    Shared,
    /// Apple's hardware id.
    Udid,
    /// The telephone's number.
    Imei,
    /// Its id in the device manager.
    MdmId,
    /// When it came under management.
    EnrolledAt,
    /// When the device manager last heard of it.
    LastSeenAt,
}

impl DeviceField {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::Platform,
        Self::Model,
        Self::AssetTag,
        Self::Blueprint,
        Self::Tags,
        Self::Shared,
        Self::Udid,
        Self::Imei,
        Self::MdmId,
        Self::EnrolledAt,
        Self::LastSeenAt,
    ];

    /// Its name in the database and in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Platform => "platform",
            Self::Model => "model",
            Self::AssetTag => "asset_tag",
            Self::Blueprint => "blueprint",
            Self::Tags => "tags",
            Self::Shared => "shared",
            Self::Udid => "udid",
            Self::Imei => "imei",
            Self::MdmId => "mdm_id",
            Self::EnrolledAt => "enrolled_at",
            Self::LastSeenAt => "last_seen_at",
        }
    }
}

/// The values of all fields. A device without anything is not shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFields([Option<String>; DeviceField::ALL.len()]);

impl DeviceFields {
    /// The value of `field`; whether a device is shared is always said.
    pub fn get(&self, field: DeviceField) -> Option<&str> {
        let value = self.0[field as usize].as_deref();
        if field == DeviceField::Shared { value.or(Some("false")) } else { value }
    }

    /// Gives `field` another value, or none.
    pub fn set(&mut self, field: DeviceField, value: Option<String>) {
        self.0[field as usize] = value;
    }

    /// Whether it is nobody's in particular.
    pub fn is_shared(&self) -> bool {
        self.get(DeviceField::Shared) == Some("true")
    }

    /// The fields in which `after` differs.
    pub fn differing<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = DeviceField> + 'a {
        DeviceField::ALL.into_iter().filter(move |field| self.get(*field) != after.get(*field))
    }
}

/// A device in the local directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Internal id, never reused.
    pub id: i64,
    /// Serial number as it was first given.
    pub serial: String,
    /// The holder's address.
    pub user_email: Option<String>,
    /// Name people see.
    pub name: Option<String>,
    /// Operating system or sort of device.
    pub platform: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Inventory number.
    pub asset_tag: Option<String>,
    /// What the device manager sets it up by.
    pub blueprint: Option<String>,
    /// Labels, in order.
    pub tags: Vec<String>,
    /// Nobody's in particular: assigned by command only.
    pub shared: bool,
    /// Apple's hardware id.
    pub udid: Option<String>,
    /// The telephone's number.
    pub imei: Option<String>,
    /// Its id in the device manager.
    pub mdm_id: Option<String>,
    /// The holder's internal id.
    pub user_id: Option<i64>,
    /// The holder's name.
    pub user_display_name: Option<String>,
    /// Where the holder stands in the life cycle.
    pub user_status: Option<UserStatus>,
    /// The directory the holder comes from.
    pub user_integration: Option<String>,
    /// The holder's department.
    pub user_department: Option<String>,
    /// The holder's job title.
    pub user_title: Option<String>,
    /// The holder's org unit.
    pub user_org_unit: Option<String>,
    /// The groups the holder is a direct member of, by address or name.
    pub user_groups: Vec<String>,
    /// Since when it is the holder's.
    pub assigned_at: Option<Timestamp>,
    /// How it became theirs: `manual`, `import`, `adopt`, `rule:NAME`.
    pub assignment_source: Option<String>,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// Who is to have it as soon as they are here, as told.
    pub waiting_for: Option<String>,
    /// When it came under management.
    pub enrolled_at: Option<Timestamp>,
    /// When the device manager last heard of it.
    pub last_seen_at: Option<Timestamp>,
    /// When it came here.
    pub created_at: Option<Timestamp>,
    /// When a field last changed.
    pub updated_at: Option<Timestamp>,
}

/// What sort of evidence speaks for somebody as the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A list says that it is to be theirs.
    ExpectedUser,
    /// They signed in when it was enrolled.
    EnrolledBy,
    /// A directory of devices has it as theirs.
    DirectoryOwner,
    /// Its serial number stands in an attribute of theirs. Never stored: looked up where they are.
    UserAttrSerial,
    /// They signed in on it; of this there may be many.
    Login,
    /// They were the last to sign in on it.
    LastUser,
}

impl EvidenceKind {
    /// Every kind, the strongest first.
    pub const ALL: [Self; 6] =
        [Self::ExpectedUser, Self::EnrolledBy, Self::DirectoryOwner, Self::UserAttrSerial, Self::Login, Self::LastUser];

    /// What can be told of a device.
    pub const TOLD: [Self; 5] =
        [Self::ExpectedUser, Self::EnrolledBy, Self::DirectoryOwner, Self::Login, Self::LastUser];

    /// What speaks against a holder unless somebody asks for more. Who was the last to sign in is not among it: that
    /// changes with everybody who sits down there, and says more of them than of the device.
    pub const CONTRADICTING: [Self; 5] =
        [Self::ExpectedUser, Self::EnrolledBy, Self::DirectoryOwner, Self::UserAttrSerial, Self::Login];

    /// The stable word for the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExpectedUser => "expected_user",
            Self::EnrolledBy => "enrolled_by",
            Self::DirectoryOwner => "directory_owner",
            Self::UserAttrSerial => "user_attr_serial",
            Self::Login => "login",
            Self::LastUser => "last_user",
        }
    }

    /// The kind of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What sort.
    pub kind: EvidenceKind,
    /// Whom it names, as told.
    pub value: String,
    /// Whether the value is the directory's id of the person and nothing else.
    pub is_external_id: bool,
    /// The directory it was said to be of, by name.
    pub integration: Option<String>,
    /// When it was so.
    pub observed_at: Timestamp,
    /// Where it comes from: `manual`, `import`.
    pub source: String,
    /// The person gets the device as soon as they are here.
    pub waiting: bool,
    /// Of sign-ins: how many of the last 30 days there were. When it was so is then the last of them.
    pub times: Option<i64>,
}

/// One assignment, past or present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// The device's serial number.
    pub serial: String,
    /// The holder's internal id.
    pub user_id: i64,
    /// The holder's address or name now.
    pub user: Option<String>,
    /// The directory the holder comes from.
    pub integration: String,
    /// Since when.
    pub started_at: Timestamp,
    /// Until when; `None`: now.
    pub ended_at: Option<Timestamp>,
    /// How it came about: `manual`, `import`, `adopt`, `rule:NAME`.
    pub source: String,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
    /// The operating-system user who did it.
    pub actor: Option<String>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Who ended it.
    pub end_actor: Option<String>,
}
