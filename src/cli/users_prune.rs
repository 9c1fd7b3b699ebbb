//! `dirsync users prune`: lets go of people who are retained and hold no device any more.

use clap::Args;
use jiff::SignedDuration;

use super::{CliError, Context, Exit, plans, values};
use crate::output::{Cell, Column, Listing, thousands};
use crate::people::LIFE_CYCLE;
use crate::store::{Prune, Pruned, WriteTurn};

/// Let go of retained people who hold no device any more
///
/// They become tombstones: removed, and emptied of all that is personal 30 days later, unless their directory has them
/// again. By themselves they go after 30 days without a device. Whoever 'delete --keep-all' kept stays, unless --kept is
/// given. Lists who goes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync users prune --dry-run
  dirsync users prune --integration corp --older-than 7d
  dirsync users prune --integration corp --kept")]
pub(super) struct PruneArgs {
    /// Only this integration's people; of deleted ones only where none has their name now
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only who has been retained, and has held nothing, for so long
    #[arg(long, value_name = "AGE", value_parser = values::grace, default_value = "0", hide_default_value = true)]
    older_than: SignedDuration,
    /// Also people whom 'delete --keep-all' kept
    #[arg(long)]
    kept: bool,
    /// Show who would go, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context, args: &PruneArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    // Unlike a listing, it does not mean whatever else had the name before.
    let integrations = context.narrowed(&store, args.integration.as_deref())?.map(|mut named| {
        if named.first().is_some_and(|first| store.is_live(*first).unwrap_or(true)) {
            named.truncate(1);
        }
        named
    });
    let (now, by) = (context.clock.now(), plans::who());
    let since = now.checked_sub(args.older_than).unwrap_or(jiff::Timestamp::MIN);
    let whom = Prune { integrations: integrations.as_deref(), since, kept: args.kept, actor: Some(&by) };
    let _turn = WriteTurn::wait(&context.paths.locks)?;
    let pruned = store.prune(LIFE_CYCLE, &whom, now, args.dry_run)?;
    if !args.dry_run {
        while store.keep_house(LIFE_CYCLE, now)?.emptied > 0 {}
    }
    let would = if args.dry_run { "would be removed" } else { "removed" };
    context.ui.say(&format!("{} people {would}", thousands(i64::try_from(pruned.len()).unwrap_or(i64::MAX))));
    let kept = store.kept_people(integrations.as_deref())?;
    if kept > 0 && !args.kept {
        context
            .ui
            .say(&format!("{} were kept by 'delete --keep-all' and stay; --kept takes them too", thousands(kept)));
    }
    context.ui.list(&listing().when_empty("nobody is retained without a device"), &pruned)?;
    Ok(Exit::Done)
}

fn listing() -> Listing<Pruned> {
    Listing::new(vec![
        Column::new("id", |it: &Pruned| Cell::Id(it.id)).right().priority(60),
        Column::new("integration", |it: &Pruned| (&it.integration).into()).header("FROM").priority(50),
        Column::new("external_id", |it: &Pruned| (&it.external_id).into()).on_demand(),
        Column::new("email", |it: &Pruned| (&it.email).into()).priority(100).min_width(22),
        Column::new("display_name", |it: &Pruned| (&it.display_name).into()).header("NAME").priority(90),
        Column::new("status_reason", |it: &Pruned| (&it.status_reason).into()).header("REASON").priority(80),
        Column::new("retained_at", |it: &Pruned| it.retained_at.into()).header("RETAINED").priority(70),
    ])
}
