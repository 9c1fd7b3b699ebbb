//! The sandbox as the suite's pretend directory; the app signs in in its own right, as on a server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dirsync::auth::entra::{Overrides, SERVICE};
use dirsync::auth::{Access, Conversation, Offered, Post, SignInRequest};
use dirsync::clock::Clock;
use dirsync::http::{Client, ClientOptions, RetryPolicy, TokenSource};
use dirsync::model::FailureKind;
use dirsync::provider::{Connect, Directory, ProviderSpec, find};
use dirsync::sandbox::entra::{Options, Sandbox};
use dirsync::sandbox::{Fault, Rule};
use ring::rand::SystemRandom;

use super::{troubles, truth};
use crate::conformance::picture::Picture;
use crate::conformance::pretend::{Day, Pretend, Reach, Start, Trouble};
use crate::conformance::struck::with_members_as_before;

/// The sign-in service is asked again for no longer than this.
const RETRY: RetryPolicy = RetryPolicy {
    give_up_after: Duration::from_millis(500),
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(40),
};

/// How the directory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Followed,
    Listed,
}

pub(super) struct Tenant {
    sandbox: Arc<Sandbox>,
    tokens: Arc<dyn TokenSource>,
    spec: &'static ProviderSpec,
    manner: Manner,
    /// How everybody was called at the latest sync that saw them, by id.
    known: Mutex<BTreeMap<String, String>>,
    /// Whether a trouble made the delta links tell lies, so that they will have to be taken back.
    lied: Mutex<bool>,
}

/// Starts a pretend tenant whose changes can be followed.
pub(in crate::conformance) fn followed(start: &Start) -> Box<dyn Pretend> {
    Box::new(Tenant::start(start, Manner::Followed, |options| options).0)
}

/// Starts a pretend tenant without delta queries, as those of External ID and B2C are.
pub(in crate::conformance) fn listed(start: &Start) -> Box<dyn Pretend> {
    Box::new(Tenant::start(start, Manner::Listed, |options| options).0)
}

impl Tenant {
    /// A tenant as the suite wants it, changed by `change`, and the sandbox's own controls.
    pub(super) fn start(
        start: &Start,
        manner: Manner,
        change: impl FnOnce(Options) -> Options,
    ) -> (Self, Arc<Sandbox>) {
        let size = start.size;
        let options = Options::sized(start.clock.clone(), size.people, size.groups, size.memberships);
        // So few that a round of everything takes several pages, and so many that a day's changes fit on one.
        let groups_per_page = if size.groups < 40 { 40 } else { options.groups_per_page };
        let options = change(Options { seed: size.seed, latency: size.latency, groups_per_page, ..options });
        let sandbox = Arc::new(start.runtime.block_on(Sandbox::start(options)).unwrap());
        let tokens = start.runtime.block_on(sign_in(&sandbox, &start.clock));
        let (known, lied) = (Mutex::default(), Mutex::default());
        let tenant = Self { sandbox: Arc::clone(&sandbox), tokens, spec: find("entra").unwrap(), manner, known, lied };
        tenant.refuse_deltas();
        (tenant, sandbox)
    }

    fn refuse_deltas(&self) {
        if self.manner == Manner::Listed {
            for on in ["users/delta", "groups/delta"] {
                self.sandbox.inject(Rule::new(on, Fault::DeltaRefused { code: 400 }));
            }
        }
    }
}

async fn sign_in(sandbox: &Sandbox, clock: &Clock) -> Arc<dyn TokenSource> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, sandbox.client_secret()).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let offered = Offered {
        client_id: Some(sandbox.client_id()),
        tenant: Some(sandbox.tenant_id()),
        client_secret_file: Some(file),
        ..Offered::default()
    };
    let client = Client::new(&ClientOptions::default()).unwrap();
    let at = clock.clone();
    let post: Post = Arc::new(move |request| {
        let (client, clock) = (client.clone(), at.clone());
        Box::pin(async move { client.oauth(request, RETRY, &clock).await })
    });
    let access = Access {
        post: Arc::clone(&post),
        clock: clock.clone(),
        random: Arc::new(SystemRandom::new()),
        google: dirsync::auth::google::Overrides::default(),
        entra: Overrides { login: Some(sandbox.base_url().to_owned()) },
    };
    let random = SystemRandom::new();
    let conversation = Conversation {
        show: &|_| panic!("nobody is there to see"),
        pasted: None,
        complain: &|_| {},
        post: &post,
        clock,
        random: &random,
        deadline: Duration::from_secs(300),
    };
    let request = SignInRequest { offered: &offered, stored: None, again: "dirsync reauth corp" };
    (SERVICE.sign_in)(request, &access, conversation).await.unwrap().tokens
}

impl Pretend for Tenant {
    fn kind(&self) -> &'static str {
        self.spec.kind
    }

    fn tenant(&self) -> String {
        self.sandbox.tenant_id()
    }

    fn directory(&self, reach: Reach) -> Box<dyn Directory> {
        self.known.lock().unwrap().extend(truth::labels(&self.sandbox.truth()));
        (self.spec.pull().unwrap().connect)(Connect {
            client: reach.client,
            tokens: Arc::clone(&self.tokens),
            api: self.sandbox.base_url().parse().unwrap(),
            requests_per_minute: 1_000_000.try_into().unwrap(),
            retry: reach.retry,
            tenant: reach.tenant,
            clock: reach.clock,
        })
    }

    fn truth(&self) -> Picture {
        truth::picture(&self.sandbox.truth(), &self.known.lock().unwrap())
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
        *self.lied.lock().unwrap() |= self.follows() && matches!(trouble, Trouble::GroupsVanish);
        let rules = troubles::rules(trouble, self.manner, self.sandbox.base_url());
        rules.into_iter().for_each(|rule| self.sandbox.inject(rule));
    }

    fn relent(&self) {
        self.sandbox.clear_faults();
        self.refuse_deltas();
        // Graph mends what its links have told wrong by giving them up.
        if std::mem::take(&mut *self.lied.lock().unwrap()) {
            self.sandbox.expire_cursors();
        }
    }

    fn requests(&self) -> (u64, u64) {
        let report = self.sandbox.requests();
        (report["total"].as_u64().unwrap(), report["most_at_once"].as_u64().unwrap())
    }

    fn follows(&self) -> bool {
        self.manner == Manner::Followed
    }

    fn cannot(&self) -> &'static [&'static str] {
        troubles::unknown(self.manner)
    }

    fn forbidden(&self) -> FailureKind {
        FailureKind::ConsentNeeded
    }

    /// Graph hides who can be restored from all groups, and says of members no more than who they are.
    fn with_members_unread(&self, truth: Picture, before: &Picture, group: &str) -> Picture {
        let mut picture = with_members_as_before(truth, before, group);
        let Picture { people, memberships, .. } = &mut picture;
        memberships.retain(|(of, member), fields| {
            let is_person = fields["member_kind"].as_deref() == Some("user");
            of != group || !is_person || people.contains_key(member)
        });
        for ((_, member), fields) in memberships {
            if let Some(person) = people.get(member) {
                fields.insert("member_email", person["email"].clone());
            }
        }
        picture.finished()
    }
}
