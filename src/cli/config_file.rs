//! Reading `config.toml`: flat keys with the line they stand on, nested tables flattened with `_`.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::CliError;

/// One setting of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `google_requests_per_minute`.
    pub(super) key: String,
    /// One value, or the entries of an array.
    pub(super) values: Vec<String>,
    /// Where it stands, counted from 1.
    pub(super) line: usize,
}

/// The settings in `path`; none if there is no such file.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(CliError::usage(format!("cannot read {}: {error}", path.display()))
                .hint("make it a file of UTF-8 text that you may read, or move it away to go without"));
        }
    };
    parse(&text).map_err(|(line, message)| wrong(path, line, &message))
}

/// An error in the file.
pub(super) fn wrong(path: &Path, line: usize, message: &str) -> CliError {
    CliError::usage(format!("{}, line {line}: {message}", path.display()))
}

type Problem = (usize, String);

fn parse(text: &str) -> Result<Vec<Entry>, Problem> {
    let line_of = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        (line, error.message().lines().next().unwrap_or("not TOML").to_owned())
    })?;
    let mut entries = Vec::new();
    flatten("", table.get_ref(), &line_of, &mut entries)?;
    Ok(entries)
}

fn flatten(
    prefix: &str,
    table: &DeTable<'_>,
    line_of: &dyn Fn(usize) -> usize,
    entries: &mut Vec<Entry>,
) -> Result<(), Problem> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}_{}", name.get_ref()) };
        let line = line_of(name.span().start);
        let values = match value.get_ref() {
            DeValue::Table(inner) => {
                flatten(&key, inner, line_of, entries)?;
                continue;
            }
            DeValue::Array(values) => values.iter().map(|value| scalar(value.get_ref())).collect::<Option<Vec<_>>>(),
            value => scalar(value).map(|value| vec![value]),
        };
        let values = values.ok_or_else(|| (line, format!("'{key}' has a value of no use here")))?;
        entries.push(Entry { key, values, line });
    }
    Ok(())
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_flattened_and_every_key_knows_its_line() {
        let text = "output = \"json\"\ncolumns = [\"a\", \"b\"]\n\n[google]\nrequests_per_minute = 2_400\n";
        let found = parse(text).unwrap();
        let plain: Vec<_> = found.iter().map(|it| (it.key.as_str(), it.values.join(","), it.line)).collect();
        for expected in [("output", "json", 1), ("columns", "a,b", 2), ("google_requests_per_minute", "2400", 5)] {
            assert!(plain.contains(&(expected.0, expected.1.to_owned(), expected.2)), "{plain:?}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_line() {
        assert_eq!(parse("a = 1\nb = \n").unwrap_err().0, 2);
        assert_eq!(parse("a = 1\n\nb = [[1]]\n").unwrap_err(), (3, "'b' has a value of no use here".into()));
    }
}
