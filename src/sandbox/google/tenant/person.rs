//! One person, kept small (a million of them must fit): what differs is stored, the rest is derived when written.

use serde_json::{Map, Value};

use super::Slot;

/// Whether, and where, a person can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Presence {
    Present,
    /// On the deleted list since that day.
    Deleted {
        day: u32,
    },
    /// Missing from every listing without a trace, as after a fault at Google's.
    Hidden,
    /// Vanished on to the deleted list; comes back with `unvanish`.
    HiddenDeleted {
        day: u32,
    },
    /// Deleted for more than 20 days.
    Purged,
}

/// What a person may do as an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Standing {
    Super,
    /// A delegated admin who may read users, groups and the rest.
    Delegated,
    /// A delegated admin whose role lacks groups.
    UsersOnly,
    Ordinary,
}

/// A person; identified by `id`, never by address.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Person {
    /// Shown as 21 digits, see [`Person::id_text`].
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) email: Box<str>,
    pub(in crate::sandbox) given: &'static str,
    pub(in crate::sandbox) family: &'static str,
    pub(in crate::sandbox) title: &'static str,
    pub(in crate::sandbox) department: &'static str,
    pub(in crate::sandbox) place: &'static str,
    /// Why suspended, when suspended.
    pub(in crate::sandbox) suspended: Option<&'static str>,
    pub(in crate::sandbox) suspended_day: u32,
    pub(in crate::sandbox) manager: Option<Slot>,
    pub(in crate::sandbox) phone: u32,
    /// Index into [`super::UNITS`].
    pub(in crate::sandbox) unit: u8,
    pub(in crate::sandbox) archived: bool,
    pub(in crate::sandbox) guest: bool,
    pub(in crate::sandbox) standing: Standing,
    pub(in crate::sandbox) presence: Presence,
    /// The day of joining when later than the company's first; earlier dates derive from the id.
    pub(in crate::sandbox) joined_day: u32,
    pub(in crate::sandbox) revision: u32,
    pub(in crate::sandbox) extra: Option<Box<Extra>>,
}

/// What few people have.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Extra {
    pub(in crate::sandbox) aliases: Vec<String>,
    /// Raw values for keys of the user resource, null for "leave the key out": how oddities are made.
    pub(in crate::sandbox) patch: Map<String, Value>,
}

impl Person {
    /// The id as Google shows it: 21 decimal digits.
    pub(in crate::sandbox) fn id_text(&self) -> String {
        id_text(self.id)
    }

    pub(in crate::sandbox) fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    /// Since when the person is on the deleted list.
    pub(in crate::sandbox) fn deleted_day(&self) -> Option<u32> {
        match self.presence {
            Presence::Deleted { day } | Presence::HiddenDeleted { day } => Some(day),
            _ => None,
        }
    }

    /// Whether groups still list the person: a silent disappearance does not touch memberships, a deletion does.
    pub(in crate::sandbox) fn in_groups(&self) -> bool {
        matches!(self.presence, Presence::Present | Presence::Hidden)
    }

    pub(in crate::sandbox) fn aliases(&self) -> &[String] {
        self.extra.as_deref().map_or(&[], |extra| &extra.aliases)
    }

    pub(in crate::sandbox) fn patch(&self) -> Option<&Map<String, Value>> {
        self.extra.as_deref().map(|extra| &extra.patch).filter(|patch| !patch.is_empty())
    }

    pub(in crate::sandbox) fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// The address in the form listings are ordered by.
    pub(in crate::sandbox) fn sort_key(&self) -> String {
        self.email.to_ascii_lowercase()
    }
}

/// A user id's text.
pub(in crate::sandbox) fn id_text(id: u64) -> String {
    format!("1{id:020}")
}
