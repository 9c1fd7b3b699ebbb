//! Trouble that stands (a sign-in that died, a plan that waits, no network): told once a day where nobody watches, not at
//! every call. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Cadence, Standing, TroubleTold};

/// What keeps an integration from being well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot work until somebody does something about it.
    Standing(Standing),
    /// Removals wait for approval.
    Held,
    /// The network or the directory is away, for too long by now.
    Away,
    /// It fails.
    Failed,
    /// The secret store is absent or locked.
    SecretStore,
    /// Some records are set aside.
    Partial,
}

/// How many intervals without a complete fetch are too long.
pub const LONGEST_AWAY: i32 = 3;

impl Trouble {
    /// The stable word for the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standing(standing) => standing.as_str(),
            Self::Held => "held",
            Self::Away => "away",
            Self::Failed => "failed",
            Self::SecretStore => "secret_store",
            Self::Partial => "partial",
        }
    }

    /// Whether it is to be told at `now`: at once if it is another than was told last, else once a day.
    pub fn is_news(self, told: Option<&TroubleTold>, now: Timestamp) -> bool {
        const DAY: SignedDuration = SignedDuration::from_hours(24);
        match told {
            Some(told) if told.word == self.as_str() => told.at > now || now.duration_since(told.at) >= DAY,
            _ => true,
        }
    }
}

/// Whether trouble of this word is over as soon as it is not found any more; other trouble is over when a sync goes well.
pub fn ends_without_sync(word: &str) -> bool {
    word == Trouble::Held.as_str() || Standing::parse(word).is_some()
}

/// Whether a directory that cannot be reached has been out of reach for so long that it is worth a word: a machine that is
/// without a network now and then is not ill.
pub fn away_too_long(cadence: &Cadence, now: Timestamp) -> bool {
    let since = cadence.last_complete.unwrap_or(cadence.created_at);
    since > now || now.duration_since(since) > cadence.interval * LONGEST_AWAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_is_told_once_a_day_and_what_is_new_at_once() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let told = TroubleTold { word: "held".into(), at: at("2026-11-24T08:00:00Z") };
        assert!(Trouble::Held.is_news(None, at("2026-11-24T08:00:00Z")));
        assert!(!Trouble::Held.is_news(Some(&told), at("2026-11-25T07:59:59Z")));
        assert!(Trouble::Held.is_news(Some(&told), at("2026-11-25T08:00:00Z")));
        assert!(Trouble::Away.is_news(Some(&told), at("2026-11-24T08:15:00Z")));
        // A clock that was set back must not silence anything for years.
        assert!(Trouble::Held.is_news(Some(&told), at("2026-11-23T08:00:00Z")));
    }
}
