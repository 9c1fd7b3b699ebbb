//! The grammar of filters (RFC 7644 §3.4.2.2) and of the paths of PATCH (§3.5.2), strict and as it is really written.
//! Recursion goes as deep as brackets do, which are counted.

use super::cursor::{Cursor, Unquoted, number};
use super::tree::{Filter, Literal, Operator, PatchPath};
use crate::scim::schema::{AttributePath, is_name};
use crate::scim::{Problem, ScimType};

/// Longest text that is read, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// Brackets that may be open at once.
const MAX_DEPTH: usize = 64;
/// Comparisons in one filter.
const MAX_TERMS: usize = 1_000;

/// How closely a text has to keep to the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// The grammar of RFC 7644; any white space for its one space, also within brackets.
    Strict,
    /// What clients send as well: values without quotes, no space where nothing is unclear, `$` in names, booleans in
    /// capitals, `emails[type eq "work"].value eq "x"`. Whatever is strict means the same here.
    Lenient,
}

/// Reads a filter.
///
/// # Errors
/// 400 `invalidFilter`, with the byte where something else was expected; also of a text that is too long, too deep or
/// has too many terms.
pub fn parse(text: &str, grammar: Grammar) -> Result<Filter, Problem> {
    let mut parser = Parser::new(text, grammar, "filter");
    if text.len() > MAX_LENGTH {
        return Err(parser.filter_problem(MAX_LENGTH, "at most 16 KiB"));
    }
    parser.cursor.space();
    let filter = parser.any(Place::Resource)?;
    match parser.cursor.peek() {
        None => Ok(filter),
        Some(_) => Err(parser.expected("'and', 'or' or the end")),
    }
}

/// Reads the path of a PATCH operation.
///
/// # Errors
/// 400 `invalidPath`; 400 `invalidFilter` where it is the filter in it that cannot be read. Both with the byte.
pub fn parse_path(text: &str, grammar: Grammar) -> Result<PatchPath, Problem> {
    let mut parser = Parser::new(text, grammar, "path");
    if text.len() > MAX_LENGTH {
        return Err(parser.path_problem(MAX_LENGTH, "at most 16 KiB"));
    }
    parser.cursor.space();
    let start = parser.cursor.at();
    let named = parser.attribute();
    // A strict reader has taken the word for an operator by now.
    let is_operator = grammar == Grammar::Strict && parser.is_word_not(start);
    let Some(attribute) = named.filter(|_| !is_operator) else {
        return Err(parser.path_problem(start, "the name of an attribute"));
    };
    parser.cursor.space();
    let mut path = PatchPath { attribute, filter: None, sub: None };
    if path.attribute.sub.is_none() && parser.cursor.peek() == Some('[') {
        path.filter = Some(parser.bracketed()?);
        parser.cursor.space();
        if parser.cursor.eat('.') {
            parser.cursor.space();
            let at = parser.cursor.at();
            let Some(sub) = parser.name() else { return Err(parser.path_problem(at, "the name of a sub-attribute")) };
            path.sub = Some(sub);
        }
    }
    parser.cursor.space();
    match parser.cursor.peek() {
        None => Ok(path),
        Some(_) => Err(parser.path_problem(parser.cursor.at(), "the end of the path")),
    }
}

/// Where a filter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Over a resource.
    Resource,
    /// In square brackets, over one value: no brackets of that kind within.
    Value,
}

