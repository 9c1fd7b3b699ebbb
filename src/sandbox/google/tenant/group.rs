//! Groups and their members; a membership takes eight bytes, since there are ten million of them in the largest tenant.

use super::Slot;
use super::person::id_text;
use crate::sandbox::random::mix;

/// A group.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Group {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) email: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) description: &'static str,
    pub(in crate::sandbox) aliases: Vec<String>,
    pub(in crate::sandbox) members: Vec<Member>,
    pub(in crate::sandbox) live: bool,
    pub(in crate::sandbox) revision: u32,
}

impl Group {
    pub(in crate::sandbox) fn new(id: u64, email: String, name: &str) -> Self {
        Self {
            id,
            email,
            name: name.to_owned(),
            description: "",
            aliases: Vec::new(),
            members: Vec::new(),
            live: true,
            revision: 0,
        }
    }

    /// The id as Google shows it: `01` and thirteen letters or digits.
    pub(in crate::sandbox) fn id_text(&self) -> String {
        group_id_text(self.id)
    }
}

fn group_id_text(id: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let digits = (0..13).map(|place| char::from(DIGITS[usize::try_from((id >> (place * 5)) & 31).unwrap_or(0)]));
    "01".chars().chain(digits).collect()
}

/// What a member is; `index` says which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(in crate::sandbox) enum Kind {
    Person,
    Group,
    /// Everyone in the company.
    Customer,
    /// A person of another organisation.
    Outsider,
    /// A group of another organisation.
    OutsideGroup,
    /// A person of this company whom no listing knows (yet).
    Unknown,
    /// A member of a type no documentation names.
    NewType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::sandbox) enum Role {
    Owner,
    Manager,
    Member,
}

impl Role {
    pub(in crate::sandbox) fn name(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Manager => "MANAGER",
            Self::Member => "MEMBER",
        }
    }
}

/// How the member's record departs from the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::sandbox) enum Shown {
    Plain,
    /// Under the person's first alias.
    Alias,
    /// With the address in capitals.
    UpperCase,
    /// Without role and status.
    Bare,
}

/// One membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Member {
    pub(in crate::sandbox) index: Slot,
    pub(in crate::sandbox) kind: Kind,
    pub(in crate::sandbox) role: Role,
    pub(in crate::sandbox) shown: Shown,
}

impl Member {
    pub(in crate::sandbox) fn new(kind: Kind, index: Slot, role: Role) -> Self {
        Self { index, kind, role, shown: Shown::Plain }
    }

    pub(in crate::sandbox) fn person(index: Slot, role: Role) -> Self {
        Self::new(Kind::Person, index, role)
    }

    pub(in crate::sandbox) fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }
}

/// The id and address of someone or something that is not in the tenant's lists.
pub(in crate::sandbox) fn stranger(kind: Kind, index: Slot) -> (String, String) {
    let number = mix(u64::from(index) ^ ((kind as u64) << 40));
    match kind {
        Kind::OutsideGroup => (group_id_text(number), format!("partners{index}@partner.example")),
        Kind::Unknown => (id_text(number), format!("just.hired{index}@{}", super::DOMAINS[0])),
        Kind::NewType => (id_text(number), format!("agent{index}@{}", super::DOMAINS[0])),
        _ => (id_text(number), format!("visitor{index}@partner.example")),
    }
}
