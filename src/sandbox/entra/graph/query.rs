//! Query options: which are taken where, and what they say.

use super::errors;
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::wire::fields::{ELSEWHERE, UNSET};
use crate::sandbox::params::Params;

/// The options Graph knows; others are refused, unless they do not begin with a dollar.
const KNOWN: &[&str] = &[
    "$count",
    "$deltatoken",
    "$expand",
    "$filter",
    "$format",
    "$orderby",
    "$search",
    "$select",
    "$skip",
    "$skiptoken",
    "$top",
];

/// Refuses options that do not exist or are not among `taken`.
pub(super) fn check(params: &Params, taken: &[&str]) -> Result<(), Answer> {
    for (key, _) in params.pairs().filter(|(key, _)| key.starts_with('$')) {
        if !KNOWN.contains(&key) {
            return Err(errors::bad_request(&format!("Query option '{key}' was not recognized.")));
        }
        if !taken.contains(&key) {
            return Err(errors::unsupported(&format!("The query option '{key}' is not supported for this request.")));
        }
    }
    Ok(())
}

/// The properties named in `$select`; `None` without it.
pub(super) fn select(params: &Params, names: &[&str], kind: &str) -> Result<Option<u32>, Answer> {
    let Some(select) = params.get("$select") else { return Ok(None) };
    let mut bits = 0;
    for name in select.split(',').map(str::trim) {
        match names.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            Some(place) => bits |= 1 << place,
            None if UNSET.contains(&name) => {}
            None if ELSEWHERE.contains(&name) => {
                let words = format!("The property '{name}' is not available on collections.");
                return Err(errors::plain(501, None, Some(&words)));
            }
            None => {
                let words = format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                     'microsoft.graph.{kind}'."
                );
                return Err(errors::bad_request(&words));
            }
        }
    }
    Ok(Some(bits))
}

/// The page size.
pub(super) fn top(params: &Params) -> Result<usize, Answer> {
    match params.get("$top") {
        None => Ok(100),
        Some(text) => match text.parse() {
            Ok(count) if (1..=999).contains(&count) => Ok(count),
            _ => {
                let words = format!("Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.");
                Err(errors::unsupported(&words))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::entra::wire::fields::USER;

    #[test]
    fn options_and_properties_must_exist() {
        let params = |text: &str| Params::parse(text.as_bytes());
        assert!(check(&params("$select=id&api-version=x"), &["$select"]).is_ok());
        assert!(check(&params("$nonsense=1"), &["$select"]).is_err());
        assert!(check(&params("$orderby=id"), &["$select"]).is_err());
        assert_eq!(select(&params("$select=id,mail,city"), USER, "user").ok().unwrap(), Some(5));
        assert_eq!(select(&params("$select=nope"), USER, "user").err().unwrap().status, 400);
        assert_eq!(select(&params("$select=skills"), USER, "user").err().unwrap().status, 501);
        assert!(top(&params("$top=999")).is_ok_and(|top| top == 999));
        assert!(top(&params("$top=1000")).is_err() && top(&params("$top=0")).is_err());
    }
}
