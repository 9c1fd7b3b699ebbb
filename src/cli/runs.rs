//! `dirsync runs`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{CliError, Context, Exit, values};
use crate::model::{Counts, Run, RunNote};
use crate::output::{Cell, Column, Format, Listing};

/// List what syncs did, latest first, or show one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync runs --limit 10\n  dirsync runs show 42")]
pub struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// Only this integration's
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// At most so many, the latest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    Show(ShowArgs),
}

/// Show one run: all counts, what was refused and why
#[derive(Debug, Args)]
struct ShowArgs {
    /// The run's number
    #[arg(value_name = "N")]
    run: Option<i64>,
}

/// One run in a list; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct RunRow {
    id: i64,
    integration: String,
    started_at: Timestamp,
    ended_at: Timestamp,
    outcome: &'static str,
    added: i64,
    changed: i64,
    unchanged: i64,
    removed: i64,
    held: i64,
    refused: i64,
}

/// One run in full.
#[derive(Debug, Serialize)]
struct RunDetails {
    id: i64,
    integration: String,
    trigger: String,
    started_at: Timestamp,
    ended_at: Timestamp,
    outcome: &'static str,
    error: Option<String>,
    users: Counts,
    groups: Counts,
    memberships: Counts,
    notes: Vec<RunNote>,
}

pub(super) fn run(context: &Context, args: &RunsArgs) -> Result<Exit, CliError> {
    if let Some(RunsCommand::Show(args)) = &args.command {
        return show(context, args);
    }
    let store = context.reader()?;
    let integrations = context.narrowed(&store, args.integration.as_deref())?;
    let listing = listing();
    let mut rows = context.ui.rows(&listing)?;
    store.each_run(integrations.as_deref(), args.limit, |run| Ok::<_, CliError>(rows.push(&row(run))?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

/// Lists just these runs, in this order.
pub(super) fn list_these(context: &Context, numbers: &[i64]) -> Result<(), CliError> {
    let store = context.reader()?;
    let found = numbers.iter().map(|number| store.run(*number));
    let runs: Vec<RunRow> = found.filter_map(Result::transpose).map(|run| run.map(row)).collect::<Result<_, _>>()?;
    Ok(context.ui.list(&listing(), &runs)?)
}

fn listing() -> Listing<RunRow> {
    Listing::new(vec![
        Column::new("id", |it: &RunRow| Cell::Id(it.id)).header("RUN").right().priority(100),
        Column::new("integration", |it: &RunRow| (&it.integration).into()).priority(95),
        Column::new("started_at", |it: &RunRow| it.started_at.into()).header("STARTED").priority(90),
        Column::new("ended_at", |it: &RunRow| it.ended_at.into()).on_demand(),
        Column::new("outcome", |it: &RunRow| Cell::word(it.outcome)).priority(98),
        Column::new("added", |it: &RunRow| it.added.into()).right().priority(80),
        Column::new("changed", |it: &RunRow| it.changed.into()).right().priority(70),
        Column::new("unchanged", |it: &RunRow| it.unchanged.into()).right().priority(40),
        Column::new("removed", |it: &RunRow| it.removed.into()).right().priority(80),
        Column::new("held", |it: &RunRow| it.held.into()).right().priority(60),
        Column::new("refused", |it: &RunRow| it.refused.into()).right().priority(60),
    ])
    .when_empty("no run yet; 'dirsync sync NAME' makes one")
}

fn row(run: Run) -> RunRow {
    let Counts { added, changed, unchanged, removed, held, refused, .. } = run.users;
    let Run { id, integration, started_at, ended_at, outcome, .. } = run;
    let outcome = outcome.as_str();
    RunRow { id, integration, started_at, ended_at, outcome, added, changed, unchanged, removed, held, refused }
}

fn show(context: &Context, args: &ShowArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let number = context.number_given_or_typed(args.run, "Which run?", "N: a number that 'dirsync runs' shows")?;
    let Some(run) = store.run(number)? else {
        return Err(CliError::not_found(format!("there is no run {number}")).hint("'dirsync runs' lists them"));
    };
    let notes = store.run_notes(number)?;
    let listing = Listing::new(vec![
        Column::new("subject", |it: &RunNote| Cell::word(&*it.subject)).priority(90),
        Column::new("external_id", |it: &RunNote| (&it.external_id).into()).priority(95),
        Column::new("refused", |it: &RunNote| it.refused.into()).priority(80),
        Column::new("reason", |it: &RunNote| (&it.reason).into()).priority(100),
    ]);
    // One record with a list inside is for JSON; the flat formats get the list, people both, one after the other.
    if matches!(context.ui.options().format, Some(Format::Csv | Format::Tsv)) {
        context.ui.list(&listing, &notes)?;
        return Ok(Exit::Done);
    }
    let details = details(run, notes);
    context.ui.one(&upright(), &details)?;
    if !details.notes.is_empty() && matches!(context.ui.options().format, None | Some(Format::Table)) {
        context.ui.text("\n")?;
        context.ui.list(&listing, &details.notes)?;
    }
    Ok(Exit::Done)
}

fn details(run: Run, notes: Vec<RunNote>) -> RunDetails {
    let Run { id, integration, trigger, started_at, ended_at, outcome, error, users, groups, memberships } = run;
    let outcome = outcome.as_str();
    RunDetails { id, integration, trigger, started_at, ended_at, outcome, error, users, groups, memberships, notes }
}

fn upright() -> Listing<RunDetails> {
    fn counts(counts: &Counts) -> Cell<'static> {
        let Counts { fetched, added, out_of_scope, changed, unchanged, removed, .. } = counts;
        let Counts { missing, left_scope, came_into_scope, held, refused, .. } = counts;
        let all = [
            (fetched, "fetched"),
            (added, "added"),
            (out_of_scope, "new and out of scope"),
            (changed, "changed"),
            (unchanged, "unchanged"),
            (refused, "refused"),
            (removed, "removed"),
            (missing, "missing"),
            (left_scope, "left the scope"),
            (came_into_scope, "came into the scope"),
            (held, "held"),
        ];
        let told: Vec<String> =
            all.iter().filter(|(number, _)| **number > 0).map(|(number, what)| format!("{number} {what}")).collect();
        if told.is_empty() { Cell::Empty } else { told.join(", ").into() }
    }
    Listing::new(vec![
        Column::new("id", |it: &RunDetails| Cell::Id(it.id)),
        Column::new("integration", |it: &RunDetails| (&it.integration).into()),
        Column::new("trigger", |it: &RunDetails| Cell::word(&*it.trigger)),
        Column::new("started_at", |it: &RunDetails| it.started_at.into()),
        Column::new("ended_at", |it: &RunDetails| it.ended_at.into()),
        Column::new("outcome", |it: &RunDetails| Cell::word(it.outcome)),
        Column::new("error", |it: &RunDetails| (&it.error).into()),
        Column::new("users", |it: &RunDetails| counts(&it.users)),
        Column::new("groups", |it: &RunDetails| counts(&it.groups)),
        Column::new("memberships", |it: &RunDetails| counts(&it.memberships)),
    ])
}
