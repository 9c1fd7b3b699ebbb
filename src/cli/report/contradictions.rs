//! `dirsync report contradictions`.

use clap::Args;

use super::EndingArgs;
use crate::cli::values::word;
use crate::cli::{CliError, Context, Exit};
use crate::model::{Contradiction, EvidenceKind};
use crate::output::{Cell, Column, Listing};

/// Show devices whose holder is another one than the evidence says
///
/// Evidence is whom a list names for the device (expected_user), who enrolled it (enrolled_by), whose it is in a directory
/// of devices (directory_owner), and whom an enabled rule names by serial numbers that stand with people (user_attr_serial)
/// or by the sign-ins of 30 days (login). A line says that evidence of one kind names active people and none of them has the
/// device, or that it names several and nobody has it. Shared devices have no holder to contradict. Who was the last to sign
/// in (last_user) counts only when asked for. 'dirsync devices show SERIAL' shows all evidence.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report contradictions
  dirsync report contradictions --evidence enrolled_by,directory_owner
  dirsync report contradictions --evidence last_user -o csv
  dirsync report contradictions --exit-code -o json")]
pub(super) struct ContradictionsArgs {
    /// Only evidence of these kinds; all but last_user unless told
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        default_values = EvidenceKind::CONTRADICTING.map(EvidenceKind::as_str),
        hide_default_value = true,
        value_parser = word(EvidenceKind::ALL, EvidenceKind::as_str)
    )]
    evidence: Vec<EvidenceKind>,
    #[command(flatten)]
    ending: EndingArgs,
}

pub(super) fn run(context: &Context, args: &ContradictionsArgs) -> Result<Exit, CliError> {
    let found = context.reader()?.contradictions(&args.evidence)?;
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
