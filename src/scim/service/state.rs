//! What the service works with: the database to read and to write, who may come in, the clock, new ids.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::HeaderMap;
use jiff::Timestamp;
use ring::rand::SecureRandom;
use serde_json::Value;

use super::call::Caller;
use super::cursor::Cursors;
use super::door::{FRESH, Key, Served, Strikes};
use super::readers::Readers;
use super::writer::Writer;
use crate::clock::{Clock, Pulse};
use crate::model::IntegrationId;
use crate::scim::Problem;
use crate::store::scim::ScimWriter;
use crate::store::{Store, StoreError};

/// What the service is made of.
pub struct Setup {
    /// The database, opened for writing; the service is the only one in this process that writes.
    pub store: Store,
    /// The folder of locks.
    pub locks: PathBuf,
    /// The time.
    pub clock: Clock,
    /// Random numbers, of which ids and the key of the cursors are made.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// The stable word of the providers that push, as integrations carry it.
    pub kind: &'static str,
    /// More people than this, deleted within ten minutes out of so many, wait for approval.
    pub too_many_deletions: fn(deleted: u64, people: u64) -> bool,
}

/// How lenient an integration is, as stored with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Leniency {
    /// Only what the standard allows; no coercions.
    pub strict: bool,
    /// Several groups may have the same name.
    pub equal_group_names: bool,
    /// A PATCH may name attributes that are not known here; that part of it changes nothing.
    pub ignore_unknown: bool,
}

/// The SCIM service of one database.
pub struct Service {
    pub(super) readers: Readers,
    /// By itself, so that whoever comes in does not wait behind searches.
    doorkeeper: Readers,
    pub(super) writer: Writer,
    writing: Pulse,
    pub(super) cursors: Cursors,
    pub(super) clock: Clock,
    pub(super) strikes: Strikes,
    pub(super) too_many_deletions: fn(u64, u64) -> bool,
    random: Arc<dyn SecureRandom + Send + Sync>,
    kind: &'static str,
    known: tokio::sync::Mutex<Known>,
    used: Mutex<Used>,
}

/// The integrations that are served, by the word in their addresses, as of a moment ago.
#[derive(Default)]
struct Known {
    at: Option<Instant>,
    by_slug: HashMap<String, Arc<Served>>,
}

/// Which tokens were used when and by what client, until it is written down.
#[derive(Default)]
struct Used {
    noted: Option<Instant>,
    tokens: HashMap<i64, Timestamp>,
    clients: HashMap<IntegrationId, String>,
    /// Which tokens were used by what clients since the start.
    seen: HashSet<(i64, String)>,
}

/// Tokens and clients remembered at most.
const SEEN: usize = 1024;

/// How often the use of tokens is written down, in seconds.
const NOTE: u64 = 60;

/// Characters kept of what a client calls itself.
const LONGEST_CLIENT: usize = 120;

impl Service {
    /// Starts the writer.
    ///
    /// # Errors
    /// The database cannot be read, or the system gives no thread.
    pub fn start(setup: Setup) -> Result<Arc<Self>, StoreError> {
        let Setup { store, locks, clock, random, kind, too_many_deletions } = setup;
        store.make_durable()?;
        let mut key = [0; 32];
        // Without random numbers there are no ids either, so that nothing is lost but cursors from before.
        random.fill(&mut key).map_err(|_| StoreError::Seal("the operating system gave no random numbers".into()))?;
        let path = store.path().to_owned();
        let writing = Pulse::new("what writes down what is pushed", &clock);
        let writer = Writer::start(store, locks, clock.clone(), writing.clone())
            .map_err(|error| StoreError::Open { path: path.clone(), reason: error.to_string() })?;
        Ok(Arc::new(Self {
            doorkeeper: Readers::new(path.clone()),
            readers: Readers::new(path),
            writer,
            writing,
            cursors: Cursors::new(&key),
            clock,
            strikes: Strikes::default(),
            too_many_deletions,
            random,
            kind,
            known: tokio::sync::Mutex::default(),
            used: Mutex::default(),
        }))
    }

    /// Whether the writer is alive.
    pub fn writing(&self) -> &Pulse {
        &self.writing
    }

    /// The integration at this address, with the tokens that open it.
    pub(super) async fn served(&self, slug: &str) -> Result<Option<Arc<Served>>, Problem> {
        let mut known = self.known.lock().await;
        let now = self.clock.instant();
        if known.at.is_none_or(|at| now.duration_since(at) >= FRESH) {
            let (kind, at) = (self.kind, self.clock.now());
            known.by_slug = self.doorkeeper.read(move |store| look_around(store, kind, at)).await?;
            known.at = Some(now);
        }
        Ok(known.by_slug.get(slug).cloned())
    }

    /// Writes to the caller's integration, now.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        caller: &Caller,
        write: impl FnOnce(&mut ScimWriter<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.writer.write(caller.served.id, self.clock.now(), write).await
    }

    /// An id that nobody has: a random UUID, which never holds the word `bulkId` (RFC 7643 §3.1).
    pub(super) fn new_id(&self) -> Result<String, Problem> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes).map_err(|_| Problem::busy("the operating system gave no random numbers", 10))?;
        Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
    }

    /// Remembers that a token was used, and by what; now and then it is written down.
    pub(super) fn note_use(&self, served: &Served, token: i64, headers: &HeaderMap) {
        let due = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.tokens.insert(token, self.clock.now());
            let agent = headers.get(axum::http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
            let client: String = agent.unwrap_or_default().chars().take(LONGEST_CLIENT).collect();
            let now = self.clock.instant();
            // What was never seen before is worth knowing at once: somebody is just trying it.
            let is_new = used.seen.insert((token, client.clone()));
            if !client.is_empty() {
                used.clients.insert(served.id, client);
            }
            if used.seen.len() > SEEN {
                used.seen.clear();
            }
            let due = is_new || used.noted.is_none_or(|noted| now.duration_since(noted).as_secs() >= NOTE);
            if due {
                used.noted = Some(now);
            }
            due
        };
        if due {
            self.write_down_use();
        }
    }

    /// Writes down which tokens were used since the last time; also at the end.
    pub fn write_down_use(&self) {
        let (tokens, clients) = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            (std::mem::take(&mut used.tokens), std::mem::take(&mut used.clients))
        };
        let tokens: Vec<_> = tokens.into_iter().collect();
        if tokens.is_empty() {
            return;
        }
        self.writer.aside(move |store| {
            store.note_token_use(&tokens)?;
            clients.into_iter().try_for_each(|(integration, client)| store.note_client(integration, &client))
        });
    }
}

fn look_around(store: &Store, kind: &str, now: Timestamp) -> Result<HashMap<String, Arc<Served>>, Problem> {
    let mut tokens: HashMap<IntegrationId, Vec<Key>> = HashMap::new();
    for token in store.live_tokens(now)? {
        let key = Key { token: token.id, hash: token.hash, expires_at: token.expires_at };
        tokens.entry(token.integration).or_default().push(key);
    }
    let served = store.integrations()?.into_iter().filter(|integration| integration.kind == kind).map(|integration| {
        let served = Served {
            id: integration.id,
            name: integration.name,
            leniency: leniency(&integration.credentials),
            keys: tokens.remove(&integration.id).unwrap_or_default(),
        };
        (integration.tenant.id, Arc::new(served))
    });
    Ok(served.collect())
}

fn leniency(credentials: &Value) -> Leniency {
    serde::Deserialize::deserialize(credentials).unwrap_or_default()
}
