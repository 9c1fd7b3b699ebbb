//! A machine with dirsync on it and a pretend Google Workspace to connect: the program is the real one, signs in as
//! people do (an address that somebody opens) and reads over real HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use dirsync::clock::Clock;
use dirsync::sandbox::{Fault, Options, Rule, Sandbox};
use serde_json::Value;
use url::Url;

use crate::world::{Outcome, World};

pub(crate) const ADMIN: &str = "admin@brightwater.example";
pub(crate) const ADD: &[&str] = &["add", "google", "--name", "corp"];

/// The machine and the company.
pub(crate) struct Company {
    pub(crate) world: World,
    pub(crate) sandbox: Sandbox,
    // Last, so that the sandbox is told to stop first.
    _runtime: tokio::runtime::Runtime,
}

impl Company {
    /// A small one.
    pub(crate) fn new() -> Self {
        Self::with(Options::small(Clock::system()))
    }

    /// One made like this, with its client file and a key file for the secrets.
    pub(crate) fn with(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let mut company = Self { world: World::new(), sandbox, _runtime: runtime };
        let client = company.file("client.json", &company.sandbox.client_secrets_json());
        for (name, value) in company.sandbox.environment() {
            company.world.set(name, &value);
        }
        // The sandbox's tokens carry the real time.
        company.world.set("DIRSYNC_NOW", "").set("DIRSYNC_KEY_STORE", "file");
        company.world.set("DIRSYNC_CLIENT_SECRETS", client.to_str().unwrap());
        company
    }

    /// One that is connected as `corp` and was read once.
    pub(crate) fn connected() -> Self {
        let company = Self::new();
        let added = company.sign_in(ADD);
        assert_eq!(added.code, Some(0), "{added}");
        company
    }

    /// Writes a file that only its owner can read, as a careful administrator does.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.world.home().join(name);
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }

    /// The service account's key.
    pub(crate) fn service_account(&self) -> String {
        let path = self.file("service-account.json", &self.sandbox.service_account_json().unwrap());
        path.to_str().unwrap().to_owned()
    }

    /// Lets one thing go wrong from now on.
    pub(crate) fn fault(&self, on: &str, fault: Fault) {
        self.sandbox.inject(Rule::new(on, fault));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.world.run(arguments)
    }

    /// Runs something that signs in by browser; the super admin allows everything.
    pub(crate) fn sign_in(&self, arguments: &[&str]) -> Outcome {
        self.sign_in_as(ADMIN, &[], arguments)
    }

    /// The same with somebody else, or with boxes left unticked: `more` goes to the consent page.
    pub(crate) fn sign_in_as(&self, account: &str, more: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        self.at_the_address(arguments, |mut url| {
            url.query_pairs_mut().append_pair("sandbox_account", account).extend_pairs(more);
            browse(&url);
        })
    }

    /// Runs something that signs in by browser; `visit` gets the address that it prints.
    pub(crate) fn at_the_address(&self, arguments: &[&str], visit: impl FnOnce(Url)) -> Outcome {
        let all: Vec<&str> = arguments.iter().copied().chain(["--no-browser"]).collect();
        let output = follow(&mut self.world.command(&all), visit);
        self.world.outcome(&all, output)
    }

    /// Rows of the contract's views, as text.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        crate::engine::home::rows(&self.world.database(), sql)
    }

    /// Everything that a failed command must leave as it was.
    pub(crate) fn contents(&self) -> Vec<String> {
        let mut all = self.rows("SELECT * FROM v1_users ORDER BY id");
        all.extend(self.rows("SELECT * FROM v1_groups ORDER BY id"));
        all.extend(self.rows("SELECT * FROM v1_memberships ORDER BY 1, 2, 3"));
        all.extend(self.rows("SELECT * FROM v1_changes ORDER BY at, subject, id, external_id, field"));
        all
    }

    /// `status` of `list -o json`.
    pub(crate) fn status(&self) -> String {
        self.run(&["list", "-o", "json"]).json()[0]["status"].as_str().unwrap().to_owned()
    }
}

/// Runs `command` to its end; the first address that it prints is given to `visit`.
pub(crate) fn follow(command: &mut Command, visit: impl FnOnce(Url)) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut talk, mut reader) = (String::new(), BufReader::new(child.stderr.take().unwrap()));
    if let Some(url) = address(&mut reader, &mut talk) {
        visit(url);
    }
    finish(child, reader, talk)
}

/// Reads up to the line that is an address.
pub(crate) fn address(reader: &mut impl BufRead, talk: &mut String) -> Option<Url> {
    loop {
        let start = talk.len();
        if reader.read_line(talk).unwrap() == 0 {
            return None;
        }
        if let Ok(url) = talk[start..].trim().parse::<Url>()
            && url.scheme() == "http"
        {
            return Some(url);
        }
    }
}

fn finish(mut child: Child, mut talk_left: impl Read, mut talk: String) -> Output {
    // A little data on stdout fits into its pipe while the talk is read.
    talk_left.read_to_string(&mut talk).unwrap();
    let mut stdout = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    Output { status: child.wait().unwrap(), stdout, stderr: talk.into_bytes() }
}

/// Opens an address as a browser does, redirects and all; returns the last page.
pub(crate) fn browse(url: &Url) -> String {
    let answer = get(url);
    match answer.lines().find_map(|line| line.strip_prefix("location: ")) {
        Some(location) => get(&url.join(location).unwrap()),
        None => answer,
    }
}

/// The raw answer to a GET.
pub(crate) fn get(url: &Url) -> String {
    request("GET", url)
}

pub(crate) fn request(method: &str, url: &Url) -> String {
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect((host, port)).unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    // A program that ends at once may cut the line behind its answer.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// One parameter of an address.
pub(crate) fn param(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// The redirect address of a sign-in with other parameters.
pub(crate) fn redirect(url: &Url, pairs: &[(&str, &str)]) -> Url {
    let mut redirect: Url = param(url, "redirect_uri").parse().unwrap();
    redirect.query_pairs_mut().extend_pairs(pairs);
    redirect
}

/// The JSON error object on stderr; it is the last line.
pub(crate) fn error(outcome: &Outcome) -> Value {
    let line = outcome.stderr.lines().last().unwrap_or_default();
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {outcome}"));
    value["error"].clone()
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &std::path::Path, _: u32) {}
