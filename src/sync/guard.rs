//! The guard: how many people one run may take away or suspend before an administrator has to agree. Pure.

use std::fmt;
use std::str::FromStr;

use crate::model::{Holds, Losses};

/// The limit on removals, and separately on suspensions, of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RemovalLimit {
    /// More than 10 % of the directory's people, and at least 5.
    #[default]
    Standard,
    /// More than this many people.
    People(u64),
    /// More than this share of the directory's people, in percent.
    Percent(f64),
}

/// A limit that is neither a number nor a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a number of people (20) nor a share of them (15%)")]
pub struct InvalidLimit(String);

impl RemovalLimit {
    /// Whether `number` out of `people` is too much to do without asking.
    pub fn exceeded(self, number: u64, people: u64) -> bool {
        let share = |percent: f64| number as f64 * 100.0 > people as f64 * percent;
        match self {
            Self::Standard => number >= 5 && share(10.0),
            Self::People(limit) => number > limit,
            Self::Percent(percent) => share(percent),
        }
    }

    /// Whether the administrator has said that everything may go.
    pub fn is_everything(self) -> bool {
        matches!(self, Self::Percent(percent) if percent >= 100.0)
    }
}

impl FromStr for RemovalLimit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let invalid = || InvalidLimit(text.to_owned());
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(invalid()),
            },
            None => text.parse().map(Self::People).map_err(|_| invalid()),
        }
    }
}

impl fmt::Display for RemovalLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => f.write_str("10 % of the people (at least 5)"),
            Self::People(limit) => write!(f, "{limit} people"),
            Self::Percent(percent) => write!(f, "{percent} % of the people"),
        }
    }
}

/// Judges `losses` by `limit`. Each kind is judged alone: a fault makes many of one kind.
pub fn judge(losses: Losses, limit: RemovalLimit) -> Holds {
    Holds {
        gone: limit.exceeded(losses.gone, losses.people),
        newly_absent: limit.exceeded(losses.newly_absent, losses.people),
        suspensions: limit.exceeded(losses.suspensions, losses.people),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_limit_is_a_tenth_and_at_least_five() {
        for (number, people, held) in
            [(4, 4, false), (5, 49, true), (5, 50, false), (10, 100, false), (11, 100, true), (0, 0, false)]
        {
            assert_eq!(RemovalLimit::Standard.exceeded(number, people), held, "{number} of {people}");
        }
    }

    #[test]
    fn a_limit_given_is_meant_to_the_letter() {
        let limit = |text: &str| text.parse::<RemovalLimit>().unwrap();
        assert!(limit("0").exceeded(1, 1000));
        assert!(!limit("20").exceeded(20, 21) && limit("20").exceeded(21, 1_000_000));
        assert!(limit("5%").exceeded(1, 10) && !limit("5%").exceeded(1, 20));
        assert!(!limit("100%").exceeded(7, 7) && limit("100%").is_everything() && !limit("99%").is_everything());
        for text in ["", "-1", "101%", "x", "NaN%", "5 people", "%"] {
            assert!(text.parse::<RemovalLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_of_losses_are_judged_one_by_one() {
        let losses = Losses { people: 100, gone: 10, newly_absent: 40, suspensions: 3 };
        assert_eq!(judge(losses, RemovalLimit::Standard), Holds { newly_absent: true, ..Holds::default() });
    }
}
