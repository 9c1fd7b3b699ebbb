//! RFC 7644 §3.5.2.1 to §3.5.2.3: every rule, and every example.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::help::{ENTERPRISE, LENIENT, STRICT, after, patched, refused};
use crate::scim::ScimType;
use crate::scim::patch::{self, Rules, UnknownPaths, parse};
use crate::scim::schema::USER;

fn emails() -> Value {
    json!({"emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "type": "home"}]})
}

#[test]
fn add() {
    let name = json!({"name": {"givenName": "Ada"}});
    let table = [
        (
            json!({}),
            json!([{"op": "add", "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}}]),
            json!({"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}),
        ),
        (json!({}), json!([{"op": "add", "path": "title", "value": "x"}]), json!({"title": "x"})),
        (json!({"title": "x"}), json!([{"op": "add", "path": "title", "value": "y"}]), json!({"title": "y"})),
        (
            name.clone(),
            json!([{"op": "add", "path": "name", "value": {"familyName": "L"}}]),
            json!({"name": {"givenName": "Ada", "familyName": "L"}}),
        ),
        (
            name,
            json!([{"op": "add", "path": "name.familyName", "value": "L"}]),
            json!({"name": {"givenName": "Ada", "familyName": "L"}}),
        ),
        (
            json!({}),
            json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "R&D"}]),
            json!({ENTERPRISE: {"department": "R&D"}}),
        ),
        (
            json!({}),
            json!([{"op": "add", "path": ENTERPRISE, "value": {"department": "R&D"}}]),
            json!({ENTERPRISE: {"department": "R&D"}}),
        ),
        // One main value at most: the new one.
        (
            emails(),
            json!([{"op": "add", "path": "emails", "value": [{"value": "c@x", "primary": true}]}]),
            json!({"emails": [{"value": "a@x", "type": "work", "primary": false}, {"value": "b@x", "type": "home"},
                {"value": "c@x", "primary": true}]}),
        ),
        (
            emails(),
            json!([{"op": "add", "path": "emails[type eq \"home\"].primary", "value": true}]),
            json!({"emails": [{"value": "a@x", "type": "work", "primary": false},
                {"value": "b@x", "type": "home", "primary": true}]}),
        ),
    ];
    for (before, operations, expected) in table {
        assert_eq!(after(before, operations.clone()), expected, "{operations}");
    }
}

#[test]
fn replace() {
    let addresses = json!({"addresses": [{"type": "work", "streetAddress": "old", "region": "CA"}, {"type": "home", "region": "NY"}]});
    let new = json!({"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood"});
    let table = [
        (
            addresses.clone(),
            json!([{"op": "replace", "path": "addresses[type eq \"work\"]", "value": new.clone()}]),
            json!({"addresses": [new, {"type": "home", "region": "NY"}]}),
        ),
        (
            addresses,
            json!([{"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"}]),
            json!({"addresses": [{"type": "work", "streetAddress": "1010 Broadway Ave", "region": "CA"}, {"type": "home", "region": "NY"}]}),
        ),
        (
            emails(),
            json!([{"op": "replace", "value": {"emails": [{"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}}]),
            json!({"emails": [{"value": "bjensen@example.com", "type": "work", "primary": true},
                {"value": "babs@jensen.org", "type": "home"}], "nickName": "Babs"}),
        ),
        (
            json!({"name": {"givenName": "Ada", "familyName": "L"}}),
            json!([{"op": "replace", "path": "name", "value": {"givenName": "A"}}]),
            json!({"name": {"givenName": "A", "familyName": "L"}}),
        ),
        (json!({}), json!([{"op": "replace", "path": "title", "value": "x"}]), json!({"title": "x"})),
        (json!({"title": "x"}), json!([{"op": "replace", "path": "title", "value": null}]), json!({})),
        (emails(), json!([{"op": "replace", "path": "emails", "value": []}]), json!({})),
        (
            emails(),
            json!([{"op": "replace", "path": "emails.type", "value": "other"}]),
            json!({"emails": [{"value": "a@x", "type": "other", "primary": true}, {"value": "b@x", "type": "other"}]}),
        ),
        (
            emails(),
            json!([{"op": "replace", "path": "emails[value eq \"b@x\"]", "value": {"primary": true}}]),
            json!({"emails": [{"value": "a@x", "type": "work", "primary": false}, {"value": "b@x", "primary": true}]}),
        ),
        (
            json!({ENTERPRISE: {"department": "A", "division": "B"}}),
            json!([{"op": "replace", "path": ENTERPRISE, "value": {"department": "C"}}]),
            json!({ENTERPRISE: {"department": "C", "division": "B"}}),
        ),
        (
            json!({ENTERPRISE: {"manager": {"value": "m1"}}}),
            json!([{"op": "replace", "path": "manager", "value": {"value": null}}]),
            json!({}),
        ),
    ];
    for (before, operations, expected) in table {
        assert_eq!(after(before, operations.clone()), expected, "{operations}");
    }
    let missing = json!([{"op": "replace", "path": "emails[type eq \"x\"].value", "value": "c@x"}]);
    assert_eq!(refused(emails(), missing, STRICT), ScimType::NoTarget);
}

#[test]
fn remove() {
    let table = [
        (json!({"title": "x"}), json!([{"op": "remove", "path": "title"}]), json!({})),
        (
            json!({}),
            json!([{"op": "remove", "path": "title"}, {"op": "remove", "path": "emails[type eq \"x\"]"}]),
            json!({}),
        ),
        (
            emails(),
            json!([{"op": "remove", "path": "emails[type eq \"work\" and value eq \"a@x\"]"}]),
            json!({"emails": [{"value": "b@x", "type": "home"}]}),
        ),
        (emails(), json!([{"op": "remove", "path": "emails[value co \"@x\"]"}]), json!({})),
        (emails(), json!([{"op": "remove", "path": "emails"}]), json!({})),
        (
            emails(),
            json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
            json!({"emails": [{"value": "a@x", "type": "work"}, {"value": "b@x", "type": "home"}]}),
        ),
        (json!({"name": {"givenName": "Ada"}}), json!([{"op": "remove", "path": "name.givenName"}]), json!({})),
        (
            json!({ENTERPRISE: {"department": "R&D"}}),
            json!([{"op": "remove", "path": format!("{ENTERPRISE}:department")}]),
            json!({}),
        ),
        (json!({ENTERPRISE: {"department": "R&D"}}), json!([{"op": "remove", "path": ENTERPRISE}]), json!({})),
        (
            json!({ENTERPRISE: {"manager": {"value": "m"}}}),
            json!([{"op": "remove", "path": format!("{ENTERPRISE}:manager.value")}]),
            json!({}),
        ),
        // Each operation sees what the one before left.
        (
            emails(),
            json!([{"op": "remove", "path": "emails"}, {"op": "add", "path": "emails", "value": [{"value": "c@x"}]}]),
            json!({"emails": [{"value": "c@x"}]}),
        ),
    ];
    for (before, operations, expected) in table {
        assert_eq!(after(before, operations.clone()), expected, "{operations}");
    }
}

#[test]
fn what_cannot_be_done_is_said_in_the_standards_words() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let table = [
        (json!([{"op": "remove"}]), NoTarget),
        (json!([{"op": "remove", "value": {"title": "x"}}]), NoTarget),
        (json!([{"op": "remove", "path": "userName"}]), Mutability),
        (json!([{"op": "remove", "path": "id"}]), Mutability),
        (json!([{"op": "replace", "path": "id", "value": "x"}]), Mutability),
        (json!([{"op": "replace", "path": "meta.version", "value": "x"}]), Mutability),
        (json!([{"op": "add", "path": "groups", "value": [{"value": "g"}]}]), Mutability),
        (json!([{"op": "add", "path": "groups.display", "value": "g"}]), Mutability),
        (json!([{"op": "replace", "path": "manager.displayName", "value": "x"}]), Mutability),
        (json!([{"op": "replace", "path": "manager.$ref", "value": "x"}]), Mutability),
        (json!([{"op": "replace", "path": "userName", "value": " "}]), InvalidValue),
        (json!([{"op": "replace", "path": "userName", "value": null}]), InvalidValue),
        (json!([{"op": "replace", "value": {"userName": ""}}]), InvalidValue),
        (json!([{"op": "replace", "path": "active", "value": "maybe"}]), InvalidValue),
        (json!([{"op": "replace", "path": "name", "value": {"givenName": {}}}]), InvalidValue),
        (json!([{"op": "replace", "path": "title"}]), InvalidValue),
        (json!([{"op": "replace"}]), InvalidValue),
        (json!([{"op": "replace", "value": "x"}]), InvalidValue),
        (json!([{"op": "add", "value": null}]), InvalidValue),
        (json!([{"op": "add", "path": ENTERPRISE, "value": "x"}]), InvalidValue),
        (json!([{"op": "add", "path": "emails[type co \"w\"].value", "value": "x"}]), NoTarget),
        (json!([{"op": "add", "path": "shoeSize", "value": 42}]), InvalidPath),
        (json!([{"op": "add", "path": "name.shoeSize", "value": 42}]), InvalidPath),
        (json!([{"op": "add", "path": "urn:x:2.0:User:title", "value": "x"}]), InvalidPath),
        (json!([{"op": "add", "path": 7, "value": "x"}]), InvalidPath),
        (json!([{"op": "add", "path": "emails[shoe eq \"x\"].value", "value": "x"}]), InvalidFilter),
        (json!([{"op": "move", "path": "title", "value": "x"}]), InvalidSyntax),
        (json!([{"path": "title", "value": "x"}]), InvalidSyntax),
        (json!([null]), InvalidSyntax),
        (json!([]), InvalidSyntax),
        (json!(null), InvalidSyntax),
    ];
    for (operations, kind) in table {
        assert_eq!(refused(json!({}), operations.clone(), LENIENT), kind, "{operations}");
    }
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({"schemas": ["urn:x"], "Operations": [{"op": "remove", "path": "title"}]}),
    ] {
        assert_eq!(parse(&body, &USER).unwrap_err().kind, Some(InvalidSyntax));
    }
    let problem = patched(
        json!({}),
        &json!([{"op": "add", "path": "title", "value": "x"}, {"op": "add", "path": "active", "value": "secret"}]),
        LENIENT,
    );
    assert_eq!(problem.unwrap_err().detail, "operation 2: active: true or false is wanted");
}

#[test]
fn there_are_bounds() {
    let many = |count| Value::from(vec![json!({"op": "add", "path": "title", "value": "x"}); count]);
    assert!(patched(json!({}), &many(1_000), LENIENT).is_ok());
    let problem = patched(json!({}), &many(1_001), LENIENT).unwrap_err();
    assert_eq!((problem.status, problem.kind, problem.detail.contains("1000")), (413, None, true));
    let values = |from: usize| (from..from + 1_500).map(|at| at.to_string()).collect::<Vec<_>>();
    let operations = json!([{"op": "add", "path": "roles", "value": values(0)}, {"op": "add", "path": "roles", "value": values(1_000)}]);
    assert_eq!(refused(json!({}), operations, LENIENT), ScimType::InvalidValue);
    let deep = (0..40).fold(json!("x"), |inner, _| json!([inner]));
    assert_eq!(
        refused(json!({}), json!([{"op": "add", "path": "title", "value": deep}]), LENIENT),
        ScimType::InvalidValue
    );
}

#[test]
fn what_changes_nothing_is_no_change() {
    let table = [
        json!([{"op": "add", "path": "emails", "value": [{"value": "a@x", "type": "work"}]}]),
        json!([{"op": "add", "path": "emails", "value": "b@x"}]),
        json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@x"}]),
        json!([{"op": "replace", "value": emails()}]),
        json!([{"op": "replace", "path": "externalId", "value": "E1"}]),
        json!([{"op": "replace", "path": "userName", "value": "ada"}]),
        json!([{"op": "add", "path": "title", "value": "x"}, {"op": "remove", "path": "title"}]),
        json!([{"op": "remove", "path": "emails", "value": []}, {"op": "add", "path": "emails", "value": null}]),
        json!([{"op": "add", "path": "password", "value": "x"}]),
        // Two values that come to be one.
        json!([{"op": "add", "path": "emails", "value": [{"value": "c@x", "type": "work"}]},
            {"op": "replace", "path": "emails[value eq \"c@x\"].value", "value": "a@x"}]),
    ];
    for operations in table {
        let patched = patched(emails(), &operations, LENIENT).unwrap();
        assert!(!patched.changed, "{operations}");
    }
    assert!(
        patched(emails(), &json!([{"op": "replace", "path": "externalId", "value": "E2"}]), LENIENT).unwrap().changed
    );
    let gone = patched(emails(), &json!([{"op": "remove", "path": "externalId"}]), LENIENT).unwrap();
    assert_eq!((gone.external_id, gone.changed), (None, true));
    let ignore = Rules { unknown_paths: UnknownPaths::Ignore, ..LENIENT };
    assert!(!patched(emails(), &json!([{"op": "add", "path": "shoeSize", "value": 42}]), ignore).unwrap().changed);
}

proptest! {
    #[test]
    fn nothing_a_client_sends_makes_a_document_that_is_none(
        operations in prop::collection::vec(
            (
                prop::sample::select(vec!["add", "Replace", "remove"]),
                prop::option::of(prop::sample::select(vec![
                    "emails", "emails.value", "emails[type eq \"work\"]", "emails[type eq \"home\"].value", "name", "name.givenName",
                    "active", "manager", "addresses[type eq \"work\"].locality", "emails[primary eq true].value", "members",
                    "members[value eq \"a\"]", "displayName", "externalId", "roles[value ne \"x\"].type", ENTERPRISE, "id", "x",
                ])),
                crate::scim::resource::tests::anything(),
            ),
            1..5,
        ),
    ) {
        let operations: Vec<Value> = operations
            .into_iter()
            .map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
            .collect();
        patch::fuzz(json!({"Operations": operations}).to_string().as_bytes());
    }

    #[test]
    fn any_json_is_a_patch_or_a_problem(body in crate::scim::resource::tests::anything()) {
        patch::fuzz(body.to_string().as_bytes());
        patch::fuzz(json!({"Operations": [{"op": "add", "value": body}]}).to_string().as_bytes());
    }

    #[test]
    fn to_replace_with_what_is_there_changes_nothing(body in crate::scim::resource::tests::anything()) {
        let mut body = body;
        if let Value::Object(object) = &mut body {
            object.insert("userName".into(), "ada".into());
            object.remove("schemas");
        }
        if let Ok(read) = crate::scim::resource::read(&body, &USER, LENIENT.strictness) {
            for op in ["add", "replace"] {
                let operations = json!([{"op": op, "value": read.document}]);
                let patched = patched(Value::Object(read.document.clone()), &operations, LENIENT).unwrap();
                prop_assert!(!patched.changed, "{} of {:?} made {:?}", op, read.document, patched.document);
            }
        }
    }
}
