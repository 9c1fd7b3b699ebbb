//! `dirsync report`: who and what wants attention, one file per report.

mod command;
mod contradictions;
mod leavers;
mod unassigned;
mod without_device;

pub(super) use command::ReportArgs;
pub(in crate::cli) use command::{EndingArgs, run};
