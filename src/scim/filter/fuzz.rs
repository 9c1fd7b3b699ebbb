//! The entries of the fuzz targets: any bytes, as a filter and as the path of a PATCH operation.

use serde_json::{Value, json};

use super::{Filter, Grammar, check, check_value, condition, matches, matches_value, parse, parse_path};
use crate::scim::Problem;
use crate::scim::schema::TYPES;

/// Reads `bytes` in both grammars and asks a resource. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// Reading or asking panics; the grammars disagree on what both take; what is printed does not read the same; what the
/// store is asked for leaves out a resource that matches.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lenient = parse(text, Grammar::Lenient);
    if let Ok(strict) = parse(text, Grammar::Strict) {
        assert_eq!(lenient.as_ref(), Ok(&strict));
        assert_eq!(parse(&strict.to_string(), Grammar::Strict), Ok(strict));
    }
    match lenient {
        Ok(filter) => {
            ask(&filter);
            reads_again(&filter);
        }
        Err(problem) => is_short(&problem),
    }
}

/// Reads `bytes` in both grammars as the path of a PATCH operation. For `fuzz/` and its kept corpus only.
///
/// # Panics
/// Reading panics; the grammars disagree on what both take; what is printed does not read the same.
#[doc(hidden)]
pub fn fuzz_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lenient = parse_path(text, Grammar::Lenient);
    if let Ok(strict) = parse_path(text, Grammar::Strict) {
        assert_eq!(lenient.as_ref(), Ok(&strict));
    }
    match lenient {
        Ok(path) => {
            let printed = path.to_string();
            if printed.len() <= 16 * 1024 {
                assert_eq!(parse_path(&printed, Grammar::Lenient), Ok(path));
            }
        }
        Err(problem) => is_short(&problem),
    }
}

fn is_short(problem: &Problem) {
    assert!(problem.status == 400 && problem.kind.is_some());
    assert!(problem.detail.len() < 400 && !problem.detail.contains('\n'), "{problem}");
}

/// Printing can make a text longer than any that is read: one that is escaped, brackets that were not needed.
fn reads_again(filter: &Filter) {
    let printed = filter.to_string();
    if printed.len() <= 16 * 1024 {
        assert_eq!(parse(&printed, Grammar::Lenient).as_ref(), Ok(filter));
    }
}

fn ask(filter: &Filter) {
    let mut document = document();
    for resource_type in TYPES {
        document["meta"]["resourceType"] = resource_type.name.into();
        if let Err(problem) = check(filter, resource_type) {
            is_short(&problem);
        }
        let narrowed = condition(filter, resource_type);
        let is_nothing = narrowed.condition == crate::store::ResourceCondition::Any(Vec::new());
        assert!(!is_nothing || !matches(filter, resource_type, &document));
        for attribute in resource_type.schema.attributes {
            drop(check_value(filter, attribute));
            matches_value(filter, attribute, &document["emails"][0]);
        }
    }
}

fn document() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "displayName": "Zoë",
        "active": true,
        "emails": [{ "value": "bjensen@example.com", "type": "work", "primary": true }, { "value": "b@example.org" }],
        "members": [{ "value": "26118915-6090-4610-87e4-49d8ca9f808d", "type": "User" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": { "value": "x" } },
        "meta": { "resourceType": "User", "created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34Z" },
    })
}
