//! How long a sync takes and how much memory it needs, beside two floors taken in the same run: a bare download of the
//! same pages, and a bare insert of as many rows into the same tables. Machines are noisy, so what counts are the ratios.
//!
//! `cargo bench --bench sync` measures 100,000 people, 5,000 groups, 500,000 memberships;
//! `cargo bench --bench sync -- --people 20000 --groups 1000 --memberships 100000 --latency 0` something smaller.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on stops, and prints")]

use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use dirsync::auth::FixedToken;
use dirsync::clock::Clock;
use dirsync::http::{Answer, Api, ApiOptions, Client, ClientOptions, Extent, Page, Quota, RetryPolicy, Verdict};
use dirsync::model::{Failure, FailureKind};
use dirsync::sandbox::{Options, Sandbox};
use futures_util::TryStreamExt;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Measures syncs against the embedded pretend Google Workspace.
#[derive(Parser)]
struct Size {
    #[arg(long, default_value_t = 100_000)]
    people: usize,
    #[arg(long, default_value_t = 5_000)]
    groups: usize,
    #[arg(long, default_value_t = 500_000)]
    memberships: usize,
    /// Milliseconds per request; each is a round of its own
    #[arg(long, value_delimiter = ',', default_values_t = [0, 50])]
    latency: Vec<u64>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let size = Size::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("{} people, {} groups, about {} memberships", size.people, size.groups, size.memberships);
    for latency in &size.latency {
        round(&size, Duration::from_millis(*latency));
    }
}

fn round(size: &Size, latency: Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    let sandbox = runtime
        .block_on(Sandbox::start(Options {
            users: size.people,
            groups: size.groups,
            memberships: size.memberships,
            latency,
            ..Options::small(Clock::system())
        }))
        .unwrap();
    println!("\nat {} ms per request", latency.as_millis());
    let key = home.path().join("key.json");
    private(&key, &sandbox.service_account_json().unwrap());
    let dirsync = |words: &[&str]| dirsync(&sandbox, home.path(), words);
    dirsync(&[
        "add",
        "google",
        "--name",
        "corp",
        "--no-sync",
        "--service-account",
        key.to_str().unwrap(),
        "--admin",
        &sandbox.admin_email(),
    ]);

    let (download, memberships) = runtime.block_on(bare_download(&sandbox));
    line("bare download", download, None);
    let insert = bare_insert(size, memberships, home.path());
    line("bare insert", insert, None);
    let floor = download + insert;
    let first = dirsync(&["sync", "corp"]);
    line("first sync", first.time, Some((first.memory, first.time, download, floor)));
    let unchanged = dirsync(&["sync", "corp"]);
    line("unchanged sync", unchanged.time, Some((unchanged.memory, unchanged.time, download, floor)));
    let list = (0..20).map(|_| dirsync(&["list"]).time).min().unwrap();
    line("list (best of 20)", list, None);
    let users = dirsync(&["users", "-o", "jsonl"]);
    line("users -o jsonl", users.time, None);
    let database = std::fs::metadata(home.path().join("dirsync.db")).unwrap().len();
    println!("  database {} MiB", database >> 20);
    runtime.block_on(sandbox.shutdown());
}

fn line(what: &str, time: Duration, beside: Option<(u64, Duration, Duration, Duration)>) {
    let beside = beside.map_or(String::new(), |(memory, time, download, floor)| {
        format!(
            "   {:.2} × (download + insert)   {:.2} × download   peak memory {memory} MiB",
            time.as_secs_f64() / floor.as_secs_f64(),
            time.as_secs_f64() / download.as_secs_f64(),
        )
    });
    println!("  {what:<18} {:>8.3} s{beside}", time.as_secs_f64());
}

struct Measured {
    time: Duration,
    /// MiB
    memory: u64,
}

