//! Values to stored text and back; a word that cannot be one of ours means a damaged database.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use rusqlite::Row;
use rusqlite::types::Type;

use crate::model::IntegrationId;

/// What a row mapper returns.
pub(super) type Mapped<T> = rusqlite::Result<T>;

fn damaged(what: &str, text: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("'{text}' is no {what}").into())
}

/// A moment as stored: RFC 3339 in UTC with whole seconds, never later than it was, so that it sorts as text.
pub(super) fn stamp(at: Timestamp) -> String {
    let whole = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    at.round(whole).unwrap_or(at).to_string()
}

/// A required moment.
pub(super) fn moment(row: &Row<'_>, column: &str) -> Mapped<Timestamp> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| damaged("time", &text))
}

/// A moment that may be missing.
pub(super) fn moment_if_any(row: &Row<'_>, column: &str) -> Mapped<Option<Timestamp>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| damaged("time", &text))).transpose()
}

/// A JSON array of texts.
pub(super) fn texts(row: &Row<'_>, column: &str) -> Mapped<Vec<String>> {
    let json: String = row.get(column)?;
    serde_json::from_str(&json).map_err(|_| damaged("list", &json))
}

/// One of our own words.
pub(super) fn word<T>(row: &Row<'_>, column: &str, parse: impl Fn(&str) -> Option<T>) -> Mapped<T> {
    let word: String = row.get(column)?;
    parse(&word).ok_or_else(|| damaged(column, &word))
}

/// The ids as a JSON array, to be one parameter of `IN (SELECT value FROM json_each(?))`.
pub(super) fn id_list(ids: &[IntegrationId]) -> String {
    serde_json::Value::from(ids.iter().map(|id| id.0).collect::<Vec<_>>()).to_string()
}

/// Patterns for `LIKE` that find `needle` anywhere. SQLite's `LIKE` knows case only in ASCII, so that the usual
/// spellings of other scripts are patterns of their own.
pub(super) fn patterns(needle: &str) -> String {
    let mut capitals = String::new();
    let mut first = true;
    for char in needle.to_lowercase().chars() {
        if first {
            capitals.extend(char.to_uppercase())
        } else {
            capitals.push(char)
        }
        first = !char.is_alphanumeric();
    }
    let mut spellings = vec![needle.to_owned(), needle.to_lowercase(), needle.to_uppercase(), capitals];
    spellings.sort();
    spellings.dedup();
    let patterns: Vec<String> = spellings.iter().map(|spelling| format!("%{}%", literal(spelling))).collect();
    serde_json::Value::from(patterns).to_string()
}

/// `text` with nothing that `LIKE … ESCAPE '\'` would take for a wildcard.
pub(super) fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
