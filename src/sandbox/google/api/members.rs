//! `members.list`, `members.get`, `members.hasMember`.

use std::collections::HashSet;

use serde_json::json;

use super::page::{self, ENVELOPE, Page};
use super::{errors, groups};
use crate::sandbox::answer::Answer;
use crate::sandbox::google::tenant::{Kind, Member, Role, Slot, Tenant};
use crate::sandbox::google::wire::group::{self, MEMBER_KEYS};
use crate::sandbox::stage::Call;

pub(super) fn list(tenant: &Tenant, call: &Call, print: u64, key: &str) -> Result<Answer, Answer> {
    let params = &call.params;
    let mask = page::mask(params, ENVELOPE, Some(("members", MEMBER_KEYS)))?;
    let page = Page::of(call, print, &mask, 200, 200)?;
    let slot = groups::find(tenant, key)?;
    let roles = roles(params.get("roles"))?;
    let derived = params.is_true("includeDerivedMembership").then(|| derived(tenant, slot));
    let members = derived.as_deref().unwrap_or(&tenant.group(slot).members);
    let mut found = Vec::with_capacity(page.limit.min(members.len()));
    let mut next = None;
    for (place, member) in members.iter().enumerate().skip(page.offset()) {
        if !tenant.lists(member) || roles.as_ref().is_some_and(|roles| !roles.contains(&member.role)) {
            continue;
        }
        if found.len() == page.limit {
            next = Some(place.to_string());
            break;
        }
        found.push(member);
    }
    Ok(page.write(tenant, ("admin#directory#members", "members"), &found, next.as_deref(), |out, member, mask| {
        group::write_member(out, tenant, member, mask);
    }))
}

fn roles(text: Option<&str>) -> Result<Option<Vec<Role>>, Answer> {
    let role = |name: &str| match name.trim() {
        "OWNER" => Ok(Role::Owner),
        "MANAGER" => Ok(Role::Manager),
        "MEMBER" => Ok(Role::Member),
        _ => Err(errors::invalid("Invalid Input: roles")),
    };
    text.map(|text| text.split(',').map(role).collect()).transpose()
}

/// The members of a group and of the groups in it, and everybody where everybody is a member. What is expanded stays.
fn derived(tenant: &Tenant, slot: Slot) -> Vec<Member> {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut groups = vec![slot];
    let mut at = 0;
    while let Some(&group) = groups.get(at) {
        at += 1;
        for member in tenant.group(group).members.iter().filter(|member| tenant.lists(member)) {
            if member.kind == Kind::Group && !groups.contains(&member.index) {
                groups.push(member.index);
            }
            let everybody = if member.kind == Kind::Customer { tenant.order.as_slice() } else { &[] };
            let everybody = everybody.iter().map(|&person| Member::person(person, Role::Member));
            for member in std::iter::once(*member).chain(everybody) {
                if seen.insert((member.kind, member.index)) {
                    all.push(member);
                }
            }
        }
    }
    all
}

pub(super) fn get(tenant: &Tenant, call: &Call, group_key: &str, key: &str) -> Result<Answer, Answer> {
    let mask = page::mask(&call.params, MEMBER_KEYS, None)?;
    let group = tenant.group(groups::find(tenant, group_key)?);
    let member = group.members.iter().find(|member| tenant.lists(member) && tenant.is_called(member, key));
    let member = member.ok_or_else(|| errors::not_found("memberKey"))?;
    let mut out = Vec::new();
    group::write_member(&mut out, tenant, member, &mask);
    Ok(Answer::written(out))
}

/// Google refuses to say anything of groups and of people outside the organisation.
pub(super) fn has(tenant: &Tenant, group_key: &str, key: &str) -> Result<Answer, Answer> {
    let slot = groups::find(tenant, group_key)?;
    if tenant.find_person(key).is_none() {
        return Err(errors::invalid("Invalid Input: memberKey"));
    }
    let is_member = derived(tenant, slot).iter().any(|member| tenant.is_called(member, key));
    Ok(Answer::json(200, &json!({"isMember": is_member})))
}
