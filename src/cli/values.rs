//! Values that several commands take: moments, our own words, integration names that complete themselves.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::engine::ArgValueCompleter;
use jiff::{SignedDuration, Span, Timestamp, civil, tz::TimeZone};

use super::completions;

/// A moment in the past: how long ago, or since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Since {
    Ago(SignedDuration),
    At(Timestamp),
}

impl Since {
    /// The moment, seen from `now`.
    pub(super) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::MIN),
            Self::At(at) => at,
        }
    }
}

/// `7d`, `12h`, `2026-11-01` (its beginning in UTC) or an RFC 3339 time.
pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Since::At(at));
    }
    if let Ok(at) = day(text) {
        return Ok(Since::At(at));
    }
    text.parse::<Span>()
        .ok()
        .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
        .filter(|duration| !duration.is_negative())
        .map(Since::Ago)
        .ok_or_else(|| "write 7d, 12h, 2026-11-01 or 2026-11-01T08:00:00Z".into())
}

/// The beginning in UTC of `2026-11-01`.
pub(super) fn day(text: &str) -> Result<Timestamp, String> {
    let date: civil::Date = text.parse().map_err(|_| "write a day like 2026-11-01".to_owned())?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|error| error.to_string())
}

/// `4h`, `90m`, `1d`: at least a minute; `manual` or `0` is never.
pub(super) fn interval(text: &str) -> Result<SignedDuration, String> {
    if matches!(text, "manual" | "0") {
        return Ok(SignedDuration::ZERO);
    }
    text.parse::<Span>()
        .ok()
        .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
        .filter(|duration| *duration >= SignedDuration::from_mins(1))
        .ok_or_else(|| "write 4h, 90m or 1d (at least a minute), or manual".into())
}

/// `90d`, `12h`: at least a minute.
pub(super) fn lifetime(text: &str) -> Result<SignedDuration, String> {
    span(text).filter(|duration| *duration >= SignedDuration::from_mins(1)).ok_or_else(|| "write 90d or 12h".into())
}

/// `24h`, `7d`, `0`.
pub(super) fn grace(text: &str) -> Result<SignedDuration, String> {
    let none = (text == "0").then_some(SignedDuration::ZERO);
    none.or_else(|| span(text)).filter(|it| !it.is_negative()).ok_or_else(|| "write 24h, 7d or 0".into())
}

/// A number of at least 1.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a number of at least 1 is needed".into())
}

/// An address that paths are put behind, without a slash at its end.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let url: url::Url = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !web || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("an address like https://dirsync.corp.example is needed".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn span(text: &str) -> Option<SignedDuration> {
    let span = text.parse::<Span>().ok()?;
    // A year is 365 days to whoever counts down to the end of one.
    let days = i64::from(span.get_years()) * 365 + i64::from(span.get_days());
    let span = span.try_years(0).ok()?.try_days(days).ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}

/// A parser for a closed set of words.
pub(super) fn word<T: Copy + Send + Sync + 'static>(
    all: impl IntoIterator<Item = T>,
    as_str: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let all: Vec<T> = all.into_iter().collect();
    let words: Vec<&'static str> = all.iter().copied().map(as_str).collect();
    PossibleValuesParser::new(words)
        .try_map(move |word| all.iter().copied().find(|it| as_str(*it) == word).ok_or("unknown word"))
}

/// Completes the names of integrations that can be synced.
pub(super) fn names_to_sync() -> ArgValueCompleter {
    ArgValueCompleter::new(completions::names_to_sync)
}

/// Completes the names of integrations.
pub(super) fn integration_names() -> ArgValueCompleter {
    ArgValueCompleter::new(completions::integration_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_can_be_written_in_four_ways() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for (text, at) in [
            ("7d", "2026-11-17T08:00:00Z"),
            ("2w", "2026-11-10T08:00:00Z"),
            ("12h", "2026-11-23T20:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T09:00:00+01:00", "2026-11-01T08:00:00Z"),
        ] {
            assert_eq!(since(text).unwrap().moment(now), at.parse().unwrap(), "{text}");
        }
        assert_eq!(lifetime("1y").unwrap(), SignedDuration::from_hours(365 * 24));
        assert_eq!(lifetime("90d").unwrap(), SignedDuration::from_hours(90 * 24));
        assert!(["0", "30s", "-1d", "x"].iter().all(|text| lifetime(text).is_err()));
        assert_eq!(
            (grace("0").unwrap(), grace("7d").unwrap()),
            (SignedDuration::ZERO, SignedDuration::from_hours(168))
        );
        assert!(grace("-1h").is_err() && grace("").is_err());
        assert_eq!(public_url("https://dirsync.corp.example/x/").unwrap(), "https://dirsync.corp.example/x");
        assert!(
            ["ftp://a.example", "https://", "https://a?b", "https://u@a", "a"].iter().all(|it| public_url(it).is_err())
        );
        assert!(since("yesterday").is_err());
        assert!(since("-7d").is_err());
    }
}
