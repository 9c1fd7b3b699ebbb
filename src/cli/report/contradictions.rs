//! `dirsync report contradictions`.

use clap::Args;

use super::EndingArgs;
use crate::cli::{CliError, Context, Exit};
use crate::model::Contradiction;
use crate::output::{Cell, Column, Listing};

/// Show devices whose holder is another one than the evidence says
///
/// Evidence is whom a list names for the device, and who enrolled it. 'dirsync devices show SERIAL' shows all of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report contradictions
  dirsync report contradictions --exit-code -o json")]
pub(super) struct ContradictionsArgs {
    #[command(flatten)]
    ending: EndingArgs,
}

pub(super) fn run(context: &Context, args: &ContradictionsArgs) -> Result<Exit, CliError> {
    let found = context.reader()?.contradictions()?;
    context.ui.list(&listing().when_empty("no evidence speaks against a holder"), &found)?;
    Ok(args.ending.of(found.len() as u64))
}

fn listing() -> Listing<Contradiction> {
    let columns = vec![
        Column::new("serial", |it: &Contradiction| (&it.serial).into()).priority(100).min_width(12),
        Column::new("device_id", |it: &Contradiction| Cell::Id(it.device_id)).priority(10),
        Column::new("holder", |it: &Contradiction| (&it.holder).into()).priority(95).min_width(22),
        Column::new("holder_status", |it: &Contradiction| {
            it.holder_status.map_or(Cell::Empty, |status| Cell::word(status.as_str()))
        })
        .header("STATUS")
        .priority(60),
        Column::new("evidence", |it: &Contradiction| it.evidence.as_str().into()).priority(70),
        Column::new("names", |it: &Contradiction| (&it.names).into()).priority(90).min_width(22),
        Column::new("rule", |it: &Contradiction| (&it.rule).into()).priority(50),
        Column::new("reason", |it: &Contradiction| (&it.reason).into()).priority(80),
    ];
    Listing::new(columns).silent_when_empty()
}
