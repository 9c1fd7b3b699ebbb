//! `dirsync users link`: that two people are one, or are not.

use clap::Args;
use serde::Serialize;

use super::users_show::the_one;
use super::{CliError, Context, Exit, plans};
use crate::output::{Cell, Column, Listing};
use crate::people::{self, Linked};
use crate::store::WriteTurn;

/// Say that two people are one: the first is given up, the second gets the devices
///
/// For people whom the directories know by different ids: 'dirsync conflicts' shows them. The first one's devices go to
/// the second, with the date and in the history of both; the first becomes a tombstone that names the second. Nobody
/// who is there can be given up. With --different it is only noted that they are two people, and they are no conflict
/// any more.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync users link 12 57 --dry-run
  dirsync users link 12 57
  dirsync users link 12 57 --different")]
pub(super) struct LinkArgs {
    /// Who was kept or is remembered: an id, since both may have the same address
    #[arg(value_name = "KEPT")]
    kept: Option<String>,
    /// Who is there
    #[arg(value_name = "PRESENT")]
    present: Option<String>,
    /// They are two people
    #[arg(long)]
    different: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was decided; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Shown {
    kept_id: i64,
    present_id: i64,
    verdict: &'static str,
    devices: Vec<String>,
}

pub(super) fn run(context: &Context, args: &LinkArgs) -> Result<Exit, CliError> {
    let kept = context.given_or_typed(args.kept.as_deref(), "Who was kept (id)?", "KEPT")?;
    let present = context.given_or_typed(args.present.as_deref(), "Who is it now (id)?", "PRESENT")?;
    let mut store = context.writer()?;
    let kept = the_one(context, &store, &kept, None)?.id;
    let present = the_one(context, &store, &present, None)?.id;
    let turn = WriteTurn::wait(&context.paths.locks)?;
    let decide = if args.different { people::keep_apart } else { people::link };
    let (now, who) = (context.clock.now(), plans::who());
    let linked = store.change_devices(now, Some(&who), args.dry_run, |writer| {
        decide(writer, kept, present).map_err(CliError::from)
    })?;
    drop(turn);
    context.ui.say(&told(&linked, args));
    if context.ui.options().format.is_some() {
        let verdict = if args.different { "different" } else { "same" };
        let listing = Listing::new(vec![
            Column::new("kept_id", |it: &Shown| Cell::Id(it.kept_id)),
            Column::new("present_id", |it: &Shown| Cell::Id(it.present_id)),
            Column::new("verdict", |it: &Shown| Cell::word(it.verdict)),
            Column::new("devices", |it: &Shown| (&it.devices).into()),
        ]);
        context.ui.one(&listing, &Shown { kept_id: kept, present_id: present, verdict, devices: linked.devices })?;
    }
    Ok(Exit::Done)
}

fn told(linked: &Linked, args: &LinkArgs) -> String {
    let Linked { kept, present, devices } = linked;
    let who =
        format!("user {} ({}) and user {} ({})", kept.id, kept.integration_name, present.id, present.integration_name);
    let (are, dry) = if args.dry_run { ("would be", " (dry run: nothing was changed)") } else { ("are", "") };
    match devices.as_slice() {
        _ if args.different => format!("{who} {are} two people{dry}"),
        [] => format!("{who} {are} one person, user {}; there was no device to hand over{dry}", present.id),
        devices => format!("{who} {are} one person, user {}, who has {}{dry}", present.id, devices.join(", ")),
    }
}
