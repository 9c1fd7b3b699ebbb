//! A pretend Entra, a browser that is a plain socket, and an administrator who does as told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;

use crate::auth::entra::{Overrides, SERVICE};
use crate::auth::secrets::{KeyStoreChoice, Keyring, Surroundings, Vault};
use crate::auth::test_support::{Service, post};
use crate::auth::{Access, Conversation, Offered, Proposal, Show, SignInRequest, Stored, google};
use crate::clock::Clock;
use crate::model::Failure;
use crate::store::Store;

pub(super) const NOW: i64 = 1_795_520_000;
pub(super) const TID: &str = "aaaaaaaa-1111-2222-3333-444444444444";
pub(super) const OTHER_TID: &str = "bbbbbbbb-1111-2222-3333-444444444444";
pub(super) const CLIENT: &str = "cccccccc-1111-2222-3333-444444444444";
pub(super) const GRANTED: &str = "openid profile email User.Read https://graph.microsoft.com/User.Read.All \
                                  https://graph.microsoft.com/GroupMember.Read.All";

pub(super) struct World {
    pub(super) service: Service,
    pub(super) access: Access,
    /// What was shown, by its kind, and the parameters of its address.
    pub(super) shown: Mutex<Vec<(&'static str, HashMap<String, String>)>>,
    browsers: Mutex<Vec<JoinHandle<String>>>,
}

/// What somebody does with what is shown.
pub(super) type React<'a> = &'a (dyn Fn(&World, &'static str, &HashMap<String, String>) + Send + Sync);

impl World {
    pub(super) async fn start() -> Self {
        let service = Service::start().await;
        let access = Access {
            post: post(),
            clock: Clock::manual(Timestamp::from_second(NOW).unwrap()),
            random: Arc::new(SystemRandom::new()),
            google: google::Overrides::default(),
            entra: Overrides { login: Some(service.origin()) },
        };
        Self { service, access, shown: Mutex::default(), browsers: Mutex::default() }
    }

    pub(super) async fn sign_in(&self, offered: &Offered, react: React<'_>) -> Result<Proposal, Failure> {
        self.sign_in_as(offered, None, None, react).await
    }

    /// With an integration that signs in again, and lines that are pasted.
    pub(super) async fn sign_in_as(
        &self,
        offered: &Offered,
        stored: Option<&Stored>,
        pasted: Option<mpsc::Receiver<String>>,
        react: React<'_>,
    ) -> Result<Proposal, Failure> {
        let show = |page: Show<'_>| {
            let (kind, query) = match page {
                Show::SignIn(url) => ("sign-in", parameters(url)),
                Show::Consent(url) => ("consent", parameters(url)),
                Show::GoOn(url) => ("go-on", parameters(url)),
                Show::Device { url, code } => {
                    ("device", HashMap::from([("url".into(), url.into()), ("code".into(), code.into())]))
                }
            };
            self.shown.lock().unwrap().push((kind, query.clone()));
            react(self, kind, &query);
        };
        let random = SystemRandom::new();
        let conversation = Conversation {
            show: &show,
            pasted,
            complain: &|wrong| panic!("{wrong}"),
            deadline: Duration::from_secs(300),
            post: &self.access.post,
            clock: &self.access.clock,
            random: &random,
        };
        let request = SignInRequest { offered, stored, again: "dirsync add entra --name hq" };
        (SERVICE.sign_in)(request, &self.access, conversation).await
    }

    /// Goes to an address as a browser does that takes `localhost` for this one.
    pub(super) fn browse(&self, host: IpAddr, address: String) {
        self.browsers.lock().unwrap().push(tokio::spawn(async move { visit(host, &address).await }));
    }

    /// The pages that were shown to browsers.
    pub(super) async fn pages(&self) -> Vec<String> {
        let browsers = std::mem::take(&mut *self.browsers.lock().unwrap());
        let mut pages = Vec::new();
        for browser in browsers {
            pages.push(browser.await.unwrap());
        }
        pages
    }

    /// The token endpoint's next answer is a grant, changed a little.
    pub(super) fn grants(&self, nonce: Option<&String>, change: impl Fn(&mut Value, &mut Value)) {
        let mut claims = json!({
            "iss": format!("https://login.microsoftonline.com/{TID}/v2.0"), "aud": CLIENT, "sub": "pairwise", "tid": TID,
            "oid": "oid-1", "nonce": nonce, "iat": NOW - 300, "nbf": NOW - 300, "exp": NOW + 3600, "ver": "2.0",
            "preferred_username": "ada@hq.example", "name": "Ada"
        });
        let mut answer = json!({
            "token_type": "Bearer", "scope": GRANTED, "expires_in": 3599, "ext_expires_in": 3599,
            "access_token": "eyJ.access", "refresh_token": "0.refresh"
        });
        change(&mut claims, &mut answer);
        if answer.get("error").is_none() && answer.get("id_token").is_none() {
            let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
            answer["id_token"] = json!(format!("e30.{payload}.c2ln"));
        }
        self.service.answers(if answer.get("error").is_some() { 400 } else { 200 }, &answer);
    }
}

pub(super) fn parameters(url: &Url) -> HashMap<String, String> {
    let mut query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    query.insert("path".into(), url.path().into());
    query
}

pub(super) fn offered() -> Offered {
    Offered { client_id: Some(CLIENT.into()), ..Offered::default() }
}

/// An integration of this tenant that has signed in with these credentials; the folder holds its database.
pub(super) fn stored(credentials: Value, secrets: &[(&str, &str)]) -> (tempfile::TempDir, Stored) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("dirsync.db")).unwrap();
    let id = store.add_integration_for_tests("hq");
    let surroundings = Surroundings { credentials_directory: None, keyring: Keyring::system() };
    let file = Some(KeyStoreChoice::File(None));
    let vault = Vault::open_or_create(&store, &surroundings, file, false, SystemRandom::new()).unwrap();
    for (kind, secret) in secrets {
        vault.seal(&store, id, kind, &(*secret).into(), Timestamp::from_second(NOW).unwrap()).unwrap();
    }
    let mut integration = store.integration("hq").unwrap().unwrap();
    integration.credentials = credentials;
    integration.tenant.id = TID.into();
    let (vault, store) = (Arc::new(vault), Arc::new(Mutex::new(store)));
    let locks = folder.path().join("locks");
    (folder, Stored { integration, vault, store, locks })
}

async fn visit(host: IpAddr, address: &str) -> String {
    let url = Url::parse(address).unwrap();
    let mut stream = TcpStream::connect((host, url.port().unwrap())).await.unwrap();
    let request = format!("GET /?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", url.query().unwrap());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}
