//! Entra's provisioning of groups, replayed in both of its dialects.

use serde_json::{Value, json};

use super::client::{Client, GROUP, at, id, patch, resources};
use super::entra::{compliant, joy, usual};
use super::server::Server;

const OF_MICROSOFT: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// A group as it creates them: without members, and with a schema that nobody else has.
fn group(name: &str) -> Value {
    json!({
        "schemas": [GROUP, OF_MICROSOFT],
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "meta": {"resourceType": "Group"},
    })
}

fn three(entra: Client<'_>) -> [String; 3] {
    ["ann", "bob", "cyd"].map(|name| id(&entra.creates("/Users", &joy(name))))
}

/// The one operation, and the answer to it.
fn change(entra: Client<'_>, group: &Value, operation: &Value) {
    let reply = entra.patch(&at(group), &patch(&json!([operation])));
    assert!([200, 204].contains(&reply.status), "{operation}: {}", reply.text);
}

#[test]
fn a_group_is_looked_for_without_members_created_and_found() {
    let server = Server::start();
    let entra = usual(&server);
    let lookup = "/Groups?excludedAttributes=members";
    assert_eq!(entra.found(lookup, r#"displayName eq "Sales""#)["totalResults"], 0);
    let made = entra.creates("/Groups", &group("Sales"));
    assert_eq!((&made["displayName"], &made["externalId"]), (&json!("Sales"), &json!("ext-Sales")));
    for filter in [r#"displayName eq "Sales""#, r#"displayName eq "SALES""#, r#"externalId eq "ext-Sales""#] {
        let found = entra.found(lookup, filter);
        assert_eq!(resources(&found)[0]["id"], made["id"], "{filter}");
    }
    assert_eq!(server.groups(), ["Sales"]);
    let row = server.group(&id(&made));
    assert_eq!((&row["name"], &row["members"]), (&json!("Sales"), &json!(0)));
    assert_eq!(server.counted(), (json!(0), json!(1)));
    assert_eq!(entra.members(&id(&made)), [""; 0]);
}

#[test]
fn a_second_group_of_one_name_is_refused_in_whatever_case() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Groups", &group("Sales"));
    let other = entra.creates("/Groups", &group("Other"));
    for name in ["Sales", "SALES", "sales"] {
        let mut body = group(name);
        body["externalId"] = "another".into();
        entra.post("/Groups", &body).refuses(409, "uniqueness");
        let rename = patch(&json!([{"op": "Replace", "path": "displayName", "value": name}]));
        entra.patch(&at(&other), &rename).refuses(409, "uniqueness");
    }
    assert_eq!(server.groups(), ["Other", "Sales"]);
    let own = patch(&json!([{"op": "Replace", "path": "displayName", "value": "SALES"}]));
    assert!([200, 204].contains(&entra.patch(&at(&made), &own).status), "its own name is not taken");
    assert_eq!(server.groups(), ["Other", "SALES"]);
}

#[test]
fn members_come_and_go_by_arrays_in_its_usual_dialect() {
    let server = Server::start();
    let entra = usual(&server);
    let [ann, bob, cyd] = three(entra);
    let made = entra.creates("/Groups", &group("Sales"));
    let of = |ids: &[&String]| json!(ids.iter().map(|id| json!({"$ref": null, "value": id})).collect::<Vec<_>>());
    change(entra, &made, &json!({"op": "Add", "path": "members", "value": of(&[&ann])}));
    assert_eq!(entra.members(&id(&made)), [ann.as_str()]);
    change(entra, &made, &json!({"op": "Add", "path": "members", "value": of(&[&bob, &cyd, &ann])}));
    let mut all = [ann.clone(), bob.clone(), cyd.clone()];
    all.sort_unstable();
    assert_eq!(entra.members(&id(&made)), all);
    for member in &all {
        let groups = entra.read(&format!("/Users/{member}"))["groups"].clone();
        assert_eq!((&groups[0]["value"], &groups[0]["display"]), (&made["id"], &json!("Sales")), "{groups}");
        assert_eq!(server.person(member)["groups"], json!(["Sales"]));
        let is_member = format!("id eq \"{}\" and members eq \"{member}\"", id(&made));
        let found = entra.found("/Groups?attributes=id", &is_member);
        assert_eq!((&found["totalResults"], &resources(&found)[0]["id"]), (&json!(1), &made["id"]));
        assert!(resources(&found)[0].get("members").is_none(), "{found}");
    }
    change(entra, &made, &json!({"op": "Remove", "path": "members", "value": of(&[&bob])}));
    let mut left = [ann.clone(), cyd.clone()];
    left.sort_unstable();
    assert_eq!(entra.members(&id(&made)), left, "only those who are named go");
    let is_member = format!("id eq \"{}\" and members[value eq \"{bob}\"]", id(&made));
    assert_eq!(entra.ids("/Groups", &is_member), [""; 0]);
    change(entra, &made, &json!({"op": "Remove", "path": "members", "value": of(&[&bob])}));
    assert_eq!(entra.members(&id(&made)), left, "who is gone already changes nothing");
    change(entra, &made, &json!({"op": "Remove", "path": "members", "value": of(&[&ann, &cyd])}));
    assert_eq!(entra.members(&id(&made)), [""; 0]);
    assert_eq!(server.person(&ann)["groups"], json!([]));
    assert!(entra.read(&format!("/Users/{ann}")).get("groups").is_none());
}

#[test]
fn members_go_by_value_paths_in_its_other_dialect_and_both_mix() {
    let server = Server::start();
    let (usual, compliant) = (usual(&server), compliant(&server));
    let [ann, bob, cyd] = three(compliant);
    let made = compliant.creates("/Groups", &group("Sales"));
    let members = json!([{"value": ann}, {"value": bob}, {"value": cyd}]);
    change(compliant, &made, &json!({"op": "add", "path": "members", "value": members}));
    change(compliant, &made, &json!({"op": "remove", "path": format!("members[value eq \"{ann}\"]")}));
    let mut left = [bob.clone(), cyd.clone()];
    left.sort_unstable();
    assert_eq!(compliant.members(&id(&made)), left);
    change(usual, &made, &json!({"op": "Remove", "path": "members", "value": [{"value": cyd}]}));
    assert_eq!(usual.members(&id(&made)), [bob.as_str()]);
    let operations = json!([
        {"op": "remove", "path": format!("members[value eq \"{bob}\"]")},
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "replace", "value": {"displayName": "Sales EMEA", "externalId": "moved"}},
    ]);
    let reply = compliant.patch(&at(&made), &patch(&operations));
    assert!([200, 204].contains(&reply.status), "{}", reply.text);
    assert_eq!(compliant.members(&id(&made)), [ann]);
    assert_eq!(compliant.read(&at(&made))["externalId"], "moved");
    assert_eq!(server.groups(), ["Sales EMEA"]);
}

