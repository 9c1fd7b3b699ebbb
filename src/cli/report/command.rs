//! What `dirsync report` can tell, and the exit code for cron.

use clap::{Args, Subcommand};

use super::{contradictions, leavers, unassigned, without_device};
use crate::cli::{CliError, Context, Exit};

/// Show leavers with devices, devices of nobody, people without one
///
/// With nothing to report, nothing at all is printed into a pipe, so that cron mails only when there is something. With
/// --exit-code the exit code says it: 10 if there is something to report, 0 if not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report leavers --since 30d
  dirsync report unassigned -o csv > unassigned.csv
  dirsync report contradictions --exit-code")]
pub struct ReportArgs {
    #[command(subcommand)]
    report: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    Leavers(leavers::LeaversArgs),
    Unassigned(unassigned::UnassignedArgs),
    WithoutDevice(without_device::WithoutDeviceArgs),
    Contradictions(contradictions::ContradictionsArgs),
}

/// How a command ends that looks for something.
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct EndingArgs {
    /// Exit with 10 if there is something to report
    #[arg(long)]
    exit_code: bool,
}

impl EndingArgs {
    /// How it ends after so many lines.
    pub(in crate::cli) fn of(self, found: u64) -> Exit {
        if self.exit_code && found > 0 { Exit::Findings } else { Exit::Done }
    }
}

pub(in crate::cli) fn run(context: &Context, args: &ReportArgs) -> Result<Exit, CliError> {
    match &args.report {
        ReportCommand::Leavers(args) => leavers::run(context, args),
        ReportCommand::Unassigned(args) => unassigned::run(context, args),
        ReportCommand::WithoutDevice(args) => without_device::run(context, args),
        ReportCommand::Contradictions(args) => contradictions::run(context, args),
    }
}
