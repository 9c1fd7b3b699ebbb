//! `dirsync details` of a directory that pushes.

use jiff::Timestamp;
use serde::Serialize;

use super::{CliError, Context, push};
use crate::model::{Integration, Outcome};
use crate::output::{Cell, Column, Listing};
use crate::provider::Push;
use crate::store::{Overview, Store, TokenRecord};

/// Field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Details {
    name: String,
    kind: String,
    status: String,
    api_url: String,
    admin_email: Option<String>,
    client: Option<String>,
    added_at: Timestamp,
    users: i64,
    groups: i64,
    last_sync_at: Option<Timestamp>,
    last_sync_outcome: Option<Outcome>,
    held_plan: Option<i64>,
    tokens: Vec<Token>,
    /// The same for a column.
    #[serde(skip)]
    in_words: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Token {
    id: i64,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    /// Whether it opens anything at the moment.
    valid: bool,
}

pub(super) fn show(
    context: &Context,
    store: &Store,
    integration: Integration,
    overview: Overview,
    push: &Push,
) -> Result<(), CliError> {
    let now = context.clock.now();
    let agent = store.client(integration.id)?;
    let known = agent.as_deref().and_then(|agent| (push.client)(agent)).map(str::to_owned);
    let tokens: Vec<Token> = store.tokens(integration.id)?.into_iter().map(|token| Token::of(token, now)).collect();
    let details = Details {
        api_url: push::api_url(store, &integration)?,
        name: overview.name,
        kind: overview.kind,
        status: overview.status,
        admin_email: overview.admin_email,
        client: known.or(agent),
        added_at: integration.created_at,
        users: overview.users,
        groups: overview.groups,
        last_sync_at: overview.last_sync_at,
        last_sync_outcome: overview.last_sync_outcome,
        held_plan: store.held_plan(integration.id)?,
        in_words: tokens.iter().map(Token::in_words).collect(),
        tokens,
    };
    let listing = Listing::new(vec![
        Column::new("name", |it: &Details| (&it.name).into()),
        Column::new("kind", |it: &Details| Cell::word(&*it.kind)),
        Column::new("status", |it: &Details| Cell::word(&*it.status)),
        Column::new("api_url", |it: &Details| (&it.api_url).into()),
        Column::new("admin_email", |it: &Details| (&it.admin_email).into()),
        Column::new("client", |it: &Details| (&it.client).into()),
        Column::new("added_at", |it: &Details| it.added_at.into()),
        Column::new("users", |it: &Details| it.users.into()),
        Column::new("groups", |it: &Details| it.groups.into()),
        Column::new("last_sync_at", |it: &Details| Cell::time(it.last_sync_at)),
        Column::new("last_sync_outcome", |it: &Details| {
            it.last_sync_outcome.map_or(Cell::Empty, |outcome| Cell::word(outcome.as_str()))
        }),
        Column::new("held_plan", |it: &Details| it.held_plan.map_or(Cell::Empty, Cell::Id)),
        Column::new("tokens", |it: &Details| (&it.in_words).into()),
    ]);
    Ok(context.ui.one(&listing, &details)?)
}

impl Token {
    fn of(record: TokenRecord, now: Timestamp) -> Self {
        let TokenRecord { id, created_at, expires_at, last_used_at } = record;
        Self { id, created_at, expires_at, last_used_at, valid: expires_at.is_none_or(|end| now < end) }
    }

    fn in_words(&self) -> String {
        let end = match self.expires_at {
            Some(end) if self.valid => format!("expires {end:.0}"),
            Some(end) => format!("ended {end:.0}"),
            None => "never expires".to_owned(),
        };
        let used = self.last_used_at.map_or("never used".to_owned(), |at| format!("last used {at:.0}"));
        // Without commas, which part one token from the next.
        format!("{} of {:.0} ({end}; {used})", self.id, self.created_at)
    }
}
