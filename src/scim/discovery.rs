//! What the service says of itself (RFC 7643 §5 to §7, RFC 9865 §4), out of the table of schemas. Nothing in it is null.

use serde_json::{Map, Value, json};

use crate::scim::schema::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, TYPES, Uniqueness};

/// What the service is willing to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations in one bulk request.
    pub bulk_operations: usize,
    /// Bytes in one bulk request.
    pub bulk_bytes: usize,
    /// Resources in an answer where no count is asked for.
    pub page: u64,
    /// Resources in an answer at most.
    pub largest_page: u64,
    /// Seconds a cursor is good for.
    pub cursor_seconds: i64,
}

/// `/ServiceProviderConfig`. `base` is the service's address without a slash at its end.
pub fn service_provider_config(base: &str, limits: &Limits) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": limits.bulk_operations,
            "maxPayloadSize": limits.bulk_bytes,
        },
        "filter": {"supported": true, "maxResults": limits.largest_page},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true,
            "index": true,
            // RFC 9865: clients that know nothing of cursors must go on as before.
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page,
            "maxPageSize": limits.largest_page,
            "cursorTimeout": limits.cursor_seconds,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The integration's token in the Authorization header (RFC 6750)",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta("ServiceProviderConfig", format!("{base}/ServiceProviderConfig")),
    })
}

/// All of `/ResourceTypes`.
pub fn resource_types(base: &str) -> Vec<Value> {
    TYPES.iter().map(|kind| describe_type(kind, base)).collect()
}

/// All of `/Schemas`.
pub fn schemas(base: &str) -> Vec<Value> {
    every_schema().map(|schema| describe_schema(schema, base)).collect()
}

fn every_schema() -> impl Iterator<Item = &'static Schema> {
    TYPES.iter().flat_map(|kind| kind.schemas())
}

fn meta(kind: &str, location: String) -> Value {
    json!({"resourceType": kind, "location": location})
}

fn describe_type(kind: &ResourceType, base: &str) -> Value {
    let mut described = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "description": kind.description,
        "endpoint": kind.endpoint,
        "schema": kind.schema.id,
        "meta": meta("ResourceType", format!("{base}/ResourceTypes/{}", kind.name)),
    });
    if !kind.extensions.is_empty() {
        let extensions = kind.extensions.iter().map(|schema| json!({"schema": schema.id, "required": false}));
        described["schemaExtensions"] = extensions.collect();
    }
    described
}

fn describe_schema(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(describe).collect::<Vec<_>>(),
        "meta": meta("Schema", format!("{base}/Schemas/{}", schema.id)),
    })
}

fn describe(attribute: &Attribute) -> Value {
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| drop(said.insert(name.to_owned(), value));
    say("name", attribute.name.into());
    say("type", type_of(attribute.kind).into());
    say("multiValued", attribute.multi_valued.into());
    say("description", attribute.description.into());
    say("required", attribute.required.into());
    say("mutability", mutability(attribute.mutability).into());
    say("returned", returned(attribute.returned).into());
    if attribute.kind == Kind::Complex {
        // Whether case counts and whether it is unique is a matter of its parts.
        say("subAttributes", attribute.sub_attributes.iter().map(describe).collect());
    } else {
        say("caseExact", attribute.case_exact.into());
        say("uniqueness", uniqueness(attribute.uniqueness).into());
    }
    for (name, values) in
        [("canonicalValues", attribute.canonical_values), ("referenceTypes", attribute.reference_types)]
    {
        if !values.is_empty() {
            say(name, values.iter().copied().collect());
        }
    }
    Value::Object(said)
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::Decimal => "decimal",
        Kind::DateTime => "dateTime",
        Kind::Reference => "reference",
        Kind::Binary => "binary",
        Kind::Complex => "complex",
    }
}

fn mutability(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

fn returned(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
        Returned::Request => "request",
    }
}

fn uniqueness(uniqueness: Uniqueness) -> &'static str {
    match uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://scim.example/v2";

    fn no_nulls(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Array(list) => list.iter().all(no_nulls),
            Value::Object(object) => object.values().all(no_nulls),
            _ => true,
        }
    }

    #[test]
    fn the_service_says_what_it_can_do() {
        let config = service_provider_config(
            BASE,
            &Limits { bulk_operations: 1000, bulk_bytes: 1 << 20, page: 100, largest_page: 1000, cursor_seconds: 3600 },
        );
        assert_eq!(config["bulk"], json!({"supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576}));
        assert_eq!(config["pagination"]["defaultPaginationMethod"], "index");
        assert_eq!(config["meta"]["location"], "https://scim.example/v2/ServiceProviderConfig");
        assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
        // A public suite refuses the whole service for these.
        assert!(config.get("interopProfileConformant").is_none() && config.get("securityEvents").is_none());
        assert!(no_nulls(&config));
    }

    #[test]
    fn types_and_schemas_come_out_of_the_table() {
        let types = resource_types(BASE);
        assert_eq!((types.len(), &types[0]["id"]), (2, &json!("User")));
        assert_eq!(types[0]["schemaExtensions"][0]["required"], false);
        assert_eq!(types[1].get("schemaExtensions"), None);
        let all = schemas(BASE);
        let urns: Vec<&str> = all.iter().filter_map(|schema| schema["id"].as_str()).collect();
        assert_eq!(urns.len(), 3);
        for (one, urn) in all.iter().zip(urns) {
            assert_eq!(one["meta"]["location"], json!(format!("{BASE}/Schemas/{urn}")));
        }
        assert!(all.iter().chain(&types).all(no_nulls));
        let user = &all[0]["attributes"];
        let name = json!({"name": "userName", "type": "string", "multiValued": false, "description": user[0]["description"],
            "required": true, "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "server"});
        assert_eq!(user[0], name);
        assert_eq!(user[1]["subAttributes"][0]["name"], "formatted");
    }
}
