//! Entra's provisioning of people, replayed in both of its dialects: what it sends, what it gets, what is there then.

use serde_json::{Value, json};

use super::client::{Client, ENTERPRISE, USER, at, id, patch, resources};
use super::server::Server;

/// Its client as it is unless somebody appends `?aadOptscim062020` to the tenant's URL.
pub(super) fn usual(server: &Server) -> Client<'_> {
    server.client("Microsoft-AzureAD-Provisioning").sending("application/scim+json; charset=utf-8")
}

/// The same with that parameter, which arrives in every address.
pub(super) fn compliant(server: &Server) -> Client<'_> {
    usual(server).asking("aadOptscim062020")
}

/// A person as it creates them.
pub(super) fn joy(name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": name,
        "userName": format!("{name}@corp.example"),
        "active": true,
        "displayName": "Joy Young",
        "emails": [{"primary": true, "type": "work", "value": format!("{name}@corp.example")}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Joy Young", "familyName": "Young", "givenName": "Joy"},
        "roles": [],
    })
}

fn assert_no_nulls(value: &Value) {
    match value {
        Value::Null => panic!("a null, which its schema discovery cannot read"),
        Value::Array(list) => list.iter().for_each(assert_no_nulls),
        Value::Object(object) => object.values().for_each(assert_no_nulls),
        _ => {}
    }
}

#[test]
fn a_connection_is_tested_by_looking_for_nobody_and_then_reading_the_schemas() {
    let server = Server::start();
    for entra in [usual(&server), compliant(&server)] {
        let nobody = "5d48a0a8-e9aa-4008-a3b5-d1b0f7f1e3ec";
        for matching in ["userName", "externalId", r#"emails[type eq "work"].value"#, "id"] {
            let none = entra.found("/Users", &format!("{matching} eq \"{nobody}\""));
            assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])), "{matching}");
        }
        let schemas = entra.list("/Schemas");
        assert_no_nulls(&schemas);
        let named: Vec<&str> = resources(&schemas).iter().map(|schema| schema["id"].as_str().unwrap()).collect();
        assert!(named.contains(&USER) && named.contains(&ENTERPRISE), "{named:?}");
    }
    assert_eq!(server.people(), [""; 0]);
}

