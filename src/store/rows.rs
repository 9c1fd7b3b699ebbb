//! Small conversions between columns and values.

use jiff::{Timestamp, Unit};
use rusqlite::types::Type;

/// A moment as stored: RFC 3339 in UTC with seconds, so that it sorts as text.
pub(super) fn stamp(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// A stored moment.
pub(super) fn moment(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    parsed(row.as_ref(), column, &row.get::<_, String>(column)?)
}

/// A stored moment that may be absent.
pub(super) fn moment_or_none(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<String>>(column)?.map(|text| parsed(row.as_ref(), column, &text)).transpose()
}

fn parsed(statement: &rusqlite::Statement<'_>, column: &str, text: &str) -> rusqlite::Result<Timestamp> {
    text.parse().map_err(|error: jiff::Error| {
        let index = statement.column_index(column).unwrap_or_default();
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into())
    })
}

/// A stored word that must be one of ours.
pub(super) fn word<T>(row: &rusqlite::Row<'_>, column: &str, parse: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("{column} is '{text}'").into()))
}
