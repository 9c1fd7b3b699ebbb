//! `dirsync details`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::online::spec;
use super::scope_shown::Drawn;
use super::{CliError, Context, Exit, details_push, list, ping, values};
use crate::auth;
use crate::model::{IntegrationId, Outcome};
use crate::output::{Cell, Column, Listing};
use crate::store::Store;

/// Show one directory: whose it is, who signed in and how, the last sync and the next
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync details corp\n  dirsync details corp -o json | jq -r .last_sync_at")]
pub struct DetailsArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
}

/// Field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Details {
    name: String,
    kind: String,
    status: String,
    status_reason: Option<String>,
    tenant: String,
    tenant_name: Option<String>,
    tenant_domain: Option<String>,
    cloud: Option<&'static str>,
    domains: Vec<String>,
    admin_email: Option<String>,
    method: Option<&'static str>,
    client: Option<String>,
    scopes_granted: Vec<String>,
    scopes_needed: Vec<String>,
    added_at: Timestamp,
    signed_in_at: Option<Timestamp>,
    credentials_end_at: Option<Timestamp>,
    users: i64,
    groups: i64,
    /// Which of its people come in; none: everybody.
    scope: Option<Drawn>,
    last_sync_at: Option<Timestamp>,
    last_sync_outcome: Option<Outcome>,
    /// Of a directory that tells its changes: when it last told everything, of whichever stream that is longer ago.
    last_full_round_at: Option<Timestamp>,
    /// Likewise: when it last told only what had changed since.
    last_delta_round_at: Option<Timestamp>,
    next_sync_at: Option<Timestamp>,
    interval: String,
    /// Whom every sync is told to; the rest of the address is as good as a password.
    ping_host: Option<String>,
    held_plan: Option<i64>,
}

pub(super) fn run(context: &Context, args: &DetailsArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let integration = context.which_integration(&store, args.name.as_deref())?;
    show(context, &store, &integration.name)?;
    Ok(Exit::Done)
}

/// Shows the integration of this name.
pub(super) fn show(context: &Context, store: &Store, name: &str) -> Result<(), CliError> {
    let integration = context.integration(store, name)?;
    let overview = list::overview(context, store)?.into_iter().find(|it| it.name == integration.name);
    let overview = overview.ok_or_else(|| super::no_integration(store, name))?;
    if let Some(push) = spec(&integration.kind)?.push() {
        return details_push::show(context, store, integration, overview, push);
    }
    let service = auth::service(&integration.kind)?;
    let described = (service.describe)(&integration.credentials);
    let streams = store.streams(integration.id)?;
    let scope = store.scope(integration.id)?;
    let details = Details {
        name: overview.name,
        kind: overview.kind,
        status: overview.status,
        status_reason: integration.standing_reason,
        tenant: integration.tenant.id,
        tenant_name: integration.tenant.label,
        tenant_domain: integration.tenant.domain,
        cloud: described.cloud,
        domains: store.domains(integration.id)?,
        admin_email: overview.admin_email,
        method: Some(described.method).filter(|method| !method.is_empty()),
        client: described.client,
        scopes_granted: described.scopes,
        scopes_needed: described.needed.iter().map(|scope| (*scope).to_owned()).collect(),
        added_at: integration.created_at,
        signed_in_at: integration.signed_in_at,
        credentials_end_at: described.ends_at,
        users: overview.users,
        groups: overview.groups,
        scope: if scope.is_everybody() { None } else { Some(Drawn::of(store, integration.id, &scope)?) },
        last_sync_at: overview.last_sync_at,
        last_sync_outcome: overview.last_sync_outcome,
        last_full_round_at: streams.iter().map(|stream| stream.whole_at).min(),
        last_delta_round_at: streams.iter().filter_map(|stream| stream.changes_at).min(),
        next_sync_at: overview.next_sync_at,
        interval: if integration.interval.is_zero() {
            "manual".to_owned()
        } else {
            format!("{:#}", integration.interval)
        },
        ping_host: ping_host(store, integration.id)?,
        held_plan: store.held_plan(integration.id)?,
    };
    Ok(context.ui.one(&listing(), &details)?)
}

fn ping_host(store: &Store, id: IntegrationId) -> Result<Option<String>, CliError> {
    let url = store.ping_url(id)?.and_then(|url| url.parse().ok());
    Ok(url.map(|url: url::Url| ping::host(&url).to_owned()))
}

fn listing() -> Listing<Details> {
    Listing::new(vec![
        Column::new("name", |it: &Details| (&it.name).into()),
        Column::new("kind", |it: &Details| Cell::word(&*it.kind)),
        Column::new("status", |it: &Details| Cell::word(&*it.status)),
        Column::new("status_reason", |it: &Details| (&it.status_reason).into()),
        Column::new("tenant", |it: &Details| (&it.tenant).into()),
        Column::new("tenant_name", |it: &Details| (&it.tenant_name).into()),
        Column::new("tenant_domain", |it: &Details| (&it.tenant_domain).into()),
        Column::new("cloud", |it: &Details| it.cloud.map_or(Cell::Empty, Cell::word)),
        Column::new("domains", |it: &Details| (&it.domains).into()),
        Column::new("admin_email", |it: &Details| (&it.admin_email).into()),
        Column::new("method", |it: &Details| it.method.map_or(Cell::Empty, Cell::word)),
        Column::new("client", |it: &Details| (&it.client).into()),
        Column::new("scopes_granted", |it: &Details| (&it.scopes_granted).into()),
        Column::new("scopes_needed", |it: &Details| (&it.scopes_needed).into()),
        Column::new("added_at", |it: &Details| it.added_at.into()),
        Column::new("signed_in_at", |it: &Details| Cell::time(it.signed_in_at)),
        Column::new("credentials_end_at", |it: &Details| it.credentials_end_at.map_or(Cell::Empty, Cell::Due)),
        Column::new("users", |it: &Details| it.users.into()),
        Column::new("groups", |it: &Details| it.groups.into()),
        Column::new("scope", |it: &Details| it.scope.as_ref().map_or(Cell::Empty, |scope| scope.in_words().into())),
        Column::new("last_sync_at", |it: &Details| Cell::time(it.last_sync_at)),
        Column::new("last_sync_outcome", |it: &Details| {
            it.last_sync_outcome.map_or(Cell::Empty, |outcome| Cell::word(outcome.as_str()))
        }),
        Column::new("last_full_round_at", |it: &Details| Cell::time(it.last_full_round_at)),
        Column::new("last_delta_round_at", |it: &Details| Cell::time(it.last_delta_round_at)),
        Column::new("next_sync_at", |it: &Details| it.next_sync_at.map_or(Cell::Empty, Cell::Due)),
        Column::new("interval", |it: &Details| (&it.interval).into()),
        Column::new("ping_host", |it: &Details| (&it.ping_host).into()),
        Column::new("held_plan", |it: &Details| it.held_plan.map_or(Cell::Empty, Cell::Id)),
    ])
}
