//! The calls: which listings are read, with which properties, how many at once. How changes are followed is in
//! `rounds`.
//!
//! Facts: learn.microsoft.com/graph/api (user-delta, group-delta, group-list-members, organization-list), throttling
//! limits at learn.microsoft.com/graph/throttling-limits.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::future::{BoxFuture, try_join};
use tokio::sync::mpsc::{self, Receiver, Sender};
use url::Url;

use super::{group, person, verdict, wire};
use crate::http::{Api, ApiOptions, Quota};
use crate::model::{Failure, FailureKind, Place, Reading, Record, Start, Stream, Tenant};
use crate::provider::members::{self, GROUPS_AHEAD, send, stopped};
use crate::provider::{Connect, Direction, Directory, Fetched, Following, Probe, ProviderSpec, Pull};

/// Microsoft Entra ID.
pub const SPEC: ProviderSpec = ProviderSpec {
    kind: "entra",
    label: "Microsoft Entra ID",
    direction: Direction::Pull(Pull {
        api: "https://graph.microsoft.com",
        // In resource units: three quarters of what the smallest tenants get, 3,500 in 10 s.
        requests_per_minute: 15_750,
        org_units: false,
        connect: |connect| Box::new(EntraDirectory::new(connect)),
    }),
};

/// Requests in flight at once.
const AT_ONCE: usize = 16;

/// How long one run waits because it was told to.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is selected of people. Only what is selected is tracked, and a changed selection needs a round of everything.
/// `manager` is a navigation: lists do not give it by `$select`, deltas do.
pub(super) const USER_PROPERTIES: &str = "id,userPrincipalName,mail,otherMails,proxyAddresses,displayName,givenName,\
    surname,jobTitle,department,companyName,officeLocation,employeeId,employeeType,mobilePhone,businessPhones,\
    preferredLanguage,usageLocation,accountEnabled,userType,externalUserState,onPremisesSyncEnabled,\
    onPremisesSamAccountName,onPremisesImmutableId,createdDateTime";
pub(super) const GROUP_PROPERTIES: &str = "id,displayName,description,mail,mailEnabled,mailNickname,securityEnabled,\
    groupTypes,visibility,membershipRule,onPremisesSyncEnabled,createdDateTime";
const MEMBER_PROPERTIES: &str = "id";

const VERSION: &str = "v1.0";
const LARGEST_PAGE: &str = "999";

pub(super) struct EntraDirectory {
    pub(super) api: Api,
    base: Url,
    tenant: Option<Tenant>,
}

impl EntraDirectory {
    fn new(connect: Connect) -> Self {
        let quota = Quota::new(connect.requests_per_minute, AT_ONCE, PATIENCE, connect.clock.clone());
        let base = connect.api.clone();
        let api = Api::new(ApiOptions {
            client: connect.client,
            base: connect.api,
            tokens: connect.tokens,
            quota,
            retry: connect.retry,
            judge: verdict::judge,
            cost,
            clock: connect.clock,
        });
        Self { api, base, tenant: connect.tenant }
    }

    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        self.api.url(&format!("{VERSION}/{path}"), query)
    }

    /// Whose directory it is. An app of its own right may lack the permission to read that; then the sign-in, which
    /// knows it, is believed.
    async fn organisation(&self) -> Result<Tenant, Failure> {
        let url = self.url("organization", &[("$select", "id,displayName,verifiedDomains")]);
        let found = match self.api.get("organization", url, wire::organisation).await {
            Err(failure) if failure.kind == FailureKind::ConsentNeeded && self.tenant.is_some() => {
                return self.tenant.clone().ok_or(failure);
            }
            other => other?,
        };
        match &self.tenant {
            Some(expected) if expected.id != found.id => Err(another_organisation()),
            _ => Ok(found),
        }
    }

    /// Who signed in; an app of its own right is nobody.
    async fn account(&self) -> Result<Option<String>, Failure> {
        let url = self.url("me", &[("$select", "id,userPrincipalName,mail")]);
        match self.api.get("me", url, wire::me).await {
            Err(failure) if matches!(failure.status, Some(400 | 403 | 404)) => Ok(None),
            other => other,
        }
    }

    async fn probe_listings(&self) -> Result<Probe, Failure> {
        let tenant = self.organisation().await?;
        let account = self.account().await?;
        let one = [("$select", "id"), ("$top", "1")];
        self.api.get("users", self.url("users", &one), |body| wire::ids(body).map(drop)).await?;
        let groups = self.api.get("groups", self.url("groups", &one), wire::ids).await?;
        if let Some(group) = groups.items.first() {
            let url = self.url(&format!("groups/{}/members", segment(group)), &one);
            match self.api.get("members", url, |body| wire::members(body).map(drop)).await {
                // Deleted since it was listed: it says nothing about what this account may read.
                Err(failure) if failure.kind == FailureKind::NotFound => {}
                other => other?,
            }
        }
        Ok(Probe { tenant, account })
    }

    /// All people, where their changes cannot be followed.
    pub(super) async fn list_people(&self, to: &Sender<Fetched>) -> Result<(), Failure> {
        let expand = "manager($select=id)";
        let query = [("$select", USER_PROPERTIES), ("$expand", expand), ("$top", LARGEST_PAGE)];
        let first = self.url("users", &query);
        let each = |changes| send(to, Fetched::Changes { stream: Stream::People, changes, place: Place::Beginning });
        self.api.pages("users", |next| at(&first, next), wire::listed, each).await
    }

    /// All groups and the members of each, where their changes cannot be followed.
    pub(super) async fn list_groups(&self, to: &Sender<Fetched>) -> Result<(), Failure> {
        let (send_id, ids) = mpsc::channel(GROUPS_AHEAD);
        try_join(self.groups(to, send_id), self.members(to, ids)).await.map(drop)
    }

    async fn groups(&self, to: &Sender<Fetched>, ids: Sender<String>) -> Result<(), Failure> {
        let first = self.url("groups", &[("$select", GROUP_PROPERTIES), ("$top", LARGEST_PAGE)]);
        let each = |changes: Vec<Record<_>>| -> BoxFuture<'_, Result<(), Failure>> {
            Box::pin(async {
                let found: Vec<String> = changes.iter().filter_map(wire::id_of).collect();
                send(to, Fetched::Changes { stream: Stream::Groups, changes, place: Place::Beginning }).await?;
                for id in found {
                    ids.send(id).await.map_err(|_| stopped())?;
                }
                Ok(())
            })
        };
        self.api.pages("groups", |next| at(&first, next), wire::listed, each).await
    }

    async fn members(&self, to: &Sender<Fetched>, ids: Receiver<String>) -> Result<(), Failure> {
        members::of_each_group(ids, AT_ONCE, to, |group| Box::pin(self.members_of(to, group))).await
    }

    async fn members_of(&self, to: &Sender<Fetched>, group: String) -> Result<(), Failure> {
        let path = format!("groups/{}/members", segment(&group));
        let first = self.url(&path, &[("$select", MEMBER_PROPERTIES), ("$top", LARGEST_PAGE)]);
        let each = |members| send(to, Fetched::Members { group: group.clone(), members });
        self.api.pages("members", |next| at(&first, next), wire::members, each).await
    }
}

