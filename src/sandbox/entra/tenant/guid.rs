//! Object ids: GUIDs that are kept as one number, from which the rest is derived.

use std::fmt;

use crate::sandbox::random::mix;

/// The id of an object; shown as a random (version 4) GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::sandbox::entra) struct Guid(u64);

impl Guid {
    /// The id that belongs to a number; different numbers have different ids, but for the four bits of the version.
    pub(in crate::sandbox::entra) fn new(number: u64) -> Self {
        Self(mix(number) & !0xF000 | 0x4000)
    }

    /// Reads an id; `None` when it is not one of ours.
    pub(in crate::sandbox::entra) fn parse(text: &str) -> Option<Self> {
        let hex: String = text.chars().filter(|letter| *letter != '-').collect();
        let id = Self(u64::from_str_radix(hex.get(..16)?, 16).ok()?);
        id.to_string().eq_ignore_ascii_case(text).then_some(id)
    }

    /// A number that is this id's own.
    pub(in crate::sandbox::entra) fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.0, mix(self.0) & !(0b11 << 62) | (0b10 << 62));
        let (a, b, c) = (high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF);
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
    }
}

/// The id of an object that is nowhere listed: a device, an object of another type, something long gone.
pub(in crate::sandbox::entra) fn ghost(kind: u64, index: u32) -> Guid {
    Guid::new(mix(kind ^ 0x6057) ^ u64::from(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        for number in 0..100 {
            let id = Guid::new(number);
            let text = id.to_string();
            assert_eq!((text.len(), &text[14..15]), (36, "4"), "{text}");
            assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
            assert_eq!(Guid::parse(&text.to_uppercase()), Some(id));
        }
        assert_eq!(Guid::parse("00000000-0000-4000-8000-000000000000"), None);
        assert_eq!(Guid::parse("admin@brightwater.example"), None);
    }
}