#[test]
fn a_person_is_looked_for_created_found_and_read_again() {
    let server = Server::start();
    let entra = usual(&server);
    assert_eq!(entra.ids("/Users", r#"userName eq "jyoung@corp.example""#), [""; 0]);
    let made = entra.creates("/Users", &joy("jyoung"));
    assert_eq!((&made["externalId"], &made["active"]), (&json!("jyoung"), &json!(true)));
    assert!(made.get("roles").is_none(), "no value and no attribute are one: {made}");
    for filter in [
        r#"userName eq "jyoung@corp.example""#,
        r#"userName eq "JYoung@Corp.Example""#,
        r#"externalId eq "jyoung""#,
        r#"emails[type eq "work"].value eq "jyoung@corp.example""#,
        r#"emails[primary eq true].value eq "JYOUNG@corp.example""#,
        r#"userName eq "jyoung@corp.example" and externalId eq "jyoung""#,
    ] {
        assert_eq!(entra.ids("/Users", filter), [id(&made)], "{filter}");
    }
    assert_eq!(entra.ids("/Users", r#"externalId eq "JYOUNG""#), [""; 0], "an id knows no case but its own");
    entra.post("/Users", &joy("jyoung")).refuses(409, "uniqueness");
    let person = server.person(&id(&made));
    assert_eq!(person["email"], "jyoung@corp.example");
    assert_eq!((&person["display_name"], &person["status"]), (&json!("Joy Young"), &json!("active")));
    assert_eq!(server.history(&person), ["joined - - -"]);
    assert_eq!(server.counted(), (json!(1), json!(0)));
}

#[test]
fn what_it_has_nothing_to_say_of_may_be_null() {
    let server = Server::start();
    let mut body = joy("quiet");
    let nothings = json!({
        "addresses": null, "phoneNumbers": null, "title": null, "department": null, "manager": null,
        "nickName": null, "preferredLanguage": null,
        ENTERPRISE: {"department": null, "manager": null, "employeeNumber": null},
    });
    body.as_object_mut().unwrap().extend(nothings.as_object().unwrap().clone());
    let made = usual(&server).creates("/Users", &body);
    assert_no_nulls(&made);
    for gone in ["addresses", "phoneNumbers", "title", "department", "manager", ENTERPRISE] {
        assert!(made.get(gone).is_none(), "{gone}: {made}");
    }
    let person = server.person(&id(&made));
    for empty in ["title", "department", "manager", "phone", "location"] {
        assert!(person[empty].is_null(), "{empty}: {person}");
    }
}

#[test]
fn its_usual_dialect_changes_one_attribute_by_each_operation() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Users", &joy("jyoung"));
    let department = format!("{ENTERPRISE}:department");
    let employee = format!("{ENTERPRISE}:employeeNumber");
    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Joy Younger"},
        {"op": "Replace", "path": "name.familyName", "value": "Younger"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "joy.younger@corp.example"},
        {"op": "Add", "path": "title", "value": "Head of \u{201c}Everything\u{201d}"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1  (425) 555-0100 "},
        {"op": "Add", "path": department, "value": "R&D"},
        {"op": "Add", "path": employee, "value": "00712"},
        {"op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "1 Way\r\nReading"},
        {"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "GB"},
    ]);
    let after = entra.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!(entra.read(&at(&made)), after);
    assert_ne!(after["meta"]["version"], made["meta"]["version"]);
    assert_eq!(after["name"], json!({"formatted": "Joy Young", "familyName": "Younger", "givenName": "Joy"}));
    assert_eq!(
        after["emails"],
        json!([{"primary": true, "type": "work", "value": "joy.younger@corp.example"}]),
        "one value replaced, not one more"
    );
    assert_eq!(after["phoneNumbers"], json!([{"type": "mobile", "value": "+1  (425) 555-0100 "}]), "byte for byte");
    assert_eq!(after["addresses"], json!([{"type": "work", "formatted": "1 Way\r\nReading", "country": "GB"}]));
    assert_eq!(after[ENTERPRISE], json!({"department": "R&D", "employeeNumber": "00712"}));
    let person = server.person(&id(&made));
    assert_eq!(person["email"], "joy.younger@corp.example");
    assert_eq!((&person["department"], &person["employee_id"]), (&json!("R&D"), &json!("00712")));
    assert_eq!(person["title"], "Head of \u{201c}Everything\u{201d}");
    let history = server.history(&person);
    assert!(history.contains(&"changed family_name Young Younger".to_owned()), "{history:?}");

    let removals = json!([
        {"op": "Remove", "path": "title"},
        {"op": "Remove", "path": "phoneNumbers[type eq \"mobile\"].value"},
        {"op": "Remove", "path": format!("{ENTERPRISE}:department")},
    ]);
    let after = entra.patch(&at(&made), &patch(&removals)).is(200).json();
    assert!(after.get("title").is_none(), "{after}");
    assert!(!after.to_string().contains("555-0100"), "{after}");
    assert_eq!(after[ENTERPRISE], json!({"employeeNumber": "00712"}));
    let person = server.person(&id(&made));
    assert!(person["title"].is_null() && person["phone"].is_null() && person["department"].is_null(), "{person}");
}

#[test]
fn its_other_dialect_names_many_attributes_in_one_operation() {
    let server = Server::start();
    let entra = compliant(&server);
    let made = entra.creates("/Users", &joy("kim"));
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "testmhvk@corp.example"},
        {"op": "replace", "path": "emails[primary eq true].display", "value": "Kim, at work"},
        {"op": "replace", "value": {
            "active": true,
            "displayName": "Bjfe",
            "name.givenName": "Kim",
            "name.familyName": "Akers",
            "addresses[type eq \"work\"].locality": "Redmond",
            (format!("{ENTERPRISE}:department")): "Sales",
            (format!("{ENTERPRISE}:costCenter")): "C-7",
        }},
        {"op": "add", "path": "addresses[type eq \"work\"].country", "value": "US"},
    ]);
    let after = entra.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!(entra.read(&at(&made)), after);
    assert_eq!((&after["displayName"], &after["name"]["givenName"]), (&json!("Bjfe"), &json!("Kim")));
    assert_eq!(after["name"]["formatted"], "Joy Young", "what is not named stays");
    let email = json!({"primary": true, "type": "work", "value": "testmhvk@corp.example", "display": "Kim, at work"});
    assert_eq!(after["emails"], json!([email]));
    assert_eq!(after["addresses"], json!([{"type": "work", "locality": "Redmond", "country": "US"}]));
    assert_eq!(after[ENTERPRISE], json!({"department": "Sales", "costCenter": "C-7"}));
    assert!(after.get("name.givenName").is_none(), "{after}");
    let person = server.person(&id(&made));
    let seen = ["display_name", "given_name", "family_name", "department", "cost_center", "email", "location"];
    let expected = ["Bjfe", "Kim", "Akers", "Sales", "C-7", "testmhvk@corp.example", "Redmond, US"];
    assert_eq!(seen.map(|key| person[key].as_str().unwrap()), expected);
}

#[test]
fn one_tenant_speaks_both_dialects_in_turn() {
    let server = Server::start();
    let (usual, compliant) = (usual(&server), compliant(&server));
    let made = compliant.creates("/Users", &joy("both"));
    let status = || server.person(&id(&made))["status"].clone();
    for (entra, operation, active) in [
        (usual, json!({"op": "Replace", "path": "active", "value": "False"}), false),
        (compliant, json!({"op": "replace", "path": "active", "value": true}), true),
        (compliant, json!({"op": "replace", "value": {"active": false}}), false),
        (usual, json!({"op": "Add", "path": "active", "value": "True"}), true),
        (usual, json!({"op": "Replace", "path": "Active", "value": "FALSE"}), false),
        (usual, json!({"op": "Replace", "value": {"Active": "true"}}), true),
    ] {
        let after = entra.patch(&at(&made), &patch(&json!([operation]))).is(200).json();
        assert_eq!(after["active"], json!(active), "a boolean, whatever was sent: {operation}");
        assert_eq!(status(), if active { "active" } else { "suspended" }, "{operation}");
    }
}

#[test]
fn parts_of_an_attribute_may_be_capitalised() {
    let server = Server::start();
    let entra = usual(&server);
    let boss = entra.creates("/Users", &joy("boss"));
    let made = entra.creates("/Users", &joy("loud"));
    let operations = json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].Value", "value": "LOUD@corp.example"},
        {"op": "Add", "path": "addresses[Type eq \"work\"].Formatted", "value": "High Street"},
        {"op": "Replace", "path": "emails[type eq \"work\"].Primary", "value": "True"},
        {"op": "Add", "path": format!("{ENTERPRISE}:Department"), "value": "Sound"},
        {"op": "Add", "path": format!("{ENTERPRISE}:Manager"), "value": id(&boss)},
    ]);
    let after = entra.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!(after["emails"], json!([{"primary": true, "type": "work", "value": "LOUD@corp.example"}]));
    assert_eq!(after["addresses"], json!([{"type": "work", "formatted": "High Street"}]));
    assert_eq!(after[ENTERPRISE]["department"], "Sound");
    assert_eq!(after[ENTERPRISE]["manager"]["value"], id(&boss), "{after}");
    assert_eq!(server.person(&id(&made))["manager"], "boss@corp.example");
}

