//! A pretend organisation at Microsoft with a home beside it: the embedded sandbox, and the real program pointed at it.

use std::path::PathBuf;

use dirsync::clock::Clock;
use dirsync::sandbox::entra::{Options, Sandbox};
use dirsync::sandbox::{Fault, Rule};
use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use crate::program::{runtime, visit};
use crate::world::{Outcome, World};

/// Connects as `hq`; somebody follows the address that is printed.
pub(crate) const BY_BROWSER: &[&str] = &["add", "entra", "--name", "hq", "--no-browser"];
/// Connects as `hq`; somebody types the code that is printed.
pub(super) const BY_CODE: &[&str] = &["add", "entra", "--name", "hq", "--device-code"];
/// Signs in again.
pub(super) const REAUTH: &[&str] = &["reauth", "hq", "--no-browser"];

/// An ordinary user of the pretend organisation.
pub(super) const ALEX: &str = "alex@brightwater.example";
/// One who reads everything and cannot consent.
pub(super) const HELPDESK: &str = "helpdesk@brightwater.example";

/// The organisation.
pub(crate) struct Hq {
    pub(crate) world: World,
    pub(crate) sandbox: Sandbox,
    pub(super) runtime: tokio::runtime::Runtime,
    /// Of the sandbox, and by [`Hq::at`] of the program.
    clock: Clock,
}

impl Hq {
    /// A small one, with the key store in a file and an app registration. Real time, for tokens carry the time.
    pub(crate) fn new() -> Self {
        Self::with(Options::small(Clock::system()))
    }

    /// One of other sizes or manners.
    pub(super) fn with(options: Options) -> Self {
        let runtime = runtime();
        let clock = options.clock.clone();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let mut world = World::in_real_time();
        for (name, value) in sandbox.environment() {
            world.set(name, &value);
        }
        world.set("DIRSYNC_KEY_STORE", "file").set("DIRSYNC_GIVE_UP_AFTER", "300ms");
        world.set("DIRSYNC_CLIENT_ID", &sandbox.client_id());
        Self { world, sandbox, runtime, clock }
    }

    /// One where time passes only when [`Hq::pass`] says so.
    pub(super) fn standing_still() -> Self {
        let mut hq = Self::with(Options::small(Clock::manual("2026-11-24T08:00:00Z".parse().unwrap())));
        hq.pass(0);
        hq
    }

    /// Lets hours pass, here and there.
    pub(super) fn pass(&mut self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
        self.world.unset("DIRSYNC_NOW").set("DIRSYNC_NOW", &self.clock.now().to_string());
    }

    /// One that is connected as `hq` by the app's secret, and has been read once.
    pub(super) fn connected() -> Self {
        let hq = Self::new();
        hq.add_by_secret();
        hq
    }

    /// One that is connected as `hq` by the administrator, and has been read once.
    pub(super) fn signed_in() -> Self {
        let hq = Self::new();
        let added = hq.add_by_browser();
        assert_eq!(added.code, Some(0), "{added}");
        hq
    }

    /// Connects by the app's secret, which needs nobody to sign in.
    pub(super) fn add_by_secret(&self) {
        let added = self.world.run(&self.by_secret(&self.secret_file(), &[]).each());
        assert_eq!(added.code, Some(0), "{added}");
    }

    /// The command that connects by a secret.
    pub(super) fn by_secret(&self, file: &std::path::Path, more: &[&str]) -> Words {
        self.unattended("--client-secret-file", file, more)
    }

    /// The command that connects an app of its own right.
    pub(super) fn unattended(&self, flag: &str, file: &std::path::Path, more: &[&str]) -> Words {
        let tenant = self.sandbox.tenant_id();
        let file = file.to_str().unwrap();
        let words = ["add", "entra", "--name", "hq", "--tenant", &tenant, flag, file];
        Words(words.iter().chain(more).map(|word| (*word).to_owned()).collect())
    }

    /// The app's secret, private as it must be.
    pub(super) fn secret_file(&self) -> PathBuf {
        self.world.file("secret.txt", &self.sandbox.client_secret())
    }

    /// The app's key and certificate.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.world.file("app.pem", &self.sandbox.certificate_pem())
    }

    /// Connects as `hq` by browser, the administrator agreeing to everything.
    pub(super) fn add_by_browser(&self) -> Outcome {
        self.sign_in(BY_BROWSER, &self.sandbox.admin_upn(), &[])
    }

    /// Runs a command that prints addresses for the browser; `account` follows each and decides as `more` says.
    pub(super) fn sign_in(&self, arguments: &[&str], account: &str, more: &[(&str, &str)]) -> Outcome {
        self.world.sign_in_by(arguments, |url| self.decide(url, account, more))
    }

    /// What somebody does at one of Microsoft's pages, and the way back.
    pub(super) fn decide(&self, url: &Url, account: &str, more: &[(&str, &str)]) {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("sandbox_account", account).extend_pairs(more);
        if let Some(redirect) = self.visit(url) {
            self.visit(redirect);
        }
    }

    /// Runs a command that prints a code, which `account` types on another device.
    pub(super) fn sign_in_by_code(&self, arguments: &[&str], account: &str, declined: bool) -> Outcome {
        self.world.overhear(arguments, |line| {
            if line.starts_with("and type this code there") {
                self.sandbox.approve_device(account, declined).unwrap();
            }
        })
    }

    /// Asks for a page as a browser would; returns where it redirects to.
    pub(super) fn visit(&self, url: Url) -> Option<Url> {
        visit(&self.runtime, url)
    }

    /// Somebody on the consent page, by what they are good for.
    pub(super) fn account(&self, note: &str) -> String {
        self.sandbox.accounts().into_iter().find(|(_, known)| known.contains(note)).unwrap().0
    }

    /// The sandbox's log.
    fn latest(&self) -> Vec<String> {
        let requests = self.sandbox.requests();
        requests["latest"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    /// How many requests to addresses with this text in them there were.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.latest().iter().filter(|line| line.contains(path)).count()
    }

    /// What the latest round asked that was not asked before `from`.
    pub(super) fn asked_since(&self, from: usize) -> Vec<String> {
        self.latest().split_off(from)
    }

    /// How many requests there were.
    pub(super) fn asked_in_all(&self) -> usize {
        self.latest().len()
    }

    /// `list`'s word for how `hq` is.
    pub(super) fn status(&self) -> Value {
        self.world.json(&["list"])[0]["status"].clone()
    }

    /// Nothing of a refused sign-in is stored.
    #[track_caller]
    pub(super) fn assert_nothing_stored(&self) {
        assert_eq!(self.world.json(&["list"]), serde_json::json!([]));
        for table in ["secrets", "integrations", "users"] {
            assert_eq!(self.world.count(table), 0, "{table}");
        }
    }

    /// Lets a fault strike from now on.
    pub(super) fn inject(&self, on: &str, fault: Fault) {
        self.sandbox.inject(Rule::new(on, fault));
    }
}

/// A command line.
pub(super) struct Words(Vec<String>);

impl Words {
    /// As the program takes it.
    pub(super) fn each(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// Microsoft's sign-in service refuses in its own words.
pub(super) fn refusal(error: &str, code: u32) -> Fault {
    Fault::TokenError { error: error.to_owned(), code, suberror: None, claims: None, status: None }
}

/// Graph refuses for want of a permission or role.
pub(super) fn forbidden() -> Fault {
    Fault::status(403, Some("Authorization_RequestDenied"))
}
