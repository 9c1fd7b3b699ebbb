//! Lines of reports: who or what wants attention. Field names are the keys of the JSON output.

use jiff::Timestamp;
use serde::Serialize;

use super::UserStatus;

/// Somebody who is suspended (also where the scope leaves them out), missing or retained and still holds devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leaver {
    /// Internal id.
    pub id: i64,
    /// The directory they come from.
    pub integration: String,
    /// Where they stand in the life cycle.
    pub status: UserStatus,
    /// Since when they stand there.
    pub status_since: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// Primary address.
    pub email: Option<String>,
    /// Name people see.
    pub display_name: Option<String>,
    /// Manager: an address where it is known.
    pub manager: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Serial numbers of what they hold.
    pub devices: Vec<String>,
    /// Since when they have held the oldest of them.
    pub held_since: Timestamp,
    /// When any of them was last heard of.
    pub last_seen_at: Option<Timestamp>,
}

/// A device that nobody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnassignedDevice {
    /// Serial number as it was first given.
    pub serial: String,
    /// Name people see.
    pub name: Option<String>,
    /// Operating system or sort of device.
    pub platform: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Nobody's in particular.
    pub shared: bool,
    /// Who is to have it as soon as they are here, as told.
    pub waiting_for: Option<String>,
    /// Who had it last, by address or name.
    pub last_holder: Option<String>,
    /// When it was taken from them.
    pub unassigned_at: Option<Timestamp>,
    /// When the device manager last heard of it.
    pub last_seen_at: Option<Timestamp>,
}

/// An active person who holds no device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutDevice {
    /// Internal id.
    pub id: i64,
    /// The directory they come from.
    pub integration: String,
    /// Primary address.
    pub email: Option<String>,
    /// Name people see.
    pub display_name: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Manager: an address where it is known.
    pub manager: Option<String>,
    /// Place of work.
    pub location: Option<String>,
    /// Org unit path.
    pub org_unit: Option<String>,
    /// First seen.
    pub created_at: Timestamp,
}
