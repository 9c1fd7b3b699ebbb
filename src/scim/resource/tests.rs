//! What clients really send, and what becomes of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::scim::schema::{GROUP, USER};
use crate::scim::{Problem, ScimType};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn user(body: Value) -> Result<Incoming, Problem> {
    read(&body, &USER, Strictness::Lenient)
}

/// The document of a user of whom this is said besides the name.
fn with(mut body: Value) -> Value {
    body["userName"] = json!("ada");
    let mut document = user(body).unwrap().document;
    assert_eq!(document.remove("userName"), Some(json!("ada")));
    Value::Object(document)
}

fn refused(problem: Result<Incoming, Problem>) -> (ScimType, String) {
    let problem = problem.unwrap_err();
    assert_eq!(problem.status, 400);
    (problem.kind.unwrap(), problem.detail)
}

#[test]
fn what_clients_send_becomes_the_canonical_document() {
    let department = json!({ENTERPRISE: {"department": "R&D"}});
    let manager = json!({ENTERPRISE: {"manager": {"value": "m1"}}});
    let name = json!({"name": {"givenName": "Ada", "familyName": "L"}});
    let table = [
        (json!({"DISPLAYNAME": "Ada", "Title": "x"}), json!({"displayName": "Ada", "title": "x"})),
        (json!({"name.givenName": "Ada", "name": {"familyName": "L"}}), name.clone()),
        (json!({"Name": {"GivenName": "Ada"}, "name.familyName": "L"}), name),
        (json!({format!("{ENTERPRISE}:department"): "R&D"}), department.clone()),
        (json!({format!("{CORE}:title"): "x"}), json!({"title": "x"})),
        (json!({CORE: {"title": "x"}}), json!({"title": "x"})),
        (json!({"schemas": [CORE], ENTERPRISE: {"Department": "R&D"}}), department.clone()),
        (json!({ENTERPRISE.to_uppercase(): {"department": "R&D"}}), department.clone()),
        (json!({"department": "R&D", "manager": null}), department),
        (json!({"manager": "m1"}), manager.clone()),
        (json!({ENTERPRISE: {"manager": "m1"}}), manager.clone()),
        (
            json!({ENTERPRISE: {"manager": [{"value": "m1", "$ref": "../Users/m1", "displayName": "M"}]}}),
            manager.clone(),
        ),
        (json!({ENTERPRISE: {"manager": {"$ref": "https://x/v2/Users/m1"}}}), manager.clone()),
        (json!({format!("{ENTERPRISE}:manager.value"): "m1"}), manager),
        (json!({ENTERPRISE: {"manager": {"managerId": "7"}}}), json!({})),
        (json!({ENTERPRISE: null, "addresses": null, "roles": [], "emails": [null], "name": {}}), json!({})),
        (json!({"active": "True"}), json!({"active": true})),
        (json!({"active": "false"}), json!({"active": false})),
        (json!({"employeeNumber": 701_984}), json!({ENTERPRISE: {"employeeNumber": "701984"}})),
        (json!({"emails": {"value": "a@x"}}), json!({"emails": [{"value": "a@x"}]})),
        (json!({"emails": "a@x"}), json!({"emails": [{"value": "a@x"}]})),
        (json!({"emails": ["a@x", "b@x"]}), json!({"emails": [{"value": "a@x"}, {"value": "b@x"}]})),
        (
            json!({"emails": [{"Value": "a@x", "Primary": "true"}]}),
            json!({"emails": [{"value": "a@x", "primary": true}]}),
        ),
        (json!({"name": "Ada L"}), json!({"name": {"formatted": "Ada L"}})),
        (json!({"addresses": ["x\ny"]}), json!({"addresses": [{"formatted": "x\ny"}]})),
        (json!({"phoneNumbers": [{"value": " (0)1 23 "}]}), json!({"phoneNumbers": [{"value": " (0)1 23 "}]})),
        (json!({"roles": [{"value": "{\"id\":\"1\"}"}]}), json!({"roles": [{"value": "{\"id\":\"1\"}"}]})),
        (json!({"shoeSize": 42, "urn:x:y": {"a": 1}, "title.x": 1, "a b": 0, "": 1, ":": 2, ".": 3}), json!({})),
        (json!({"id": "x", "meta": {"version": 1}, "groups": [{"value": "g"}], "password": "p"}), json!({})),
        (json!({"title": ["x"]}), json!({"title": "x"})),
    ];
    for (said, read) in table {
        assert_eq!(with(said.clone()), read, "{said}");
    }
}

