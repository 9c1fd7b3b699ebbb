//! What a sync tells the person who waits for it: who joined, changed and left, by name, in a few lines.

use super::{CliError, Context, adopt};
use crate::model::{Change, ChangeKind, Integration, RunNote, Subject};
use crate::output::thousands;
use crate::store::{ChangeFilter, PlanSummary};
use crate::sync::Report;

/// Names shown per line; the rest is in `dirsync changes`.
const NAMES: usize = 3;

/// Says how the run went, where a person watches.
pub(super) fn tell(context: &Context, integration: &Integration, report: &Report) -> Result<(), CliError> {
    let options = context.ui.options();
    if options.quiet || !(options.terminal_talk || options.verbosity > 0) {
        return Ok(());
    }
    let would = if report.run.is_none() { " (dry run: nothing was changed)" } else { "" };
    context.ui.remark(&format!("{}{would}", fetched(integration, report)));
    if report.summary.is_empty() {
        context.ui.remark("  nothing has changed");
    }
    for (kind, word, number) in people(&report.summary) {
        if number > 0 {
            let names = names(context, report, kind)?;
            let more = if number as usize > names.len() { ", …" } else { "" };
            let names = if names.is_empty() { String::new() } else { format!(": {}{more}", names.join(", ")) };
            let devices = match (kind, report.run) {
                (ChangeKind::Returned, Some(run)) => adopt::devices(context.reader()?.devices_of_returned(run)?),
                _ => String::new(),
            };
            context.ui.remark(&format!("  {word} {}{devices}{names}", thousands(number)));
        }
    }
    others(&report.summary).iter().for_each(|counts| context.ui.remark(&format!("  {counts}")));
    let assigned = assigned(context, report)?;
    if assigned > 0 {
        let devices = if assigned == 1 { "device" } else { "devices" };
        context.ui.remark(&format!("  {} {devices} given by rules and lists", thousands(assigned)));
    }
    for note in told(report, false) {
        let id = note.external_id.as_deref().unwrap_or("?");
        context.ui.remark(&format!("  note: {} {id}: {}", note.subject, note.reason));
    }
    Ok(())
}

/// Says once, also where nobody watches, that a group which a scope names is gone there: it takes people out of scope here.
pub(super) fn tell_of_lost_groups(context: &Context, integration: &Integration, report: &Report) {
    for note in told(report, true) {
        let id = note.external_id.as_deref().unwrap_or("?");
        let left = thousands(report.summary.users.left_scope);
        context.ui.warn(&format!("{}: group {id}: {}; {left} went out of scope", integration.name, note.reason));
    }
}

/// What was noted and set nothing aside: what is news where nobody watches, or the rest.
fn told(report: &Report, news: bool) -> impl Iterator<Item = &RunNote> {
    let left = report.summary.users.left_scope > 0;
    let notes = report.summary.notes.iter().filter(|note| !note.refused);
    notes.filter(move |note| (left && note.subject == Subject::Group.as_str()) == news)
}

/// Tells the log the same, by numbers alone.
pub(super) fn log(integration: &Integration, report: &Report) {
    let people = people(&report.summary).into_iter().filter(|(.., number)| *number > 0);
    let people: Vec<String> = people.map(|(_, word, number)| format!("{} {word}", thousands(number))).collect();
    let people = Some(people.join(", ")).filter(|people| !people.is_empty());
    let changes: Vec<String> = people.into_iter().chain(others(&report.summary)).collect();
    let changes = if changes.is_empty() { "nothing has changed".to_owned() } else { changes.join("; ") };
    tracing::info!(target: "dirsync::sync", "{}: {changes}", fetched(integration, report));
}

fn fetched(integration: &Integration, report: &Report) -> String {
    let PlanSummary { users, groups, memberships, .. } = &report.summary;
    let took = report.ended_at.duration_since(report.started_at).as_secs_f64();
    format!(
        "{}: {} people, {} groups, {} memberships in {took:.1} s",
        integration.name,
        thousands(users.fetched),
        thousands(groups.fetched),
        thousands(memberships.fetched),
    )
}

/// What became of people.
fn people(summary: &PlanSummary) -> [(ChangeKind, &'static str, i64); 5] {
    let PlanSummary { users, returned, revived, .. } = summary;
    [
        (ChangeKind::Joined, "joined", users.added - revived),
        (ChangeKind::Returned, "returned", *returned),
        (ChangeKind::Changed, "changed", users.changed - (returned - revived)),
        (ChangeKind::Left, "left", users.removed),
        (ChangeKind::Missing, "missing", users.missing),
    ]
}

/// What became of the scope, of groups and memberships, as far as anything did.
fn others(summary: &PlanSummary) -> Vec<String> {
    let users = &summary.users;
    let scope = [
        (users.left_scope, "left the scope"),
        (users.came_into_scope, "came into the scope"),
        (users.out_of_scope, "new and out of scope"),
    ];
    let scope = scope.into_iter().filter(|(number, _)| *number > 0);
    let scope = scope.map(|(number, what)| format!("{} {what}", thousands(number)));
    let all = [("groups", &summary.groups), ("memberships", &summary.memberships)].into_iter();
    let all = all.filter_map(|(what, counts)| {
        let parts: Vec<String> = [("new", counts.added), ("changed", counts.changed), ("gone", counts.removed)]
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(word, number)| format!("{} {word}", thousands(number)))
            .collect();
        (!parts.is_empty()).then(|| format!("{what}: {}", parts.join(", ")))
    });
    scope.chain(all).collect()
}

/// How many devices the run gave to somebody.
fn assigned(context: &Context, report: &Report) -> Result<i64, CliError> {
    let mut assigned = 0;
    if let Some(run) = report.run {
        let (kinds, subjects) = (vec![ChangeKind::Assigned], vec![Subject::Device]);
        let filter = ChangeFilter { run: Some(run), kinds, subjects, ..ChangeFilter::default() };
        context.reader()?.each_change(&filter, |_| {
            assigned += 1;
            Ok::<_, CliError>(())
        })?;
    }
    Ok(assigned)
}

/// The first few, each once: somebody with three changed fields is one name.
fn names(context: &Context, report: &Report, kind: ChangeKind) -> Result<Vec<String>, CliError> {
    let mut names: Vec<String> = Vec::new();
    // Into a log go ids, not addresses, unless it asks for all there is.
    let options = context.ui.options();
    let personal = options.terminal_talk || options.verbosity > 1;
    let take = |change: Change| {
        let name = change.label.filter(|_| personal).unwrap_or(change.external_id);
        if names.len() < NAMES && !names.contains(&name) {
            names.push(name);
        }
        Ok::<_, CliError>(())
    };
    // The rows of a dry run are on stdout.
    if let Some(run) = report.run {
        let filter = ChangeFilter {
            run: Some(run),
            kinds: vec![kind],
            subjects: vec![Subject::User],
            limit: Some(50),
            ..ChangeFilter::default()
        };
        context.reader()?.each_change(&filter, take)?;
    }
    Ok(names)
}
