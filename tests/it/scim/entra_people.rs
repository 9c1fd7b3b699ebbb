//! Entra's provisioning of people, continued: managers, roles, and those who are deleted softly and for good.

use serde_json::{Value, json};

use super::client::{ENTERPRISE, at, id, patch};
use super::entra::{compliant, joy, usual};
use super::server::Server;

#[test]
fn a_manager_is_taken_in_every_form_and_given_back_in_the_one_it_can_read() {
    let server = Server::start();
    let entra = usual(&server);
    let mut bosses = Vec::new();
    for name in ["one", "two"] {
        let boss = entra.creates("/Users", &joy(name));
        bosses.push((boss, format!("{name}@corp.example")));
    }
    let mut body = joy("led");
    body[ENTERPRISE] = json!({"manager": id(&bosses[0].0)});
    let made = entra.creates("/Users", &body);
    let is_led_by = |boss: &(Value, String)| {
        let manager = &entra.read(&at(&made))[ENTERPRISE]["manager"];
        assert_eq!(manager["value"], id(&boss.0), "{manager}");
        let reference = &manager["$ref"];
        assert!(reference.is_null() || *reference == boss.0["meta"]["location"], "of somebody else: {manager}");
        assert_eq!(server.person(&id(&made))["manager"], boss.1);
        assert_eq!(
            entra.ids("/Users", &format!("id eq \"{}\" and manager eq \"{}\"", id(&made), id(&boss.0))),
            [id(&made)]
        );
    };
    is_led_by(&bosses[0]);
    let path = format!("{ENTERPRISE}:manager");
    let reference = |boss: &(Value, String)| json!([{"$ref": boss.0["meta"]["location"], "value": id(&boss.0)}]);
    for (number, (path, value)) in [
        (path.as_str(), json!(id(&bosses[1].0))),
        (path.as_str(), reference(&bosses[0])),
        ("manager", json!(id(&bosses[1].0))),
        ("manager", reference(&bosses[0])),
        (path.as_str(), json!({"value": id(&bosses[1].0)})),
        ("manager.value", json!(id(&bosses[0].0))),
    ]
    .into_iter()
    .enumerate()
    {
        let op = if number % 2 == 0 { "Replace" } else { "Add" };
        entra.patch(&at(&made), &patch(&json!([{"op": op, "path": path, "value": value}]))).is(200);
        is_led_by(&bosses[usize::from(number % 2 == 0)]);
    }
    let keyed = json!([{"op": "replace", "value": {(path.clone()): id(&bosses[1].0)}}]);
    compliant(&server).patch(&at(&made), &patch(&keyed)).is(200);
    is_led_by(&bosses[1]);
    let after = entra.patch(&at(&made), &patch(&json!([{"op": "Remove", "path": path}]))).is(200).json();
    assert!(after.get(ENTERPRISE).is_none(), "the last of an extension takes the extension with it: {after}");
    assert!(!after["schemas"].as_array().unwrap().contains(&json!(ENTERPRISE)), "{after}");
    assert!(server.person(&id(&made))["manager"].is_null());
}

#[test]
fn a_manager_who_comes_later_is_the_manager_then() {
    let server = Server::start();
    let entra = usual(&server);
    let mut body = joy("early");
    body[ENTERPRISE] = json!({"manager": {"value": "not-here-yet"}});
    let made = entra.creates("/Users", &body);
    assert_eq!(made[ENTERPRISE]["manager"]["value"], "not-here-yet");
    let boss = entra.creates("/Users", &joy("late"));
    let operation = json!([{"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": id(&boss)}]);
    entra.patch(&at(&made), &patch(&operation)).is(200);
    assert_eq!(server.person(&id(&made))["manager"], "late@corp.example");
}

