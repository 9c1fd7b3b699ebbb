//! The values of a device's fields: every way to write one becomes its one canonical spelling.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::serial::is_null;
use crate::model::DeviceField;

/// The longest a value may be, in characters.
const LONGEST: usize = 1000;

/// The canonical spelling of a field's value; `None`: it is to be cleared (nothing, or `null`).
///
/// # Errors
/// It cannot be one; the reason.
pub fn canonical(field: DeviceField, text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.is_empty() || is_null(text) {
        return Ok(None);
    }
    let wrong = |what: &str| format!("{} '{}' {what}", field.as_str(), shortened(text));
    if text.chars().count() > LONGEST {
        return Err(wrong("is longer than 1000 characters"));
    }
    if text.contains('\0') {
        return Err(wrong("has a NUL character in it"));
    }
    match field {
        DeviceField::Shared => {
            let shared = truth(text).ok_or_else(|| wrong("is neither true nor false"))?;
            Ok(Some(if shared { "true" } else { "false" }.to_owned()))
        }
        DeviceField::Tags => {
            let mut tags: Vec<&str> = text.split([';', ',']).map(str::trim).filter(|tag| !tag.is_empty()).collect();
            tags.sort_unstable();
            tags.dedup();
            Ok((!tags.is_empty()).then(|| tags.join(";")))
        }
        DeviceField::EnrolledAt | DeviceField::LastSeenAt => {
            moment(text).map(Some).ok_or_else(|| wrong("is no time; write 2026-11-24T08:00:00Z or 2026-11-24"))
        }
        _ => Ok(Some(text.to_owned())),
    }
}

/// A yes or no in any of the usual words.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" => Some(true),
        "false" | "no" | "off" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// A moment as stored: RFC 3339 in UTC with whole seconds. A date is its beginning, a time without a zone is UTC.
pub fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let in_utc = |at: civil::DateTime| TimeZone::UTC.to_timestamp(at).ok();
    let at = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<civil::DateTime>().ok().and_then(in_utc))
        .or_else(|| text.parse::<civil::Date>().ok().and_then(|date| in_utc(date.at(0, 0, 0, 0))))?;
    (at >= Timestamp::UNIX_EPOCH).then(|| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// How far the clock of whoever tells something may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The latest moment that may be told at `now`, as stored: what is dated later would be the newest of all for ever.
pub fn latest(now: Timestamp) -> String {
    now.checked_add(AHEAD).unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// So much of a value as an error message bears.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN { text.to_owned() } else { text.chars().take(SHOWN).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_becomes_one() {
        use DeviceField::{EnrolledAt, Name, Shared, Tags};
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(canonical(Name, "  Ada's \"Mac\"\n2 "), some("Ada's \"Mac\"\n2"));
        assert_eq!(canonical(Name, " Null "), Ok(None));
        assert_eq!(canonical(Tags, "b; a ,b,,c"), some("a;b;c"));
        assert_eq!(canonical(Tags, ";,"), Ok(None));
        assert_eq!(canonical(Shared, "Yes"), some("true"));
        assert_eq!(canonical(EnrolledAt, "2026-11-24"), some("2026-11-24T00:00:00Z"));
        assert_eq!(canonical(EnrolledAt, "2026-11-24 08:15:30.1234567"), some("2026-11-24T08:15:30Z"));
        assert_eq!(canonical(EnrolledAt, "2026-11-24T09:15:30+01:00"), some("2026-11-24T08:15:30Z"));
        assert!(canonical(EnrolledAt, "24/11/2026").unwrap_err().contains("is no time"));
        assert!(canonical(Shared, "perhaps").is_err());
        assert!(canonical(Name, &"x".repeat(1001)).is_err());
        assert!(canonical(Name, "a\0b").is_err());
    }

    #[test]
    fn what_is_canonical_stays() {
        for (field, text) in [(DeviceField::Tags, "a;b"), (DeviceField::LastSeenAt, "2026-11-24T08:15:30Z")] {
            assert_eq!(canonical(field, text), Ok(Some(text.to_owned())));
        }
    }
}
