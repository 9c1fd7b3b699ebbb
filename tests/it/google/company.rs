//! A pretend company with a home beside it: the embedded sandbox, and the real program pointed at it.

use std::io::{Read, Write};
use std::path::PathBuf;

use dirsync::clock::Clock;
use dirsync::sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::program::{addresses, runtime, visit};
use crate::world::{Outcome, World};

pub(crate) use crate::program::back;

/// Connects as `corp`; somebody follows the address that is printed.
pub(crate) const BY_BROWSER: &[&str] = &["add", "google", "--name", "corp", "--no-browser"];
/// The scope to see people.
pub(crate) const USERS: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";
/// The scope to see groups and members.
pub(crate) const GROUPS: &str = "https://www.googleapis.com/auth/admin.directory.group.readonly";

/// What follows the address that a sign-in prints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Visitor<'a> {
    /// Somebody who presses Allow.
    Allows(&'a str),
    /// Somebody who presses Decline.
    Declines,
    /// The administrator, who leaves this scope's box unticked.
    Withholds(&'a str),
}

/// The company.
pub(crate) struct Company {
    pub(crate) world: World,
    pub(crate) sandbox: Sandbox,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Company {
    /// A small one, with the key store in a file and a client of its own. Real time, for tokens carry the time.
    pub(crate) fn new() -> Self {
        Self::with(Options::small(Clock::system()))
    }

    /// One of other sizes or seeds.
    pub(crate) fn with(options: Options) -> Self {
        let runtime = runtime();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let mut world = World::in_real_time();
        for (name, value) in sandbox.environment() {
            world.set(name, &value);
        }
        world.set("DIRSYNC_KEY_STORE", "file");
        world.set("DIRSYNC_GIVE_UP_AFTER", "1s");
        let company = Self { world, sandbox, runtime };
        let client = company.file("client.json", &company.sandbox.client_secrets_json());
        let mut company = company;
        company.world.set("DIRSYNC_CLIENT_SECRETS", client.to_str().unwrap());
        company
    }

    /// One that is connected as `corp` by its service account, and has been read once.
    pub(crate) fn connected() -> Self {
        let company = Self::new();
        let added = company.add_by_key("corp");
        assert_eq!(added.code, Some(0), "{added}");
        company
    }

    /// Connects by service account, which needs nobody to sign in.
    pub(crate) fn add_by_key(&self, name: &str) -> Outcome {
        let key = self.key_file();
        let admin = self.sandbox.admin_email();
        let key = key.to_str().unwrap();
        self.world.run(&["add", "google", "--name", name, "--service-account", key, "--admin", &admin])
    }

    /// The service account's key, private as it must be.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.file("key.json", &self.sandbox.service_account_json().unwrap())
    }

    /// A private file in the home.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        self.world.file(name, text)
    }

    /// Connects as `corp` by browser, the administrator agreeing to everything.
    pub(crate) fn add_by_browser(&self) -> Outcome {
        let admin = self.sandbox.admin_email();
        self.sign_in(&["add", "google", "--name", "corp", "--no-browser"], Visitor::Allows(&admin))
    }

    /// Runs a command that prints an address for the browser, and has `visitor` follow it.
    pub(crate) fn sign_in(&self, arguments: &[&str], visitor: Visitor<'_>) -> Outcome {
        self.sign_in_by(arguments, |url| self.agree(url, visitor))
    }

    /// What `visitor` does at the page behind `url`, and the way back.
    fn agree(&self, url: &mut url::Url, visitor: Visitor<'_>) {
        let admin = self.sandbox.admin_email();
        let (account, more) = match visitor {
            Visitor::Allows(account) => (account, None),
            Visitor::Declines => (&*admin, Some(("sandbox_decline", "true"))),
            Visitor::Withholds(scope) => (&*admin, Some(("sandbox_withhold", scope))),
        };
        url.query_pairs_mut().append_pair("sandbox_account", account).extend_pairs(more);
        if let Some(redirect) = self.visit(url.clone()) {
            self.visit(redirect);
        }
    }

    /// Runs a command that prints an address for the browser, and hands that to `follow`.
    pub(crate) fn sign_in_by(&self, arguments: &[&str], follow: impl FnMut(&mut url::Url)) -> Outcome {
        self.world.sign_in_by(arguments, follow)
    }

    /// Reads what a command says, and has `visitor` follow the address.
    pub(crate) fn follow(&self, talk: impl std::io::Read, visitor: Visitor<'_>) {
        addresses(talk).for_each(|mut url| self.agree(&mut url, visitor));
    }

    /// Asks for a page as a browser would; returns where it redirects to.
    pub(crate) fn visit(&self, url: url::Url) -> Option<url::Url> {
        visit(&self.runtime, url)
    }

    /// The program's JSON about something; it must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.world.json(arguments)
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.world.count(table)
    }

    /// Ends every grant at the pretend Google, as its account page does; `query` says how.
    pub(crate) fn revoke(&self, query: &str) {
        let host = self.sandbox.base_url().strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let head = "Content-Length: 0\r\nConnection: close\r\n\r\n";
        write!(stream, "POST /sandbox/revoke{query} HTTP/1.1\r\nHost: {host}\r\n{head}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// How many requests the sandbox has met.
    pub(crate) fn asked(&self) -> u64 {
        self.sandbox.requests()["total"].as_u64().unwrap()
    }

    /// Waits until the sandbox has met more than `before` requests.
    #[track_caller]
    pub(crate) fn until_asked(&self, before: u64) {
        let asks = (0..3000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.asked() > before
        });
        assert!(asks, "it asks nothing");
    }

    /// Whether the sandbox was asked for this path.
    pub(crate) fn asked_for(&self, path: &str) -> bool {
        let requests = self.sandbox.requests();
        requests["latest"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains(path))
    }

    /// Everything that is stored about people, groups and memberships, as lines.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.world.contents()
    }
}
