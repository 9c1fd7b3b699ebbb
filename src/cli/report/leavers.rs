//! `dirsync report leavers`.

use clap::Args;

use super::EndingArgs;
use crate::cli::values::{self, Since};
use crate::cli::{CliError, Context, Exit};
use crate::model::Leaver;
use crate::output::{Cell, Column, Listing};
use crate::store::LeaverFilter;

/// Show people who are suspended, missing or gone and still hold devices, the latest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report leavers
  dirsync report leavers --since 30d -o csv --columns display_name,manager,devices,status_since
  dirsync report leavers --since 1d --exit-code")]
pub(super) struct LeaversArgs {
    /// Only whose status changed since: 30d, 12h, 2026-11-01 (UTC) or an RFC 3339 time
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    since: Option<Since>,
    /// Only this integration's people
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    #[command(flatten)]
    ending: EndingArgs,
}

pub(super) fn run(context: &Context, args: &LeaversArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let filter = LeaverFilter {
        since: args.since.map(|since| since.moment(context.clock.now())),
        integrations: context.narrowed(&store, args.integration.as_deref())?,
    };
    let listing = listing().when_empty("nobody who left or is suspended holds a device");
    let mut rows = context.ui.rows(&listing)?;
    store.each_leaver(&filter, |leaver| Ok::<_, CliError>(rows.push(&leaver)?))?;
    Ok(args.ending.of(rows.finish()?))
}

fn listing() -> Listing<Leaver> {
    let columns = vec![
        Column::new("id", |it: &Leaver| Cell::Id(it.id)).right().on_demand(),
        Column::new("integration", |it: &Leaver| (&it.integration).into()).header("FROM").priority(55).min_width(8),
        Column::new("status", |it: &Leaver| Cell::word(it.status.as_str())).priority(90),
        Column::new("status_since", |it: &Leaver| it.status_since.into()).header("SINCE").priority(85),
        Column::new("reason", |it: &Leaver| (&it.reason).into()).priority(20),
        Column::new("email", |it: &Leaver| (&it.email).into()).priority(100).min_width(22),
        Column::new("display_name", |it: &Leaver| (&it.display_name).into()).header("NAME").priority(60).min_width(16),
        Column::new("manager", |it: &Leaver| (&it.manager).into()).priority(80).min_width(18),
        Column::new("department", |it: &Leaver| (&it.department).into()).priority(40),
        Column::new("devices", |it: &Leaver| (&it.devices).into()).priority(95),
        Column::new("held_since", |it: &Leaver| it.held_since.into()).priority(30),
        Column::new("last_seen_at", |it: &Leaver| Cell::time(it.last_seen_at)).header("SEEN").priority(50),
    ];
    Listing::new(columns).silent_when_empty()
}