#[test]
fn a_part_of_an_element_that_is_not_there_makes_the_element() {
    let server = Server::start();
    for (index, (entra, op)) in
        [(usual(&server), "Add"), (usual(&server), "Replace"), (compliant(&server), "replace")].into_iter().enumerate()
    {
        let mut body = joy(&format!("bare{index}"));
        body.as_object_mut().unwrap().remove("emails");
        let made = entra.creates("/Users", &body);
        let operations = json!([
            {"op": op, "path": "emails[type eq \"work\"].value", "value": format!("bare{index}@corp.example")},
            {"op": op, "path": "emails[type eq \"home\"].value", "value": format!("bare{index}@home.example")},
            {"op": op, "path": "addresses[type eq \"work\"].formatted", "value": "all of it"},
            {"op": op, "path": "addresses[type eq \"work\"].postalCode", "value": "98052"},
            {"op": op, "path": "addresses[type eq \"other\"].streetAddress", "value": "elsewhere"},
        ]);
        let after = entra.patch(&at(&made), &patch(&operations)).is(200).json();
        let (work, home) = (format!("bare{index}@corp.example"), format!("bare{index}@home.example"));
        assert_eq!(after["emails"], json!([{"type": "work", "value": work}, {"type": "home", "value": home}]), "{op}");
        let addresses = json!([
            {"type": "work", "formatted": "all of it", "postalCode": "98052"},
            {"type": "other", "streetAddress": "elsewhere"},
        ]);
        assert_eq!(after["addresses"], addresses, "{op}: two parts of one element are in one element");
        let person = server.person(&id(&made));
        assert_eq!((&person["email"], &person["aliases"]), (&json!(work), &json!([home])));
        assert_eq!(entra.ids("/Users", &format!("emails[type eq \"home\"].value eq \"{home}\"")), [id(&made)]);
    }
}

#[test]
fn whatever_the_values_are_they_come_back_as_they_were() {
    let server = Server::start();
    let entra = usual(&server);
    let mut body = joy("Strange.Case");
    body["phoneNumbers"] = json!([
        {"type": "work", "value": "0 30/ 12 34 - 0 "},
        {"type": "fax", "value": "tel:+49-30-1234\t;ext=5"},
    ]);
    body["displayName"] = "Zoe\u{308} \u{202e}O\u{2019}Neil\u{1f980}".into();
    body["title"] = " led by spaces".into();
    body["locale"] = "de-de".into();
    let made = entra.creates("/Users", &body);
    for same in ["userName", "phoneNumbers", "displayName", "title", "locale", "externalId", "emails", "name"] {
        assert_eq!(made[same], body[same], "{same}");
    }
}
