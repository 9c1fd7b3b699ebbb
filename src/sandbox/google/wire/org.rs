//! What surrounds people and groups: org units, domains, the customer, custom schemas.

use serde_json::{Value, json};

use super::writer::etag;
use crate::sandbox::google::tenant::{DOMAINS, Tenant, UNITS};
use crate::sandbox::random::{fingerprint, mix};

/// Every org unit, the root first.
pub(in crate::sandbox) fn units(tenant: &Tenant) -> Vec<Value> {
    UNITS.iter().map(|(path, description)| unit(tenant, path, description)).collect()
}

fn unit(tenant: &Tenant, path: &str, description: &str) -> Value {
    let id = |path: &str| format!("id:03ph8a2z{:x}", mix(tenant.seed ^ fingerprint(path)) >> 12);
    let mut unit = json!({
        "kind": "admin#directory#orgUnit",
        "etag": etag(tenant.seed, fingerprint(path)),
        "orgUnitId": id(path),
        "orgUnitPath": path,
        "name": path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(description),
        "description": description,
    });
    if path != "/" {
        let parent = parent(path);
        unit["parentOrgUnitPath"] = json!(parent);
        unit["parentOrgUnitId"] = json!(id(parent));
    }
    unit
}

/// The path one level up.
pub(in crate::sandbox) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// The company's domains.
pub(in crate::sandbox) fn domains() -> Vec<Value> {
    let domain = |(place, name): (usize, &&str)| {
        json!({
            "kind": "admin#directory#domain",
            "domainName": name,
            "isPrimary": place == 0,
            "verified": true,
            "creationTime": (1_262_304_000_000_u64 + place as u64 * 86_400_000).to_string(),
        })
    };
    DOMAINS.iter().enumerate().map(domain).collect()
}

/// The company itself.
pub(in crate::sandbox) fn customer(tenant: &Tenant) -> Value {
    json!({
        "kind": "admin#directory#customer",
        "etag": etag(tenant.seed, 1),
        "id": tenant.customer_id,
        "customerDomain": DOMAINS[0],
        "alternateEmail": "owner@example.org",
        "customerCreationTime": "2010-01-01T00:00:00.000Z",
        "language": "en",
        "postalAddress": {"organizationName": "Brightwater", "countryCode": "GB"},
    })
}

/// The custom schemas people's records use.
pub(in crate::sandbox) fn schemas() -> Vec<Value> {
    let field = |name: &str, multiple: bool| json!({"kind": "admin#directory#schema#fieldspec", "fieldName": name, "fieldType": "STRING", "multiValued": multiple});
    vec![
        json!({"kind": "admin#directory#schema", "schemaId": "badge1==", "schemaName": "Badge", "displayName": "Badge",
            "fields": [field("number", false), field("areas", true)]}),
        json!({"kind": "admin#directory#schema", "schemaId": "hr1==", "schemaName": "HR", "displayName": "HR",
            "fields": [field("shirt", false), field("started", false), field("remote", false)]}),
    ]
}
