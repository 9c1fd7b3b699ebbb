//! Microsoft's collection of requests for Postman: what it sends beyond what Entra itself does.

use serde_json::{Value, json};

use super::client::{Client, ENTERPRISE, GROUP, USER, at, id, patch, resources, values};
use super::server::Server;

fn postman(server: &Server) -> Client<'_> {
    server.client("PostmanRuntime/7.39.0").sending("application/scim+json").accepting("*/*")
}

/// The user it begins with: a name twice, two addresses of work, and text where a moment or a boolean is meant.
fn ryan(name: &str) -> Value {
    json!({
        "UserName": format!("{name}3"),
        "Active": true,
        "DisplayName": "BobIsAmazing",
        "schemas": [USER],
        "externalId": name,
        "name": {"formatted": "Ryan Leenay", "familyName": "Leenay", "givenName": "Ryan"},
        "emails": [
            {"Primary": true, "type": "work", "value": "testing@bob.com"},
            {"Primary": false, "type": "work", "value": "testinghome@bob.com"},
        ],
    })
}

#[test]
fn a_slash_at_the_end_means_nothing() {
    let server = Server::start();
    let postman = postman(&server);
    let made = postman.creates("/Users/", &ryan("jyoung"));
    let group = postman.creates("/Groups/", &json!({"schemas": [GROUP], "displayName": "Group1"}));
    let found = postman.list("/Users/?filter=userName%20eq%20%22jyoung3%22");
    assert_eq!(resources(&found)[0], made);
    let found = postman.list("/Groups/?filter=displayName%20eq%20%22Group1%22&excludedAttributes=members");
    assert_eq!(resources(&found)[0]["id"], group["id"]);
    assert_eq!(postman.read(&format!("{}/", at(&made))), made);
    assert_eq!(server.people(), ["jyoung3 active"]);
}

#[test]
fn two_addresses_of_work_are_two_and_keys_are_in_any_case() {
    let server = Server::start();
    let made = postman(&server).creates("/Users", &ryan("jyoung"));
    assert_eq!((&made["userName"], &made["active"]), (&json!("jyoung3"), &json!(true)));
    assert!(made.get("UserName").is_none() && made.get("DisplayName").is_none(), "{made}");
    let emails = json!([
        {"primary": true, "type": "work", "value": "testing@bob.com"},
        {"primary": false, "type": "work", "value": "testinghome@bob.com"},
    ]);
    assert_eq!(made["emails"], emails);
    let person = server.person(&id(&made));
    assert_eq!((&person["email"], &person["aliases"]), (&json!("testing@bob.com"), &json!(["testinghome@bob.com"])));
}

#[test]
fn values_of_a_filter_need_no_quotes() {
    let server = Server::start();
    let postman = postman(&server);
    let made = postman.creates("/Users", &ryan("jyoung"));
    let other = postman.creates("/Users", &ryan("OMalley"));
    for (filter, found) in [
        ("externalId eq jyoung", vec![id(&made)]),
        ("userName sw O", vec![id(&other)]),
        ("userName eq JYoung3", vec![id(&made)]),
        ("userName co malley", vec![id(&other)]),
        ("active eq True", vec![id(&made), id(&other)]),
        ("active eq \"False\"", vec![]),
        ("displayName Eq BobIsAmazing and externalId eq OMalley", vec![id(&other)]),
        ("meta.resourceType eq User", vec![id(&made), id(&other)]),
        ("emails eq \"testinghome@bob.com\" and userName ew y3", vec![id(&other)]),
    ] {
        assert_eq!(postman.ids("/Users", filter), found, "{filter}");
    }
    // As the collection has it: not encoded any more than an address must be.
    let plus = postman.list("/Users?filter=userName+eq+%22jyoung3%22+and+active+eq+true");
    assert_eq!(resources(&plus)[0]["id"], made["id"]);
}

#[test]
fn moments_have_offsets_seven_decimals_and_capitals() {
    let server = Server::start();
    let postman = postman(&server);
    let made = postman.creates("/Users", &ryan("jyoung"));
    for (filter, number) in [
        ("meta.Created gt 2015-10-10T14:38:21.8617979-07:00", 1),
        ("meta.created gt \"2015-10-10T14:38:21.8617979-07:00\"", 1),
        ("meta.lastModified ge 2015-10-10T14:38:21Z", 1),
        ("meta.Created lt 2015-10-10T14:38:21.8617979-07:00", 0),
        ("meta.created gt 2999-01-01T00:00:00.0000000+14:00", 0),
        ("(meta.Created gt 2015-10-10T14:38:21.8617979-07:00) and not (userName eq nobody)", 1),
    ] {
        assert_eq!(postman.ids("/Users", filter).len(), number, "{filter}");
    }
    // A plus in an address is a space, and everybody forgets it.
    let forgotten = postman.list("/Users?filter=meta.Created%20gt%202015-10-10T14:38:21.8617979-07:00");
    assert_eq!(resources(&forgotten)[0]["id"], made["id"]);
}

