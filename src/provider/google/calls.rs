//! The calls: which listings are read, with which parameters, how many at once.
//!
//! Facts: Directory API discovery document, revision 20260531; developers.google.com/workspace/admin/directory/v1.

use std::num::NonZeroU32;

use futures_util::future::{BoxFuture, try_join3};
use tokio::sync::mpsc::{self, Receiver, Sender};
use url::Url;

use super::{verdict, wire};
use crate::http::{Api, ApiOptions, Quota};
use crate::model::{DirectoryGroup, Failure, FailureKind, Record, Start, Tenant};
use crate::provider::members::{self, GROUPS_AHEAD, send, stopped};
use crate::provider::{Connect, Direction, Directory, Fetched, Following, Probe, ProviderSpec, Pull};

/// Google Workspace.
pub const SPEC: ProviderSpec = ProviderSpec {
    kind: "google",
    label: "Google Workspace",
    direction: Direction::Pull(Pull {
        api: "https://admin.googleapis.com",
        // Three quarters of the default quota, which other tools of the project share
        // (developers.google.com/workspace/admin/directory/v1/limits).
        requests_per_minute: 1800,
        org_units: true,
        connect: |connect| Box::new(GoogleDirectory::new(connect)),
    }),
};

/// Requests in flight at once; with the token bucket it keeps well below Google's 2,400 a minute.
const AT_ONCE: usize = 16;

/// How long one run waits because it was told to.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

// `nextPageToken` must be named, or every listing silently has one page. Nothing inside `emails`, `organizations`
// and the like is selected: they have no type, and a selector that does not match yields silent emptiness.
const USER_FIELDS: &str = "nextPageToken,users(id,primaryEmail,name,suspended,archived,suspensionReason,isAdmin,\
    isDelegatedAdmin,orgUnitPath,aliases,nonEditableAliases,phones,organizations,relations,externalIds,locations,\
    customSchemas,isGuestUser,customerId)";
const GROUP_FIELDS: &str = "nextPageToken,groups(id,email,name,description,aliases,nonEditableAliases)";
const MEMBER_FIELDS: &str = "nextPageToken,members(id,email,type,role)";
const ID_FIELDS: &str = "nextPageToken,users(id)";

struct GoogleDirectory {
    api: Api,
    tenant: Option<Tenant>,
}

impl GoogleDirectory {
    fn new(connect: Connect) -> Self {
        let quota = Quota::new(connect.requests_per_minute, AT_ONCE, PATIENCE, connect.clock.clone());
        let api = Api::new(ApiOptions {
            client: connect.client,
            base: connect.api,
            tokens: connect.tokens,
            quota,
            retry: connect.retry,
            judge: verdict::judge,
            cost: |_| NonZeroU32::MIN,
            clock: connect.clock,
        });
        Self { api, tenant: connect.tenant }
    }

    /// One page of a listing. Everything is asked with the customer's id, never a domain: a domain narrows silently.
    fn page(&self, path: &str, query: &[(&str, &str)], next: Option<String>) -> Url {
        let mut url = self.api.url(&format!("admin/directory/v1/{path}"), query);
        url.query_pairs_mut().append_pair("prettyPrint", "false");
        if let Some(next) = next {
            url.query_pairs_mut().append_pair("pageToken", &next);
        }
        url
    }

    async fn users(&self, to: &Sender<Fetched>) -> Result<(), Failure> {
        let query =
            [("customer", "my_customer"), ("maxResults", "500"), ("projection", "full"), ("fields", USER_FIELDS)];
        let tenant = self.tenant.as_ref().map(|tenant| tenant.id.as_str());
        let request = |next: Option<String>| Ok(self.page("users", &query, next));
        let each = |page| send(to, Fetched::Users(page));
        self.api.pages("users", request, |body| wire::users(body, tenant), each).await
    }

    async fn groups(&self, to: &Sender<Fetched>, ids: Sender<String>) -> Result<(), Failure> {
        let query = [("customer", "my_customer"), ("maxResults", "200"), ("fields", GROUP_FIELDS)];
        let request = |next: Option<String>| Ok(self.page("groups", &query, next));
        let each = |page: Vec<Record<DirectoryGroup>>| -> BoxFuture<'_, Result<(), Failure>> {
            Box::pin(async {
                let found: Vec<String> = page.iter().filter_map(wire::group_id).collect();
                send(to, Fetched::Groups(page)).await?;
                for id in found {
                    ids.send(id).await.map_err(|_| stopped())?;
                }
                Ok(())
            })
        };
        self.api.pages("groups", request, wire::groups, each).await
    }

    async fn members(&self, to: &Sender<Fetched>, ids: Receiver<String>) -> Result<(), Failure> {
        members::of_each_group(ids, AT_ONCE, to, |group| Box::pin(self.members_of(to, group))).await
    }

    async fn members_of(&self, to: &Sender<Fetched>, group: String) -> Result<(), Failure> {
        let query = [("maxResults", "200"), ("fields", MEMBER_FIELDS)];
        let path = format!("groups/{}/members", percent(&group));
        let request = |next: Option<String>| Ok(self.page(&path, &query, next));
        let each = |members| send(to, Fetched::Members { group: group.clone(), members });
        self.api.pages("members", request, wire::members, each).await
    }

    async fn probe_listings(&self) -> Result<Tenant, Failure> {
        let query = [("customer", "my_customer"), ("maxResults", "1"), ("fields", "users(id,primaryEmail,customerId)")];
        let tenant = self.api.get("users", self.page("users", &query, None), wire::tenant).await?;
        let query = [("customer", "my_customer"), ("maxResults", "1"), ("fields", GROUP_FIELDS)];
        let group = self.api.get("groups", self.page("groups", &query, None), wire::first_group).await?;
        if let Some(group) = group {
            let query = [("maxResults", "1"), ("fields", MEMBER_FIELDS)];
            let url = self.page(&format!("groups/{}/members", percent(&group)), &query, None);
            match self.api.get("members", url, |body| wire::members(body).map(drop)).await {
                // Deleted since it was listed: it says nothing about what this account may read.
                Err(failure) if failure.kind == FailureKind::NotFound => {}
                other => other?,
            }
        }
        Ok(tenant)
    }
}

impl Directory for GoogleDirectory {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        Box::pin(async { Ok(Probe { tenant: self.probe_listings().await?, account: None }) })
    }

    fn following(&self) -> Option<Following> {
        None
    }

    fn fetch(&self, _: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let (send_id, ids) = mpsc::channel(GROUPS_AHEAD);
            try_join3(self.users(&to), self.groups(&to, send_id), self.members(&to, ids)).await.map(drop)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let query =
                [("customer", "my_customer"), ("maxResults", "500"), ("showDeleted", "true"), ("fields", ID_FIELDS)];
            let request = |next: Option<String>| Ok(self.page("users", &query, next));
            let each = |ids| send(&to, Fetched::Deleted(ids));
            self.api.pages("deleted users", request, wire::deleted, each).await
        })
    }
}

fn percent(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}
