//! What Microsoft's SCIM validator asks of people: its required tests of users, and those in preview, one by one.

use serde_json::{Value, json};

use super::client::{Client, ENTERPRISE, USER, at, id, patch, resources};
use super::server::Server;

pub(super) fn validator(server: &Server) -> Client<'_> {
    server.client("Microsoft SCIM Validator").sending("application/scim+json; charset=utf-8")
}

/// A user as it makes them: every attribute of its schema, with random values.
fn whole(name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": format!("{name}@runolfsson.biz"),
        "externalId": format!("ext-{name}"),
        "active": true,
        "displayName": "CEJYUNALHMKP",
        "nickName": "BWRGWKVXZTRP",
        "title": "SHAPFYRDKPVW",
        "userType": "GQGEYLQBMCWL",
        "preferredLanguage": "kw-GB",
        "locale": "IUEKIVPWBLFD",
        "timezone": "America/Fort_Nelson",
        "profileUrl": "VHFFBIZDDXCS",
        "name": {
            "givenName": "Marilie", "familyName": "Jaleel", "formatted": "Gia", "middleName": "Reinhold",
            "honorificPrefix": "Emmet", "honorificSuffix": "Ethan",
        },
        "emails": [{"type": "work", "value": format!("{name}@zieme.us"), "primary": true}],
        "addresses": [{
            "type": "work", "formatted": "OTTGWCXZMFXK", "streetAddress": "3127 Mertz Flat", "locality": "QJMNCMKNCXVE",
            "region": "RDDATXYLTQGE", "postalCode": "hb7 6sr", "country": "Monaco", "primary": true,
        }],
        "phoneNumbers": [
            {"type": "work", "value": "59-358-9770", "primary": true},
            {"type": "mobile", "value": "59-358-9771"},
            {"type": "fax", "value": "59-358-9772"},
        ],
        "roles": [{"type": "GVPEFYQGWIMJ", "display": "AZIMNYAMPSZC", "value": "CLPUTOMEIMTF", "primary": "True"}],
        ENTERPRISE: {
            "employeeNumber": "TLYAXPJPKZZZ", "department": "WZKGVHSPKKQU", "costCenter": "KYWWPYNPYPPL",
            "organization": "PKXOGQHSKQGN", "division": "JQTVBMWRHVPT",
        },
    })
}

/// The only user of a fresh server.
fn one(server: &Server) -> Value {
    validator(server).creates("/Users", &whole("sid"))
}

fn changed(server: &Server, user: &Value, operations: &Value) -> Value {
    let after = validator(server).patch(&at(user), &patch(operations)).is(200).json();
    assert_eq!(validator(server).read(&at(user)), after);
    after
}

#[test]
fn a_new_user_is_created_with_all_that_was_sent() {
    let server = Server::start();
    let (made, mut body) = (one(&server), whole("sid"));
    body["roles"][0]["primary"] = true.into();
    for (key, value) in body.as_object().unwrap().iter().filter(|(key, _)| *key != "schemas") {
        assert_eq!(&made[key], value, "{key}");
    }
    assert_eq!(made["schemas"], json!([USER, ENTERPRISE]));
    let person = server.person(&id(&made));
    let seen = ["email", "department", "cost_center", "employee_id", "phone", "title", "given_name", "family_name"];
    let expected = [
        "sid@zieme.us",
        "WZKGVHSPKKQU",
        "KYWWPYNPYPPL",
        "TLYAXPJPKZZZ",
        "59-358-9770",
        "SHAPFYRDKPVW",
        "Marilie",
        "Jaleel",
    ];
    assert_eq!(seen.map(|key| person[key].as_str().unwrap()), expected);
}

