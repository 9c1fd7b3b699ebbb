//! `groups.list`, `groups.get`, `groups.aliases.list`.

use serde_json::json;

use super::page::{self, ENVELOPE, Page};
use super::users::{domain_asked, in_domain};
use super::{errors, query};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::{Slot, Tenant};
use crate::sandbox::google::wire::group;
use crate::sandbox::stage::Call;

pub(super) fn list(tenant: &Tenant, call: &Call, print: u64) -> Result<Answer, Answer> {
    let params = &call.params;
    let mask = page::mask(params, ENVELOPE, Some(("groups", group::KEYS)))?;
    let page = Page::of(call, print, &mask, 200, 200)?;
    let member = params.get("userKey");
    let domain = match member {
        Some(_) if params.get("customer").is_some() => return Err(errors::bad_request()),
        Some(_) if params.get("domain").is_none() => None,
        _ => domain_asked(tenant, params)?,
    };
    let clauses = query::parse(params.get("query").unwrap_or_default())?;
    let mut order: Vec<Slot> = tenant.group_order.clone();
    match params.get("sortOrder") {
        Some("DESCENDING") => order.reverse(),
        None | Some("ASCENDING") => {}
        Some(other) => return Err(errors::invalid_parameter("sortOrder", &format!("Invalid value '{other}'"))),
    }
    let mut found = Vec::with_capacity(page.limit);
    let mut next = None;
    for (place, &slot) in order.iter().enumerate().skip(page.offset()) {
        if !fits(tenant, slot, &clauses, member)? || !in_domain(&tenant.group(slot).email, domain) {
            continue;
        }
        if found.len() == page.limit {
            next = Some(place.to_string());
            break;
        }
        found.push(slot);
    }
    Ok(page.write(tenant, ("admin#directory#groups", "groups"), &found, next.as_deref(), |out, &slot, mask| {
        group::write(out, tenant, slot, mask);
    }))
}

fn fits(tenant: &Tenant, slot: Slot, clauses: &[query::Clause], member: Option<&str>) -> Result<bool, Answer> {
    let group = tenant.group(slot);
    let holds = |key: &str| group.members.iter().any(|member| tenant.lists(member) && tenant.is_called(member, key));
    for clause in clauses {
        let fits = match clause.field.to_ascii_lowercase().as_str() {
            "email" => clause.fits(&group.email),
            "name" => clause.fits(&group.name),
            "memberkey" => holds(&clause.value),
            _ => return Err(errors::invalid("Invalid Input: query")),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(member.is_none_or(holds))
}

/// The group a key means, or the error Google has for it.
pub(super) fn find(tenant: &Tenant, key: &str) -> Result<Slot, Answer> {
    match tenant.find_group(key) {
        Some(slot) => Ok(slot),
        None if tenant.is_outside_group(key) => Err(errors::forbidden()),
        None => Err(errors::not_found("groupKey")),
    }
}

pub(super) fn get(tenant: &Tenant, call: &Call, key: &str) -> Result<Answer, Answer> {
    let mask = page::mask(&call.params, group::KEYS, None)?;
    let mut out = Vec::new();
    group::write(&mut out, tenant, find(tenant, key)?, &mask);
    Ok(Answer::written(out))
}

pub(super) fn aliases(tenant: &Tenant, key: &str) -> Result<Answer, Answer> {
    let group = tenant.group(find(tenant, key)?);
    let mut body = json!({"kind": "admin#directory#aliases"});
    if !group.aliases.is_empty() {
        let alias = |alias: &String| json!({"kind": "admin#directory#alias", "id": group.id_text(), "alias": alias, "primaryEmail": group.email});
        body["aliases"] = group.aliases.iter().map(alias).collect();
    }
    Ok(Answer::json(200, &body))
}
