//! The real `dirsync serve` on a free port, with one integration to push to, and a client that sends whatever it is told.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::world::World;

/// A running server.
pub(crate) struct Server {
    pub(crate) world: World,
    child: Child,
    /// What it says on stderr.
    talk: Receiver<String>,
    /// `http://127.0.0.1:port`.
    pub(crate) origin: String,
    /// The integration pushed to.
    pub(crate) okta: Pushed,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

/// An integration as its directory knows it.
#[derive(Clone)]
pub(crate) struct Pushed {
    /// The path of its API.
    pub(crate) path: String,
    pub(crate) token: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status, showing what was said instead.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Asserts an error of this status and kind.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, kind: &str) -> Self {
        let reply = self.is(status);
        let body = reply.json();
        assert_eq!(body["status"], status.to_string(), "{body}");
        assert_eq!(body["scimType"].as_str().unwrap_or(""), kind, "{body}");
        assert!(!body["detail"].as_str().unwrap().is_empty());
        reply
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{} {}", self.status, self.text)).to_owned()
    }
}

impl World {
    /// Makes an integration that is pushed to.
    pub(crate) fn add_scim(&self, name: &str, more: &[&str]) -> Pushed {
        let made = self.json(&[&["add", "scim", "--name", name], more].concat());
        let url = url::Url::parse(made["api_url"].as_str().unwrap()).unwrap();
        Pushed { path: url.path().to_owned(), token: made["token"].as_str().unwrap().to_owned() }
    }
}

/// Starts the command and waits until it listens.
fn listen(mut command: Command) -> (Child, String, Receiver<String>) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap()).lines();
    let origin = loop {
        let line = talk.next().unwrap_or_else(|| panic!("it ended before it listened")).unwrap();
        if let Some((_, url)) = line.split_once("listening on ") {
            break url.trim().trim_end_matches('/').to_owned();
        }
    };
    // Whatever else it says must not fill the pipe, whether or not anybody wants to hear it.
    let (say, said) = channel();
    std::thread::spawn(move || talk.map_while(Result::ok).for_each(|line| drop(say.send(line))));
    (child, origin, said)
}

impl Server {
    /// One in a fresh world.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// One whose integration was added with these flags.
    pub(crate) fn start_with(more: &[&str]) -> Self {
        Self::start_in(World::in_real_time(), more)
    }

    /// One in a world that has something else in it already.
    pub(crate) fn start_in(world: World, more: &[&str]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let okta = world.add_scim("okta", &[&["--email", "admin@corp.example"], more].concat());
        let (child, origin, talk) = listen(world.command(&["serve", "--listen", "127.0.0.1:0"]));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        #[expect(clippy::disallowed_methods, reason = "it plays other people's clients")]
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        Self { world, child, talk, origin, okta, runtime, http }
    }

    /// Where the integration's API is.
    pub(crate) fn base(&self) -> String {
        format!("{}{}", self.origin, self.okta.path)
    }

    /// A request below the integration's API with its token, to be changed at will.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("{}{path}", self.base())).bearer_auth(&self.okta.token)
    }

    /// Sends it.
    pub(crate) fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        self.runtime.block_on(receive(request))
    }

    /// Sends all of them at once.
    pub(crate) fn send_all(&self, requests: Vec<reqwest::RequestBuilder>) -> Vec<Reply> {
        self.runtime.block_on(async {
            let sent: Vec<_> = requests.into_iter().map(|request| tokio::spawn(receive(request))).collect();
            let mut replies = Vec::new();
            for reply in sent {
                replies.push(reply.await.unwrap());
            }
            replies
        })
    }

    /// Sends a body the way every directory does.
    pub(crate) fn with(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send(self.request(method, path).header("content-type", "application/scim+json").body(body.to_string()))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path))
    }

    /// The list at `path`; it must be one.
    #[track_caller]
    pub(crate) fn list(&self, path: &str) -> Value {
        let list = self.get(path).is(200).json();
        assert_eq!(list["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:ListResponse", "{list}");
        list
    }

    /// A listing by a filter, which is written as people write it.
    #[track_caller]
    pub(crate) fn found(&self, endpoint: &str, filter: &str) -> Value {
        let query: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        self.list(&format!("{endpoint}?filter={query}"))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.with("POST", path, body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Reply {
        self.with("PUT", path, body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Reply {
        self.with("PATCH", path, body)
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send(self.request("DELETE", path))
    }

    /// Ends the server without a word, and starts it again.
    pub(crate) fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let (child, origin, talk) = listen(self.world.command(&["serve", "--listen", "127.0.0.1:0"]));
        (self.child, self.origin, self.talk) = (child, origin, talk);
    }

    /// The next line on its stderr in which `phrase` occurs; it must come soon.
    #[track_caller]
    pub(crate) fn says(&self, phrase: &str) -> String {
        loop {
            let line = self.talk.recv_timeout(Duration::from_secs(20));
            match line.unwrap_or_else(|_| panic!("it never said {phrase:?}")) {
                line if line.contains(phrase) => return line,
                _ => {}
            }
        }
    }

    /// The number of the server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn receive(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}
