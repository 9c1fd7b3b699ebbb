//! Moments of resources as stored: with milliseconds, so that they sort as text and are as fine as clients see them.

use jiff::Timestamp;

/// A moment as stored: RFC 3339 in UTC with milliseconds, never later than it was.
pub(in crate::store) fn fine_stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_cut_to_milliseconds_and_always_has_them() {
        for (at, text) in [
            ("2026-11-24T08:00:00Z", "2026-11-24T08:00:00.000Z"),
            ("2026-11-24T08:00:00.9999Z", "2026-11-24T08:00:00.999Z"),
            ("2026-11-24T08:00:00.05+01:00", "2026-11-24T07:00:00.050Z"),
        ] {
            assert_eq!(fine_stamp(at.parse().unwrap()), text);
        }
    }
}