struct Parser<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    grammar: Grammar,
    subject: &'static str,
    depth: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, grammar: Grammar, subject: &'static str) -> Self {
        // Space at the end is nothing; after a last `not` it would make an operator of a name.
        let text = text.trim_end();
        Self { text, cursor: Cursor::new(text), grammar, subject, depth: 0, terms: 0 }
    }

    /// Filters with `or` between them.
    fn any(&mut self, place: Place) -> Result<Filter, Problem> {
        let mut filters = vec![self.all(place)?];
        while self.joined_by("or") {
            filters.push(self.all(place)?);
        }
        Ok(Filter::any(filters))
    }

    /// Filters with `and` between them.
    fn all(&mut self, place: Place) -> Result<Filter, Problem> {
        let mut filters = vec![self.one(place)?];
        while self.joined_by("and") {
            filters.push(self.one(place)?);
        }
        Ok(Filter::all(filters))
    }

    /// A filter in brackets, with or without `not`, or what is said of one attribute.
    fn one(&mut self, place: Place) -> Result<Filter, Problem> {
        let start = self.cursor.at();
        if self.cursor.peek() == Some('(') {
            return self.grouped(place);
        }
        let named = self.attribute();
        if self.is_word_not(start) && self.begins_negation() {
            return Ok(Filter::Not(Box::new(self.grouped(place)?)));
        }
        let Some(path) = named else {
            return Err(self.filter_problem(start, "the name of an attribute, 'not' or '('"));
        };
        let spaced = self.cursor.space();
        if place == Place::Resource && self.cursor.peek() == Some('[') {
            let filter = self.bracketed()?;
            return self.after_value(path, filter);
        }
        self.condition(path, spaced)
    }

    fn grouped(&mut self, place: Place) -> Result<Filter, Problem> {
        self.open('(')?;
        let filter = self.any(place)?;
        self.close(')')?;
        Ok(filter)
    }

    fn bracketed(&mut self) -> Result<Filter, Problem> {
        self.open('[')?;
        let filter = self.any(Place::Value)?;
        self.close(']')?;
        Ok(filter)
    }

    fn open(&mut self, bracket: char) -> Result<(), Problem> {
        if self.depth == MAX_DEPTH {
            return Err(self.expected("at most 64 open brackets"));
        }
        if !self.cursor.eat(bracket) {
            return Err(self.expected("'('"));
        }
        self.depth += 1;
        self.cursor.space();
        Ok(())
    }

    fn close(&mut self, bracket: char) -> Result<(), Problem> {
        self.cursor.space();
        if !self.cursor.eat(bracket) {
            return Err(self.expected(if bracket == ')' { "'and', 'or' or ')'" } else { "'and', 'or' or ']'" }));
        }
        self.depth -= 1;
        Ok(())
    }

    /// `emails[type eq "work"]`, and what is asked of a part of that very value: `.value eq "x"`.
    fn after_value(&mut self, path: AttributePath, filter: Filter) -> Result<Filter, Problem> {
        let mut filters = vec![filter];
        if self.grammar == Grammar::Lenient && self.cursor.eat('.') {
            let at = self.cursor.at();
            let Some(name) = self.name() else { return Err(self.filter_problem(at, "the name of a sub-attribute")) };
            let spaced = self.cursor.space();
            filters.push(self.condition(AttributePath { urn: None, name, sub: None }, spaced)?);
        }
        Ok(Filter::Value(path, Box::new(Filter::all(filters))))
    }

    /// The operator and its value.
    fn condition(&mut self, path: AttributePath, spaced: bool) -> Result<Filter, Problem> {
        let start = self.cursor.at();
        if self.terms == MAX_TERMS {
            return Err(self.expected("at most 1,000 comparisons"));
        }
        self.terms += 1;
        let word = self.cursor.run(|char| char.is_ascii_alphabetic());
        if spaced && word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::of(word).filter(|_| spaced) else {
            return Err(self.filter_problem(start, "an operator (eq, ne, co, sw, ew, pr, gt, ge, lt or le)"));
        };
        let spaced = self.cursor.space();
        if !spaced && self.grammar == Grammar::Strict {
            return Err(self.expected("a space after the operator"));
        }
        Ok(Filter::Compare(path, operator, self.literal()?))
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        let start = self.cursor.at();
        if self.cursor.peek() == Some('"') {
            return match self.cursor.quoted() {
                Ok(text) => Ok(Literal::Text(text)),
                Err(Unquoted::Open) => Err(self.expected("a closing quote")),
                Err(Unquoted::NotJson) => Err(self.filter_problem(start, "a JSON string")),
            };
        }
        let word = self.cursor.run(|char| !char.is_whitespace() && !"()[]\"".contains(char));
        let lenient = self.grammar == Grammar::Lenient;
        match word {
            "null" => Ok(Literal::Null),
            "true" => Ok(Literal::Boolean(true)),
            "false" => Ok(Literal::Boolean(false)),
            _ if lenient && word.eq_ignore_ascii_case("true") => Ok(Literal::Boolean(true)),
            _ if lenient && word.eq_ignore_ascii_case("false") => Ok(Literal::Boolean(false)),
            _ => match number(word) {
                Some(number) => Ok(Literal::Number(number)),
                // A quote or a bracket within is a quoting gone wrong, and would be guessed at.
                None if lenient && !word.is_empty() && !self.cursor.peek().is_some_and(|it| "([\"".contains(it)) => {
                    Ok(Literal::Text(word.to_owned()))
                }
                None => Err(self.filter_problem(start, "a value: a JSON string, a number, true, false or null")),
            },
        }
    }

    /// The name of an attribute. The words for values are none where the standard is kept to.
    fn attribute(&mut self) -> Option<AttributePath> {
        let dollar = self.grammar == Grammar::Lenient;
        let word = self.cursor.run(|char| {
            char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | ':') || (dollar && char == '$')
        });
        AttributePath::read(word, dollar).filter(|_| dollar || !is_value(word))
    }

    fn name(&mut self) -> Option<String> {
        let dollar = self.grammar == Grammar::Lenient;
        let word =
            self.cursor.run(|char| char.is_ascii_alphanumeric() || "-_".contains(char) || (dollar && char == '$'));
        (is_name(word, dollar) && (dollar || !is_value(word))).then(|| word.to_owned())
    }

    /// Whether the word from `start` to here is `not`, and (to a strict reader) space makes it the operator.
    fn is_word_not(&self, start: usize) -> bool {
        let word = self.text.get(start..self.cursor.at()).unwrap_or_default();
        let spaced = || self.cursor.peek().is_some_and(char::is_whitespace);
        word.eq_ignore_ascii_case("not") && (self.grammar == Grammar::Lenient || spaced())
    }

    /// Passes the space after `not`. A lenient reader takes it for an attribute's name where no bracket follows.
    fn begins_negation(&mut self) -> bool {
        let at = self.cursor.at();
        self.cursor.space();
        let begins = self.grammar == Grammar::Strict || self.cursor.peek() == Some('(');
        if !begins {
            self.cursor.back_to(at);
        }
        begins
    }

    /// Passes `word` and the space around it, if it is next.
    fn joined_by(&mut self, word: &str) -> bool {
        let at = self.cursor.at();
        let before = self.cursor.space();
        let here = self.cursor.run(|char| char.is_ascii_alphanumeric() || "-_.:$".contains(char));
        let after = self.cursor.space();
        let spaced = before && after;
        let lenient = self.grammar == Grammar::Lenient;
        let joined = here.eq_ignore_ascii_case(word) && (spaced || lenient);
        if !joined {
            self.cursor.back_to(at);
        }
        joined
    }

    fn expected(&self, what: &str) -> Problem {
        self.filter_problem(self.cursor.at(), what)
    }

    fn filter_problem(&self, at: usize, what: &str) -> Problem {
        Problem::of(ScimType::InvalidFilter, format!("{}, byte {at}: expected {what}", self.subject))
    }

    fn path_problem(&self, at: usize, what: &str) -> Problem {
        Problem::of(ScimType::InvalidPath, format!("{}, byte {at}: expected {what}", self.subject))
    }
}

fn is_value(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
}
