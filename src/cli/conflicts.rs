//! `dirsync conflicts`: people who may be one, and the command that says so or not.

use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;

use super::{CliError, Context, Exit, report, values};
use crate::model::{Conflict, ConflictReason, IntegrationId};
use crate::output::{Cell, Column, Listing};
use crate::store::{ConflictFilter, Store};

/// List people of one address and two ids, who may be one person or not
///
/// On the one side somebody who is missing, is kept for a device or was removed in the last 30 days; on the other
/// somebody who is there and has, or had, the same address, alias or sign-in name under another immutable id. Nobody is
/// merged by address: 'dirsync users link KEPT PRESENT' says that they are one person and hands the devices over, with
/// --different that they are two. Two people who are both there, each in a directory of their own, are no conflict.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync conflicts
  dirsync conflicts --with-devices -o json | jq -r '.[].resolve'
  dirsync conflicts --integration corp --exit-code")]
pub struct ConflictsArgs {
    /// Only with people of this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only where a device is to be handed over
    #[arg(long)]
    with_devices: bool,
    #[command(flatten)]
    ending: report::EndingArgs,
}

/// How long somebody who was removed is compared with newcomers.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A conflict and the way out; field names are the keys of the JSON output.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    conflict: Conflict,
    resolve: String,
}

pub(super) fn run(context: &Context, args: &ConflictsArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let integrations = context.narrowed(&store, args.integration.as_deref())?;
    let filter = ConflictFilter { with_devices: args.with_devices, ..of(context, integrations) };
    let listing = listing().when_empty("nobody has an address that is or was somebody else's");
    let mut rows = context.ui.rows(&listing)?;
    store.each_conflict(&filter, |conflict| {
        let resolve = way_out(&conflict);
        Ok::<_, CliError>(rows.push(&Shown { conflict, resolve })?)
    })?;
    let found = rows.finish()?;
    if found > 0 {
        context
            .ui
            .aside("'resolve' is the likelier answer; with --different they are two people, without it they are one");
    }
    Ok(args.ending.of(found))
}

fn of(context: &Context, integrations: Option<Vec<IntegrationId>>) -> ConflictFilter {
    let now = context.clock.now();
    let removed_since = now.checked_sub(REMEMBERED).unwrap_or(now);
    ConflictFilter { integrations, with_devices: false, removed_since }
}

/// How many conflicts an integration's people are in.
pub(super) fn number(context: &Context, store: &Store, integration: IntegrationId) -> Result<i64, CliError> {
    Ok(store.count_conflicts(&of(context, Some(vec![integration])))?)
}

/// A recycled address is most likely another person's: what is copied from here must not give them the devices.
fn way_out(conflict: &Conflict) -> String {
    let different = match conflict.reason {
        ConflictReason::Recycled => " --different",
        ConflictReason::Elsewhere => "",
    };
    format!("dirsync users link {} {}{different}", conflict.kept_id, conflict.present_id)
}

fn listing() -> Listing<Shown> {
    let columns = vec![
        Column::new("kept_id", |it: &Shown| Cell::Id(it.conflict.kept_id)).header("KEPT").right().priority(90),
        Column::new("kept_integration", |it: &Shown| (&it.conflict.kept_integration).into())
            .header("FROM")
            .priority(60)
            .min_width(8),
        Column::new("kept_status", |it: &Shown| Cell::word(it.conflict.kept_status.as_str()))
            .header("STATUS")
            .priority(70),
        Column::new("kept_devices", |it: &Shown| (&it.conflict.kept_devices).into()).header("DEVICES").priority(75),
        Column::new("present_id", |it: &Shown| Cell::Id(it.conflict.present_id)).header("PRESENT").right().priority(90),
        Column::new("present_integration", |it: &Shown| (&it.conflict.present_integration).into())
            .header("IN")
            .priority(60)
            .min_width(8),
        Column::new("present_status", |it: &Shown| Cell::word(it.conflict.present_status.as_str())).on_demand(),
        Column::new("email", |it: &Shown| (&it.conflict.email).into()).priority(95).min_width(22),
        Column::new("reason", |it: &Shown| it.conflict.reason.as_str().into()).priority(50),
        Column::new("resolve", |it: &Shown| (&it.resolve).into()).priority(100).min_width(30),
    ];
    Listing::new(columns).silent_when_empty()
}
