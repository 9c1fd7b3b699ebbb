//! `dirsync devices explain`: every rule, what it found, what it came to, and whose the device is for that reason.

use clap::Args;
use serde::Serialize;

use super::command::{known, no_device, serial};
use crate::cli::{CliError, Context, Exit};
use crate::model::{Candidate, HeldBy, Reasoning, Told, Trial, Winner};
use crate::output::{Cell, Column, Listing};
use crate::people::rules::{conclusion, verdict};

/// Show which rules were tried for a device, on what evidence, and why it is whose it is
///
/// What is shown is found by the same statements that 'dirsync devices assign --auto' and every sync run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices explain C02XL0GS
  dirsync devices explain C02XL0GS -o json | jq '.rules[] | {rule, verdict}'")]
pub(super) struct ExplainArgs {
    /// Its serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
}

/// The reasoning; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Explained {
    serial: String,
    shared: bool,
    holder: Option<HeldBy>,
    rules: Vec<ExplainedRule>,
    winner: Option<Winner>,
    gives: bool,
    conclusion: String,
    /// Of the holder and of each rule, in words, for columns.
    #[serde(skip)]
    told: [Vec<String>; 2],
}

#[derive(Debug, Serialize)]
struct ExplainedRule {
    rule: String,
    priority: i64,
    enabled: bool,
    evidence: &'static str,
    fits: bool,
    unfit: Vec<String>,
    told: Vec<Told>,
    candidates: Vec<Candidate>,
    verdict: String,
}

pub(super) fn run(context: &Context, args: &ExplainArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let store = context.reader()?;
    let known = known(&store, &serial)?;
    let reasoning = store.reasoning(known.device.id)?.ok_or_else(|| no_device(&serial))?;
    context.ui.one(&listing(), &explained(reasoning))?;
    Ok(Exit::Done)
}

fn explained(reasoning: Reasoning) -> Explained {
    let conclusion = conclusion(&reasoning);
    let holder = reasoning.holder.iter().map(holder_told).collect();
    let rules: Vec<ExplainedRule> = reasoning.trials.into_iter().map(explained_rule).collect();
    let told = [holder, rules.iter().map(|it| format!("{} {}: {}", it.priority, it.rule, it.verdict)).collect()];
    Explained {
        serial: reasoning.serial,
        shared: reasoning.shared,
        holder: reasoning.holder,
        rules,
        winner: reasoning.winner,
        gives: reasoning.gives,
        conclusion,
        told,
    }
}

fn explained_rule(trial: Trial) -> ExplainedRule {
    let verdict = verdict(&trial);
    let Trial { rule, unfit, told, candidates } = trial;
    ExplainedRule {
        rule: rule.name,
        priority: rule.priority,
        enabled: rule.enabled,
        evidence: rule.evidence.as_str(),
        fits: unfit.is_empty(),
        unfit,
        told,
        candidates,
        verdict,
    }
}

fn holder_told(holder: &HeldBy) -> String {
    let pinned = if holder.pinned { ", pinned" } else { "" };
    let why = holder.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let HeldBy { user, integration, status, since, source, rank, .. } = holder;
    format!("{user} of {integration} ({}) since {since} by {source}, rank {rank}{pinned}{why}", status.as_str())
}

fn listing() -> Listing<Explained> {
    Listing::new(vec![
        Column::new("serial", |it: &Explained| (&it.serial).into()),
        Column::new("shared", |it: &Explained| it.shared.into()),
        Column::new("holder", |it: &Explained| it.told[0].first().map_or(Cell::Empty, |told| told.as_str().into())),
        Column::new("rules", |it: &Explained| (&it.told[1]).into()),
        Column::new("winner", |it: &Explained| it.winner.as_ref().map_or(Cell::Empty, |it| it.user.as_str().into())),
        Column::new("gives", |it: &Explained| it.gives.into()),
        Column::new("conclusion", |it: &Explained| (&it.conclusion).into()),
    ])
}
