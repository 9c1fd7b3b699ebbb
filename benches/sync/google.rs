//! Google Workspace: a service account, every listing, members group by group.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dirsync::auth::FixedToken;
use dirsync::clock::Clock;
use dirsync::http::{Client, ClientOptions, Extent, Page, RetryPolicy};
use dirsync::model::Failure;
use dirsync::sandbox::{Options, Sandbox};
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::measure::{bare_api, private};
use crate::{Size, Vendor};

pub(crate) struct Google(Sandbox);

impl Google {
    pub(crate) async fn start(size: &Size, latency: Duration) -> Self {
        let options = Options {
            users: size.people,
            groups: size.groups,
            memberships: size.memberships,
            latency,
            ..Options::small(Clock::system())
        };
        Self(Sandbox::start(options).await.unwrap())
    }
}

impl Vendor for Google {
    fn label(&self) -> &'static str {
        "Google Workspace"
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        self.0.environment()
    }

    fn add(&self, home: &Path) -> Vec<String> {
        let key = home.join("key.json");
        private(&key, &self.0.service_account_json().unwrap());
        let key = key.to_str().unwrap();
        ["add", "google", "--service-account", key, "--admin", &self.0.admin_email()].map(str::to_owned).to_vec()
    }

    fn bare_download(&self) -> BoxFuture<'_, (Duration, usize)> {
        Box::pin(bare_download(&self.0))
    }

    fn change(&self, _: usize) -> bool {
        false
    }

    fn requests(&self) -> u64 {
        self.0.requests()["total"].as_u64().unwrap()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.0.shutdown())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bare {
    #[serde(default)]
    groups: Vec<BareGroup>,
    #[serde(default)]
    members: Vec<IgnoredAny>,
    next_page_token: Option<String>,
}

impl Extent for Bare {
    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.members.is_empty()
    }
}

#[derive(Deserialize)]
struct BareGroup {
    id: String,
}

/// The same pages by the same client, as many at once, and nothing done with them.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn bare_download(sandbox: &Sandbox) -> (Duration, usize) {
    let base = sandbox.base_url();
    let token = token(sandbox, &format!("{base}/token")).await;
    let api = bare_api(base, Arc::new(FixedToken::new(token.into(), "")));
    let started = Instant::now();
    let url = |path: &str, query: &[(&str, &str)], next: Option<String>| {
        let mut url = api.url(&format!("admin/directory/v1/{path}"), query);
        url.query_pairs_mut().append_pair("prettyPrint", "false");
        if let Some(next) = next {
            url.query_pairs_mut().append_pair("pageToken", &next);
        }
        Ok(url)
    };
    let parse = |body: &[u8]| {
        let mut page: Bare = serde_json::from_slice(body).unwrap();
        let next = page.next_page_token.take();
        Ok(Page { items: page, next })
    };
    let (send, groups) = tokio::sync::mpsc::unbounded_channel();
    let members = std::sync::atomic::AtomicUsize::new(0);
    let users = async {
        let query = [("customer", "my_customer"), ("maxResults", "500"), ("projection", "full"), ("fields", USERS)];
        let each = |_| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> { Box::pin(async { Ok(()) }) };
        api.pages("users", |next| url("users", &query, next), parse, each).await
    };
    let listing = async {
        let query = [("customer", "my_customer"), ("maxResults", "200"), ("fields", GROUPS)];
        let send = send;
        let each = |page: Bare| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> {
            page.groups.into_iter().for_each(|group| send.send(group.id).unwrap());
            Box::pin(async { Ok(()) })
        };
        api.pages("groups", |next| url("groups", &query, next), parse, each).await
    };
    let each_group = async {
        let groups =
            futures_util::stream::unfold(groups, |mut groups| async { groups.recv().await.map(|id| (Ok(id), groups)) });
        groups
            .try_for_each_concurrent(16, |group| {
                let (members, api, url) = (&members, &api, &url);
                async move {
                    let path = format!("groups/{group}/members");
                    let query = [("maxResults", "200"), ("fields", MEMBERS)];
                    let each = |page: Bare| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> {
                        members.fetch_add(page.members.len(), std::sync::atomic::Ordering::Relaxed);
                        Box::pin(async { Ok(()) })
                    };
                    api.pages("members", |next| url(&path, &query, next), parse, each).await
                }
            })
            .await
    };
    futures_util::future::try_join3(users, listing, each_group).await.unwrap();
    (started.elapsed(), members.into_inner())
}

const USERS: &str = "nextPageToken,users(id,primaryEmail,name,suspended,archived,suspensionReason,isAdmin,\
    isDelegatedAdmin,orgUnitPath,aliases,nonEditableAliases,phones,organizations,relations,externalIds,locations,\
    customSchemas,isGuestUser,customerId)";
const GROUPS: &str = "nextPageToken,groups(id,email,name,description,aliases,nonEditableAliases)";
const MEMBERS: &str = "nextPageToken,members(id,email,type,role)";

/// A token for the service account, by the same code as the program's.
async fn token(sandbox: &Sandbox, endpoint: &str) -> String {
    use dirsync::auth::google::{read_key_file, service_account_token};
    use secrecy::ExposeSecret;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    private(&file, &sandbox.service_account_json().unwrap());
    let client = Client::new(&ClientOptions::default()).unwrap();
    let post: dirsync::auth::Post = Arc::new(move |request| {
        let client = client.clone();
        Box::pin(async move { client.oauth(request, RetryPolicy::default(), &Clock::system()).await })
    });
    let key = read_key_file(&file).unwrap();
    let endpoint = endpoint.parse().unwrap();
    let answer = service_account_token(&key, &sandbox.admin_email(), &endpoint, "", &post, Clock::system().now()).await;
    answer.unwrap().access_token.expose_secret().to_owned()
}
