//! One object of a page, read straight from the text into what is kept of it. A page of groups names thousands of members;
//! a tree of values for each of them would cost more than all else that is done with the page.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::model::{MemberKind, Source};
use crate::provider::loose::{self, AllEntries};

/// An object as told.
#[derive(Default)]
pub(super) struct Told {
    /// Its properties, annotations among them.
    pub(super) said: Source,
    /// `@removed`, unless it is null.
    pub(super) removed: Option<Value>,
    /// `members@delta`; nothing where an entry is no object.
    pub(super) members: Vec<Option<Member>>,
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Told;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Told, A::Error> {
                let mut told = Told::default();
                while let Some(key) = object.next_key::<String>()? {
                    match key.as_str() {
                        "members@delta" => told.members.extend(object.next_value::<AllEntries<Member>>()?.0),
                        "@removed" => told.removed = object.next_value::<Option<Value>>()?,
                        _ => drop(told.said.insert(key, object.next_value()?)),
                    }
                }
                Ok(told)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A member of a group, of a listing or as it came or went.
#[derive(serde::Deserialize)]
pub(super) struct Member {
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) id: Option<String>,
    #[serde(default, rename = "@odata.type", deserialize_with = "loose::text")]
    kind: Option<String>,
    #[serde(default, rename = "@removed")]
    removed: Option<IgnoredAny>,
}

impl Member {
    /// Devices, service principals, contacts and whatever comes next are members, too.
    pub(super) fn kind(&self) -> MemberKind {
        match self.kind.as_deref() {
            Some("#microsoft.graph.user") => MemberKind::User,
            Some("#microsoft.graph.group") => MemberKind::Group,
            _ => MemberKind::Other,
        }
    }

    /// Whether it is no member any more.
    pub(super) fn is_gone(&self) -> bool {
        self.removed.is_some()
    }
}
