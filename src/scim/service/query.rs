//! What a client asks of a listing, in the address or in the body of `.search` (RFC 7644 §3.4.2, §3.4.3; RFC 9865).

use serde_json::Value;

use super::target::Type;
use crate::scim::projection::Projection;
use crate::scim::{Problem, ScimType};

/// Resources on a page, unless the client says how many.
pub(in crate::scim) const DEFAULT_PAGE: u64 = 100;
/// Resources on a page at most; whoever asks for more gets as many and goes on.
pub(in crate::scim) const LARGEST_PAGE: u64 = 1000;

/// Bytes of a list of attributes at most; all that there are, with their schemas, are a quarter of it.
const LONGEST_NAMES: usize = 16 * 1024;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A listing as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) filter: Option<String>,
    pub(super) sort_by: Option<String>,
    pub(super) descending: bool,
    pub(super) attributes: Option<String>,
    pub(super) excluded: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    /// `Some("")` asks for the first page of a listing by cursor.
    pub(super) cursor: Option<String>,
}

impl Asked {
    /// Reads the query of an address. A parameter that does not concern us (`aadOptscim062020`) is nobody's mistake.
    ///
    /// # Errors
    /// A number is none.
    pub(super) fn of_address(query: Option<&str>) -> Result<Self, Problem> {
        let (mut asked, mut count) = (Self::default(), None);
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            match name.to_ascii_lowercase().as_str() {
                "filter" => asked.filter = Some(value),
                "sortby" => asked.sort_by = Some(value),
                "sortorder" => asked.descending = is_descending(&value)?,
                "attributes" => asked.attributes = Some(value),
                "excludedattributes" => asked.excluded = Some(value),
                "startindex" => asked.start_index = Some(number("startIndex", &value)?),
                "count" => count = Some(number("count", &value)),
                "cursor" => asked.cursor = Some(value),
                _ => {}
            }
        }
        asked.count = count.transpose().map_err(|problem| match asked.cursor {
            Some(_) => Problem::of(ScimType::InvalidCount, problem.detail),
            None => problem,
        })?;
        asked.without_blanks()
    }

    /// Reads the body of a `.search`.
    ///
    /// # Errors
    /// It is not a search, or holds the wrong type of value.
    pub(super) fn of_body(body: &Value) -> Result<Self, Problem> {
        let wrong = |name: &str| Problem::of(ScimType::InvalidValue, format!("{name} is of the wrong type"));
        let body = body.as_object().ok_or_else(|| Problem::of(ScimType::InvalidSyntax, "a search is a JSON object"))?;
        let mut asked = Self::default();
        for (name, value) in body {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong(name));
            let integer = || value.as_i64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| wrong(name));
            if value.is_null() {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "schemas" => {
                    let named = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    if !named.into_iter().any(|urn| urn.eq_ignore_ascii_case(SEARCH)) {
                        return Err(Problem::of(ScimType::InvalidSyntax, format!("schemas must name {SEARCH}")));
                    }
                }
                "filter" => asked.filter = Some(text()?),
                "sortby" => asked.sort_by = Some(text()?),
                "sortorder" => asked.descending = is_descending(&text()?)?,
                "attributes" => asked.attributes = Some(names(value).ok_or_else(|| wrong(name))?),
                "excludedattributes" => asked.excluded = Some(names(value).ok_or_else(|| wrong(name))?),
                "startindex" => asked.start_index = Some(integer()?),
                "count" => asked.count = Some(integer()?),
                "cursor" => asked.cursor = Some(text()?),
                _ => {}
            }
        }
        asked.without_blanks()
    }

    /// What is said with nothing after it is not said; a cursor with nothing in it is one.
    fn without_blanks(mut self) -> Result<Self, Problem> {
        for text in [&mut self.filter, &mut self.sort_by, &mut self.attributes, &mut self.excluded] {
            text.take_if(|text| text.trim().is_empty());
        }
        if [&self.attributes, &self.excluded].into_iter().flatten().any(|names| names.len() > LONGEST_NAMES) {
            return Err(Problem::of(ScimType::InvalidValue, "too many attributes are named"));
        }
        if self.cursor.is_some() && self.start_index.is_some() {
            return Err(Problem::of(ScimType::InvalidCursor, "a listing goes by cursor or by startIndex, not by both"));
        }
        if self.cursor.is_some() && self.count.is_some_and(|count| count < 0) {
            return Err(Problem::of(ScimType::InvalidCount, "count is negative"));
        }
        Ok(self)
    }

    /// What of each resource is wanted.
    pub(super) fn projection(&self, kind: Type) -> Projection {
        Projection::parse(self.attributes.as_deref(), self.excluded.as_deref(), kind.schema())
    }

    /// The first result wanted, counted from 1.
    pub(super) fn start(&self) -> u64 {
        self.start_index.map_or(1, |start| u64::try_from(start).unwrap_or(1).max(1))
    }

    /// How many are wanted at most.
    pub(super) fn count(&self) -> u64 {
        self.count.map_or(DEFAULT_PAGE, |count| u64::try_from(count).unwrap_or(0)).min(LARGEST_PAGE)
    }
}

