//! The `query` parameter: clauses separated by spaces, all of which must hold; there is no OR.

use super::errors;
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::{Person, UNITS};

/// One clause: a field, `=` or `:`, a value (with `*` at its end: a prefix).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) field: String,
    pub(super) value: String,
    pub(super) prefix: bool,
}

/// Splits a query into clauses; quotes keep spaces together.
pub(super) fn parse(query: &str) -> Result<Vec<Clause>, Answer> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in query.chars() {
        let word = words.last_mut();
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => {
                if let Some(word) = word {
                    word.push(letter);
                }
            }
        }
    }
    if quote.is_some() {
        return Err(errors::invalid("Invalid Input: query"));
    }
    words.iter().filter(|word| !word.is_empty()).map(|word| clause(word)).collect()
}

fn clause(word: &str) -> Result<Clause, Answer> {
    let at = word.find([':', '=']).filter(|&at| at > 0 && at + 1 < word.len());
    let at = at.ok_or_else(|| errors::invalid("Invalid Input: query"))?;
    let (field, value) = (&word[..at], &word[at + 1..]);
    let (value, prefix) = match value.strip_suffix('*') {
        Some(value) if word.as_bytes()[at] == b':' => (value, true),
        _ => (value, false),
    };
    Ok(Clause { field: field.to_owned(), value: value.to_lowercase(), prefix })
}

impl Clause {
    /// Whether a text fits the value; `:` without a star fits whole words too.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        if self.prefix { text.starts_with(&self.value) } else { text == self.value }
    }

    fn flag(&self) -> Result<bool, Answer> {
        match self.value.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(errors::invalid("Invalid Input: query")),
        }
    }
}

/// Whether a person fits a clause.
pub(super) fn person_fits(clause: &Clause, person: &Person, admin: (bool, bool)) -> Result<bool, Answer> {
    let full = || format!("{} {}", person.given, person.family);
    Ok(match clause.field.to_ascii_lowercase().as_str() {
        "issuspended" => person.suspended.is_some() == clause.flag()?,
        "isarchived" => person.archived == clause.flag()?,
        "isguest" => person.guest == clause.flag()?,
        "isadmin" => admin.0 == clause.flag()?,
        "isdelegatedadmin" => admin.1 == clause.flag()?,
        "orgunitpath" => in_unit(clause, UNITS[usize::from(person.unit)].0)?,
        "email" => clause.fits(&person.email) || person.aliases().iter().any(|alias| clause.fits(alias)),
        "name" => clause.fits(person.given) || clause.fits(person.family) || clause.fits(&full()),
        "givenname" => clause.fits(person.given),
        "familyname" => clause.fits(person.family),
        "orgtitle" => clause.fits(person.title),
        "orgdepartment" => clause.fits(person.department),
        _ => return Err(errors::invalid("Invalid Input: query")),
    })
}

/// A unit's clause takes in all that is below it.
fn in_unit(clause: &Clause, unit: &str) -> Result<bool, Answer> {
    let wanted = clause.value.trim_end_matches('/');
    let exists = wanted.is_empty() || UNITS.iter().any(|(path, _)| path.to_lowercase() == wanted);
    if !exists || !clause.value.starts_with('/') {
        return Err(errors::invalid("Invalid Input: INVALID_OU_ID"));
    }
    let unit = unit.to_lowercase();
    Ok(unit.strip_prefix(wanted).is_some_and(|below| below.is_empty() || below.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_keeps_quoted_spaces() {
        let clauses = parse("isSuspended=false orgUnitPath='/Finance and Legal'  name:Ma*").ok().unwrap();
        let fields: Vec<_> = clauses.iter().map(|clause| (clause.field.as_str(), clause.value.as_str())).collect();
        assert_eq!(fields, [("isSuspended", "false"), ("orgUnitPath", "/finance and legal"), ("name", "ma")]);
        assert!(clauses[2].prefix && clauses[2].fits("Maria"));
        assert!(parse("orgUnitPath='/x").is_err() && parse("word").is_err() && parse("a=").is_err());
    }

    #[test]
    fn units_are_subtrees() {
        let clause = clause("orgUnitPath=/Staff").ok().unwrap();
        assert!(in_unit(&clause, "/Staff/Engineering/Platform").ok().unwrap());
        assert!(!in_unit(&clause, "/Staffing").ok().unwrap());
    }
}
