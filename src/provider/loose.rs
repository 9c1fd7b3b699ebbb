//! Reading JSON that does not keep to its own description: where something else than text, a flag or a list of objects
//! stands, there is nothing. For fields whose vendors promise no type; never for ids.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// `#[serde(deserialize_with)]`: text, or nothing.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Loose(TextShape)).map(Option::flatten)
}

/// `#[serde(deserialize_with)]`: `true`, or anything else.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    deserializer.deserialize_any(Loose(FlagShape)).map(|flag| flag == Some(true))
}

/// `#[serde(deserialize_with)]`: the objects of an array, a lone object, or none.
pub(super) fn entries<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Loose(EntriesShape(PhantomData))).map(Option::unwrap_or_default)
}

/// What is wanted of a value; all else is passed over.
trait Shape<'de>: Sized {
    type Value;

    fn text(self, _: &str) -> Option<Self::Value> {
        None
    }

    fn flag(self, _: bool) -> Option<Self::Value> {
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Self::Value>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<Self::Value>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

struct TextShape;

impl Shape<'_> for TextShape {
    type Value = Option<String>;

    fn text(self, text: &str) -> Option<Option<String>> {
        Some((!text.is_empty()).then(|| text.to_owned()))
    }
}

struct FlagShape;

impl Shape<'_> for FlagShape {
    type Value = bool;

    fn flag(self, flag: bool) -> Option<bool> {
        Some(flag)
    }
}

struct EntriesShape<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Shape<'de> for EntriesShape<T> {
    type Value = Vec<T>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Vec<T>>, A::Error> {
        let mut entries = Vec::new();
        while let Some(Entry(entry)) = list.next_element()? {
            entries.extend(entry);
        }
        Ok(Some(entries))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Option<Vec<T>>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|entry| Some(vec![entry]))
    }
}

/// An object, or nothing.
pub(super) struct Entry<T>(pub(super) Option<T>);

/// The entries of an array: objects, and nothing where something else stands. What is no array has none.
pub(super) struct AllEntries<T>(pub(super) Vec<Option<T>>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for AllEntries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Loose(AllEntriesShape(PhantomData))).map(|all| Self(all.unwrap_or_default()))
    }
}

struct AllEntriesShape<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Shape<'de> for AllEntriesShape<T> {
    type Value = Vec<Option<T>>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Vec<Option<T>>>, A::Error> {
        let mut entries = Vec::new();
        while let Some(Entry(entry)) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Some(entries))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Loose(EntryShape(PhantomData))).map(Entry)
    }
}

struct EntryShape<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Shape<'de> for EntryShape<T> {
    type Value = T;

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

struct Loose<S>(S);

impl<'de, S: Shape<'de>> Visitor<'de> for Loose<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.text(text))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(self.0.flag(flag))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        self.0.object(object)
    }
}
