//! One value on its way out: what it is decides how a table, a text format or JSON shows it.

use std::borrow::Cow;

use anstyle::AnsiColor;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthChar;

use super::relative::{ago, thousands};

/// What joins the entries of a list in the text formats.
pub(super) const LIST_SEPARATOR: &str = ";";

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value: JSON null, otherwise nothing.
    Empty,
    /// Free text.
    Text(Cow<'a, str>),
    /// One of our own stable words (a status, an outcome …); coloured by what it means.
    Word(Cow<'a, str>),
    /// A whole number.
    Number(i64),
    /// A whole number that names something; its digits are never grouped.
    Id(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Flag(bool),
    /// A moment: relative in a table, RFC 3339 everywhere else.
    Time(Timestamp),
    /// A moment when something becomes due: as a time, but a table says `due` once it is past.
    Due(Timestamp),
    /// Several texts.
    List(&'a [String]),
}

impl<'a> Cell<'a> {
    /// A stable word.
    pub fn word(word: impl Into<Cow<'a, str>>) -> Self {
        Self::Word(word.into())
    }

    /// A moment that may be missing.
    pub fn time(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Empty, Self::Time)
    }

    /// For people at `now`: relative times, grouped digits, no control characters.
    pub(super) fn human(&self, now: Timestamp) -> String {
        match self {
            Self::Due(at) if *at <= now => "due".into(),
            Self::Time(at) | Self::Due(at) => ago(*at, now),
            Self::Number(number) => thousands(*number),
            Self::Flag(true) => "yes".into(),
            Self::Flag(false) => "no".into(),
            Self::List(list) => printable(&list.join(", ")),
            other => printable(&other.plain()),
        }
    }

    /// Complete and unadorned, for the text formats.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Word(text) => Cow::Borrowed(text),
            Self::Number(number) | Self::Id(number) => number.to_string().into(),
            Self::Float(number) => number.to_string().into(),
            Self::Flag(flag) => flag.to_string().into(),
            Self::Time(at) | Self::Due(at) => at.to_string().into(),
            Self::List(list) => list.join(LIST_SEPARATOR).into(),
        }
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty) || matches!(self, Self::List(list) if list.is_empty())
    }

    /// Whether a table may cut it; words, numbers and times are useless in part.
    pub(super) fn may_be_cut(&self) -> bool {
        matches!(self, Self::Text(_) | Self::List(_))
    }

    pub(super) fn color(&self) -> Option<AnsiColor> {
        let Self::Word(word) = self else { return None };
        match &**word {
            "active" | "connected" | "done" | "joined" | "returned" | "approved" | "added" | "assigned" => {
                Some(AnsiColor::Green)
            }
            "suspended" | "out_of_scope" | "missing" | "retained" | "partial" | "held" | "changed"
            | "consent_needed" | "waiting" | "kept" | "unassigned" => Some(AnsiColor::Yellow),
            "failed" | "left" | "blocked" | "misconfigured" | "sign_in_needed" | "rejected" => Some(AnsiColor::Red),
            "removed" | "discarded" | "replaced" => Some(AnsiColor::BrightBlack),
            _ => None,
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Text(text) | Self::Word(text) => serializer.serialize_str(text),
            Self::Number(number) | Self::Id(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Time(at) | Self::Due(at) => at.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a Option<String>> for Cell<'a> {
    fn from(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Self::Empty, Self::from)
    }
}

impl<'a> From<&'a Vec<String>> for Cell<'a> {
    fn from(list: &'a Vec<String>) -> Self {
        Self::List(list)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<i64>> for Cell<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

/// `text` without anything that could move a cursor or reorder a line: a directory's contents are strangers' words.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .filter_map(|char| match char {
            '\t' | '\n' | '\r' => Some(' '),
            char if char.is_control() => Some('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            char => Some(char),
        })
        .collect()
}

/// The number of terminal cells `text` takes.
pub(super) fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// `text` cut to `limit` terminal cells, with `…` where something is missing.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 1;
    for char in text.chars() {
        used += char.width().unwrap_or(0);
        if used > limit {
            break;
        }
        kept.push(char);
    }
    Cow::Owned(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_counts_terminal_cells_and_a_stranger_cannot_move_the_cursor() {
        assert_eq!(cut("maria", 5), "maria");
        assert_eq!(cut("maria", 4), "mar…");
        assert_eq!(cut("山田太郎", 8), "山田太郎");
        assert_eq!(cut("山田太郎", 6), "山田…");
        assert_eq!(cut("a b c", 3), "a…");
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb cd");
    }
}