/// Runs the program as its users do, and looks at its peak memory while it runs.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn dirsync(sandbox: &Sandbox, home: &Path, words: &[&str]) -> Measured {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dirsync"))
        .args(words)
        .env_clear()
        .envs(sandbox.environment())
        .env("DIRSYNC_HOME", home)
        .env("DIRSYNC_KEY_STORE", "file")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        memory = memory.max(peak.unwrap_or(0) >> 10);
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "dirsync {words:?}: {status}");
                return Measured { time: started.elapsed(), memory };
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bare {
    #[serde(default)]
    groups: Vec<BareGroup>,
    #[serde(default)]
    members: Vec<IgnoredAny>,
    next_page_token: Option<String>,
}

impl Extent for Bare {
    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.members.is_empty()
    }
}

#[derive(Deserialize)]
struct BareGroup {
    id: String,
}

/// The same pages by the same client, as many at once, and nothing done with them.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn bare_download(sandbox: &Sandbox) -> (Duration, usize) {
    let clock = Clock::system();
    let environment: std::collections::HashMap<_, _> = sandbox.environment().into_iter().collect();
    let api = Api::new(ApiOptions {
        client: Client::new(&ClientOptions::default()).unwrap(),
        base: environment["DIRSYNC_GOOGLE_API_URL"].parse().unwrap(),
        tokens: Arc::new(FixedToken::new(token(sandbox, &environment["DIRSYNC_GOOGLE_TOKEN_URL"]).await.into(), "")),
        quota: Quota::new(NonZeroU32::new(1_000_000).unwrap(), 16, Duration::from_secs(600), clock.clone()),
        retry: RetryPolicy::default(),
        judge: |answer: &Answer<'_>| {
            let message = format!("HTTP {}", answer.status);
            Verdict::Final(Failure::new(FailureKind::Refused, message))
        },
        cost: |_| NonZeroU32::MIN,
        clock,
    });
    let started = Instant::now();
    let url = |path: &str, query: &[(&str, &str)], next: Option<String>| {
        let mut url = api.url(&format!("admin/directory/v1/{path}"), query);
        url.query_pairs_mut().append_pair("prettyPrint", "false");
        if let Some(next) = next {
            url.query_pairs_mut().append_pair("pageToken", &next);
        }
        Ok(url)
    };
    let parse = |body: &[u8]| {
        let mut page: Bare = serde_json::from_slice(body).unwrap();
        let next = page.next_page_token.take();
        Ok(Page { items: page, next })
    };
    let (send, groups) = tokio::sync::mpsc::unbounded_channel();
    let members = std::sync::atomic::AtomicUsize::new(0);
    let users = async {
        let query = [("customer", "my_customer"), ("maxResults", "500"), ("projection", "full"), ("fields", USERS)];
        let each = |_| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> { Box::pin(async { Ok(()) }) };
        api.pages("users", |next| url("users", &query, next), parse, each).await
    };
    let listing = async {
        let query = [("customer", "my_customer"), ("maxResults", "200"), ("fields", GROUPS)];
        let send = send;
        let each = |page: Bare| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> {
            page.groups.into_iter().for_each(|group| send.send(group.id).unwrap());
            Box::pin(async { Ok(()) })
        };
        api.pages("groups", |next| url("groups", &query, next), parse, each).await
    };
    let each_group = async {
        let groups =
            futures_util::stream::unfold(groups, |mut groups| async { groups.recv().await.map(|id| (Ok(id), groups)) });
        groups
            .try_for_each_concurrent(16, |group| {
                let (members, api, url) = (&members, &api, &url);
                async move {
                    let path = format!("groups/{group}/members");
                    let query = [("maxResults", "200"), ("fields", MEMBERS)];
                    let each = |page: Bare| -> futures_util::future::BoxFuture<'_, Result<(), Failure>> {
                        members.fetch_add(page.members.len(), std::sync::atomic::Ordering::Relaxed);
                        Box::pin(async { Ok(()) })
                    };
                    api.pages("members", |next| url(&path, &query, next), parse, each).await
                }
            })
            .await
    };
    futures_util::future::try_join3(users, listing, each_group).await.unwrap();
    (started.elapsed(), members.into_inner())
}

