//! Writes one JSON object property by property into a buffer. Rendering a million users through `serde_json::Value` would
//! cost more than everything else the sandbox does, so records are written straight.

use std::fmt::Display;
use std::io::Write as _;

use serde_json::{Map, Value};

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Manner {
    /// As lists do: what was never set is null.
    Listed,
    /// As delta does: what was never set is absent.
    Told,
}

/// An object under construction. Properties in `patch` are written as it says, which is how a record is made odd.
pub(in crate::sandbox::entra) struct Object<'a> {
    pub(in crate::sandbox::entra) out: &'a mut Vec<u8>,
    names: &'static [&'static str],
    wanted: u32,
    unset: u32,
    manner: Manner,
    patch: Option<&'a Map<String, Value>>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(in crate::sandbox::entra) fn open(
        out: &'a mut Vec<u8>,
        names: &'static [&'static str],
        (wanted, unset): (u32, u32),
        manner: Manner,
        patch: Option<&'a Map<String, Value>>,
    ) -> Self {
        out.push(b'{');
        Self { out, names, wanted, unset, manner, patch, empty: true }
    }

    /// Whether `bit` is still to be written, the buffer then standing where its value belongs.
    fn begins(&mut self, bit: u32) -> bool {
        if self.wanted & bit == 0 {
            return false;
        }
        let name = self.names[bit.trailing_zeros() as usize];
        if self.unset & bit != 0 {
            if self.manner == Manner::Listed {
                self.key(name);
                self.out.extend_from_slice(b"null");
            }
            return false;
        }
        if let Some(value) = self.patch.and_then(|patch| patch.get(name)) {
            self.key(name);
            json(self.out, value);
            return false;
        }
        self.key(name);
        true
    }

    pub(in crate::sandbox::entra) fn text(&mut self, bit: u32, value: &str) {
        if self.begins(bit) {
            json(self.out, value);
        }
    }

    /// A text without anything to escape.
    pub(in crate::sandbox::entra) fn plain(&mut self, bit: u32, value: impl Display) {
        if self.begins(bit) {
            quoted(self.out, value);
        }
    }

    pub(in crate::sandbox::entra) fn flag(&mut self, bit: u32, value: bool) {
        if self.begins(bit) {
            self.out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    pub(in crate::sandbox::entra) fn texts(&mut self, bit: u32, values: &[impl AsRef<str>]) {
        if self.begins(bit) {
            list(self.out, values, |out, value| json(out, value.as_ref()));
        }
    }

    /// A property that may never have been set (`None`) or been cleared (empty).
    pub(in crate::sandbox::entra) fn option(&mut self, bit: u32, value: Option<&str>) {
        match value {
            None => self.never(bit),
            Some("") => self.null(bit),
            Some(value) => self.text(bit, value),
        }
    }

    /// A property that was never set.
    pub(in crate::sandbox::entra) fn never(&mut self, bit: u32) {
        let name = self.names[bit.trailing_zeros() as usize];
        let patched = self.patch.is_some_and(|patch| patch.contains_key(name));
        if patched || self.manner == Manner::Listed {
            self.null(bit);
        }
    }

    /// A property that is null.
    pub(in crate::sandbox::entra) fn null(&mut self, bit: u32) {
        if self.begins(bit) {
            self.out.extend_from_slice(b"null");
        }
    }

    /// A key that is no property: an annotation, a relation.
    pub(in crate::sandbox::entra) fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Closes the object; properties that only the patch has come last.
    pub(in crate::sandbox::entra) fn close(mut self) {
        for (key, value) in self.patch.into_iter().flatten() {
            if !self.names.contains(&key.as_str()) {
                self.key(key);
                json(self.out, value);
            }
        }
        self.out.push(b'}');
    }
}

/// A list, item by item.
pub(in crate::sandbox::entra) fn list<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Something that needs no escaping, in quotes.
pub(in crate::sandbox::entra) fn quoted(out: &mut Vec<u8>, value: impl Display) {
    // Into memory, where it cannot fail.
    let _ = write!(out, "\"{value}\"");
}

/// Writes a value as JSON; into memory, where it cannot fail.
pub(in crate::sandbox::entra) fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}
