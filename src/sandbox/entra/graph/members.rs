//! `/groups/{id}/members`: who is in a group directly.

use super::lists::{self, Page};
use super::{errors, query};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::entra::tenant::{Kind, Member, Tenant};
use crate::sandbox::entra::wire::fields::{GROUP, USER, USER_DEFAULT};
use crate::sandbox::entra::wire::user::Boss;
use crate::sandbox::entra::wire::writer::{Manner, json, quoted};
use crate::sandbox::entra::wire::{group, user};
use crate::sandbox::params::Params;
use crate::sandbox::stage::Call;

pub(super) fn list(world: &World, call: &Call, key: &str) -> Result<Answer, Answer> {
    let params = &call.params;
    query::check(params, &["$select", "$top", "$skiptoken", "$count"])?;
    let tenant = world.tenant();
    let slot = tenant.find_group(key).ok_or_else(|| errors::not_found(key))?;
    let path = format!("groups/{}/members", tenant.group(slot).id);
    let (limit, start) = (query::top(params)?, lists::place(params, &path)?);
    let mut page = Page::open(&path, "directoryObjects", limit);
    for (place, member) in tenant.group(slot).members.iter().enumerate().skip(start) {
        if !member.is_in() || !tenant.shows(member.kind, member.index) {
            continue;
        }
        if page.is_full() {
            return Ok(page.close(world, params, Some(place)));
        }
        write(page.item(), &tenant, member, params);
    }
    Ok(page.close(world, params, None))
}

/// A member with the properties asked for that its kind has; those of other kinds are left out, and what the token may not
/// read is null.
fn write(out: &mut Vec<u8>, tenant: &Tenant, member: &Member, params: &Params) {
    out.extend_from_slice(b"{\"@odata.type\":");
    quoted(out, member.kind.odata());
    out.push(b',');
    let typed = out.len();
    match member.kind {
        Kind::Person => {
            let wanted = bits(params, USER).unwrap_or(USER_DEFAULT);
            user::write(out, tenant, member.index, wanted, Manner::Listed, Boss::Expanded);
        }
        Kind::Group => {
            let wanted = bits(params, GROUP).unwrap_or(u32::MAX);
            group::open(out, tenant.group(member.index), wanted, Manner::Listed).close();
        }
        _ => {
            out.extend_from_slice(b"{\"id\":");
            quoted(out, tenant.member_id(member.kind, member.index));
            for name in params.get("$select").unwrap_or("displayName").split(',').filter(|name| *name != "id") {
                out.push(b',');
                json(out, name);
                out.extend_from_slice(b":null");
            }
            out.push(b'}');
        }
    }
    // Two objects become one.
    out.remove(typed);
}

/// The bits of the selected properties this kind has.
fn bits(params: &Params, names: &[&str]) -> Option<u32> {
    let select = params.get("$select")?;
    let bit =
        |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name)).map_or(0, |place| 1 << place);
    Some(select.split(',').map(|name| bit(name.trim())).fold(0, |all, bit| all | bit))
}