const USERS: &str = "nextPageToken,users(id,primaryEmail,name,suspended,archived,suspensionReason,isAdmin,\
    isDelegatedAdmin,orgUnitPath,aliases,nonEditableAliases,phones,organizations,relations,externalIds,locations,\
    customSchemas,isGuestUser,customerId)";
const GROUPS: &str = "nextPageToken,groups(id,email,name,description,aliases,nonEditableAliases)";
const MEMBERS: &str = "nextPageToken,members(id,email,type,role)";

/// A token for the service account, by the same code as the program's.
async fn token(sandbox: &Sandbox, endpoint: &str) -> String {
    use dirsync::auth::google::{read_key_file, service_account_token};
    use secrecy::ExposeSecret;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    private(&file, &sandbox.service_account_json().unwrap());
    let client = Client::new(&ClientOptions::default()).unwrap();
    let post: dirsync::auth::Post = Arc::new(move |request| {
        let client = client.clone();
        Box::pin(async move { client.oauth(request, RetryPolicy::default(), &Clock::system()).await })
    });
    let key = read_key_file(&file).unwrap();
    let endpoint = endpoint.parse().unwrap();
    let answer = service_account_token(&key, &sandbox.admin_email(), &endpoint, "", &post, Clock::system().now()).await;
    answer.unwrap().access_token.expose_secret().to_owned()
}

/// As many rows of about the same content into the same tables with their keys, by prepared statements in one
/// transaction.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn bare_insert(size: &Size, memberships: usize, home: &Path) -> Duration {
    let path = home.join("floor.db");
    drop(dirsync::store::Store::open(&path).unwrap());
    let mut db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "synchronous", "NORMAL").unwrap();
    db.execute_batch(
        "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES ('floor', 'floor', 'google', 'C', 'connected', '{}', 1, '');",
    )
    .unwrap();
    let started = Instant::now();
    let transaction = db.transaction().unwrap();
    {
        let mut insert = transaction
            .prepare(
                "INSERT INTO users (integration_id, external_id, status, email, user_name, display_name, given_name,
                     family_name, title, department, cost_center, manager, employee_id, phone, location, org_unit,
                     attributes, content_hash, created_at, updated_at)
                 VALUES (1, ?1, 'active', ?2, ?2, 'First Last', 'First', 'Last', 'Engineer', 'Platform', '4711',
                     'some.manager@brightwater.example', 'E123456', '+1 555 0100', 'Building 3', '/Staff/Engineering',
                     NULL, ?3, '2026-11-24T08:00:00Z', '2026-11-24T08:00:00Z')",
            )
            .unwrap();
        for number in 0..size.people {
            insert.execute(rusqlite::params![id(number), email(number), [0_u8; 16]]).unwrap();
        }
        let mut insert = transaction
            .prepare(
                "INSERT INTO groups (integration_id, external_id, name, email, created_at, updated_at)
                 VALUES (1, ?1, 'A group', ?2, '2026-11-24T08:00:00Z', '2026-11-24T08:00:00Z')",
            )
            .unwrap();
        for number in 0..size.groups {
            insert.execute([format!("01{number:013}"), email(number)]).unwrap();
        }
        let mut insert =
            transaction.prepare("INSERT OR IGNORE INTO memberships VALUES (?1, ?2, 'user', ?3, 'member')").unwrap();
        let each = (memberships / size.groups).max(1);
        for number in 0..memberships {
            // As in life, a group's members are from all over the company.
            let member = number.wrapping_mul(7919) % size.people;
            let group = (number / each).min(size.groups - 1) as i64 + 1;
            insert.execute(rusqlite::params![group, id(member), email(member)]).unwrap();
        }
    }
    transaction.commit().unwrap();
    started.elapsed()
}

fn id(number: usize) -> String {
    format!("1{number:020}")
}

fn email(number: usize) -> String {
    format!("first.last{number}@brightwater.example")
}

fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
