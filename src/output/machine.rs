//! The formats for programs: JSON, JSON lines, comma- and tab-separated values.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Cell, Column};
use crate::model::formula;

/// A record reduced to some columns, in their order.
pub(super) struct Selected<'a, T> {
    pub(super) columns: &'a [&'a Column<T>],
    pub(super) record: &'a T,
}

impl<T> Serialize for Selected<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for column in self.columns {
            map.serialize_entry(&column.key, &column.cell(self.record))?;
        }
        map.end()
    }
}

/// One line of tab-separated values.
pub(super) fn tab_separated<'a>(out: &mut impl Write, values: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.write_all(b"\t")?;
        }
        out.write_all(escaped(&value).as_bytes())?;
    }
    out.write_all(b"\n")
}

/// A value in which nothing can be taken for the end of a cell or line: `\t`, `\n`, `\r`, `\\`, as PostgreSQL's COPY.
fn escaped(value: &str) -> Cow<'_, str> {
    if !value.contains(['\t', '\n', '\r', '\\']) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len() + 4);
    for char in value.chars() {
        match char {
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' => text.push_str("\\\\"),
            char => text.push(char),
        }
    }
    Cow::Owned(text)
}

/// A value for comma-separated values; with `safe` none that a spreadsheet would run. Numbers and times are none of those.
pub(super) fn comma_separated(cell: &Cell<'_>, safe: bool) -> String {
    let text = cell.plain();
    let free = matches!(cell, Cell::Text(_) | Cell::Word(_) | Cell::List(_));
    let disarmed = if safe && free { formula::disarmed(&text) } else { None };
    disarmed.unwrap_or_else(|| text.into_owned())
}

/// A record's values for a text format.
pub(super) fn values<'a, T>(columns: &[&Column<T>], record: &'a T) -> Vec<Cell<'a>> {
    columns.iter().map(|column| column.cell(record)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_break_out_of_its_cell() {
        let mut out = Vec::new();
        tab_separated(&mut out, ["a\tb", "c\nd", "e\\", ""].into_iter().map(Cow::Borrowed)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\\tb\tc\\nd\te\\\\\t\n");
    }
}
