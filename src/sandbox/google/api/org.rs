//! `orgunits.list`, `orgunits.get`, `domains.list`, `domainAliases.list`, `customers.get`, `schemas.list`.

use serde_json::{Value, json};

use super::page;
use super::users::is_customer;
use super::{errors, method::Method};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::Tenant;
use crate::sandbox::google::wire::org;
use crate::sandbox::google::wire::writer::etag;
use crate::sandbox::random::fingerprint;
use crate::sandbox::stage::Call;

pub(super) fn read(tenant: &Tenant, call: &Call, method: &Method) -> Result<Answer, Answer> {
    let mut body = match method {
        Method::OrgUnits(customer) => {
            check(tenant, customer)?;
            listing(tenant, "admin#directory#orgUnits", "organizationUnits", units(tenant, call)?)
        }
        Method::OrgUnit(customer, path) => {
            check(tenant, customer)?;
            let path = format!("/{path}");
            let found = org::units(tenant).into_iter().find(|unit| unit["orgUnitPath"] == path.as_str());
            found.ok_or_else(|| errors::not_found("orgunitPath"))?
        }
        Method::Domains(customer) => {
            check(tenant, customer)?;
            listing(tenant, "admin#directory#domains", "domains", org::domains())
        }
        Method::DomainAliases(customer) => {
            check(tenant, customer)?;
            listing(tenant, "admin#directory#domainAliases", "domainAliases", Vec::new())
        }
        Method::Schemas(customer) => {
            check(tenant, customer)?;
            listing(tenant, "admin#directory#schemas", "schemas", org::schemas())
        }
        Method::Customer(customer) => {
            check(tenant, customer)?;
            org::customer(tenant)
        }
        _ => return Err(errors::not_found("method")),
    };
    let known: Vec<String> = body.as_object().map(|body| body.keys().cloned().collect()).unwrap_or_default();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(["organizationUnits", "domainAliases"]).collect();
    page::mask(&call.params, &known, None)?.prune(&mut body);
    Ok(Answer::json(200, &body))
}

fn check(tenant: &Tenant, customer: &str) -> Result<(), Answer> {
    if is_customer(tenant, customer) { Ok(()) } else { Err(errors::forbidden()) }
}

/// A list without pages; its key is left out when there is nothing to list.
fn listing(tenant: &Tenant, kind: &str, key: &str, items: Vec<Value>) -> Value {
    let mut body = json!({"kind": kind, "etag": etag(tenant.seed, tenant.generation ^ fingerprint(kind))});
    if !items.is_empty() {
        body[key] = Value::Array(items);
    }
    body
}

/// The units asked for: by default only the children of the given unit.
fn units(tenant: &Tenant, call: &Call) -> Result<Vec<Value>, Answer> {
    let top = call.params.get("orgUnitPath").unwrap_or("/");
    let top = format!("/{}", top.trim_matches('/'));
    let kind = call.params.get("type").unwrap_or("children");
    let all = org::units(tenant);
    if !all.iter().any(|unit| unit["orgUnitPath"] == top.as_str()) {
        return Err(errors::not_found("orgunitPath"));
    }
    let below = |path: &str| path != "/" && path != top && (top == "/" || path.starts_with(&format!("{top}/")));
    let wanted = |path: &str| match kind {
        "children" | "CHILDREN" => below(path) && org::parent(path) == top,
        "all" | "ALL" => below(path),
        _ => below(path) || path == top,
    };
    Ok(all.into_iter().filter(|unit| unit["orgUnitPath"].as_str().is_some_and(wanted)).collect())
}
