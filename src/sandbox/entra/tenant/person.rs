//! One person, kept small (a million of them must fit): what differs is stored, the rest is derived when written. And
//! what is remembered of its changes, so that a delta query can tell them.

use serde_json::{Map, Value};

use super::{Guid, Slot};

/// Whether, and where, a person can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Presence {
    Present,
    /// Soft-deleted on that day, restorable for 30 days.
    Deleted {
        day: u32,
    },
    /// Missing from every listing without a trace, as after a fault at Microsoft's.
    Hidden,
    /// Vanished on to the deleted list; comes back with `unvanish`.
    HiddenDeleted {
        day: u32,
    },
    /// Gone for good.
    Purged,
}

/// Which addresses a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Mail {
    /// `mail` is the UPN.
    Own,
    /// No `mail`, but a primary proxy address.
    Proxy,
    /// No address anywhere.
    Nothing,
    /// There was one, and it was taken away.
    Cleared,
    /// Another organisation's, as guests have.
    Outside,
    /// Another organisation's, in `otherMails` only.
    OutsideHidden,
}

/// A person; identified by `id`, never by name.
#[derive(Clone, Debug)]
pub(in crate::sandbox::entra) struct Person {
    pub(in crate::sandbox::entra) id: Guid,
    pub(in crate::sandbox::entra) upn: Box<str>,
    pub(in crate::sandbox::entra) given: &'static str,
    pub(in crate::sandbox::entra) family: &'static str,
    /// `None`: never set; empty: cleared.
    pub(in crate::sandbox::entra) title: Option<&'static str>,
    pub(in crate::sandbox::entra) department: Option<&'static str>,
    pub(in crate::sandbox::entra) office: Option<&'static str>,
    pub(in crate::sandbox::entra) manager: Option<Slot>,
    pub(in crate::sandbox::entra) phone: u32,
    pub(in crate::sandbox::entra) mail: Mail,
    pub(in crate::sandbox::entra) enabled: bool,
    pub(in crate::sandbox::entra) synced: bool,
    pub(in crate::sandbox::entra) presence: Presence,
    pub(in crate::sandbox::entra) joined_day: u32,
    pub(in crate::sandbox::entra) history: History,
    pub(in crate::sandbox::entra) extra: Option<Box<Extra>>,
}

/// When an object changed, in generations of the tenant.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sandbox::entra) struct History {
    pub(in crate::sandbox::entra) created: u32,
    /// The last change of any kind.
    pub(in crate::sandbox::entra) changed: u32,
    /// The change before that; whoever knows it, knows all but `fields`.
    pub(in crate::sandbox::entra) before: u32,
    /// What the last change concerned.
    pub(in crate::sandbox::entra) fields: u32,
    /// The latest soft deletion.
    pub(in crate::sandbox::entra) left: u32,
}

impl History {
    /// An object made just now.
    pub(in crate::sandbox::entra) fn created(now: u32) -> Self {
        Self { created: now, changed: now, before: now, fields: u32::MAX, left: 0 }
    }

    /// Notes a change.
    pub(in crate::sandbox::entra) fn note(&mut self, now: u32, fields: u32) {
        if self.changed == now {
            self.fields |= fields;
        } else {
            (self.before, self.changed, self.fields) = (self.changed, now, fields);
        }
    }

    /// What someone has to be told who knows everything up to `since`; `None` when it is too much to tell apart.
    pub(in crate::sandbox::entra) fn since(&self, since: u32) -> Option<u32> {
        (self.created <= since && self.before <= since && self.fields != u32::MAX).then_some(self.fields)
    }
}

/// What few people have.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox::entra) struct Extra {
    /// Raw values for keys of the user resource: how oddities are made.
    pub(in crate::sandbox::entra) patch: Map<String, Value>,
    /// Fields that were never set although most people have them.
    pub(in crate::sandbox::entra) unset: u32,
    /// A name that is not made of given and family name.
    pub(in crate::sandbox::entra) name: Option<String>,
    /// Earlier managers.
    pub(in crate::sandbox::entra) past_managers: Vec<Slot>,
    pub(in crate::sandbox::entra) aliases: Vec<String>,
}

impl Person {
    pub(in crate::sandbox::entra) fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    /// Since when the person is on the deleted list.
    pub(in crate::sandbox::entra) fn deleted_day(&self) -> Option<u32> {
        match self.presence {
            Presence::Deleted { day } | Presence::HiddenDeleted { day } => Some(day),
            _ => None,
        }
    }

    /// Whether groups list the person: a silent disappearance does not touch memberships, a deletion hides them.
    pub(in crate::sandbox::entra) fn in_groups(&self) -> bool {
        matches!(self.presence, Presence::Present | Presence::Hidden)
    }

    /// Whether the account belongs to another organisation.
    pub(in crate::sandbox::entra) fn is_guest(&self) -> bool {
        matches!(self.mail, Mail::Outside | Mail::OutsideHidden)
    }

    pub(in crate::sandbox::entra) fn display_name(&self) -> String {
        match self.extra.as_deref().and_then(|extra| extra.name.as_ref()) {
            Some(name) => name.clone(),
            None => format!("{} {}", self.given, self.family),
        }
    }

    /// The part of the UPN before the `@`.
    pub(in crate::sandbox::entra) fn local(&self) -> &str {
        self.upn.rsplit_once('@').map_or(&*self.upn, |(local, _)| local)
    }

    pub(in crate::sandbox::entra) fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Gives the person another manager, or none.
    pub(in crate::sandbox::entra) fn report_to(&mut self, manager: Option<Slot>) {
        let old = std::mem::replace(&mut self.manager, manager);
        if let Some(old) = old {
            self.extra().past_managers.push(old);
        }
    }
}
