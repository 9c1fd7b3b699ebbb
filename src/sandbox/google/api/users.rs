//! `users.list`, `users.get`, `users.aliases.list`.

use serde_json::json;

use super::page::{self, ENVELOPE, Page};
use super::{errors, query};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::{DOMAINS, Slot, Standing, Tenant};
use crate::sandbox::google::wire::user::{self, Projection};
use crate::sandbox::params::Params;
use crate::sandbox::stage::Call;

/// Which part of the company a listing covers: with both `customer` and `domain`, Google reads the domain only.
pub(super) fn domain_asked<'a>(tenant: &Tenant, params: &'a Params) -> Result<Option<&'a str>, Answer> {
    match (params.get("domain"), params.get("customer")) {
        (Some(domain), _) if DOMAINS.iter().any(|known| known.eq_ignore_ascii_case(domain)) => Ok(Some(domain)),
        (Some(_), _) => Err(errors::domain_not_found()),
        (None, Some(customer)) if is_customer(tenant, customer) => Ok(None),
        (None, Some(_)) => Err(errors::forbidden()),
        (None, None) => Err(errors::bad_request()),
    }
}

/// Whether a text means this company.
pub(super) fn is_customer(tenant: &Tenant, text: &str) -> bool {
    text == "my_customer" || text == tenant.customer_id
}

pub(super) fn in_domain(email: &str, domain: Option<&str>) -> bool {
    domain.is_none_or(|domain| email.rsplit_once('@').is_some_and(|(_, of)| of.eq_ignore_ascii_case(domain)))
}

fn projection(params: &Params) -> Result<Projection, Answer> {
    match params.get("projection").unwrap_or("basic").to_ascii_lowercase().as_str() {
        "basic" => Ok(Projection::Basic),
        "full" => Ok(Projection::Full),
        "custom" => {
            let schemas = params.get("customFieldMask").unwrap_or_default().split(',').map(str::to_owned);
            Ok(Projection::Custom(schemas.collect()))
        }
        other => Err(errors::invalid_parameter("projection", &format!("Invalid value '{other}'"))),
    }
}

pub(super) fn list(tenant: &Tenant, call: &Call, print: u64) -> Result<Answer, Answer> {
    let params = &call.params;
    let mask = page::mask(params, ENVELOPE, Some(("users", user::KEYS)))?;
    let domain = domain_asked(tenant, params)?;
    let page = Page::of(call, print, &mask, 100, 500)?;
    let projection = projection(params)?;
    let clauses = query::parse(params.get("query").unwrap_or_default())?;
    let listed = if params.is_true("showDeleted") { &tenant.deleted_order } else { &tenant.order };
    let fits = |slot: Slot| -> Result<bool, Answer> {
        let person = tenant.person(slot);
        let admin =
            (person.standing == Standing::Super, matches!(person.standing, Standing::Delegated | Standing::UsersOnly));
        for clause in &clauses {
            if !query::person_fits(clause, person, admin)? {
                return Ok(false);
            }
        }
        Ok(in_domain(&person.email, domain))
    };
    let custom = custom_order(tenant, params, listed)?;
    let order = custom.as_deref().unwrap_or(listed);
    // By address a page goes on after the last address seen, so that changes between pages move nobody across the seam.
    let start = match custom {
        Some(_) => page.offset(),
        None => order.partition_point(|&slot| tenant.person(slot).sort_key().as_str() <= page.position.as_str()),
    };
    let mut found = Vec::with_capacity(page.limit);
    let mut next = None;
    for (place, &slot) in order.iter().enumerate().skip(start) {
        if !fits(slot)? {
            continue;
        }
        if found.len() == page.limit {
            next = Some(match (&custom, found.last()) {
                (None, Some(&last)) => tenant.person(last).sort_key(),
                _ => place.to_string(),
            });
            break;
        }
        found.push(slot);
    }
    Ok(page.write(tenant, ("admin#directory#users", "users"), &found, next.as_deref(), |out, &slot, mask| {
        user::write(out, tenant, slot, mask, &projection);
    }))
}

/// The order asked for, when it is not the usual one.
fn custom_order(tenant: &Tenant, params: &Params, listed: &[Slot]) -> Result<Option<Vec<Slot>>, Answer> {
    let descending = match params.get("sortOrder") {
        None | Some("ASCENDING") => false,
        Some("DESCENDING") => true,
        Some(other) => return Err(errors::invalid_parameter("sortOrder", &format!("Invalid value '{other}'"))),
    };
    let key: Option<fn(&Tenant, Slot) -> String> = match params.get("orderBy") {
        None | Some("email") => None,
        Some("givenName") => Some(|tenant, slot| tenant.person(slot).given.to_lowercase()),
        Some("familyName") => Some(|tenant, slot| tenant.person(slot).family.to_lowercase()),
        Some(other) => return Err(errors::invalid_parameter("orderBy", &format!("Invalid value '{other}'"))),
    };
    if key.is_none() && !descending {
        return Ok(None);
    }
    let mut order = listed.to_vec();
    if let Some(key) = key {
        order.sort_by_cached_key(|&slot| key(tenant, slot));
    }
    if descending {
        order.reverse();
    }
    Ok(Some(order))
}

/// The person a key means, or the error Google has for it.
fn find(tenant: &Tenant, key: &str) -> Result<Slot, Answer> {
    if let Some(slot) = tenant.find_person(key) {
        return Ok(slot);
    }
    if tenant.find_deleted(key).is_some() {
        return Err(errors::deleted());
    }
    if tenant.find_group(key).is_some() {
        return Err(errors::invalid("Type not supported: userKey"));
    }
    let ours =
        key.rsplit_once('@').is_none_or(|(_, domain)| DOMAINS.iter().any(|known| known.eq_ignore_ascii_case(domain)));
    // People of other organisations are not "not found": one may not look.
    Err(if ours { errors::not_found("userKey") } else { errors::forbidden() })
}

pub(super) fn get(tenant: &Tenant, call: &Call, key: &str) -> Result<Answer, Answer> {
    let mask = page::mask(&call.params, user::KEYS, None)?;
    let projection = projection(&call.params)?;
    let slot = find(tenant, key)?;
    let mut out = Vec::new();
    user::write(&mut out, tenant, slot, &mask, &projection);
    if !mask.is_flat() {
        page::prune(&mut out, &mask);
    }
    Ok(Answer::written(out))
}

pub(super) fn aliases(tenant: &Tenant, key: &str) -> Result<Answer, Answer> {
    let person = tenant.person(find(tenant, key)?);
    let alias = |alias: &String| json!({"kind": "admin#directory#alias", "id": person.id_text(), "alias": alias, "primaryEmail": person.email});
    let mut body = json!({"kind": "admin#directory#aliases"});
    if !person.aliases().is_empty() {
        body["aliases"] = person.aliases().iter().map(alias).collect();
    }
    Ok(Answer::json(200, &body))
}
