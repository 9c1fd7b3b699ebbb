//! The members of a group.

use serde_json::json;

use super::help::{group, steps};
use crate::scim::ScimType;
use crate::scim::patch::MemberStep;
use crate::scim::resource::{MemberType, MemberValue};

fn members(ids: &[&str]) -> Vec<MemberValue> {
    ids.iter().map(|id| MemberValue { value: (*id).to_owned(), kind: None }).collect()
}

fn gone(ids: &[&str]) -> MemberStep {
    MemberStep::Remove(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[test]
fn members_come_and_go_in_steps() {
    let add = |ids: &[&str]| MemberStep::Add(members(ids));
    let table = [
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "a", "display": "A", "$ref": null}]}]),
            vec![add(&["a"])],
        ),
        (json!([{"op": "Add", "path": "members", "value": "a"}]), vec![add(&["a"])]),
        (json!([{"op": "add", "path": "members", "value": ["a", "b", "a"]}]), vec![add(&["a", "b"])]),
        (json!([{"op": "add", "path": "members", "value": {"value": "a"}}]), vec![add(&["a"])]),
        (json!([{"op": "add", "value": {"members": [{"value": "a"}]}}]), vec![add(&["a"])]),
        (json!([{"op": "add", "path": "members.value", "value": "a"}]), vec![add(&["a"])]),
        (json!([{"op": "add", "path": "members[value eq \"a\"]", "value": {"type": "User"}}]), vec![add(&["a"])]),
        (
            json!([{"op": "add", "path": "members", "value": []}, {"op": "remove", "path": "members", "value": []}]),
            vec![],
        ),
        (
            json!([{"op": "add", "path": "members", "value": ["a"]}, {"op": "add", "path": "members", "value": ["b"]}]),
            vec![add(&["a", "b"])],
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "add", "path": "members", "value": ["b"]}]),
            vec![gone(&["a"]), add(&["b"])],
        ),
        (json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]), vec![gone(&["a", "b"])]),
        (
            json!([{"op": "Remove", "path": "Members", "value": [{"$ref": null, "value": "a"}, {"value": "b"}]}]),
            vec![gone(&["a", "b"])],
        ),
        (json!([{"op": "remove", "path": "members", "value": "a"}]), vec![gone(&["a"])]),
        (json!([{"op": "remove", "path": "members"}]), vec![MemberStep::RemoveAll]),
        (json!([{"op": "remove", "path": "members", "value": null}]), vec![MemberStep::RemoveAll]),
        (json!([{"op": "replace", "path": "members", "value": []}]), vec![MemberStep::Replace(vec![])]),
        (json!([{"op": "replace", "path": "members", "value": ["a"]}]), vec![MemberStep::Replace(members(&["a"]))]),
        (
            json!([{"op": "replace", "value": {"members": [{"value": "a"}]}}]),
            vec![MemberStep::Replace(members(&["a"]))],
        ),
        (json!([{"op": "replace", "value": {"id": "g", "members": null, "displayName": "H"}}]), vec![]),
        (
            json!([{"op": "replace", "path": "members[value eq \"a\"]", "value": {"value": "b"}}]),
            vec![gone(&["a"]), add(&["b"])],
        ),
    ];
    for (operations, expected) in table {
        assert_eq!(steps(operations.clone()), Ok(expected), "{operations}");
    }
    let typed = steps(json!([{"op": "add", "path": "members", "value": [{"value": "a", "type": "group"}]}])).unwrap();
    assert_eq!(typed, [MemberStep::Add(vec![MemberValue { value: "a".into(), kind: Some(MemberType::Group) }])]);
    let some = steps(json!([{"op": "remove", "path": "members[type eq \"User\"]"}])).unwrap();
    assert!(matches!(some[..], [MemberStep::RemoveWhere(_)]));
}

#[test]
fn what_members_cannot_do() {
    let table = [
        (json!([{"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}]), ScimType::Mutability),
        (json!([{"op": "replace", "path": "members.display", "value": "b"}]), ScimType::Mutability),
        (json!([{"op": "remove", "path": "members.value"}]), ScimType::Mutability),
        (json!([{"op": "add", "path": "members[type eq \"User\"]", "value": {}}]), ScimType::NoTarget),
        (json!([{"op": "add", "path": "members", "value": [{"display": "A"}]}]), ScimType::InvalidValue),
        (json!([{"op": "remove", "path": "members", "value": [{}]}]), ScimType::InvalidValue),
        (json!([{"op": "remove", "path": "displayName"}]), ScimType::Mutability),
        (json!([{"op": "replace", "path": "displayName", "value": ""}]), ScimType::InvalidValue),
    ];
    for (operations, kind) in table {
        assert_eq!(group(operations.clone()).unwrap_err().kind, Some(kind), "{operations}");
    }
}

#[test]
fn a_group_is_renamed_in_every_dialect() {
    let table = [
        json!([{"op": "replace", "value": {"id": "abf4dd94-a4c0-4f67-89c9-76b03340cb9b", "displayName": "H"}}]),
        json!([{"op": "Replace", "path": "displayName", "value": "H"}]),
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "value": "H", "name": "x", "id": 7}]),
        json!({"OP": "replace", "VALUE": {"displayname": "H", "schemas": [], "meta": {}}}),
    ];
    for operations in table {
        let patched = group(operations.clone()).unwrap();
        assert_eq!((&patched.document["displayName"], patched.changed), (&json!("H"), true), "{operations}");
    }
}
