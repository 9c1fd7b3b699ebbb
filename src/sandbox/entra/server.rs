//! The sandbox as a whole: what it is made with, starting and stopping it, and the state its requests share.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde_json::Value;

use super::login::{Account, App, Issuer};
use super::tenant::Tenant;
use super::{control, graph, login};
use crate::clock::Clock;
use crate::sandbox::faults::Rule;
use crate::sandbox::key::Key;
use crate::sandbox::serving::{Serving, listen};
use crate::sandbox::stage::Stage;
use crate::sandbox::summary::DaySummary;

/// What a sandbox is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed and size give the same organisation, byte for byte.
    pub seed: u64,
    /// How many people are listed; never fewer than the oddities (eighteen).
    pub users: usize,
    /// How many groups; never fewer than the oddities (fourteen).
    pub groups: usize,
    /// About how many memberships in all.
    pub memberships: usize,
    /// The port on 127.0.0.1; any free one when absent.
    pub port: Option<u16>,
    /// Added to every request.
    pub latency: Duration,
    /// Tells when tokens, codes and delta links expire.
    pub clock: Clock,
    /// How long access tokens live.
    pub access_token_life: Duration,
    /// How many people a delta page tells.
    pub users_per_page: usize,
    /// How many groups a delta page tells at most; pages shrink now and then, down to one.
    pub groups_per_page: usize,
    /// How many members a delta page tells about; a larger group goes on on the next.
    pub members_per_page: usize,
    /// Whether rounds of changes have pages on which there is nothing.
    pub empty_pages: bool,
    /// How often a device may ask whether somebody has signed in.
    pub device_interval: Duration,
    /// "Allow public client flows" of the app registration.
    pub public_client: bool,
    /// The path of the registered redirect `http://localhost…`.
    pub redirect_path: String,
    /// Whether an administrator has granted the app's own (application) permissions.
    pub app_granted: bool,
}

impl Options {
    /// A small organisation: everything odd, and some ordinary people; pages so short that there are several.
    pub fn small(clock: Clock) -> Self {
        Self {
            seed: 1,
            users: 60,
            groups: 24,
            memberships: 600,
            port: None,
            latency: Duration::ZERO,
            clock,
            access_token_life: Duration::from_secs(3599),
            users_per_page: 20,
            groups_per_page: 8,
            members_per_page: 40,
            empty_pages: true,
            device_interval: Duration::from_secs(1),
            public_client: true,
            redirect_path: String::new(),
            app_granted: true,
        }
    }

    /// An organisation of a given size, with pages as Microsoft has them.
    pub fn sized(clock: Clock, users: usize, groups: usize, memberships: usize) -> Self {
        let small = Self::small(clock);
        Self {
            users,
            groups,
            memberships,
            users_per_page: 200,
            groups_per_page: 100,
            members_per_page: 2_000,
            device_interval: Duration::from_secs(5),
            ..small
        }
    }
}

/// The sizes of delta pages.
pub(super) struct Pages {
    pub(super) users: usize,
    pub(super) groups: usize,
    pub(super) members: usize,
    /// Whether some have nothing on them.
    pub(super) empty: bool,
}

/// What became of the delta links of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Expired,
    Moved,
}

/// What all requests share.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) app: App,
    pub(super) key: Key,
    pub(super) pages: Pages,
    pub(super) device_interval: Duration,
    tenant: RwLock<Tenant>,
    issuer: Mutex<Issuer>,
    /// How each time of delta links ended; the present one has not.
    ends: Mutex<Vec<End>>,
}

impl AsRef<Stage> for World {
    fn as_ref(&self) -> &Stage {
        &self.stage
    }
}

impl World {
    pub(super) fn tenant(&self) -> RwLockReadGuard<'_, Tenant> {
        self.tenant.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tenant_mut(&self) -> RwLockWriteGuard<'_, Tenant> {
        self.tenant.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn issuer(&self) -> MutexGuard<'_, Issuer> {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> MutexGuard<'_, Vec<End>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present time of delta links.
    pub(super) fn epoch(&self) -> u32 {
        u32::try_from(self.ends().len()).unwrap_or(u32::MAX)
    }

    /// How a time of delta links ended; `None` while it lasts.
    pub(super) fn end_of(&self, epoch: u32) -> Option<End> {
        self.ends().get(epoch as usize).copied()
    }

    /// Ends the present time of delta links.
    pub(super) fn end(&self, end: End) {
        self.ends().push(end);
    }

    /// Lets `days` days pass.
    pub(super) fn play_days(&self, days: u32) -> DaySummary {
        let mut tenant = self.tenant_mut();
        let mut summary = DaySummary::default();
        for _ in 0..days {
            summary.append(tenant.play_day());
        }
        summary
    }

    /// Who to sign in as.
    pub(super) fn admin(&self) -> String {
        Account::find(&self.tenant(), "admin@brightwater.example").map(|account| account.upn).unwrap_or_default()
    }
}

/// A pretend Microsoft Entra tenant, listening on loopback until it is shut down or dropped.
pub struct Sandbox {
    serving: Serving<World>,
}

