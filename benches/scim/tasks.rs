//! What is measured: creating, looking up, reading, listing, patching; every answer's status is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Size;
use crate::client::Client;
use crate::server::Server;

/// A round of tasks against one server.
pub(crate) struct Tasks<'a> {
    server: &'a Server,
    users: usize,
    concurrency: usize,
    time: Duration,
}

type Make = Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>;

impl<'a> Tasks<'a> {
    pub(crate) fn new(server: &'a Server, users: usize, size: &Size) -> Self {
        Self { server, users, concurrency: size.concurrency, time: Duration::from_secs_f64(size.seconds) }
    }

    /// All of them, each a line.
    pub(crate) async fn all(&self) {
        let server = self.server;
        let post = Head::of(server, "POST", "/Users");
        let (created, rate) = self.until(Some(self.users), &[201], Arc::new(move |at| post.with(&person(at)))).await;
        line("create", rate);
        let ids: Arc<Vec<String>> = Arc::new(self.ids(created).await);
        let users = self.users;
        let look_up = Head::of(server, "GET", "/Users");
        let hit = look_up.clone();
        self.task("look-up, hit", &[200], move |at| hit.at(&by_name(at * 7 % users))).await;
        self.task("look-up, miss", &[200], move |at| look_up.at(&by_name(users + 1_000_000 + at))).await;
        let (one, known) = (Head::of(server, "GET", "/Users/"), Arc::clone(&ids));
        self.task("GET by id", &[200], move |at| one.at(&known[at * 7 % known.len()])).await;
        let page = Head::of(server, "GET", "/Users");
        let pages = users / 100;
        self.task("page of 100", &[200], move |at| page.at(&format!("?startIndex={}&count=100", 1 + at % pages * 100)))
            .await;
        let (patch, known) = (Head::of(server, "PATCH", "/Users/"), Arc::clone(&ids));
        self.task("PATCH", &[200, 204], move |at| {
            let operation = json!({"op": "replace", "path": "title", "value": format!("Title {at}")});
            patch.at_with(&known[at * 7 % known.len()], &patch_of(&operation))
        })
        .await;
        self.large_group(&ids).await;
    }

    async fn task(
        &self,
        label: &str,
        statuses: &'static [u16],
        make: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
    ) {
        let (_, rate) = self.until(None, statuses, Arc::new(make)).await;
        line(label, rate);
    }

    /// Sends requests for a while, or so many, and says how many there were and how many a second.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    async fn until(&self, number: Option<usize>, statuses: &'static [u16], make: Make) -> (usize, f64) {
        let next = Arc::new(AtomicUsize::new(0));
        let (started, time) = (Instant::now(), self.time);
        let workers: Vec<_> = (0..self.concurrency)
            .map(|_| {
                let (next, make, address) = (Arc::clone(&next), Arc::clone(&make), self.server.address.clone());
                tokio::spawn(async move {
                    let (mut client, mut done) = (Client::connect(&address).await, 0);
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if number.map_or(started.elapsed() >= time, |number| at >= number) {
                            return done;
                        }
                        let reply = client.send(&make(at)).await;
                        assert!(statuses.contains(&reply.status), "{}", String::from_utf8_lossy(&reply.body));
                        done += 1;
                    }
                })
            })
            .collect();
        let mut done = 0;
        for worker in workers {
            done += worker.await.unwrap();
        }
        (done, done as f64 / started.elapsed().as_secs_f64())
    }

    async fn ids(&self, users: usize) -> Vec<String> {
        let head = Head::of(self.server, "GET", "/Users");
        let mut client = Client::connect(&self.server.address).await;
        let mut ids = Vec::new();
        while ids.len() < users {
            let query = format!("?attributes=userName&startIndex={}&count=1000", ids.len() + 1);
            let reply = client.send(&head.at(&query)).await;
            let page: Value = serde_json::from_slice(&reply.body).unwrap();
            let found = page["Resources"].as_array().unwrap();
            assert!(!found.is_empty(), "it lists fewer than it has");
            ids.extend(found.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        }
        ids
    }

    /// A group of ten thousand, and PATCHes of a hundred members, one after another.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    async fn large_group(&self, ids: &[String]) {
        let strangers = (0..10_000).map(|at| format!("00000000-0000-4000-8000-{at:012}"));
        let members: Vec<Value> = strangers.map(|id| json!({"value": id})).collect();
        let group = json!({"displayName": "Everybody", "members": members});
        let mut client = Client::connect(&self.server.address).await;
        let made = client.send(&Head::of(self.server, "POST", "/Groups").with(&group)).await;
        assert_eq!(made.status, 201);
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        let patch = Head::of(self.server, "PATCH", "/Groups/");
        let mut times: Vec<Duration> = Vec::new();
        for hundred in ids.chunks(100).take(10) {
            let added: Vec<Value> = hundred.iter().map(|id| json!({"value": id})).collect();
            let operation = json!({"op": "add", "path": "members", "value": added});
            let request = patch.at_with(made["id"].as_str().unwrap(), &patch_of(&operation));
            let started = Instant::now();
            let reply = client.send(&request).await;
            times.push(started.elapsed());
            assert!([200, 204].contains(&reply.status), "{}", reply.status);
        }
        times.sort_unstable();
        let median = times[times.len() / 2].as_secs_f64() * 1e3;
        println!("  {:<40} {median:>9.1} ms (median)", "PATCH: 100 members more, of 10,000");
    }
}

fn line(label: &str, rate: f64) {
    println!("  {label:<40} {rate:>9.0} /s");
}

fn by_name(at: usize) -> String {
    format!("?filter=userName%20eq%20%22user{at}%40corp.example%22")
}

fn person(at: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("user{at}@corp.example"),
        "externalId": format!("ext-{at}"),
        "name": {"givenName": "Given", "familyName": format!("Family{at}")},
        "displayName": format!("Given Family{at}"),
        "emails": [{"value": format!("user{at}@corp.example"), "type": "work", "primary": true}],
        "active": true,
        "title": "Engineer",
    })
}

fn patch_of(operation: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
}

/// Everything of a request but what differs from one to the next.
#[derive(Clone)]
struct Head {
    start: String,
    rest: String,
}

impl Head {
    fn of(server: &Server, method: &str, path: &str) -> Self {
        let (base, address, token) = (&server.path, &server.address, &server.token);
        Self {
            start: format!("{method} {base}{path}"),
            rest: format!(" HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"),
        }
    }

    fn at(&self, more: &str) -> Vec<u8> {
        format!("{}{more}{}\r\n", self.start, self.rest).into_bytes()
    }

    fn with(&self, body: &Value) -> Vec<u8> {
        self.at_with("", body)
    }

    fn at_with(&self, more: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let head = format!("{}{more}{}Content-Type: application/scim+json\r\n", self.start, self.rest);
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}