#[test]
fn a_duplicate_user_is_a_conflict() {
    let server = Server::start();
    one(&server);
    validator(&server).post("/Users", &whole("sid")).refuses(409, "uniqueness");
    let mut shouted = whole("sid");
    shouted["userName"] = "SID@RUNOLFSSON.BIZ".into();
    validator(&server).post("/Users", &shouted).refuses(409, "uniqueness");
    assert_eq!(server.people(), ["sid@runolfsson.biz active"]);
}

#[test]
fn an_existing_user_is_found_in_any_case_and_one_that_is_not_is_not() {
    let server = Server::start();
    let (validator, made) = (validator(&server), one(&server));
    for name in ["sid@runolfsson.biz", "SID@RUNOLFSSON.BIZ", "sId@RuNoLfSsOn.BiZ"] {
        let found = validator.found("/Users", &format!("userName eq \"{name}\""));
        assert_eq!((&found["totalResults"], resources(&found)), (&json!(1), &[made.clone()][..]), "{name}");
    }
    let none = validator.found("/Users", r#"userName eq "sid@runolfsson.bi""#);
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
}

#[test]
fn attributes_are_replaced_each_by_its_path() {
    let server = Server::start();
    let made = one(&server);
    let path = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
    let after = changed(
        &server,
        &made,
        &json!([
            path("emails[type eq \"work\"].value", "amalia@gerlach.com"),
            path("emails[type eq \"work\"].primary", "true"),
            path("addresses[type eq \"work\"].formatted", "AJOZNVXAHKQK"),
            path("addresses[type eq \"work\"].primary", "true"),
            path("phoneNumbers[type eq \"mobile\"].value", "15-577-4890"),
            path("roles[primary eq \"True\"].display", "FXQZSMPGDVNY"),
            path("roles[primary eq \"True\"].value", "LNQAUNBNEHPV"),
            path("displayName", "NIOPFXNVNMHW"),
            path("name.formatted", "Zelma"),
            path(&format!("{ENTERPRISE}:division"), "VNWRPPEDISYH"),
        ]),
    );
    let expected = json!([{"type": "work", "value": "amalia@gerlach.com", "primary": true}]);
    assert_eq!(after["emails"], expected, "a boolean, though a text was sent");
    assert_eq!(after["addresses"][0]["formatted"], "AJOZNVXAHKQK");
    assert_eq!(
        (&after["addresses"][0]["primary"], &after["addresses"][0]["country"]),
        (&json!(true), &json!("Monaco"))
    );
    assert_eq!(after["phoneNumbers"].as_array().unwrap().len(), 3);
    assert_eq!(after["phoneNumbers"][1], json!({"type": "mobile", "value": "15-577-4890"}));
    let role = json!({"type": "GVPEFYQGWIMJ", "display": "FXQZSMPGDVNY", "value": "LNQAUNBNEHPV", "primary": true});
    assert_eq!(after["roles"], json!([role]));
    assert_eq!((&after["name"]["formatted"], &after["name"]["givenName"]), (&json!("Zelma"), &json!("Marilie")));
    assert_eq!(after[ENTERPRISE]["division"], "VNWRPPEDISYH");
    assert_eq!(after[ENTERPRISE]["department"], "WZKGVHSPKKQU");
    assert_eq!(server.person(&id(&made))["email"], "amalia@gerlach.com");
    assert_eq!(server.person(&id(&made))["display_name"], "NIOPFXNVNMHW");
}

#[test]
fn attributes_are_replaced_all_in_one_value_without_a_path() {
    let server = Server::start();
    let made = one(&server);
    let after = changed(
        &server,
        &made,
        &json!([
            {"op": "replace", "path": "emails[primary eq true].value", "value": "isaias@corp.example"},
            {"op": "replace", "value": {
                "displayName": "LPMYGRBSOHKS",
                "title": "UXUMOVMHYPKL",
                "name.givenName": "Antwan",
                "name.honorificSuffix": "Cruz",
                (format!("{ENTERPRISE}:employeeNumber")): "JOFQXPFVDMKH",
                (format!("{ENTERPRISE}:organization")): "KXSXKBOUMSGR",
            }},
        ]),
    );
    assert_eq!(after["emails"], json!([{"type": "work", "value": "isaias@corp.example", "primary": true}]));
    assert_eq!((&after["name"]["givenName"], &after["name"]["honorificSuffix"]), (&json!("Antwan"), &json!("Cruz")));
    assert_eq!(after["name"]["familyName"], "Jaleel");
    assert_eq!(after[ENTERPRISE]["organization"], "KXSXKBOUMSGR");
    assert_eq!(after[ENTERPRISE]["costCenter"], "KYWWPYNPYPPL");
    let person = server.person(&id(&made));
    let seen = ["display_name", "title", "given_name", "employee_id", "email"];
    let expected = ["LPMYGRBSOHKS", "UXUMOVMHYPKL", "Antwan", "JOFQXPFVDMKH", "isaias@corp.example"];
    assert_eq!(seen.map(|key| person[key].as_str().unwrap()), expected);
}

#[test]
fn attributes_are_added_to_a_user_who_has_only_a_name_by_paths_and_without() {
    let server = Server::start();
    let validator = validator(&server);
    let bare = |name: &str| validator.creates("/Users", &json!({"schemas": [USER, ENTERPRISE], "userName": name}));
    let by_path = json!([
        {"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@corp.example"},
        {"op": "add", "path": "emails[type eq \"work\"].primary", "value": true},
        {"op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "27-116-1611"},
        {"op": "add", "path": "phoneNumbers[type eq \"work\"].primary", "value": true},
        {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "EZUHFMRRTTCK"},
        {"op": "add", "path": "name.givenName", "value": "Sven"},
        {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "IKCXSXTJUGHB"},
    ]);
    let without = json!([
        {"op": "add", "value": {
            "emails": [{"type": "work", "value": "a@corp.example", "primary": true}],
            "phoneNumbers": [{"type": "work", "value": "27-116-1611", "primary": true}],
            "roles": [{"primary": "True", "value": "EZUHFMRRTTCK"}],
            "name.givenName": "Sven",
            (format!("{ENTERPRISE}:department")): "IKCXSXTJUGHB",
        }},
    ]);
    for (name, operations) in [("bare", by_path), ("verbose", without)] {
        let after = changed(&server, &bare(name), &operations);
        assert_eq!(after["emails"], json!([{"type": "work", "value": "a@corp.example", "primary": true}]), "{name}");
        let phones = json!([{"type": "work", "value": "27-116-1611", "primary": true}]);
        assert_eq!(after["phoneNumbers"], phones, "{name}");
        assert_eq!(after["roles"], json!([{"primary": true, "value": "EZUHFMRRTTCK"}]), "{name}");
        assert_eq!(after["name"], json!({"givenName": "Sven"}), "{name}");
        assert_eq!(after[ENTERPRISE], json!({"department": "IKCXSXTJUGHB"}), "{name}");
        assert_eq!(server.person(&id(&after))["department"], "IKCXSXTJUGHB", "{name}");
    }
}

#[test]
fn several_operations_on_one_attribute_count_in_their_order() {
    let server = Server::start();
    let made = one(&server);
    let after = changed(
        &server,
        &made,
        &json!([
            {"op": "remove", "path": "phoneNumbers[type eq \"mobile\"].value"},
            {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
            {"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "2"},
            {"op": "remove", "path": "displayName"},
            {"op": "add", "path": "displayName", "value": "first"},
            {"op": "replace", "path": "displayName", "value": "last"},
        ]),
    );
    let mobiles: Vec<&Value> =
        after["phoneNumbers"].as_array().unwrap().iter().filter(|it| it["type"] == "mobile").collect();
    assert_eq!(mobiles, [&json!({"type": "mobile", "value": "2"})], "{after}");
    assert_eq!(after["displayName"], "last");
    assert_eq!(server.person(&id(&made))["display_name"], "last");
}

#[test]
fn a_user_is_disabled_and_renamed() {
    let server = Server::start();
    let made = one(&server);
    let after = changed(&server, &made, &json!([{"op": "replace", "path": "active", "value": false}]));
    assert_eq!(after["active"], false);
    assert_eq!(server.people(), ["sid@runolfsson.biz suspended"]);
    let after = changed(&server, &made, &json!([{"op": "replace", "path": "userName", "value": "new@kling.us"}]));
    assert_eq!((&after["userName"], &after["id"]), (&json!("new@kling.us"), &made["id"]));
    assert_eq!(validator(&server).ids("/Users", r#"userName eq "sid@runolfsson.biz""#), [""; 0]);
    assert_eq!(validator(&server).ids("/Users", r#"userName eq "NEW@kling.us""#), [id(&made)]);
    assert_eq!(server.people(), ["new@kling.us suspended"]);
    let other = validator(&server).creates("/Users", &whole("other"));
    let taken = patch(&json!([{"op": "replace", "path": "userName", "value": "New@Kling.us"}]));
    validator(&server).patch(&at(&other), &taken).refuses(409, "uniqueness");
    assert_eq!(validator(&server).read(&at(&other)), other);
}

#[test]
fn a_manager_is_added_replaced_and_removed() {
    let server = Server::start();
    let validator = validator(&server);
    let [first, second] = ["first", "second"].map(|name| validator.creates("/Users", &whole(name)));
    let made = one(&server);
    let path = format!("{ENTERPRISE}:manager");
    for (op, boss) in [("add", &first), ("replace", &second)] {
        let after = changed(&server, &made, &json!([{"op": op, "path": path, "value": id(boss)}]));
        assert_eq!(after[ENTERPRISE]["manager"]["value"], id(boss), "{op}: {after}");
        assert_eq!(after[ENTERPRISE]["department"], "WZKGVHSPKKQU");
        assert_eq!(server.person(&id(&made))["manager"], boss["emails"][0]["value"]);
    }
    let after = changed(&server, &made, &json!([{"op": "remove", "path": path}]));
    assert!(after[ENTERPRISE].get("manager").is_none(), "{after}");
    assert_eq!(after[ENTERPRISE]["department"], "WZKGVHSPKKQU");
    assert!(server.person(&id(&made))["manager"].is_null());
}

#[test]
fn a_user_is_replaced_whole() {
    let server = Server::start();
    let made = one(&server);
    let body = json!({
        "schemas": [USER], "id": made["id"], "userName": "put@corp.example", "active": "True",
        "emails": [{"type": "work", "value": "put@corp.example", "primary": "true"}],
    });
    let after = validator(&server).put(&at(&made), &body).is(200).json();
    assert_eq!(validator(&server).read(&at(&made)), after);
    assert_eq!((&after["id"], &after["active"]), (&made["id"], &json!(true)));
    assert_eq!(after["emails"], json!([{"type": "work", "value": "put@corp.example", "primary": true}]));
    for gone in ["displayName", "addresses", "phoneNumbers", "roles", "title", ENTERPRISE] {
        assert!(after.get(gone).is_none(), "{gone}: {after}");
    }
    let person = server.person(&id(&made));
    assert!(person["department"].is_null() && person["title"].is_null(), "{person}");
    assert_eq!(person["user_name"], "put@corp.example");
}

#[test]
fn a_user_is_deleted_once_and_then_is_not_there() {
    let server = Server::start();
    let (validator, made) = (validator(&server), one(&server));
    validator.delete(&at(&made)).is(204);
    validator.delete(&at(&made)).refuses(404, "");
    validator.delete("/Users/7a3f0f9e-0000-4000-8000-000000000000").refuses(404, "");
    validator.get(&at(&made)).refuses(404, "");
    assert_eq!(validator.list("/Users")["totalResults"], 0);
    assert_eq!(server.people(), ["sid@runolfsson.biz removed"]);
}