impl Sandbox {
    /// Generates the organisation and starts to listen.
    pub async fn start(options: Options) -> io::Result<Self> {
        let (listener, base_url) = listen(options.port).await?;
        let Options { seed, users, groups, memberships, .. } = options;
        let generated = tokio::task::spawn_blocking(move || Tenant::generate(seed, users, groups, memberships));
        let world = Arc::new(World {
            stage: Stage::new(base_url, options.clock, options.latency, options.access_token_life),
            app: App::new(seed, options.public_client, &options.redirect_path)?,
            key: Key::load()?,
            pages: Pages {
                users: options.users_per_page,
                groups: options.groups_per_page,
                members: options.members_per_page,
                empty: options.empty_pages,
            },
            device_interval: options.device_interval,
            tenant: RwLock::new(generated.await.map_err(io::Error::other)?),
            issuer: Mutex::new(Issuer::new(seed, options.app_granted)),
            ends: Mutex::default(),
        });
        let routes = control::routes().merge(graph::routes()).merge(login::routes()).with_state(Arc::clone(&world));
        Ok(Self { serving: Serving::start(listener, world, routes) })
    }

    fn world(&self) -> &World {
        &self.serving.world
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.world().stage.base_url
    }

    /// The settings that lead dirsync here instead of to Microsoft.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let base = self.base_url().to_owned();
        vec![("DIRSYNC_ENTRA_LOGIN_URL", base.clone()), ("DIRSYNC_GRAPH_URL", base)]
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> String {
        self.world().tenant().id.to_string()
    }

    /// The app registration's id: a public client, that can act by itself with its secret or certificate as well.
    pub fn client_id(&self) -> String {
        self.world().app.id.clone()
    }

    /// The app's secret, for client credentials.
    pub fn client_secret(&self) -> String {
        self.world().app.secret.clone()
    }

    /// The app's private key (PKCS #8) and certificate, in one PEM file.
    pub fn certificate_pem(&self) -> String {
        App::certificate_pem()
    }

    /// The UPN of the Global Administrator: who to sign in as.
    pub fn admin_upn(&self) -> String {
        self.world().admin()
    }

    /// The UPNs (and what they are good for) of everybody the consent page offers.
    pub fn accounts(&self) -> Vec<(String, &'static str)> {
        control::accounts(self.world())
    }

    /// The whole present organisation in Graph's own shape; the keys are `tenant_id`, `organization`, `users` (with
    /// `manager`), `groups`, `members` (by group id, without soft-deleted people), `deleted`, `day`.
    pub fn truth(&self) -> Value {
        self.world().tenant().truth()
    }

    /// Lets a day pass.
    pub fn play_day(&self) -> DaySummary {
        self.world().play_days(1)
    }

    /// Gives so many people another title.
    pub fn promote(&self, people: usize) {
        self.world().tenant_mut().promote(people);
    }

    /// Takes a share of the people out of the listing: soft-deleted if `confirmed`, else without a word in any delta;
    /// returns their ids.
    pub fn vanish(&self, percent: usize, confirmed: bool) -> Vec<String> {
        self.world().tenant_mut().vanish(percent, confirmed)
    }

    /// Brings everybody back who vanished; returns their ids.
    pub fn unvanish(&self) -> Vec<String> {
        self.world().tenant_mut().unvanish()
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, rule: Rule) {
        self.world().stage.faults().add(rule);
    }

    /// Lets everything go right again.
    pub fn clear_faults(&self) {
        self.world().stage.faults().clear();
    }

    /// Ends all access tokens before their time.
    pub fn expire_tokens(&self) {
        self.world().issuer().expire();
    }

    /// Revokes all sessions: no refresh token works any more.
    pub fn revoke_sessions(&self) {
        self.world().issuer().revoke();
    }

    /// Takes back (or gives) everybody's consent, and the app's own permissions.
    pub fn set_consent(&self, granted: bool) {
        let mut issuer = self.world().issuer();
        if granted { issuer.grant_all() } else { issuer.withdraw() }
    }

    /// Somebody approves, or declines, the latest device code.
    pub fn approve_device(&self, account: &str, declined: bool) -> Result<(), String> {
        login::approve(self.world(), None, account, declined)
    }

    /// No delta or page link of delta queries given out so far works any more: 400 `syncStateNotFound`.
    pub fn expire_cursors(&self) {
        self.world().end(End::Expired);
    }

    /// The tenant moves: every delta link given out so far is 410, with a `Location` at which to start over.
    pub fn move_tenant(&self) {
        self.world().end(End::Moved);
    }

    /// Every code, token and secret given out so far: what must not be found in anybody's logs.
    pub fn secrets(&self) -> Vec<String> {
        control::secrets(self.world())
    }

    /// What was asked so far: `total`, `most_at_once`, `by_path`, `latest`.
    pub fn requests(&self) -> Value {
        self.world().stage.log.report()
    }

    /// Stops listening; requests under way are answered, hanging ones let go.
    pub async fn shutdown(self) {
        self.serving.shutdown().await;
    }
}
