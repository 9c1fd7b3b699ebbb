//! `dirsync devices show`: a device, its holder, what speaks for whom, who had it last.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::command::{known, serial};
use super::list;
use crate::cli::{CliError, Context, Exit};
use crate::model::{Assignment, Device, Evidence};
use crate::output::{Cell, Column};
use crate::store::KnownDevice;

/// Show everything about one device
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dirsync devices show C02XL0GS\n  dirsync devices show C02XL0GS -o json | jq .evidence"
)]
pub(super) struct ShowArgs {
    /// Its serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
}

/// How many assignments are shown; 'history' shows all.
const LATEST: usize = 5;

/// One device in full; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    device: Device,
    removed_at: Option<Timestamp>,
    evidence: Vec<Evidence>,
    assignments: Vec<Assignment>,
    /// Both of these in words, for columns.
    #[serde(skip)]
    told: [Vec<String>; 2],
}

pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let store = context.reader()?;
    let known = known(&store, &serial)?;
    let evidence = store.device_evidence(known.device.id)?;
    let mut assignments = store.assignments_of_device(&serial.key)?;
    assignments.truncate(LATEST);
    let told = [evidence.iter().map(evidence_told).collect(), assignments.iter().map(assignment_told).collect()];
    let listing = list::listing().over(
        |shown: &Shown| &shown.device,
        vec![
            Column::new("removed_at", |it: &Shown| Cell::time(it.removed_at)),
            Column::new("evidence", |it: &Shown| (&it.told[0]).into()),
            Column::new("assignments", |it: &Shown| (&it.told[1]).into()),
        ],
    );
    let KnownDevice { device, removed_at } = known;
    context.ui.one(&listing, &Shown { device, removed_at, evidence, assignments, told })?;
    Ok(Exit::Done)
}

fn evidence_told(evidence: &Evidence) -> String {
    let waiting = if evidence.waiting { ", who is waited for" } else { "" };
    let from = evidence.integration.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
    let times = evidence.times.map(|times| format!(" ×{times}")).unwrap_or_default();
    format!(
        "{} {}{times}{from}{waiting} ({} by {})",
        evidence.kind.as_str(),
        evidence.value,
        evidence.observed_at,
        evidence.source
    )
}

fn assignment_told(assignment: &Assignment) -> String {
    let who = assignment.user.clone().unwrap_or_else(|| format!("user {}", assignment.user_id));
    let until = assignment.ended_at.map(|at| format!(" until {at}")).unwrap_or_default();
    format!("{who} from {}{until} ({})", assignment.started_at, assignment.source)
}
