//! What the service says of itself (RFC 7643 §5 – §7, RFC 7644 §3.8, §3.11, §4), to anybody, in the standard's own
//! content type.

use serde_json::{Value, json};

use super::caller::{Client, user};
use super::server::Server;

const ALL: [&str; 3] = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
const SINGLE: [&str; 3] =
    ["/ResourceTypes/User", "/ResourceTypes/Group", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"];

#[test]
fn anybody_may_ask_what_the_service_can_do_and_nobody_may_change_it() {
    let server = Server::start();
    let stranger = Client::new(&server, &server.okta).saying(None);
    for path in ALL.iter().chain(&SINGLE) {
        let reply = stranger.ask("GET", path, None).is(200);
        assert_eq!(reply.header("content-type"), "application/scim+json", "{path}");
        no_nulls(&reply.json(), path);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for client in [&stranger, &Client::new(&server, &server.okta)] {
                let reply = client.ask(method, path, (method != "DELETE").then_some(&json!({}))).refuses(405, "");
                assert_eq!(reply.header("allow"), "GET", "{method} {path}");
            }
        }
    }
    stranger.ask("GET", "/Schemas", None).is(200);
    stranger.ask("GET", "/Users", None).refuses(401, "");
}

fn no_nulls(value: &Value, place: &str) {
    match value {
        Value::Null => panic!("null at {place}"),
        Value::Array(values) => values.iter().for_each(|value| no_nulls(value, place)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| no_nulls(value, &format!("{place}.{name}"))),
        _ => {}
    }
}

#[test]
fn the_configuration_says_what_there_is_and_no_more() {
    let server = Server::start();
    let config = server.get("/ServiceProviderConfig").is(200).json();
    assert_eq!(config["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]));
    for supported in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[supported]["supported"], true, "{supported}");
    }
    assert_eq!(config["changePassword"]["supported"], false);
    assert_eq!(config["bulk"]["maxOperations"], 1000);
    assert_eq!(config["bulk"]["maxPayloadSize"], 8 * 1024 * 1024);
    assert_eq!(config["filter"]["maxResults"], 1000);
    let scheme = &config["authenticationSchemes"][0];
    assert_eq!(scheme["type"], "oauthbearertoken");
    assert!(scheme["name"].is_string() && scheme["description"].is_string());
    let pagination = &config["pagination"];
    assert_eq!((&pagination["cursor"], &pagination["index"]), (&json!(true), &json!(true)));
    assert_eq!(pagination["defaultPaginationMethod"], "index");
    assert_eq!((&pagination["defaultPageSize"], &pagination["maxPageSize"]), (&json!(100), &json!(1000)));
    assert!(pagination["cursorTimeout"].as_u64().unwrap() > 0);
    assert_eq!(config["meta"]["resourceType"], "ServiceProviderConfig");
    assert_eq!(config["meta"]["location"], format!("{}/ServiceProviderConfig", server.base()));
    // scim2-tester gives up at the first field it does not know.
    assert!(config.get("interopProfileConformant").is_none() && config.get("securityEvents").is_none());
}

#[test]
fn the_single_configuration_ignores_whatever_is_asked_of_it_and_the_lists_are_not_filtered() {
    let server = Server::start();
    let plain = server.get("/ServiceProviderConfig").json();
    for query in ["?filter=invalid&sortBy=..", "?count=ten&startIndex=x", "?attributes=patch", "?cursor=forged"] {
        assert_eq!(server.get(&format!("/ServiceProviderConfig{query}")).is(200).json(), plain, "{query}");
    }
    for path in ["/ResourceTypes", "/Schemas"] {
        server.get(&format!("{path}?filter=id%20eq%20%22User%22")).refuses(403, "");
        let all = server.list(path);
        for query in ["?startIndex=2&count=1", "?sortBy=id&sortOrder=descending", "?attributes=id"] {
            assert_eq!(server.list(&format!("{path}{query}")), all, "{path}{query}");
        }
    }
}

