//! What identity providers really send.

use serde_json::json;

use super::help::{ENTERPRISE, LENIENT, STRICT, after, patched, refused};
use crate::scim::ScimType;

#[test]
fn entra_by_default() {
    let path = |rest: &str| format!("{ENTERPRISE}:{rest}");
    let manager = json!({ENTERPRISE: {"manager": {"value": "m1"}}});
    let table = [
        (
            json!({"active": true}),
            json!([{"op": "Replace", "path": "active", "value": "False"}]),
            json!({"active": false}),
        ),
        (
            json!({}),
            json!([{"op": "Add", "path": "emails[type eq \"work\"].value", "value": "a@x"}]),
            json!({"emails": [{"type": "work", "value": "a@x"}]}),
        ),
        (
            json!({}),
            json!([{"op": "Replace", "path": "emails[type eq \"work\"].Value", "value": "a@x"}]),
            json!({"emails": [{"type": "work", "value": "a@x"}]}),
        ),
        // Two paths into one value that is not there yet.
        (
            json!({}),
            json!([{"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Rome"},
            {"op": "Add", "path": "addresses[type eq \"work\"].Country", "value": "Italy"}]),
            json!({"addresses": [{"type": "work", "locality": "Rome", "country": "Italy"}]}),
        ),
        (
            json!({}),
            json!([{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "admin"}]),
            json!({"roles": [{"primary": true, "value": "admin"}]}),
        ),
        (
            json!({"roles": [{"value": "user", "primary": true}]}),
            json!([{"op": "Replace", "path": "roles[primary eq true].value", "value": "admin"}]),
            json!({"roles": [{"primary": true, "value": "admin"}]}),
        ),
        (
            json!({}),
            json!([{"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"1\"}", "primary": "True"}]}]),
            json!({"roles": [{"value": "{\"id\":\"1\"}", "primary": true}]}),
        ),
        (
            json!({"emails": [{"type": "work", "value": "a@x", "primary": true}]}),
            json!([{"op": "Replace", "path": "emails[primary eq true].value", "value": "true"}]),
            json!({"emails": [{"type": "work", "value": "true", "primary": true}]}),
        ),
        (
            json!({"emails": [{"type": "work", "value": "a@x"}]}),
            json!([{"op": "Remove", "path": "emails[type eq \"work\"].value"}]),
            json!({}),
        ),
        (json!({}), json!([{"op": "Add", "path": path("manager"), "value": "m1"}]), manager.clone()),
        (json!({}), json!([{"op": "Add", "path": "manager", "value": "m1"}]), manager.clone()),
        (
            json!({}),
            json!([{"op": "Add", "path": path("Manager"), "value": [{"$ref": "https://x/Users/m1", "value": "m1"}]}]),
            manager.clone(),
        ),
        (
            json!({ENTERPRISE: {"manager": {"value": "m0"}}}),
            json!([{"op": "Replace", "path": path("manager"), "value": "m1"}]),
            manager.clone(),
        ),
        (
            json!({ENTERPRISE: {"manager": {"value": "m0"}}}),
            json!([{"op": "Replace", "path": path("manager.value"), "value": "m1"}]),
            manager.clone(),
        ),
        (manager.clone(), json!([{"op": "Remove", "path": path("manager"), "value": "m1"}]), json!({})),
        (manager, json!([{"op": "Replace", "path": path("manager"), "value": null}]), json!({})),
        (
            json!({}),
            json!([{"op": "Add", "path": path("Department"), "value": "R&D"}]),
            json!({ENTERPRISE: {"department": "R&D"}}),
        ),
        (
            json!({}),
            json!([{"op": "Add", "path": "Name.Formatted", "value": "Ada L"}]),
            json!({"name": {"formatted": "Ada L"}}),
        ),
        (
            json!({}),
            json!([{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": " +1 (2) 3"}]),
            json!({"phoneNumbers": [{"type": "mobile", "value": " +1 (2) 3"}]}),
        ),
        (
            json!({}),
            json!([{"op": "Replace", "path": "emails[type eq \"work\" and primary eq true].value", "value": "a@x"}]),
            json!({"emails": [{"type": "work", "primary": true, "value": "a@x"}]}),
        ),
    ];
    for (before, operations, expected) in table {
        assert_eq!(after(before, operations.clone()), expected, "{operations}");
    }
}

#[test]
fn entra_with_its_own_feature_flag() {
    let value = json!({
        "active": false, "displayName": "Ada", "name.givenName": "A", "name.familyName": "L",
        "emails[type eq \"work\"].value": "a@x", "emails[type eq \"home\"].value": "b@x", "phoneNumbers[type eq \"work\"].primary": "true",
        format!("{ENTERPRISE}:department"): "R&D", format!("{ENTERPRISE}:manager"): "m1", "shoeSize": 4, "x[": 1, "externalId": "E2",
    });
    let before = json!({"emails": [{"type": "work", "value": "old", "primary": true}], "name": {"givenName": "Old"}});
    let expected = json!({
        "active": false, "displayName": "Ada", "name": {"givenName": "A", "familyName": "L"},
        "emails": [{"type": "work", "value": "a@x", "primary": true}, {"type": "home", "value": "b@x"}],
        "phoneNumbers": [{"type": "work", "primary": true}],
        ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}},
    });
    assert_eq!(after(before, json!([{"op": "replace", "value": value}])), expected);
}