fn number(name: &str, value: &str) -> Result<i64, Problem> {
    let digits = value.trim().strip_prefix(['-', '+']).unwrap_or(value.trim());
    match value.trim().parse() {
        Ok(number) => Ok(number),
        // A number that is only too large is as large as it gets.
        Err(_) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(if value.trim().starts_with('-') { i64::MIN } else { i64::MAX })
        }
        Err(_) => Err(Problem::of(ScimType::InvalidValue, format!("{name} is not a whole number"))),
    }
}

fn is_descending(value: &str) -> Result<bool, Problem> {
    match value.to_ascii_lowercase().as_str() {
        "descending" => Ok(true),
        "ascending" | "" => Ok(false),
        _ => Err(Problem::of(ScimType::InvalidValue, "sortOrder is 'ascending' or 'descending'")),
    }
}

/// Names of attributes, as an array or, as some send them, as in an address.
fn names(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(names) => names.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|names| names.join(",")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_taken_as_the_standard_takes_them() {
        for (query, start, count) in [
            ("", 1, DEFAULT_PAGE),
            ("startIndex=0&count=-5", 1, 0),
            ("startIndex=-3&count=0", 1, 0),
            ("startindex=101&COUNT=100", 101, 100),
            ("count=99999999999999999999999", 1, LARGEST_PAGE),
        ] {
            let asked = Asked::of_address(Some(query)).unwrap();
            assert_eq!((asked.start(), asked.count()), (start, count), "{query}");
        }
        assert_eq!(Asked::of_address(Some("count=ten")).unwrap_err().kind, Some(ScimType::InvalidValue));
    }

    #[test]
    fn a_plus_is_a_space_and_what_we_do_not_know_is_let_be() {
        let asked = Asked::of_address(Some("filter=userName+eq+%22a%2Bb%22&aadOptscim062020&attributes=")).unwrap();
        assert_eq!(asked.filter.as_deref(), Some("userName eq \"a+b\""));
        assert_eq!(asked.attributes, None);
    }

    #[test]
    fn a_search_says_the_same_in_its_body() {
        let body = json!({"schemas": [SEARCH], "attributes": ["userName", "name"], "sortBy": "userName",
            "sortOrder": "descending", "startIndex": 2, "count": 3, "filter": "title pr"});
        let query =
            "attributes=userName,name&sortBy=userName&sortOrder=descending&startIndex=2&count=3&filter=title+pr";
        assert_eq!(Asked::of_body(&body).unwrap(), Asked::of_address(Some(query)).unwrap());
        assert!(Asked::of_body(&json!({"schemas": ["urn:else"]})).is_err());
        assert!(Asked::of_body(&json!([])).is_err());
    }

    #[test]
    fn cursor_and_index_do_not_mix() {
        let kind = |query| Asked::of_address(Some(query)).unwrap_err().kind;
        assert_eq!(kind("cursor=&startIndex=1"), Some(ScimType::InvalidCursor));
        assert_eq!(kind("cursor=&count=-1"), Some(ScimType::InvalidCount));
        assert_eq!(kind("count=ten&cursor="), Some(ScimType::InvalidCount));
        assert_eq!(Asked::of_address(Some("cursor=")).unwrap().cursor.as_deref(), Some(""));
    }
}