#[test]
fn the_types_name_their_endpoints_and_extensions_and_none_is_required() {
    let server = Server::start();
    let types = server.list("/ResourceTypes");
    assert_eq!(
        (&types["totalResults"], &types["startIndex"], &types["itemsPerPage"]),
        (&json!(2), &json!(1), &json!(2))
    );
    for (at, name) in ["User", "Group"].into_iter().enumerate() {
        let described = &types["Resources"][at];
        assert_eq!(described["name"], name);
        assert_eq!(described["endpoint"], format!("/{name}s"));
        assert_eq!(described["schema"], format!("urn:ietf:params:scim:schemas:core:2.0:{name}"));
        let location = format!("{}/ResourceTypes/{name}", server.base());
        assert_eq!(described["meta"], json!({"resourceType": "ResourceType", "location": location}));
        assert_eq!(&server.get(&format!("/ResourceTypes/{name}")).json(), described);
    }
    let extension =
        json!([{"schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "required": false}]);
    assert_eq!(types["Resources"][0]["schemaExtensions"], extension);
    server.get("/ResourceTypes/Device").refuses(404, "");
}

#[test]
fn the_schemas_describe_every_attribute_whole() {
    let server = Server::start();
    let schemas = server.list("/Schemas");
    assert_eq!(schemas["totalResults"], 3);
    for schema in schemas["Resources"].as_array().unwrap() {
        let id = schema["id"].as_str().unwrap();
        assert_eq!(&server.get(&format!("/Schemas/{id}")).is(200).json(), schema);
        assert_eq!(schema["meta"]["location"], format!("{}/Schemas/{id}", server.base()));
        described(&schema["attributes"], id);
    }
    let attribute = |schema: &str, name: &str| {
        let schema = server.get(&format!("/Schemas/urn:ietf:params:scim:schemas:{schema}")).json();
        schema["attributes"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
    };
    let name = attribute("core:2.0:User", "userName");
    assert_eq!(
        (&name["required"], &name["uniqueness"], &name["caseExact"]),
        (&json!(true), &json!("server"), &json!(false))
    );
    let password = attribute("core:2.0:User", "password");
    assert_eq!((&password["mutability"], &password["returned"]), (&json!("writeOnly"), &json!("never")));
    assert_eq!(attribute("core:2.0:User", "groups")["mutability"], "readOnly");
    let members = attribute("core:2.0:Group", "members");
    assert_eq!(members["subAttributes"][0]["mutability"], "immutable");
    assert_eq!(attribute("extension:enterprise:2.0:User", "manager")["type"], "complex");
    server.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Device").refuses(404, "");
}

/// Every characteristic of RFC 7643 §7, in the values it allows.
fn described(attributes: &Value, place: &str) {
    for attribute in attributes.as_array().unwrap() {
        let place = format!("{place} {}", attribute["name"]);
        for text in ["name", "type", "description", "mutability", "returned"] {
            assert!(attribute[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {place}");
        }
        for bit in ["multiValued", "required"] {
            assert!(attribute[bit].is_boolean(), "{bit} of {place}");
        }
        assert!(
            ["readOnly", "readWrite", "immutable", "writeOnly"].map(Value::from).contains(&attribute["mutability"])
        );
        assert!(["always", "never", "default", "request"].map(Value::from).contains(&attribute["returned"]));
        match attribute["type"].as_str().unwrap() {
            "complex" => described(&attribute["subAttributes"], &place),
            "reference" => assert!(!attribute["referenceTypes"].as_array().unwrap().is_empty(), "{place}"),
            "string" => assert!(attribute["caseExact"].is_boolean(), "{place}"),
            kind => assert!(["boolean", "decimal", "integer", "dateTime", "binary"].contains(&kind), "{place}: {kind}"),
        }
    }
}

#[test]
fn plain_json_is_answered_only_to_who_takes_nothing_else() {
    let server = Server::start();
    let id = server.post("/Users", &user("ada")).is(201).id();
    let one = format!("/Users/{id}");
    for (accept, kind) in [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/scim+json", "application/scim+json"),
        ("application/scim+json, application/json", "application/scim+json"),
        ("application/json, */*", "application/scim+json"),
        ("*/*", "application/scim+json"),
    ] {
        for path in [&one, "/Users", "/Users/nobody", "/Schemas"] {
            let reply = server.send(server.request("GET", path).header("accept", accept));
            assert_eq!(reply.header("content-type"), kind, "{path} for {accept}");
        }
    }
    for kind in ["application/json", "application/json; charset=utf-8", "application/scim+json;charset=UTF-8"] {
        let body = user(&format!("by {kind}")).to_string();
        server.send(server.request("POST", "/Users").header("content-type", kind).body(body)).is(201);
    }
}

#[test]
fn nobody_is_me_and_what_is_not_there_is_not_there_in_the_standards_words() {
    let server = Server::start();
    for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
        server.send(server.request(method, "/Me")).refuses(501, "");
    }
    for path in ["/Devices", "/Users/a/b", "/Bulk/1", "/users2"] {
        let reply = server.get(path).refuses(404, "");
        assert_eq!(reply.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{path}");
        assert_eq!(reply.header("content-type"), "application/scim+json");
    }
    for (method, path, allowed) in [
        ("PUT", "/Users", "GET, POST"),
        ("DELETE", "/Groups", "GET, POST"),
        ("POST", "/Users/1", "GET, PUT, PATCH, DELETE"),
        ("GET", "/Bulk", "POST"),
        ("GET", "/Users/.search", "POST"),
    ] {
        assert_eq!(
            server.send(server.request(method, path)).refuses(405, "").header("allow"),
            allowed,
            "{method} {path}"
        );
    }
    server.get("/Users/").is(200);
}
