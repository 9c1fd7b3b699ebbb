//! `dirsync list`.

use clap::Args;

use super::{CliError, Context, Exit};
use crate::output::{Cell, Column, Listing};
use crate::store::{Overview, Store};
use crate::sync::due::next_sync_at;

/// List the connected directories and how they are
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync list
  dirsync list -o json | jq -r '.[] | select(.status != \"connected\") | .name'")]
pub struct ListArgs {}

pub(super) fn run(context: &Context, _: &ListArgs) -> Result<Exit, CliError> {
    let listing = Listing::new(vec![
        Column::new("name", |it: &Overview| (&it.name).into()).priority(100),
        Column::new("kind", |it: &Overview| Cell::word(&*it.kind)).priority(70),
        Column::new("status", |it: &Overview| Cell::word(&*it.status)).priority(95),
        Column::new("admin_email", |it: &Overview| (&it.admin_email).into()).header("ADMIN").priority(40),
        Column::new("tenant", |it: &Overview| (&it.tenant).into()).priority(45),
        Column::new("users", |it: &Overview| it.users.into()).right().priority(80),
        Column::new("groups", |it: &Overview| it.groups.into()).right().priority(75),
        Column::new("last_sync_at", |it: &Overview| Cell::time(it.last_sync_at)).header("LAST SYNC").priority(90),
        Column::new("last_sync_outcome", |it: &Overview| {
            it.last_sync_outcome.map_or(Cell::Empty, |outcome| Cell::word(outcome.as_str()))
        })
        .header("OUTCOME")
        .priority(85),
        Column::new("next_sync_at", |it: &Overview| it.next_sync_at.map_or(Cell::Empty, Cell::Due))
            .header("NEXT SYNC")
            .priority(60),
    ])
    .when_empty("no directory is connected yet; 'dirsync add' connects one");
    context.ui.list(&listing, &overview(context, &context.reader()?)?)?;
    Ok(Exit::Done)
}

/// Every live integration, with when it is due next.
pub(super) fn overview(context: &Context, store: &Store) -> Result<Vec<Overview>, CliError> {
    let (now, watched) = (context.clock.now(), store.watched()?);
    let mut overview = store.overview()?;
    for it in &mut overview {
        let known = watched.iter().find(|known| known.name == it.name);
        it.next_sync_at = known.and_then(|known| next_sync_at(&known.cadence, now));
    }
    Ok(overview)
}