#[test]
fn many_roles_are_texts_that_hold_json() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Users", &joy("roles"));
    let text =
        |number: u8, name: &str| json!({"id": number.to_string(), "value": name, "displayName": name}).to_string();
    let (admin, reader) = (text(25, "Admin"), text(26, "Reader"));
    let both = json!([{"value": admin}, {"value": reader}]);
    let operation = json!([{"op": "Add", "path": "roles", "value": both}]);
    assert_eq!(entra.patch(&at(&made), &patch(&operation)).is(200).json()["roles"], both);
    let again = entra.patch(&at(&made), &patch(&operation)).is(200).json();
    assert_eq!(again["roles"], both, "what is there already is not added once more");
    let one = json!([{"op": "Replace", "path": "roles", "value": [{"value": reader}]}]);
    let after = compliant(&server).patch(&at(&made), &patch(&one)).is(200).json();
    assert_eq!(after["roles"], json!([{"value": reader}]));
    assert_eq!(entra.read(&at(&made)), after);

    let mut body = joy("born");
    let role = |name: &str| json!({"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": name, "value": name});
    body["roles"] = json!([role("Admin"), role("Reader")]);
    assert_eq!(entra.creates("/Users", &body)["roles"], body["roles"]);
}

#[test]
fn a_single_role_is_the_primary_one_by_a_text_that_means_true() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Users", &joy("role"));
    let path = "roles[primary eq \"True\"].value";
    for (op, role) in [("Add", "Admin"), ("Replace", "Reader"), ("Add", "Owner")] {
        let after = entra.patch(&at(&made), &patch(&json!([{"op": op, "path": path, "value": role}]))).is(200).json();
        assert_eq!(after["roles"], json!([{"primary": true, "value": role}]), "{op}");
    }
    let operations = json!([
        {"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "The owner"},
        {"op": "Add", "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole"},
    ]);
    let role = json!({
        "primary": true, "value": "Owner", "display": "The owner", "type": "WindowsAzureActiveDirectoryRole",
    });
    let after = entra.patch(&at(&made), &patch(&operations)).is(200).json();
    assert_eq!(after["roles"], json!([role]));
    let after = entra.patch(&at(&made), &patch(&json!([{"op": "Remove", "path": path}]))).is(200).json();
    assert!(!after.to_string().contains("\"Owner\""), "{after}");
}

#[test]
fn who_is_deleted_softly_is_served_and_found_until_deleted_for_good() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Users", &joy("leaver"));
    let person = server.person(&id(&made));
    let operation = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    let after = entra.patch(&at(&made), &patch(&operation)).is(200).json();
    assert_eq!(after["active"], false);
    assert_eq!(entra.read(&at(&made)), after);
    assert_eq!(entra.ids("/Users", r#"userName eq "leaver@corp.example""#), [id(&made)]);
    assert_eq!(entra.ids("/Users", r#"externalId eq "leaver""#), [id(&made)]);
    assert_eq!(server.people(), ["leaver@corp.example suspended"]);
    // It tells again what it told, and nothing has happened.
    let again = entra.patch(&at(&made), &patch(&operation)).is(200).json();
    assert_eq!(again, after);

    entra.delete(&at(&made)).is(204);
    entra.get(&at(&made)).refuses(404, "");
    entra.delete(&at(&made)).refuses(404, "");
    entra.patch(&at(&made), &patch(&operation)).refuses(404, "");
    assert_eq!(entra.ids("/Users", r#"userName eq "leaver@corp.example""#), [""; 0]);
    assert_eq!(server.people(), ["leaver@corp.example removed"]);
    let history = server.history(&person);
    assert_eq!(history, ["joined - - -", "changed status active suspended", "left status suspended removed"]);
}

#[test]
fn who_is_restored_in_time_is_the_same_as_before() {
    let server = Server::start();
    let entra = compliant(&server);
    let made = entra.creates("/Users", &joy("back"));
    for (active, status) in [(false, "suspended"), (true, "active")] {
        let operation = json!([{"op": "replace", "value": {"active": active}}]);
        let after = entra.patch(&at(&made), &patch(&operation)).is(200).json();
        assert_eq!(after["active"], active);
        assert_eq!(server.people(), [format!("back@corp.example {status}")]);
    }
    let mut after = entra.read(&at(&made));
    let mut before = made;
    after["meta"].take();
    before["meta"].take();
    assert_eq!(after, before);
}

#[test]
fn its_pages_of_people_are_by_index_and_count() {
    let server = Server::start();
    let entra = usual(&server);
    let mut made: Vec<String> =
        (0..7).map(|number| id(&entra.creates("/Users", &joy(&format!("p{number}"))))).collect();
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        let page = entra.list(&format!("/Users?startIndex={start}&count=3"));
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
        seen.extend(super::client::resources(&page).iter().map(id));
    }
    made.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, made);
}
