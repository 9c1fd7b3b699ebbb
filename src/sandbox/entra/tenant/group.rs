//! A group, its members, and the log of who came and went.

use serde_json::{Map, Value};

use super::person::History;
use super::{Guid, Slot};

/// What sort of group it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Nature {
    /// Microsoft 365: soft-deleted when deleted, cannot contain groups.
    Unified,
    UnifiedDynamic,
    Security,
    SecurityDynamic,
    MailSecurity,
    Distribution,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::sandbox::entra) enum Kind {
    Person,
    Group,
    Device,
    ServicePrincipal,
    Contact,
    /// A type no documentation names.
    NewType,
}

impl Kind {
    /// The `@odata.type`.
    pub(in crate::sandbox::entra) fn odata(self) -> &'static str {
        match self {
            Self::Person => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
            Self::Device => "#microsoft.graph.device",
            Self::ServicePrincipal => "#microsoft.graph.servicePrincipal",
            Self::Contact => "#microsoft.graph.orgContact",
            Self::NewType => "#microsoft.graph.agentIdentity",
        }
    }
}

/// Where a membership stands. Places in the list are never given up, so that a page token can be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Standing {
    In,
    /// Removed; first rounds may still tell so.
    Removed,
    /// Gone without a word.
    Erased,
}

/// A member: a place in the list of people or groups, or the number of something nowhere listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) struct Member {
    pub(in crate::sandbox::entra) index: Slot,
    pub(in crate::sandbox::entra) kind: Kind,
    pub(in crate::sandbox::entra) standing: Standing,
}

impl Member {
    pub(in crate::sandbox::entra) fn new(kind: Kind, index: Slot) -> Self {
        Self { index, kind, standing: Standing::In }
    }

    pub(in crate::sandbox::entra) fn is(&self, kind: Kind, index: Slot) -> bool {
        self.kind == kind && self.index == index
    }

    pub(in crate::sandbox::entra) fn is_in(&self) -> bool {
        self.standing == Standing::In
    }

    pub(in crate::sandbox::entra) fn was_removed(&self) -> bool {
        self.standing == Standing::Removed
    }
}

/// What happened to a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum What {
    Added,
    Removed,
    /// The member was restored; who began to listen after it had `left` never heard of the membership.
    Returned {
        left: u32,
    },
}

/// One line of a group's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) struct Entry {
    pub(in crate::sandbox::entra) at: u32,
    pub(in crate::sandbox::entra) kind: Kind,
    pub(in crate::sandbox::entra) index: Slot,
    pub(in crate::sandbox::entra) what: What,
}

/// A group.
#[derive(Clone, Debug)]
pub(in crate::sandbox::entra) struct Group {
    pub(in crate::sandbox::entra) id: Guid,
    pub(in crate::sandbox::entra) name: String,
    pub(in crate::sandbox::entra) nick: String,
    /// `None`: never set; empty: cleared.
    pub(in crate::sandbox::entra) description: Option<&'static str>,
    pub(in crate::sandbox::entra) nature: Nature,
    pub(in crate::sandbox::entra) synced: bool,
    pub(in crate::sandbox::entra) live: bool,
    /// The day of the deletion, until a soft-deleted group is purged.
    pub(in crate::sandbox::entra) deleted_day: Option<u32>,
    pub(in crate::sandbox::entra) created_day: u32,
    pub(in crate::sandbox::entra) members: Vec<Member>,
    pub(in crate::sandbox::entra) log: Vec<Entry>,
    pub(in crate::sandbox::entra) history: History,
    pub(in crate::sandbox::entra) patch: Map<String, Value>,
}

impl Group {
    pub(in crate::sandbox::entra) fn is_mail(&self) -> bool {
        !matches!(self.nature, Nature::Security | Nature::SecurityDynamic)
    }

    pub(in crate::sandbox::entra) fn is_unified(&self) -> bool {
        matches!(self.nature, Nature::Unified | Nature::UnifiedDynamic)
    }

    pub(in crate::sandbox::entra) fn is_dynamic(&self) -> bool {
        matches!(self.nature, Nature::UnifiedDynamic | Nature::SecurityDynamic)
    }

    pub(in crate::sandbox::entra) fn holds(&self, kind: Kind, index: Slot) -> bool {
        self.members.iter().any(|member| member.is(kind, index) && member.is_in())
    }

    /// Adds a member who is not in yet.
    pub(in crate::sandbox::entra) fn add(&mut self, kind: Kind, index: Slot, at: u32) {
        // The old line must not contradict the new one.
        for old in self.members.iter_mut().filter(|member| member.is(kind, index)) {
            old.standing = Standing::Erased;
        }
        self.members.push(Member::new(kind, index));
        self.log.push(Entry { at, kind, index, what: What::Added });
    }

    /// Removes a member, and says so.
    pub(in crate::sandbox::entra) fn remove(&mut self, kind: Kind, index: Slot, at: u32) {
        for member in self.members.iter_mut().filter(|member| member.is(kind, index) && member.is_in()) {
            member.standing = Standing::Removed;
            self.log.push(Entry { at, kind, index, what: What::Removed });
        }
    }

    /// Removes a purged member without a word.
    pub(in crate::sandbox::entra) fn erase(&mut self, gone: impl Fn(&Member) -> bool) {
        for member in self.members.iter_mut().filter(|member| gone(member)) {
            member.standing = Standing::Erased;
        }
    }

    /// When memberships last changed.
    pub(in crate::sandbox::entra) fn touched(&self) -> u32 {
        self.log.last().map_or(0, |entry| entry.at)
    }

    /// Whether a member the log names is in, by the log's latest word.
    pub(in crate::sandbox::entra) fn is_in_by_log(&self, kind: Kind, index: Slot) -> bool {
        let about = |entry: &&Entry| entry.kind == kind && entry.index == index;
        let latest = self.log.iter().rev().filter(about).find(|entry| !matches!(entry.what, What::Returned { .. }));
        latest.is_none_or(|entry| entry.what == What::Added)
    }
}
