//! What both delta queries share: how a round begins, goes on and ends.

use super::link::{self, Round, Stream};
use super::{errors, groups_delta, query, users_delta};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::World;
use crate::sandbox::entra::tenant::{Tenant, dice};
use crate::sandbox::entra::wire::fields::{ALL_OF_GROUP, GROUP, USER, USER_DEFAULT};
use crate::sandbox::entra::wire::writer::json;
use crate::sandbox::stage::Call;

/// Answers a delta request.
pub(super) fn answer(world: &World, call: &Call, stream: Stream) -> Result<Answer, Answer> {
    let params = &call.params;
    // `$top` is taken, and ignored.
    query::check(params, &["$select", "$deltatoken", "$skiptoken", "$top"])?;
    let (skip, delta) = (params.get("$skiptoken"), params.get("$deltatoken"));
    let latest = delta.is_some_and(|token| token.eq_ignore_ascii_case("latest"));
    let found = link::read(world, stream, skip, delta.filter(|_| !latest))?;
    let tenant = world.tenant();
    let population = match stream {
        Stream::Users => tenant.people.len(),
        Stream::Groups => tenant.groups.len(),
    };
    let round = match found {
        Some(_) if params.get("$select").is_some() => {
            return Err(errors::bad_request("$select cannot be used with a token, which has it in itself."));
        }
        Some((round, true)) => round.next(tenant.generation, population),
        Some((round, false)) => round,
        None => {
            let select = match stream {
                Stream::Users => query::select(params, USER, "user")?.unwrap_or(USER_DEFAULT),
                Stream::Groups => query::select(params, GROUP, "group")?.unwrap_or(ALL_OF_GROUP),
            };
            Round::first(stream, select | 1, tenant.generation, population)
        }
    };
    let mut page = Page::open(&tenant, round);
    let go_on = !latest && page.fill(world);
    Ok(page.close(world, go_on))
}

/// A page under construction.
pub(super) struct Page<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) round: Round,
    pub(super) out: Vec<u8>,
    pub(super) empty: bool,
}

impl<'a> Page<'a> {
    fn open(tenant: &'a Tenant, round: Round) -> Self {
        let mut out = Vec::with_capacity(64 * 1024);
        let what = match round.stream {
            Stream::Users => "users",
            Stream::Groups => "groups",
        };
        out.extend_from_slice(b"{\"@odata.context\":");
        json(&mut out, &format!("https://graph.microsoft.com/v1.0/$metadata#{what}/$delta"));
        out.extend_from_slice(b",\"value\":[");
        Self { tenant, round, out, empty: true }
    }

    /// Writes what belongs on this page; whether the round goes on after it.
    fn fill(&mut self, world: &World) -> bool {
        if world.pages.empty && self.is_quiet() {
            self.round.page += 1;
            return true;
        }
        let ended = match self.round.stream {
            Stream::Users => users_delta::fill(self, world.pages.users),
            Stream::Groups => groups_delta::fill(self, world.pages.groups, world.pages.members),
        };
        let Round { page, target, .. } = self.round;
        self.round.page += 1;
        // Some rounds end with a page on which there is nothing.
        !ended || (world.pages.empty && !self.empty && self.dice(u64::from(page), u64::from(target)).is_multiple_of(3))
    }

    /// Pages on which there is nothing, sometimes several in a row.
    fn is_quiet(&self) -> bool {
        let late_start = self.round.page == 0
            && self.round.since.is_some_and(|since| self.dice(u64::from(since), 3).is_multiple_of(3));
        matches!(self.round.page % 16, 1 | 2) || late_start
    }

    pub(super) fn dice(&self, one: u64, two: u64) -> u64 {
        dice(self.tenant.seed, one, two)
    }

    /// The buffer, standing where the next object belongs.
    pub(super) fn item(&mut self) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        &mut self.out
    }

    fn close(mut self, world: &World, go_on: bool) -> Answer {
        let (key, link) = if go_on {
            ("@odata.nextLink", link::next_link(world, &self.round))
        } else {
            ("@odata.deltaLink", link::delta_link(world, &self.round))
        };
        self.out.extend_from_slice(b"],\"");
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        json(&mut self.out, &link);
        self.out.push(b'}');
        Answer::written(self.out)
    }
}
