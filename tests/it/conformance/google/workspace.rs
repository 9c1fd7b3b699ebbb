//! The sandbox as the suite's pretend directory; a service account signs in, as on a server.

use std::sync::Arc;

use dirsync::auth::Post;
use dirsync::auth::google::{Delegated, ServiceAccountKey, read_key_file};
use dirsync::provider::{Connect, Directory, ProviderSpec, find};
use dirsync::sandbox::{Options, Sandbox};

use super::{troubles, truth};
use crate::conformance::picture::Picture;
use crate::conformance::pretend::{Day, Pretend, Reach, Start, Trouble};

struct Workspace {
    sandbox: Sandbox,
    key: ServiceAccountKey,
    spec: &'static ProviderSpec,
}

/// Starts a pretend Google Workspace.
pub(in crate::conformance) fn pretend(start: &Start) -> Box<dyn Pretend> {
    let options = Options {
        seed: start.size.seed,
        users: start.size.people,
        groups: start.size.groups,
        memberships: start.size.memberships,
        latency: start.size.latency,
        ..Options::small(start.clock.clone())
    };
    let sandbox = start.runtime.block_on(Sandbox::start(options)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    std::fs::write(&file, sandbox.service_account_json().unwrap()).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = read_key_file(&file).unwrap();
    Box::new(Workspace { sandbox, key, spec: find("google").unwrap() })
}

impl Pretend for Workspace {
    fn kind(&self) -> &'static str {
        self.spec.kind
    }

    fn tenant(&self) -> String {
        self.sandbox.truth()["customer_id"].as_str().unwrap().to_owned()
    }

    fn directory(&self, reach: Reach) -> Box<dyn Directory> {
        let base = self.sandbox.base_url();
        let delegated = Delegated {
            key: self.key.clone(),
            admin: self.sandbox.admin_email(),
            token_endpoint: format!("{base}/token").parse().unwrap(),
            again: "dirsync reauth corp".into(),
        };
        let (client, clock, retry) = (reach.client.clone(), reach.clock.clone(), reach.retry);
        let post: Post = Arc::new(move |request| {
            let (client, clock) = (client.clone(), clock.clone());
            Box::pin(async move { client.oauth(request, retry, &clock).await })
        });
        (self.spec.pull().unwrap().connect)(Connect {
            client: reach.client,
            tokens: delegated.source(post, reach.clock.clone()),
            api: base.parse().unwrap(),
            requests_per_minute: 1_000_000.try_into().unwrap(),
            retry: reach.retry,
            tenant: reach.tenant,
            clock: reach.clock,
        })
    }

    fn truth(&self) -> Picture {
        truth::picture(&self.sandbox.truth())
    }

    fn play_day(&self) -> Day {
        let day = self.sandbox.play_day();
        Day { joined: day.joined, left: day.left, recreated: day.recreated }
    }

    fn vanish(&self, percent: usize, confirmed: bool) -> Vec<String> {
        self.sandbox.vanish(percent, confirmed)
    }

    fn unvanish(&self) {
        self.sandbox.unvanish();
    }

    fn cause(&self, trouble: &Trouble) {
        let rules = troubles::rules(trouble, &self.sandbox.truth());
        rules.into_iter().for_each(|rule| self.sandbox.inject(rule));
    }

    fn relent(&self) {
        self.sandbox.clear_faults();
    }

    fn requests(&self) -> (u64, u64) {
        let report = self.sandbox.requests();
        (report["total"].as_u64().unwrap(), report["most_at_once"].as_u64().unwrap())
    }
}
