//! What an answer means for the next attempt, and when that is. Pure: no clock, no network.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::model::Failure;

/// An answer to be judged.
#[derive(Debug)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Body, already decompressed.
    pub body: &'a [u8],
}

/// What a provider makes of an answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Passes by itself: try again until [`RetryPolicy::give_up_after`].
    Transient(Failure),
    /// Might pass: try again twice, not more.
    Doubtful(Failure),
    /// Too many requests: slow down and try again, honouring `Retry-After`.
    Throttled(Failure),
    /// The token was refused: get another one, once.
    Unauthorized(Failure),
    /// No use trying again.
    Final(Failure),
}

/// A provider's reading of its own error answers.
pub type Judge = fn(&Answer<'_>) -> Verdict;

/// How patient one request is.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// A request whose attempts have failed for this long is given up. Waiting as told does not count.
    pub give_up_after: Duration,
    /// First pause between attempts; it doubles.
    pub first_pause: Duration,
    /// Longest pause between attempts.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// 90 s in all, pauses of ½, 1, 2, 4, 8, 16, 16 … s, each up to doubled by chance
    /// (Google's recipe is 2ⁿ s plus up to a second; ours starts sooner because most faults pass at once).
    fn default() -> Self {
        Self {
            give_up_after: Duration::from_secs(90),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(16),
        }
    }
}

impl RetryPolicy {
    /// The pauses between attempts, without end.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        use backon::BackoffBuilder;
        backon::ExponentialBuilder::default()
            .with_min_delay(self.first_pause)
            .with_max_delay(self.longest_pause)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build()
    }
}

/// The wait an answer asks for: seconds or an HTTP date; at most ten minutes; `None` where it asks for none.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => seconds.max(0.0),
        Ok(_) => return None,
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            at.duration_since(now).as_secs_f64().max(0.0)
        }
    };
    Some(Duration::from_secs_f64(seconds.min(600.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_bounded() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("Tue, 24 Nov 2026 08:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(asked("Tue, 24 Nov 2026 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("999999"), Some(Duration::from_secs(600)));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("inf"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn pauses_grow_to_the_longest_and_never_end() {
        let pauses: Vec<_> = RetryPolicy::default().pauses().take(50).collect();
        assert_eq!(pauses.len(), 50);
        assert!(pauses[0] >= Duration::from_millis(500) && pauses[0] <= Duration::from_millis(1000));
        assert!(pauses[49] >= Duration::from_secs(16) && pauses[49] <= Duration::from_secs(32));
    }
}