#[test]
fn the_same_value_comes_once_and_one_value_is_the_main_one() {
    let said = json!({"emails": [
        {"value": "a@x", "type": "work"}, {"value": "a@x", "type": "Work", "primary": true}, {"value": "b@x", "type": "work"},
        {"value": "b@x", "type": "home", "primary": true}]});
    let kept = json!({"emails": [
        {"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "type": "work"},
        {"value": "b@x", "type": "home", "primary": false}]});
    assert_eq!(with(said.clone()), kept);
    let mut strict = said;
    strict["userName"] = json!("ada");
    let (kind, detail) = refused(read(&strict, &USER, Strictness::Strict));
    assert_eq!((kind, detail.as_str()), (ScimType::InvalidValue, "emails: one value at most can be primary"));
    let addresses = json!({"addresses": [{"locality": "Rome"}, {"locality": "Rome"}, {"locality": "Oslo"}]});
    assert_eq!(with(addresses), json!({"addresses": [{"locality": "Rome"}, {"locality": "Oslo"}]}));
}

#[test]
fn what_is_wrong_is_said_by_name_and_never_by_value() {
    let long = "x".repeat(64 * 1024 + 1);
    let table = [
        json!({"userName": {"secret": 1}}),
        json!({"userName": ["secret", "b"]}),
        json!({"userName": null}),
        json!({}),
        json!({"userName": ""}),
        json!({"userName": " \t"}),
        json!({"userName": "ada", "active": "secret"}),
        json!({"userName": "ada", "active": 1}),
        json!({"userName": "ada", "emails": [["secret", "b"]]}),
        json!({"userName": "ada", "emails": [{"value": {"secret": 1}}]}),
        json!({"userName": "ada", "emails": [{"value": "a", "primary": "secret"}]}),
        json!({"userName": "ada", "manager": ["secret", "b"]}),
        json!({"userName": "ada", ENTERPRISE: "secret"}),
        json!({"userName": "ada\u{0}secret"}),
        json!({"userName": "ada", "title": long}),
        json!({"userName": "ada", "entitlements": vec!["secret"; 2_001]}),
    ];
    for said in table {
        let (kind, detail) = refused(user(said.clone()));
        assert_eq!(kind, ScimType::InvalidValue, "{detail}");
        assert!(!detail.contains("secret") && detail.contains(':'), "{detail}");
    }
    let large = vec!["x".repeat(60_000); 20];
    let large: Vec<Value> = large.iter().enumerate().map(|(at, text)| json!(format!("{at}{text}"))).collect();
    assert_eq!(refused(user(json!({"userName": "ada", "entitlements": large}))).0, ScimType::InvalidValue);
    for said in [json!(null), json!([]), json!("x"), json!(7)] {
        assert_eq!(refused(user(said)).0, ScimType::InvalidSyntax);
    }
}

#[test]
fn schemas_may_be_missing_or_more_but_not_those_of_something_else() {
    let said = |schemas: Value| user(json!({"schemas": schemas, "userName": "ada"}));
    for good in
        [json!(null), json!([]), json!([CORE]), json!(CORE), json!([ENTERPRISE]), json!([CORE, "urn:x:2.0:Group"])]
    {
        assert!(said(good.clone()).is_ok(), "{good}");
    }
    let group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    for bad in
        [json!([group]), json!(["urn:x"]), json!([ENTERPRISE, group]), json!([7]), json!({}), json!([CORE, null])]
    {
        assert_eq!(refused(said(bad)).0, ScimType::InvalidSyntax);
    }
}

#[test]
fn strict_reads_what_the_schema_says() {
    let strict = |mut body: Value| {
        body["userName"] = json!("ada");
        read(&body, &USER, Strictness::Strict)
    };
    let bad = [
        json!({"active": "true"}),
        json!({"emails": {"value": "a"}}),
        json!({"emails": ["a"]}),
        json!({ENTERPRISE: {"manager": "m"}}),
        json!({"title": 7}),
        json!({"title": ["x"]}),
        json!({"profileUrl": "a b"}),
        json!({"x509Certificates": [{"value": "%"}]}),
    ];
    for body in bad {
        assert_eq!(refused(strict(body)).0, ScimType::InvalidValue);
    }
    let good = json!({"Active": true, "emails": [{"value": "a"}], "profileUrl": "https://x/y", "manager": {"value": "m"},
        "title": null, "x509Certificates": [{"value": "TQ=="}]});
    assert!(strict(good).is_ok());
}

#[test]
fn ids_and_passwords_are_beside_the_document() {
    let said = user(json!({"userName": "ada", "externalId": "E1", "password": "x"})).unwrap();
    assert_eq!((said.external_id.as_deref(), said.password_was_sent, said.members), (Some("E1"), true, None));
    let said = user(json!({"userName": "ada", "externalId": "", "password": null})).unwrap();
    assert_eq!((said.external_id, said.password_was_sent), (None, false));
    assert_eq!(user(json!({"userName": "ada", "externalId": 7})).unwrap().external_id.as_deref(), Some("7"));
}

#[test]
fn members_are_objects_or_ids_each_once() {
    let group = |members: Value| read(&json!({"displayName": "G", "members": members}), &GROUP, Strictness::Lenient);
    let names = |members: Value| -> Vec<(String, Option<MemberType>)> {
        group(members).unwrap().members.unwrap().into_iter().map(|it| (it.value, it.kind)).collect()
    };
    let one = |kind| vec![("a".to_owned(), kind)];
    assert_eq!(names(json!(["a", "a", {"value": "a"}])), one(None));
    assert_eq!(names(json!("a")), one(None));
    assert_eq!(names(json!({"Value": "a", "type": "user", "$ref": null, "display": "A"})), one(Some(MemberType::User)));
    assert_eq!(names(json!([{"value": "a", "$ref": "https://x/v2/Groups/a"}])), one(Some(MemberType::Group)));
    assert_eq!(names(json!([{"value": "a", "type": "Device"}])), one(None));
    assert_eq!(names(json!([])), []);
    assert_eq!(group(json!(null)).unwrap().members, None);
    for bad in
        [json!([{}]), json!([{"value": ""}]), json!([{"$ref": "x"}]), json!([{"value": null}]), json!([["a", "b"]])]
    {
        assert_eq!(refused(group(bad)).0, ScimType::InvalidValue);
    }
    assert_eq!(refused(read(&json!({"members": []}), &GROUP, Strictness::Lenient)).0, ScimType::InvalidValue);
    let adscim = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let entra = json!({"schemas": [GROUP.schema.id, adscim], "displayName": "G", "externalId": "E"});
    assert!(read(&entra, &GROUP, Strictness::Lenient).is_ok());
}

#[test]
fn a_resource_is_sent_with_what_the_server_knows() {
    let said = user(json!({"userName": "ada", "externalId": "E1", "manager": "m1"})).unwrap();
    let stored = Stored {
        id: "u1".into(),
        external_id: said.external_id,
        document: said.document,
        created: "2026-01-02T03:04:05Z".parse().unwrap(),
        modified: "2026-01-02T03:04:05.6789Z".parse().unwrap(),
        version: "W/\"3\"".into(),
        location: "https://x/v2/Users/u1".into(),
    };
    let group = GroupRef { value: "g1".into(), location: "https://x/v2/Groups/g1".into(), display: None };
    let related = Related { groups: vec![group], members: vec![] };
    let sent = json!({
        "schemas": [CORE, ENTERPRISE], "id": "u1", "externalId": "E1", "userName": "ada",
        ENTERPRISE: {"manager": {"value": "m1"}},
        "groups": [{"value": "g1", "$ref": "https://x/v2/Groups/g1", "type": "direct"}],
        "meta": {"resourceType": "User", "created": "2026-01-02T03:04:05.000Z", "lastModified": "2026-01-02T03:04:05.678Z",
            "location": "https://x/v2/Users/u1", "version": "W/\"3\""}
    });
    assert_eq!(Value::Object(render(stored.clone(), &USER, related)), sent);
    let bare = Value::Object(render(Stored { document: said_group(), ..stored }, &GROUP, Related::default()));
    assert_eq!((&bare["schemas"], bare.get("members")), (&json!([GROUP.schema.id]), None));
}

fn said_group() -> serde_json::Map<String, Value> {
    read(&json!({"displayName": "G"}), &GROUP, Strictness::Lenient).unwrap().document
}

/// JSON whose keys are mostly those of the schema.
pub(in crate::scim) fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c@ ]{0,3}".prop_map(Value::from),
        prop::sample::select(vec!["work", "True", "a@x", "eq"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let keys = vec![
            "userName",
            "displayname",
            "name",
            "name.givenName",
            "emails",
            "value",
            "Type",
            "primary",
            "active",
            "manager",
            "$ref",
            "roles",
            "addresses",
            "schemas",
            "externalId",
            "id",
            "members",
            ENTERPRISE,
            CORE,
            "department",
            "x",
            "emails[type eq \"work\"].value",
            "emails.value",
            "phoneNumbers",
            "Operations",
            "op",
            "path",
            "formatted",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys), inner), 0..6).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_read_reads_the_same_after_it_is_sent(mut body in anything()) {
        if let Value::Object(object) = &mut body {
            object.insert("userName".into(), "ada".into());
            object.insert("displayName".into(), "Ada".into());
            object.remove("schemas");
        }
        fuzz(body.to_string().as_bytes());
    }
}
