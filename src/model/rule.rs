//! Rules that say whose a device is: which devices they are for, what they believe, and who may receive one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EvidenceKind, UserStatus};

/// How firm a decision by hand is. No rule has a number as low, and a rule replaces only what has a higher one.
pub const RANK_OF_HAND: i64 = 10;

/// How firm the word of a list is.
pub const RANK_OF_LIST: i64 = 20;

/// One rule. The fields' names are those of its TOML and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// Rules are tried from the lowest number on, those of one number by name.
    pub priority: i64,
    /// Whether it is tried at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What it believes.
    pub evidence: EvidenceKind,
    /// What of a person is compared with whoever is named, in this order: a later one only counts where no earlier one
    /// means anybody.
    #[serde(rename = "match", default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<MatchField>,
    /// Where a person's serial numbers stand: a field (`employee_id`), or a path in the attributes (`IT.serials`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What it may take from whom.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// Which devices it is for.
    #[serde(default, skip_serializing_if = "DeviceConditions::is_empty")]
    pub device: DeviceConditions,
    /// Who may receive one.
    #[serde(default, skip_serializing_if = "PersonConditions::is_empty")]
    pub user: PersonConditions,
    /// Whether it came with the program: it can be narrowed and disabled, not removed.
    #[serde(skip)]
    pub built_in: bool,
    /// Whether the integration it names was deleted, so that it gives nothing until that directory is added again.
    #[serde(skip)]
    pub of_deleted: bool,
}

impl Rule {
    /// Whether it can assign anything: who signed in last is only ever a suggestion.
    pub fn decides(&self) -> bool {
        self.enabled && !self.only_suggests() && !self.lacks_attribute()
    }

    /// Whether it never assigns anything by its nature.
    pub fn only_suggests(&self) -> bool {
        self.evidence == EvidenceKind::LastUser
    }

    /// Whether it cannot be tried because nobody said where serial numbers stand.
    pub fn lacks_attribute(&self) -> bool {
        self.evidence == EvidenceKind::UserAttrSerial && self.attribute.is_none()
    }
}

fn yes() -> bool {
    true
}

/// What a rule asks of a device. Everything that is named has to hold; of several values one. Compared whole and without
/// regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeviceConditions {
    /// Its platform.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub platform: Vec<String>,
    /// A label it has.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub tag: Vec<String>,
    /// What its serial number begins with.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub serial_prefix: Vec<String>,
    /// Its model.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub model: Vec<String>,
    /// What the device manager sets it up by.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub blueprint: Vec<String>,
}

impl DeviceConditions {
    /// Whether it fits every device.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a rule asks of a person, in the same way. Whatever it says, only active people receive anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonConditions {
    /// The integration they come from, by name. People of others are not even looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// A group they are in, directly or through groups in it: its address, name or id.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub groups_any: Vec<String>,
    /// Their department.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub department: Vec<String>,
    /// Their job title.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub title: Vec<String>,
    /// Their org unit, or one above it.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub org_unit: Vec<String>,
    /// Their status; nothing but `active` can be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub state: Vec<UserStatus>,
    /// Patterns (`svc-*`) of addresses and sign-in names that receive nothing: accounts that are nobody's.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub exclude: Vec<String>,
}

impl PersonConditions {
    /// Whether every active person fits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What of a person is compared with whoever evidence names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchField {
    /// The directory's id.
    ExternalId,
    /// The present address.
    Email,
    /// The sign-in name.
    Upn,
    /// Another address.
    Alias,
}

impl MatchField {
    /// All, the most exact first.
    pub const ALL: [Self; 4] = [Self::ExternalId, Self::Email, Self::Upn, Self::Alias];

    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Upn => "upn",
            Self::Alias => "alias",
        }
    }
}

/// What a rule may take from whom. Nothing is ever taken that is pinned or was given by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Nothing: only devices that nobody holds.
    OnlyUnassigned,
    /// What a weaker rule (of a higher number) gave, or this rule itself before something newer was told; not where its
    /// evidence means the holder as well.
    #[default]
    ReplaceLowerRank,
    /// What rules and lists gave to somebody who is not active any more. Whoever is out of scope has not left, unless
    /// suspended there.
    ReplaceIfHolderInactive,
}

impl OnConflict {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnlyUnassigned => "only-unassigned",
            Self::ReplaceLowerRank => "replace-lower-rank",
            Self::ReplaceIfHolderInactive => "replace-if-holder-inactive",
        }
    }

    /// What a stored word means.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::OnlyUnassigned, Self::ReplaceLowerRank, Self::ReplaceIfHolderInactive];
        all.into_iter().find(|it| it.as_str() == word)
    }
}

/// A value, or an array of them: people write `department = "Sales"`, and mean a list of one.
mod one_or_many {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{IntoDeserializer, SeqAccess, Visitor, value};

    use super::{Deserialize, Deserializer, Serialize, Serializer};

    struct Texts<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Texts<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or an array of texts")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            let one = T::deserialize(text.into_deserializer());
            one.map(|one| vec![one]).map_err(|error: value::Error| E::custom(error))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(value) = values.next_element()? {
                all.push(value);
            }
            Ok(all)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_any(Texts(PhantomData))
    }

    pub(super) fn serialize<S: Serializer, T: Serialize>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        values.serialize(to)
    }
}
