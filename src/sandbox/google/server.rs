//! The sandbox as a whole: what it is made with, starting and stopping it, and the state its requests share.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::oauth::Issuer;
use super::tenant::Tenant;
use super::{api, control};
use crate::clock::Clock;
use crate::sandbox::faults::Rule;
use crate::sandbox::key::Key;
use crate::sandbox::serving::{Serving, listen};
use crate::sandbox::stage::Stage;
use crate::sandbox::summary::DaySummary;

/// What a sandbox is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed and size give the same company, byte for byte.
    pub seed: u64,
    /// How many people are listed; never fewer than the oddities (about thirty).
    pub users: usize,
    /// How many groups; never fewer than the oddities (fifteen).
    pub groups: usize,
    /// About how many memberships in all.
    pub memberships: usize,
    /// The port on 127.0.0.1; any free one when absent.
    pub port: Option<u16>,
    /// Added to every request.
    pub latency: Duration,
    /// Tells when tokens and codes expire.
    pub clock: Clock,
    /// How long access tokens live.
    pub access_token_life: Duration,
}

impl Options {
    /// A small company: everything odd, and some ordinary people.
    pub fn small(clock: Clock) -> Self {
        Self {
            seed: 1,
            users: 60,
            groups: 24,
            memberships: 1_000,
            port: None,
            latency: Duration::ZERO,
            clock,
            access_token_life: Duration::from_secs(3599),
        }
    }
}

/// What all requests share.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) client: Client,
    pub(super) key: Key,
    tenant: RwLock<Tenant>,
    issuer: Mutex<Issuer>,
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

    /// Lets `days` days pass.
    pub(super) fn play_days(&self, days: u32) -> DaySummary {
        let mut tenant = self.tenant_mut();
        let mut summary = DaySummary::default();
        for _ in 0..days {
            summary.append(tenant.play_day());
        }
        summary
    }
}

/// A pretend Google Workspace, listening on loopback until it is shut down or dropped.
pub struct Sandbox {
    serving: Serving<World>,
}

impl Sandbox {
    /// Generates the company and starts to listen.
    pub async fn start(options: Options) -> io::Result<Self> {
        let (listener, base_url) = listen(options.port).await?;
        let Options { seed, users, groups, memberships, .. } = options;
        let generated = tokio::task::spawn_blocking(move || Tenant::generate(seed, users, groups, memberships));
        let world = Arc::new(World {
            stage: Stage::new(base_url, options.clock, options.latency, options.access_token_life),
            client: Client::new(seed),
            key: Key::load()?,
            tenant: RwLock::new(generated.await.map_err(io::Error::other)?),
            issuer: Mutex::new(Issuer::new(seed)),
        });
        let routes = api::routes().merge(control::routes()).with_state(Arc::clone(&world));
        Ok(Self { serving: Serving::start(listener, world, routes) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.serving.world.stage.base_url
    }

    /// The settings that lead dirsync here instead of to Google.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let base = self.base_url();
        vec![
            ("DIRSYNC_GOOGLE_AUTH_URL", format!("{base}/o/oauth2/v2/auth")),
            ("DIRSYNC_GOOGLE_TOKEN_URL", format!("{base}/token")),
            ("DIRSYNC_GOOGLE_REVOKE_URL", format!("{base}/revoke")),
            ("DIRSYNC_GOOGLE_API_URL", base.to_owned()),
            ("DIRSYNC_GOOGLE_REQUESTS_PER_MINUTE", "1000000".to_owned()),
        ]
    }

    /// The file one downloads for a "Desktop app" client.
    pub fn client_secrets_json(&self) -> String {
        self.serving.world.client.secrets_json(self.base_url())
    }

    /// The key file of a service account with domain-wide delegation.
    pub fn service_account_json(&self) -> io::Result<String> {
        Ok(self.serving.world.client.service_account_json(self.base_url()))
    }

    /// The address of the super admin: who to sign in or act as.
    pub fn admin_email(&self) -> String {
        self.serving.world.tenant().people.first().map(|person| person.email.to_string()).unwrap_or_default()
    }

    /// The whole present company in the API's own shape; the keys are `customer_id`, `users`, `groups`, `members` (by
    /// group id), `deleted`, `org_units`, `domains`, `day`.
    pub fn truth(&self) -> Value {
        self.serving.world.tenant().truth()
    }

    /// Lets a day pass.
    pub fn play_day(&self) -> DaySummary {
        self.serving.world.play_days(1)
    }

    /// Takes a share of the people out of the listing, on to the deleted list if `deleted`; returns their ids.
    pub fn vanish(&self, percent: usize, deleted: bool) -> Vec<String> {
        self.serving.world.tenant_mut().vanish(percent, deleted)
    }

    /// Brings everybody back who vanished; returns their ids.
    pub fn unvanish(&self) -> Vec<String> {
        self.serving.world.tenant_mut().unvanish()
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, rule: Rule) {
        self.serving.world.stage.faults().add(rule);
    }

    /// Lets everything go right again.
    pub fn clear_faults(&self) {
        self.serving.world.stage.faults().clear();
    }

    /// Ends all access tokens before their time.
    pub fn expire_tokens(&self) {
        self.serving.world.issuer().expire();
    }

    /// From now on refreshing gives another refresh token, whose use ends the one before.
    pub fn rotate_tokens(&self) {
        self.serving.world.issuer().rotates = true;
    }

    /// Every code, token and secret given out so far: what must not be found in anybody's logs.
    pub fn secrets(&self) -> Vec<String> {
        control::secrets(&self.serving.world)
    }

    /// What was asked so far: `total`, `most_at_once`, `by_path`, `latest`.
    pub fn requests(&self) -> Value {
        self.serving.world.stage.log.report()
    }

    /// Stops listening; requests under way are answered, hanging ones let go.
    pub async fn shutdown(self) {
        self.serving.shutdown().await;
    }
}
