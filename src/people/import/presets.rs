//! How the exports and templates of common device managers name their columns, where they differ from ours.

use super::header::Meaning;
use crate::model::DeviceField;

/// A device manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Kandji (Iru).
    Kandji,
    /// Jamf Pro's inventory preload.
    JamfPreload,
    /// Jamf School's placeholders.
    JamfSchool,
    /// Microsoft Intune's export of all devices.
    Intune,
    /// SOTI MobiControl.
    Soti,
    /// Miradore.
    Miradore,
    /// Snipe-IT's assets.
    SnipeIt,
}

impl Preset {
    /// Every preset, in the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Kandji, Self::JamfPreload, Self::JamfSchool, Self::Intune, Self::Soti, Self::Miradore, Self::SnipeIt];

    /// The word for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kandji => "kandji",
            Self::JamfPreload => "jamf-preload",
            Self::JamfSchool => "jamf-school",
            Self::Intune => "intune",
            Self::Soti => "soti",
            Self::Miradore => "miradore",
            Self::SnipeIt => "snipe-it",
        }
    }

    /// Its names, the better first.
    pub(super) fn names(self) -> &'static [(&'static str, Meaning)] {
        use Meaning::{EnrolledBy, Field, Ignored, Serial, User};
        match self {
            Self::Kandji => &[
                ("user email", User),
                ("assigned user email", User),
                ("assigned user", User),
                ("device id", Field(DeviceField::MdmId)),
                // A number of theirs, and a name that they ignore themselves.
                ("user id", Ignored),
                ("username", Ignored),
            ],
            Self::JamfPreload => &[
                ("email address", User),
                ("username", User),
                ("device type", Field(DeviceField::Platform)),
                ("computer name", Field(DeviceField::Name)),
            ],
            Self::JamfSchool => &[("identification", Field(DeviceField::Name))],
            Self::Intune => &[
                ("primary user upn", User),
                ("primary user email address", User),
                ("user principal name", User),
                ("enrolled by user upn", EnrolledBy),
                ("enrolled by user principal name", EnrolledBy),
                ("device id", Field(DeviceField::MdmId)),
                ("os", Field(DeviceField::Platform)),
                ("category", Field(DeviceField::Tags)),
                ("enrollment date", Field(DeviceField::EnrolledAt)),
                ("enrolled date", Field(DeviceField::EnrolledAt)),
                ("last check-in", Field(DeviceField::LastSeenAt)),
                ("last check in", Field(DeviceField::LastSeenAt)),
            ],
            Self::Soti => &[
                ("serial number", Serial),
                ("deviceid", Serial),
                ("device name", Field(DeviceField::Name)),
                ("username", User),
            ],
            Self::Miradore => &[
                ("serial number", Serial),
                ("device identifier", Serial),
                ("user email", User),
                ("location tag", Field(DeviceField::Tags)),
            ],
            Self::SnipeIt => &[
                ("serial", Serial),
                ("item name", Field(DeviceField::Name)),
                ("asset name", Field(DeviceField::Name)),
                ("model name", Field(DeviceField::Model)),
                ("email", User),
                ("username", User),
                // A person's name there and not a device's.
                ("name", Ignored),
                ("full name", Ignored),
            ],
        }
    }
}
