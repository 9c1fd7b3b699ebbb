//! The header: which column of a sheet means what. Names are compared without regard to case, blanks and punctuation.

use super::presets::Preset;
use crate::model::DeviceField;

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Serial,
    User,
    UserExternalId,
    Integration,
    Field(DeviceField),
    EnrolledBy,
    DirectoryOwner,
    LastUser,
    LastUserAt,
    Pin,
    Reason,
    /// Known, and not to be read.
    Ignored,
}

use Meaning::{
    DirectoryOwner, EnrolledBy, Field, Ignored, Integration, LastUser, LastUserAt, Pin, Reason, Serial, User,
    UserExternalId,
};

/// Every name that is understood; the first for a meaning is its own, and where several columns mean the same, the name
/// that stands first here wins.
const NAMES: &[(&str, Meaning)] = &[
    ("serial_number", Serial),
    ("serial", Serial),
    ("device serial number", Serial),
    ("identifier", Serial),
    ("device identifier", Serial),
    ("user", User),
    ("user_email", User),
    ("email", User),
    ("username", User),
    ("userprincipalname", User),
    ("assigntouser", User),
    ("expected_user", User),
    ("user_external_id", UserExternalId),
    ("integration", Integration),
    ("directory", Integration),
    ("ldapconnection", Integration),
    ("device_name", Field(DeviceField::Name)),
    ("name", Field(DeviceField::Name)),
    ("platform", Field(DeviceField::Platform)),
    ("model", Field(DeviceField::Model)),
    ("asset_tag", Field(DeviceField::AssetTag)),
    ("blueprint", Field(DeviceField::Blueprint)),
    ("blueprint_name", Field(DeviceField::Blueprint)),
    ("tags", Field(DeviceField::Tags)),
    ("udid", Field(DeviceField::Udid)),
    ("imei", Field(DeviceField::Imei)),
    ("mdm_id", Field(DeviceField::MdmId)),
    ("shared", Field(DeviceField::Shared)),
    ("enrolled_by", EnrolledBy),
    ("enrolled_at", Field(DeviceField::EnrolledAt)),
    ("directory_owner", DirectoryOwner),
    ("registered_owner", DirectoryOwner),
    ("annotated_user", DirectoryOwner),
    ("last_user", LastUser),
    ("lastloggedonuser", LastUser),
    ("last_user_at", LastUserAt),
    ("last_seen_at", Field(DeviceField::LastSeenAt)),
    ("pin", Pin),
    ("reason", Reason),
];

/// What our own exports and lists of rejects have for people to read.
const FOR_PEOPLE: &[&str] = &[
    "user_id",
    "user_name",
    "user_email",
    "user_state",
    "user_integration",
    "user_department",
    "user_title",
    "assigned_at",
    "assignment_source",
    "pinned",
    "contradiction",
    super::sheet::REJECTED_BECAUSE,
];

/// A column's name as it is compared.
pub(super) fn folded(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What the user says a column means: `Computer Name=device_name`; `=ignore` leaves it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    column: String,
    meaning: Meaning,
}

/// A mapping that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write COLUMN=FIELD with one of {}, ignore", own_names().join(", "))]
pub struct InvalidMapping;

/// Each meaning's own name, in order.
fn own_names() -> Vec<&'static str> {
    let mut seen: Vec<Meaning> = Vec::new();
    let mut names = Vec::new();
    for (name, meaning) in NAMES {
        if !seen.contains(meaning) {
            seen.push(*meaning);
            names.push(*name);
        }
    }
    names
}

impl std::str::FromStr for Mapping {
    type Err = InvalidMapping;

    fn from_str(text: &str) -> Result<Self, InvalidMapping> {
        let (column, field) = text.rsplit_once('=').ok_or(InvalidMapping)?;
        let (column, field) = (folded(column), folded(field));
        let known = NAMES.iter().find(|(name, _)| folded(name) == field).map(|(_, meaning)| *meaning);
        let meaning = if field == "ignore" { Some(Ignored) } else { known };
        match meaning {
            Some(meaning) if !column.is_empty() => Ok(Self { column, meaning }),
            _ => Err(InvalidMapping),
        }
    }
}

/// Where in a row each meaning is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    places: Vec<(Meaning, usize)>,
    /// Columns that nobody understands, by name.
    pub(super) unknown: Vec<String>,
    /// Columns that would be understood, but another one says the same with more right.
    pub(super) passed_over: Vec<String>,
}

