//! Microsoft Entra ID: an app with a secret, both streams of changes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dirsync::auth::FixedToken;
use dirsync::clock::Clock;
use dirsync::http::{Client, ClientOptions, Extent, Page, RetryPolicy};
use dirsync::model::Failure;
use dirsync::sandbox::entra::{Options, Sandbox};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use url::Url;

use crate::measure::{bare_api, private};
use crate::{Size, Vendor};

pub(crate) struct Entra(Sandbox);

impl Entra {
    pub(crate) async fn start(size: &Size, latency: Duration) -> Self {
        let sized = Options::sized(Clock::system(), size.people, size.groups, size.memberships);
        Self(Sandbox::start(Options { latency, public_client: false, ..sized }).await.unwrap())
    }
}

impl Vendor for Entra {
    fn label(&self) -> &'static str {
        "Microsoft Entra ID"
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        self.0.environment()
    }

    fn add(&self, home: &Path) -> Vec<String> {
        let secret = home.join("secret.txt");
        private(&secret, &self.0.client_secret());
        let (client, tenant) = (self.0.client_id(), self.0.tenant_id());
        let secret = secret.to_str().unwrap();
        ["add", "entra", "--client-id", &client, "--tenant", &tenant, "--client-secret-file", secret]
            .map(str::to_owned)
            .to_vec()
    }

    fn bare_download(&self) -> BoxFuture<'_, (Duration, usize)> {
        Box::pin(bare_download(&self.0))
    }

    fn change(&self, people: usize) -> bool {
        self.0.promote(people);
        true
    }

    fn requests(&self) -> u64 {
        self.0.requests()["total"].as_u64().unwrap()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.0.shutdown())
    }
}

#[derive(Deserialize)]
struct Bare {
    value: Vec<BareObject>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct BareObject {
    #[serde(default, rename = "members@delta")]
    members: Vec<IgnoredAny>,
}

impl Extent for Bare {
    fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

const USERS: &str = "id,userPrincipalName,mail,otherMails,proxyAddresses,displayName,givenName,surname,jobTitle,\
    department,companyName,officeLocation,employeeId,employeeType,mobilePhone,businessPhones,preferredLanguage,\
    usageLocation,accountEnabled,userType,externalUserState,onPremisesSyncEnabled,onPremisesSamAccountName,\
    onPremisesImmutableId,createdDateTime,manager";
const GROUPS: &str = "id,displayName,description,mail,mailEnabled,mailNickname,securityEnabled,groupTypes,visibility,\
    membershipRule,onPremisesSyncEnabled,createdDateTime,members";

/// The same pages by the same client, both streams at once, and nothing done with them.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn bare_download(sandbox: &Sandbox) -> (Duration, usize) {
    let api = bare_api(sandbox.base_url(), Arc::new(FixedToken::new(token(sandbox).await.into(), "")));
    let members = std::sync::atomic::AtomicUsize::new(0);
    let started = Instant::now();
    let stream = async |what: &str, select: &str| {
        let first = api.url(&format!("v1.0/{what}/delta"), &[("$select", select)]);
        let request = |next: Option<String>| Ok(next.map_or_else(|| first.clone(), |next| Url::parse(&next).unwrap()));
        let parse = |body: &[u8]| {
            let mut page: Bare = serde_json::from_slice(body).unwrap();
            let next = page.next.take();
            Ok(Page { items: page, next })
        };
        let each = |page: Bare| -> BoxFuture<'_, Result<(), Failure>> {
            let told: usize = page.value.iter().map(|object| object.members.len()).sum();
            members.fetch_add(told, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async { Ok(()) })
        };
        api.pages(what, request, parse, each).await
    };
    futures_util::future::try_join(stream("users", USERS), stream("groups", GROUPS)).await.unwrap();
    (started.elapsed(), members.into_inner())
}

/// A token of the app's own right.
async fn token(sandbox: &Sandbox) -> String {
    let client = Client::new(&ClientOptions::default()).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*sandbox.client_id()),
        ("client_secret", &*sandbox.client_secret()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = http::Request::post(format!("{}/{}/oauth2/v2.0/token", sandbox.base_url(), sandbox.tenant_id()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .unwrap();
    let answer = client.oauth(request, RetryPolicy::default(), &Clock::system()).await.unwrap();
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}
