//! `/users`, `/groups`, `/directory/deletedItems/microsoft.graph.user`: all of a kind, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{errors, query};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::entra::tenant::{Presence, Tenant};
use crate::sandbox::entra::wire::fields::{
    ALL_OF_GROUP, GROUP, USER, USER_DEFAULT, group as group_bit, user as user_bit,
};
use crate::sandbox::entra::wire::user::Boss;
use crate::sandbox::entra::wire::writer::{Manner, json};
use crate::sandbox::entra::wire::{group, user};
use crate::sandbox::params::Params;
use crate::sandbox::random::fingerprint;
use crate::sandbox::stage::Call;

/// A page of a list under construction.
pub(super) struct Page {
    out: Vec<u8>,
    told: usize,
    limit: usize,
    /// The path below the version.
    path: String,
}

impl Page {
    pub(super) fn open(path: &str, context: &str, limit: usize) -> Self {
        let mut out = Vec::with_capacity(64 * 1024);
        out.extend_from_slice(b"{\"@odata.context\":");
        json(&mut out, &format!("https://graph.microsoft.com/v1.0/$metadata#{context}"));
        out.extend_from_slice(b",\"value\":[");
        Self { out, told: 0, limit, path: path.to_owned() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.told >= self.limit
    }

    /// The buffer, standing where the next object belongs.
    pub(super) fn item(&mut self) -> &mut Vec<u8> {
        if self.told > 0 {
            self.out.push(b',');
        }
        self.told += 1;
        &mut self.out
    }

    /// The finished page; `next` is the place at which to go on.
    pub(super) fn close(mut self, world: &World, params: &Params, next: Option<usize>) -> Answer {
        self.out.push(b']');
        if let Some(place) = next {
            let mut url = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in params.pairs().filter(|(key, _)| *key != "$skiptoken") {
                url.append_pair(key, value);
            }
            url.append_pair("$skiptoken", &mint(&self.path, place));
            let link = format!("{}/v1.0/{}?{}", world.stage.base_url, self.path, url.finish());
            self.out.extend_from_slice(b",\"@odata.nextLink\":");
            json(&mut self.out, &link);
        }
        self.out.push(b'}');
        Answer::written(self.out)
    }
}

fn mint(path: &str, place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{place:x}.{:x}", fingerprint(&format!("{path}.{place}"))))
}

/// The place at which the page asked for begins.
pub(super) fn place(params: &Params, path: &str) -> Result<usize, Answer> {
    let Some(token) = params.get("$skiptoken") else { return Ok(0) };
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|text| String::from_utf8(text).ok());
    text.and_then(|text| usize::from_str_radix(text.split_once('.')?.0, 16).ok())
        .filter(|place| mint(path, *place) == token)
        .ok_or_else(errors::expired_page)
}

const TAKEN: &[&str] = &["$select", "$top", "$skiptoken", "$count", "$expand"];

/// `GET /users` and the deleted ones.
pub(super) fn users(world: &World, call: &Call, deleted: bool) -> Result<Answer, Answer> {
    let params = &call.params;
    query::check(params, TAKEN)?;
    let path = if deleted { "directory/deletedItems/microsoft.graph.user" } else { "users" };
    let (limit, start) = (query::top(params)?, place(params, path)?);
    let usual = USER_DEFAULT | if deleted { user_bit("deletedDateTime") } else { 0 };
    let wanted = query::select(params, USER, "user")?.unwrap_or(usual) & !user_bit("manager");
    let expanded = match params.get("$expand") {
        None => 0,
        Some(text) if text.starts_with("manager") => user_bit("manager"),
        Some(_) => return Err(errors::unsupported("Only the manager can be expanded.")),
    };
    let tenant = world.tenant();
    let is_listed = |presence: Presence| match presence {
        Presence::Present => !deleted,
        Presence::Deleted { .. } | Presence::HiddenDeleted { .. } => deleted,
        Presence::Hidden | Presence::Purged => false,
    };
    let mut page = Page::open(path, "users", limit);
    for (place, slot) in (0..).zip(0_u32..).skip(start).take(tenant.people.len().saturating_sub(start)) {
        if !is_listed(tenant.person(slot).presence) {
            continue;
        }
        if page.is_full() {
            return Ok(page.close(world, params, Some(place)));
        }
        user::write(page.item(), &tenant, slot, wanted | expanded, Manner::Listed, Boss::Expanded);
    }
    Ok(page.close(world, params, None))
}

/// `GET /groups`.
pub(super) fn groups(world: &World, call: &Call) -> Result<Answer, Answer> {
    let params = &call.params;
    query::check(params, &TAKEN[..4])?;
    let (limit, start) = (query::top(params)?, place(params, "groups")?);
    let wanted = wanted_of_group(params)?;
    let tenant: &Tenant = &world.tenant();
    let mut page = Page::open("groups", "groups", limit);
    for (place, of) in tenant.groups.iter().enumerate().skip(start).filter(|(_, of)| of.live) {
        if page.is_full() {
            return Ok(page.close(world, params, Some(place)));
        }
        group::open(page.item(), of, wanted, Manner::Listed).close();
    }
    Ok(page.close(world, params, None))
}

/// Nearly everything of a group is shown without being asked for.
pub(super) fn wanted_of_group(params: &Params) -> Result<u32, Answer> {
    Ok(query::select(params, GROUP, "group")?.unwrap_or(ALL_OF_GROUP) & !group_bit("members"))
}