impl Layout {
    /// Reads a header.
    pub(super) fn read<'a>(
        header: impl Iterator<Item = &'a str>,
        preset: Option<Preset>,
        mappings: &[Mapping],
    ) -> Self {
        let mut layout = Self::default();
        // Meaning, place, how good the name is, and the name itself.
        let mut found: Vec<(Meaning, usize, usize, &str)> = Vec::new();
        for (place, name) in header.enumerate() {
            let plain = folded(name);
            match understood(&plain, preset, mappings) {
                Some((Ignored, _)) => {}
                Some((meaning, rank)) => found.push((meaning, place, rank, name)),
                None if plain.is_empty() || is_for_people(&plain) => {}
                None => layout.unknown.push(name.trim().to_owned()),
            }
        }
        found.sort_by_key(|(_, place, rank, _)| (*rank, *place));
        for (meaning, place, _, name) in found {
            if layout.place(meaning).is_none() {
                layout.places.push((meaning, place));
            } else if !is_for_people(&folded(name)) {
                layout.passed_over.push(name.trim().to_owned());
            }
        }
        layout
    }

    /// Where `meaning` is found.
    pub(super) fn place(&self, meaning: Meaning) -> Option<usize> {
        self.places.iter().find(|(it, _)| *it == meaning).map(|(_, place)| *place)
    }

    /// Whether devices can be told apart at all.
    pub(super) fn has_serial(&self) -> bool {
        self.place(Serial).is_some()
    }
}

fn is_for_people(plain: &str) -> bool {
    FOR_PEOPLE.iter().any(|name| folded(name) == plain)
}

/// What a name means, and how good a name it is for that: what the user says beats a preset, and that our own names.
fn understood(plain: &str, preset: Option<Preset>, mappings: &[Mapping]) -> Option<(Meaning, usize)> {
    const PRESETS: usize = 1000;
    const OURS: usize = 2000;
    if let Some(rank) = mappings.iter().position(|mapping| mapping.column == plain) {
        return mappings.get(rank).map(|mapping| (mapping.meaning, rank));
    }
    let names = preset.map(Preset::names).unwrap_or_default();
    let of_preset = names.iter().position(|(name, _)| folded(name) == plain);
    if let Some((rank, (_, meaning))) = of_preset.and_then(|rank| Some((rank, names.get(rank)?))) {
        return Some((*meaning, PRESETS + rank));
    }
    let rank = NAMES.iter().position(|(name, _)| folded(name) == plain)?;
    NAMES.get(rank).map(|(_, meaning)| (*meaning, OURS + rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(header: &[&str], preset: Option<Preset>, mappings: &[&str]) -> Layout {
        let mappings: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
        Layout::read(header.iter().copied(), preset, &mappings)
    }

    #[test]
    fn names_are_compared_loosely_and_the_better_one_wins() {
        let read = layout(&["Email", "Device Serial Number", "USER", "colour", ""], None, &[]);
        assert_eq!(read.place(Serial), Some(1));
        assert_eq!(read.place(User), Some(2));
        assert_eq!(read.unknown, ["colour"]);
        assert_eq!(read.passed_over, ["Email"]);
    }

    #[test]
    fn what_an_export_has_for_people_is_passed_over_in_silence() {
        let read = layout(&["serial_number", "user", "user_email", "user_name", "pinned", "user_state"], None, &[]);
        assert_eq!(read.place(User), Some(1));
        assert!(read.unknown.is_empty() && read.passed_over.is_empty());
        // By itself it is as good as any other name.
        assert_eq!(layout(&["serial", "user_email"], None, &[]).place(User), Some(1));
    }

    #[test]
    fn what_the_user_says_counts_most() {
        let read =
            layout(&["Computer", "Serial", "user", "who"], None, &["Computer=device_name", "who=user", "user=ignore"]);
        assert_eq!(read.place(Field(DeviceField::Name)), Some(0));
        assert_eq!(read.place(User), Some(3));
        for wrong in ["x", "x=colour", "=user"] {
            assert!(wrong.parse::<Mapping>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_preset_finds_its_serial_number_and_its_user() {
        for (preset, header) in [
            (Preset::Kandji, "Device Name,Serial Number,Model,Asset Tag,Blueprint,User Email,User ID"),
            (Preset::JamfPreload, "Serial Number,Device Type,Username,Full Name,Email Address,Asset Tag"),
            (Preset::JamfSchool, "SerialNumber,Identification,AssetTag,AssignToUser"),
            (Preset::Intune, "Device ID,Device name,OS,Model,Serial number,Primary user UPN,Last check-in"),
            (Preset::Soti, "DeviceID,UserName,LdapConnection"),
            (Preset::Miradore, "user email,device identifier"),
            (Preset::SnipeIt, "Asset Tag,Item Name,Model name,Serial,Username,Email"),
        ] {
            let header: Vec<&str> = header.split(',').collect();
            let read = layout(&header, Some(preset), &[]);
            assert!(read.place(Serial).is_some() && read.place(User).is_some(), "{preset:?}");
        }
        let read = layout(&["Serial Number", "Username", "Email Address"], Some(Preset::JamfPreload), &[]);
        assert_eq!(read.place(User), Some(2), "an address says more than a name");
    }
}