#[test]
fn okta_onelogin_keycloak_and_the_others() {
    let two = json!({"emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "b@x"}]});
    let table = [
        (json!({"active": true}), json!([{"op": "replace", "value": {"active": false}}]), json!({"active": false})),
        (json!({"active": true}), json!([{"op": "replace", "value": {"active": "false"}}]), json!({"active": false})),
        (json!({"active": true}), json!({"op": "replace", "value": [{"active": false}]}), json!({"active": false})),
        (
            json!({}),
            json!([{"op": "replace", "value": {"id": "u1", "password": "p", "groups": [], "title": "x"}}]),
            json!({"title": "x"}),
        ),
        (json!({}), json!([{"op": "replace", "path": "", "value": {"title": "x"}}]), json!({"title": "x"})),
        (json!({}), json!([{"op": "add", "path": "emails", "value": "a@x"}]), json!({"emails": [{"value": "a@x"}]})),
        (
            json!({}),
            json!([{"op": "add", "path": "emails", "value": {"value": "a@x"}}]),
            json!({"emails": [{"value": "a@x"}]}),
        ),
        (
            two.clone(),
            json!([{"op": "remove", "path": "emails", "value": [{"value": "a@x"}]}]),
            json!({"emails": [{"type": "home", "value": "b@x"}]}),
        ),
        (
            two.clone(),
            json!([{"op": "remove", "path": "emails", "value": [{"value": "a@x", "type": "home"}]}]),
            two.clone(),
        ),
        (
            two.clone(),
            json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": "c@x"}]),
            json!({"emails": [{"type": "work", "value": "c@x"}, {"type": "home", "value": "b@x"}]}),
        ),
        (
            two.clone(),
            json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": [{"value": "c@x"}]}]),
            json!({"emails": [{"type": "work", "value": "c@x"}, {"type": "home", "value": "b@x"}]}),
        ),
        (
            two,
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": null}]),
            json!({"emails": [{"type": "home", "value": "b@x"}]}),
        ),
        (
            json!({}),
            json!([{"op": "replace", "value": {ENTERPRISE: {"department": "R&D", "manager": "m"}, "division": "D"}}]),
            json!({ENTERPRISE: {"department": "R&D", "division": "D", "manager": {"value": "m"}}}),
        ),
        (
            json!({ENTERPRISE: {"department": "R&D"}, "title": "x"}),
            json!([{"op": "replace", "value": {ENTERPRISE: null, "title": null}}]),
            json!({}),
        ),
        (
            json!({}),
            json!([{"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User": {"title": "x"}}}]),
            json!({"title": "x"}),
        ),
    ];
    for (before, operations, expected) in table {
        assert_eq!(after(before, operations.clone()), expected, "{operations}");
    }
}

#[test]
fn strict_takes_none_of_it() {
    let table = [
        (json!([{"op": "replace", "path": "active", "value": "False"}]), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "manager", "value": "m1"}]), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "emails", "value": {"value": "a@x"}}]), ScimType::InvalidValue),
        (json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@x"}]), ScimType::NoTarget),
        (json!([{"op": "replace", "value": {"groups": []}}]), ScimType::Mutability),
    ];
    for (operations, kind) in table {
        assert_eq!(refused(json!({}), operations.clone(), STRICT), kind, "{operations}");
    }
    let add = json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@x"}]);
    assert!(patched(json!({}), &add, STRICT).unwrap().changed);
    assert!(patched(json!({}), &json!([{"op": "replace", "value": {"id": "x"}}]), LENIENT).is_ok());
}
