//! The servers that are measured: ours as a release build runs it, and the peer.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running server.
pub(crate) struct Server {
    child: Child,
    home: TempDir,
    /// Host and port.
    pub(crate) address: String,
    /// The path of its API.
    pub(crate) path: String,
    pub(crate) token: String,
}

impl Server {
    /// Ours, in a fresh home.
    pub(crate) fn dirsync() -> Self {
        let home = tempfile::tempdir().unwrap();
        let command = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_dirsync"));
            command.args(words).env_clear().env("DIRSYNC_HOME", home.path()).env("HOME", home.path());
            command.stdin(Stdio::null());
            command
        };
        let added = command(&["add", "scim", "--name", "okta", "-o", "json"]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let added: serde_json::Value = serde_json::from_slice(&added.stdout).unwrap();
        let url = url::Url::parse(added["api_url"].as_str().unwrap()).unwrap();
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = talk.next().unwrap().unwrap();
            if let Some((_, origin)) = line.split_once("listening on http://") {
                break origin.trim().trim_end_matches('/').to_owned();
            }
        };
        std::thread::spawn(move || talk.for_each(drop));
        Self { child, home, address, path: url.path().to_owned(), token: added["token"].as_str().unwrap().to_owned() }
    }

    /// The peer, on a port that was free a moment ago.
    pub(crate) fn peer(program: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let token = "secret";
        let mut command = Command::new(program);
        command.args(["--port", &port, "--bearer-token", token]).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let home = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{port}");
        let server = Self { child, home, address, path: "/v2".into(), token: token.into() };
        for _ in 0..200 {
            if TcpStream::connect(&server.address).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{} does not listen", program.display());
    }

    /// Peak memory, in MiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) >> 10
    }

    /// Bytes of the database.
    pub(crate) fn database(&self) -> u64 {
        std::fs::metadata(self.home.path().join("dirsync.db")).map_or(0, |file| file.len())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
