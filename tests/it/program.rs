//! The real program pointed at a pretend directory, whichever it is: private files, its JSON, what it has stored, and
//! somebody who follows the address that a sign-in prints.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use dirsync::http::{Client, ClientOptions};
use serde_json::Value;
use url::Url;

use crate::world::{Outcome, World};

impl World {
    /// A private file in the home.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// The program's JSON about something; it must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["-o", "json"]);
        self.run(&all).json()
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.sql("");
        let db = rusqlite::Connection::open(self.database()).unwrap();
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// The first column of every row.
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        let db = rusqlite::Connection::open(self.database()).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Everything that is stored about people, groups and memberships, as lines.
    pub(crate) fn contents(&self) -> Vec<String> {
        let tables = [
            "SELECT json_array(external_id, status, email, display_name, title, org_unit, aliases) FROM v1_users
             ORDER BY 1",
            "SELECT json_array(external_id, name, email, members) FROM v1_groups ORDER BY 1",
            "SELECT json_array(group_external_id, member_external_id, member_kind, member_email, role)
             FROM v1_memberships ORDER BY 1",
        ];
        tables.into_iter().flat_map(|sql| self.column(sql)).collect()
    }

    /// Runs a command whose talk is `heard` line by line while it goes on.
    pub(crate) fn overhear(&self, arguments: &[&str], mut heard: impl FnMut(&str)) -> Outcome {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut talk = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            heard(&line);
            talk += &line;
            talk.push('\n');
        }
        let output = child.wait_with_output().unwrap();
        self.outcome(arguments, output.status.code(), output.stdout, talk.into_bytes())
    }

    /// Runs a command that prints an address for the browser, and hands that to `follow`.
    pub(crate) fn sign_in_by(&self, arguments: &[&str], mut follow: impl FnMut(&mut Url)) -> Outcome {
        self.overhear(arguments, |line| {
            if let Some(mut url) = address(line) {
                follow(&mut url);
            }
        })
    }
}

/// An address on a line of its own.
pub(crate) fn address(line: &str) -> Option<Url> {
    line.parse::<Url>().ok().filter(|url| url.scheme() == "http")
}

/// The addresses that a command prints, each as soon as it is there.
pub(crate) fn addresses(talk: impl std::io::Read) -> impl Iterator<Item = Url> {
    BufReader::new(talk).lines().map_while(Result::ok).filter_map(|line| address(&line))
}

/// What a pretend directory runs on.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Asks for a page as a browser would; returns where it redirects to.
pub(crate) fn visit(runtime: &tokio::runtime::Runtime, url: Url) -> Option<Url> {
    let client = Client::new(&ClientOptions { silence: Duration::from_secs(5), ..ClientOptions::default() });
    runtime.block_on(client.unwrap().visit(url)).ok().flatten()
}

/// The address that the vendor's page would send the browser back to, with this query.
pub(crate) fn back(url: &Url, query: &[(&str, &str)]) -> Url {
    let asked = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let mut back: Url = asked("redirect_uri").parse().unwrap();
    back.query_pairs_mut().append_pair("state", &asked("state")).extend_pairs(query);
    back
}

/// The error objects of a run with `-o json`.
pub(crate) fn errors(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stderr.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["error"].clone()).collect()
}

/// A run with `-o json` ended with this code and one error object that says so and what to do.
#[track_caller]
pub(crate) fn assert_told(outcome: &Outcome, code: i32, phrase: &str) -> Value {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    let mut told = errors(outcome);
    assert_eq!(told.len(), 1, "{outcome}");
    let told = told.remove(0);
    assert!(told["message"].as_str().unwrap().contains(phrase), "{phrase:?} is not in {told}");
    assert!(told["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "no way out: {told}");
    assert_eq!(told["retryable"], code == 75, "{told}");
    told
}

/// A run ended with `code`, said all of `words` and a way out, and showed no data.
#[track_caller]
pub(crate) fn assert_refused(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, Some(code), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing: {outcome}");
    }
    assert_eq!(outcome.stderr.matches("error:").count(), 1, "{outcome}");
    assert!(outcome.stderr.contains("hint: "), "no way out: {outcome}");
    assert_eq!(outcome.stdout, "", "{outcome}");
}