impl Directory for EntraDirectory {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        Box::pin(self.probe_listings())
    }

    fn following(&self) -> Option<Following> {
        let tenant = self.tenant.as_ref().map_or("", |tenant| tenant.id.as_str());
        let key = format!("{} {tenant} {USER_PROPERTIES} {GROUP_PROPERTIES}", self.base);
        Some(Following { key, reading: Reading { user: person::read, group: group::read } })
    }

    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let tenant = self.tenant_is_the_same();
            let people = self.follow(Stream::People, from.people, &to);
            let groups = self.follow(Stream::Groups, from.groups, &to);
            futures_util::future::try_join3(tenant, people, groups).await.map(drop)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let query = [("$select", "id"), ("$top", LARGEST_PAGE)];
            let first = self.url("directory/deletedItems/microsoft.graph.user", &query);
            let each = |ids| send(&to, Fetched::Deleted(ids));
            match self.api.pages("deleted users", |next| at(&first, next), wire::ids, each).await {
                // The list only confirms, and reading it needs more than reading people does.
                Err(failure) if failure.kind == FailureKind::ConsentNeeded => Ok(()),
                other => other,
            }
        })
    }
}

impl EntraDirectory {
    /// A token of another organisation than the integration's would graft its people on ours.
    async fn tenant_is_the_same(&self) -> Result<(), Failure> {
        if self.tenant.is_some() { self.organisation().await.map(drop) } else { Ok(()) }
    }
}

fn another_organisation() -> Failure {
    let message = "the answer is about another organisation than the one this integration was made for";
    Failure::new(FailureKind::Misconfigured, message)
        .hint("run dirsync reauth with an account of the organisation; to connect the other one, add it")
}

/// The next page's address is the directory's own and whole; it is never taken apart.
pub(super) fn at(first: &Url, next: Option<String>) -> Result<Url, Failure> {
    match next {
        None => Ok(first.clone()),
        Some(next) => Url::parse(&next).map_err(|_| {
            Failure::new(FailureKind::Malformed, "the address of the next page is no address")
                .hint("try again later; if it stays so, something between here and Graph alters its answers")
        }),
    }
}

/// An id as a part of a path.
fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What a request costs in resource units: members 3, users 2, all else 1, one less with `$select`, one more with
/// `$expand` (learn.microsoft.com/graph/throttling-limits, "Identity and access").
fn cost(url: &Url) -> NonZeroU32 {
    let base: u32 = match url.path() {
        path if path.ends_with("/members") => 3,
        path if path.ends_with("/users") => 2,
        _ => 1,
    };
    let has = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    let units = base + u32::from(has("$expand")) - u32::from(has("$select"));
    NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_costs_what_graph_says_it_costs() {
        for (url, units) in [
            ("https://graph/v1.0/users?$select=id&$top=999", 1),
            ("https://graph/v1.0/users?$select=id&$expand=manager($select=id)", 2),
            ("https://graph/v1.0/groups/g/members?$select=id", 2),
            ("https://graph/v1.0/groups/g/members", 3),
            ("https://graph/v1.0/users/delta?$select=id", 1),
            ("https://graph/v1.0/users/delta?$deltatoken=x", 1),
            ("https://graph/v1.0/organization?%24select=id", 1),
        ] {
            assert_eq!(cost(&url.parse().unwrap()).get(), units, "{url}");
        }
    }
}
