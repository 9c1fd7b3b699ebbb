//! What a sync tells the person who waits for it: who joined, changed and left, by name, in a few lines.

use super::{CliError, Context, adopt};
use crate::model::{Change, ChangeKind, Integration, RunNote, Subject};
use crate::output::thousands;
use crate::store::ChangeFilter;
use crate::sync::Report;

/// Names shown per line; the rest is in `dirsync changes`.
const NAMES: usize = 3;

/// Says how the run went, where a person watches.
pub(super) fn tell(context: &Context, integration: &Integration, report: &Report) -> Result<(), CliError> {
    let crate::store::PlanSummary { users, groups, memberships, returned, revived, .. } = report.summary;
    let (news, notes): (Vec<&RunNote>, Vec<&RunNote>) = report
        .summary
        .notes
        .iter()
        .filter(|note| !note.refused)
        .partition(|note| users.left_scope > 0 && note.subject == Subject::Group.as_str());
    // Once, and also where nobody watches: a group that is deleted there takes people out of scope here.
    for note in news {
        let id = note.external_id.as_deref().unwrap_or("?");
        context.ui.warn(&format!(
            "{}: group {id}: {}; {} went out of scope",
            integration.name,
            note.reason,
            thousands(users.left_scope)
        ));
    }
    let options = context.ui.options();
    if options.quiet || !(options.terminal_talk || options.verbosity > 0) {
        return Ok(());
    }
    let took = report.ended_at.duration_since(report.started_at).as_secs_f64();
    let would = if report.run.is_none() { " (dry run: nothing was changed)" } else { "" };
    context.ui.remark(&format!(
        "{}: {} people, {} groups, {} memberships in {took:.1} s{would}",
        integration.name,
        thousands(users.fetched),
        thousands(groups.fetched),
        thousands(memberships.fetched),
    ));
    if report.summary.is_empty() {
        context.ui.remark("  nothing has changed");
    }
    for (kind, word, number) in [
        (ChangeKind::Joined, "joined", users.added - revived),
        (ChangeKind::Returned, "returned", returned),
        (ChangeKind::Changed, "changed", users.changed - (returned - revived)),
        (ChangeKind::Left, "left", users.removed),
        (ChangeKind::Missing, "missing", users.missing),
    ] {
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
    for (number, what) in [
        (users.left_scope, "left the scope"),
        (users.came_into_scope, "came into the scope"),
        (users.out_of_scope, "new and out of scope"),
    ] {
        if number > 0 {
            context.ui.remark(&format!("  {} {what}", thousands(number)));
        }
    }
    for (what, counts) in [("groups", groups), ("memberships", memberships)] {
        let parts: Vec<String> = [("new", counts.added), ("changed", counts.changed), ("gone", counts.removed)]
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(word, number)| format!("{} {word}", thousands(number)))
            .collect();
        if !parts.is_empty() {
            context.ui.remark(&format!("  {what}: {}", parts.join(", ")));
        }
    }
    let assigned = assigned(context, report)?;
    if assigned > 0 {
        let devices = if assigned == 1 { "device" } else { "devices" };
        context.ui.remark(&format!("  {} {devices} given by rules and lists", thousands(assigned)));
    }
    for note in notes {
        let id = note.external_id.as_deref().unwrap_or("?");
        context.ui.remark(&format!("  note: {} {id}: {}", note.subject, note.reason));
    }
    Ok(())
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
