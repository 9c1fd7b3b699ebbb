//! `dirsync report unassigned`.

use clap::Args;

use super::EndingArgs;
use crate::cli::{CliError, Context, Exit};
use crate::model::UnassignedDevice;
use crate::output::{Cell, Column, Listing};

/// Show devices that nobody holds, and who had them last
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report unassigned
  dirsync report unassigned --shared -o csv > unassigned.csv")]
pub(super) struct UnassignedArgs {
    /// Also shared devices, which are to be nobody's
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    ending: EndingArgs,
}

pub(super) fn run(context: &Context, args: &UnassignedArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let listing = listing().when_empty("every device has a holder");
    let mut rows = context.ui.rows(&listing)?;
    store.each_unassigned_device(args.shared, |device| Ok::<_, CliError>(rows.push(&device)?))?;
    Ok(args.ending.of(rows.finish()?))
}

fn listing() -> Listing<UnassignedDevice> {
    let columns = vec![
        Column::new("serial", |it: &UnassignedDevice| (&it.serial).into()).priority(100).min_width(12),
        Column::new("name", |it: &UnassignedDevice| (&it.name).into()).priority(70),
        Column::new("platform", |it: &UnassignedDevice| (&it.platform).into()).priority(60).min_width(8),
        Column::new("model", |it: &UnassignedDevice| (&it.model).into()).priority(40),
        Column::new("shared", |it: &UnassignedDevice| it.shared.into()).on_demand(),
        Column::new("waiting_for", |it: &UnassignedDevice| (&it.waiting_for).into()).header("WAITS FOR").priority(80),
        Column::new("last_holder", |it: &UnassignedDevice| (&it.last_holder).into()).priority(90).min_width(22),
        Column::new("unassigned_at", |it: &UnassignedDevice| Cell::time(it.unassigned_at)).header("SINCE").priority(85),
        Column::new("last_seen_at", |it: &UnassignedDevice| Cell::time(it.last_seen_at)).header("SEEN").priority(50),
    ];
    Listing::new(columns).silent_when_empty()
}