#[test]
fn attributes_are_asked_for_with_a_filter_in_them() {
    let server = Server::start();
    let postman = postman(&server);
    let made = postman.creates("/Users", &ryan("jyoung"));
    let part = postman.read(&format!("{}?attributes=emails[type%20eq%20%22work%22]", at(&made)));
    assert_eq!((&part["id"], &part["emails"]), (&made["id"], &made["emails"]));
    assert!(part.get("userName").is_none() && part.get("name").is_none(), "{part}");
    let part = postman.list("/Users?attributes=userName,emails[type%20eq%20%22work%22].value,Name.FamilyName");
    let part = &resources(&part)[0];
    assert_eq!(values(&part["emails"]), ["testing@bob.com", "testinghome@bob.com"]);
    assert_eq!((&part["userName"], &part["name"]), (&json!("jyoung3"), &json!({"familyName": "Leenay"})));
    assert!(part.get("displayName").is_none(), "{part}");
}

#[test]
fn the_configuration_is_where_a_draft_had_it_as_well() {
    let server = Server::start();
    let postman = postman(&server);
    let there = postman.read("/ServiceProviderConfig");
    assert_eq!(postman.read("/serviceConfiguration"), there);
    assert_eq!((&there["patch"]["supported"], &there["filter"]["supported"]), (&json!(true), &json!(true)));
    for discovery in ["/Schemas", "/ResourceTypes"] {
        assert!(resources(&postman.list(discovery)).len() >= 2, "{discovery}");
    }
    let schema = postman.read(&format!("/Schemas/{ENTERPRISE}"));
    assert_eq!(schema["id"], ENTERPRISE);
}

#[test]
fn a_member_may_be_a_bare_id() {
    let server = Server::start();
    let postman = postman(&server);
    let [one, two] = ["one", "two"].map(|name| id(&postman.creates("/Users", &ryan(name))));
    let made = postman.creates("/Groups", &json!({"schemas": [GROUP], "displayName": "Bare", "members": [one]}));
    assert_eq!(postman.members(&id(&made)), [one.as_str()]);
    let change = |operation: Value| postman.patch(&at(&made), &patch(&json!([operation]))).is(200);
    change(json!({"op": "add", "path": "members", "value": two}));
    let mut both = [one.clone(), two.clone()];
    both.sort_unstable();
    assert_eq!(postman.members(&id(&made)), both);
    change(json!({"op": "remove", "path": "members", "value": one}));
    assert_eq!(postman.members(&id(&made)), [two.as_str()]);
    change(json!({"op": "replace", "path": "members", "value": {"value": one}}));
    assert_eq!(postman.members(&id(&made)), [one.as_str()]);
    change(json!({"op": "replace", "value": {"members": [two, {"value": one}], "displayName": "Barer"}}));
    assert_eq!(postman.members(&id(&made)), both);
    assert_eq!(server.groups(), ["Barer"]);
}

#[test]
fn its_walk_through_a_users_life_ends_as_it_should() {
    let server = Server::start();
    let postman = postman(&server);
    let made = postman.creates("/Users", &ryan("walk"));
    let mut enterprise = ryan("emp");
    enterprise["schemas"] = json!([USER, ENTERPRISE]);
    enterprise[ENTERPRISE] = json!({"Department": "bob", "Manager": {"Value": "SuzzyQ"}});
    let emp = postman.creates("/Users", &enterprise);
    assert_eq!(emp[ENTERPRISE]["department"], "bob");
    assert_eq!(emp[ENTERPRISE]["manager"]["value"], "SuzzyQ");

    let mut body = ryan("walk");
    body["displayName"] = "NewName".into();
    body.as_object_mut().unwrap().remove("DisplayName");
    let put = postman.put(&at(&made), &body).is(200).json();
    assert_eq!(put["displayName"], "NewName");
    let operations = json!([
        {"op": "replace", "path": "userName", "value": "ryan.leenay"},
        {"op": "add", "path": "nickName", "value": "Babs"},
        {"op": "remove", "path": "emails[type eq \"work\" and value ew \"home@bob.com\"]"},
        {"op": "add", "path": "name", "value": {"honorificPrefix": "Dr."}},
    ]);
    let reply = postman.patch(&at(&made), &patch(&operations));
    assert!([200, 204].contains(&reply.status), "{}", reply.text);
    let after = postman.read(&at(&made));
    assert_eq!((&after["userName"], &after["nickName"]), (&json!("ryan.leenay"), &json!("Babs")));
    assert_eq!(values(&after["emails"]), ["testing@bob.com"]);
    assert_eq!((&after["name"]["honorificPrefix"], &after["name"]["givenName"]), (&json!("Dr."), &json!("Ryan")));
    assert_eq!(server.people(), ["emp3 active", "ryan.leenay active"]);
    for gone in [&made, &emp] {
        postman.delete(&at(gone)).is(204);
        postman.get(&at(gone)).refuses(404, "");
    }
    assert_eq!(server.people(), ["emp3 removed", "ryan.leenay removed"]);
    assert_eq!(server.counted().0, 0);
}