#[test]
fn what_it_reads_of_a_group_has_no_members_and_renames_leave_them() {
    let server = Server::start();
    let entra = usual(&server);
    let [ann, bob, _] = three(entra);
    let made = entra.creates("/Groups", &group("Sales"));
    change(entra, &made, &json!({"op": "Add", "path": "members", "value": [{"value": ann}, {"value": bob}]}));
    let read = entra.read(&format!("{}?excludedAttributes=members", at(&made)));
    assert!(read.get("members").is_none(), "{read}");
    assert_eq!(read["displayName"], "Sales");
    change(entra, &made, &json!({"op": "Replace", "path": "displayName", "value": "Selling"}));
    change(entra, &made, &json!({"op": "Replace", "path": "externalId", "value": "new"}));
    assert_eq!(entra.members(&id(&made)).len(), 2);
    assert_eq!(entra.read(&format!("/Users/{ann}"))["groups"][0]["display"], "Selling");
    assert_eq!(server.groups(), ["Selling"]);
    let patched = entra.patch(
        &format!("{}?excludedAttributes=members", at(&made)),
        &patch(&json!([{"op": "Replace", "path": "displayName", "value": "Sold"}])),
    );
    let patched = patched.is(200).json();
    assert!(patched.get("members").is_none() && patched["displayName"] == "Sold", "{patched}");
}

#[test]
fn a_large_group_is_changed_without_being_sent_back() {
    let server = Server::start();
    let entra = usual(&server);
    let made = entra.creates("/Groups", &group("Everybody"));
    let unknown: Vec<Value> =
        (0..250).map(|number| json!({"$ref": null, "value": format!("person-{number:03}")})).collect();
    let body = patch(&json!([{"op": "Add", "path": "members", "value": unknown}]));
    assert_eq!(entra.patch(&at(&made), &body).is(204).text, "");
    assert_eq!(entra.members(&id(&made)).len(), 250, "people it has not told of yet are kept");
    let asked = entra.patch(&format!("{}?attributes=displayName", at(&made)), &body).is(200).json();
    assert!(asked.get("members").is_none() && asked["displayName"] == "Everybody", "{asked}");
}

#[test]
fn a_group_is_deleted_and_its_members_stay() {
    let server = Server::start();
    let entra = usual(&server);
    let [ann, ..] = three(entra);
    let made = entra.creates("/Groups", &group("Gone"));
    change(entra, &made, &json!({"op": "Add", "path": "members", "value": [{"value": ann}]}));
    entra.delete(&at(&made)).is(204);
    entra.get(&at(&made)).refuses(404, "");
    entra.delete(&at(&made)).refuses(404, "");
    assert_eq!(server.groups(), [""; 0]);
    assert_eq!(server.person(&ann)["groups"], json!([]));
    assert!(entra.read(&format!("/Users/{ann}")).get("groups").is_none());
    let again = entra.creates("/Groups", &group("Gone"));
    assert_ne!(again["id"], made["id"], "no id is used again");
    assert_eq!(entra.members(&id(&again)), [""; 0]);
}

#[test]
fn who_is_deleted_leaves_the_groups() {
    let server = Server::start();
    let entra = usual(&server);
    let [ann, bob, _] = three(entra);
    let made = entra.creates("/Groups", &group("Sales"));
    change(entra, &made, &json!({"op": "Add", "path": "members", "value": [{"value": ann}, {"value": bob}]}));
    let version = entra.read(&at(&made))["meta"]["version"].clone();
    entra.delete(&format!("/Users/{ann}")).is(204);
    assert_eq!(entra.members(&id(&made)), [bob]);
    assert_ne!(entra.read(&at(&made))["meta"]["version"], version);
}
