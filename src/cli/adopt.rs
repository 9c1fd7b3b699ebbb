//! People who come back: `add --adopt-from`, and what `add` says of those who wait to be taken back and those who were.

use clap::Args;

use super::{CliError, Context, ErrorKind, conflicts};
use crate::auth::shell_word;
use crate::model::Integration;
use crate::output::thousands;
use crate::provider::{self, ProviderSpec};
use crate::store::{Adoption, DeletedIntegration, Returning, Store};
use crate::sync::Report;

#[derive(Debug, Args)]
pub(super) struct AdoptArgs {
    /// Take over who is left of this deleted integration of another kind for the same organisation, by name or #number
    #[arg(long, value_name = "NAME")]
    adopt_from: Option<String>,
}

impl AdoptArgs {
    /// The deleted integration that is meant, if its people may be taken over. On a terminal it is asked whether they
    /// are to be, for nobody can check that a directory of another kind is of the same organisation; else the flag says so.
    pub(super) fn choose(
        &self,
        context: &Context,
        store: &Store,
        spec: &ProviderSpec,
    ) -> Result<Option<DeletedIntegration>, CliError> {
        let Some(asked) = self.adopt_from.as_deref() else {
            return suggest(context, store, spec).map(|()| None);
        };
        let source = the_one(store, asked)?;
        if source.kind == spec.kind {
            return Ok(Some(source));
        }
        if !shares_ids(&source, spec) {
            return Err(CliError::usage(format!(
                "'{}' is of the kind {}, whose ids of people mean nothing to {}",
                source.name, source.kind, spec.kind
            ))
            .hint("add it without --adopt-from; 'dirsync conflicts' then shows who may be whom"));
        }
        if context.prompt.allowed() {
            context.ui.say(&format!(
                "{} ({} {}, deleted {}): {}",
                source.name,
                source.kind,
                source.tenant,
                day(&source),
                waiting(source.returning)
            ));
            let question = format!("Take them over? Only if {} is of the same organisation", spec.label);
            if !context.prompt.confirm(&question, "--adopt-from NAME", false)? {
                return Err(CliError::usage("not confirmed, and nothing was stored"));
            }
        }
        Ok(Some(source))
    }
}

/// Whether one directory's ids of people can be the other's: two that are asked have ids of their own, one that pushes may
/// send what another one knows people by.
fn shares_ids(source: &DeletedIntegration, spec: &ProviderSpec) -> bool {
    let pushes = |spec: Option<&ProviderSpec>| spec.is_some_and(|spec| spec.push().is_some());
    pushes(provider::find(&source.kind)) || pushes(Some(spec))
}

/// Says where the flag would have been of use, for once people are here anew it is too late.
fn suggest(context: &Context, store: &Store, spec: &ProviderSpec) -> Result<(), CliError> {
    for source in store.deleted_integrations(None)? {
        if source.kind != spec.kind && shares_ids(&source, spec) && source.returning.retained > 0 {
            let flag = format!("--adopt-from {}", shell_word(&source.name));
            let (name, kind, who) = (&source.name, &source.kind, waiting(source.returning));
            context.ui.remark(&format!(
                "of '{name}' ({kind}, deleted {}) {who}: if this is the same organisation, add it with {flag} instead",
                day(&source)
            ));
        }
    }
    Ok(())
}

fn the_one(store: &Store, asked: &str) -> Result<DeletedIntegration, CliError> {
    let mut found = store.deleted_integrations(Some(asked))?;
    if found.len() > 1 {
        let each = found.iter().map(|it| format!("#{}  {}  {}  deleted {}", it.id, it.kind, it.tenant, day(it)));
        let lines = each.collect::<Vec<_>>().join("\n");
        let message = format!("'{asked}' may mean {} deleted integrations:\n{lines}", found.len());
        return Err(CliError::new(ErrorKind::Ambiguous, message)
            .hint(format!("choose by number: --adopt-from '#{}'", found[0].id)));
    }
    if let Some(source) = found.pop() {
        return Ok(source);
    }
    if let Some(live) = store.integration(asked)? {
        let name = shell_word(&live.name);
        return Err(CliError::usage(format!("'{}' is connected; only of a deleted one people are left", live.name))
            .hint(format!("dirsync delete {name} --confirm {name}")));
    }
    let error = CliError::not_found(format!("there is no deleted integration '{asked}'"));
    let known = store.deleted_integrations(None)?;
    let names: Vec<String> = known.iter().map(|it| format!("{} (#{}, {})", it.name, it.id, it.kind)).collect();
    Err(match names.as_slice() {
        [] => error.hint("no integration was ever deleted here; add it without --adopt-from"),
        names => error.hint(format!("there is {}", names.join(", "))),
    })
}

fn day(source: &DeletedIntegration) -> String {
    source.deleted_at.strftime("%Y-%m-%d").to_string()
}

/// The wish, as the store takes it.
pub(super) fn adoption<'a>(source: &DeletedIntegration, who: &'a str) -> Adoption<'a> {
    Adoption { from: source.id, actor: Some(who) }
}

/// Says who waits in a new integration to be taken back, and who could not be taken over.
pub(super) fn tell(
    context: &Context,
    store: &Store,
    integration: &Integration,
    source: Option<&DeletedIntegration>,
    then: &str,
) -> Result<(), CliError> {
    let name = &integration.name;
    match source {
        Some(source) if source.id == integration.id => {
            context
                .ui
                .say(&format!("{name}: it is '{}' itself that is back; --adopt-from was not needed", source.name));
        }
        Some(source) => {
            let left = store.returning(source.id)?.people();
            if left > 0 {
                let stay = if left == 1 { "person stays" } else { "people stay" };
                context.ui.warn(&format!(
                    "{name}: {} {stay} with '{}': there is no id by which to know them here, or somebody has it",
                    thousands(left),
                    source.name
                ));
            }
        }
        None => {}
    }
    let returning = store.returning(integration.id)?;
    match source {
        _ if returning.people() > 0 => context.ui.say(&format!("{name}: {}; {then}", waiting(returning))),
        Some(source) => context.ui.say(&format!("{name}: nobody was left of '{}'", source.name)),
        None => {}
    }
    Ok(())
}

fn waiting(returning: Returning) -> String {
    let Returning { retained, remembered, .. } = returning;
    let kept = format!("{} {} kept{}", thousands(retained), are(retained), devices(returning.devices));
    let known = format!("{} {} remembered", thousands(remembered), are(remembered));
    match (retained, remembered) {
        (_, 0) => kept,
        (0, _) => known,
        _ => format!("{kept}, {known}"),
    }
}

fn are(number: i64) -> &'static str {
    if number == 1 { "person is" } else { "people are" }
}

/// ` with 17 devices`, or nothing.
pub(super) fn devices(number: i64) -> String {
    match number {
        0 => String::new(),
        1 => " with 1 device".to_owned(),
        number => format!(" with {} devices", thousands(number)),
    }
}

/// Says whom the first sync took back, and who has to be looked at.
pub(super) fn taken_back(context: &Context, integration: &Integration, report: &Report) -> Result<(), CliError> {
    let store = context.reader()?;
    let (name, returned) = (&integration.name, report.summary.returned);
    let conflicts = conflicts::number(context, &store, integration.id)?;
    let absent = Returning { remembered: 0, ..store.returning(integration.id)? };
    if absent.retained > 0 {
        let who = waiting(absent);
        context.ui.say(&format!("{name}: {who} and not in the directory: see 'dirsync report leavers'"));
    }
    if returned == 0 && conflicts == 0 {
        return Ok(());
    }
    let people = thousands(report.summary.users.fetched);
    let with = match report.run {
        Some(run) => devices(store.devices_of_returned(run)?),
        None => String::new(),
    };
    let look = match conflicts {
        0 => String::new(),
        1 => ", 1 conflict: see 'dirsync conflicts'".to_owned(),
        number => format!(", {} conflicts: see 'dirsync conflicts'", thousands(number)),
    };
    let back = match returned {
        0 => String::new(),
        number => format!(", {} of them taken back{with}", thousands(number)),
    };
    context.ui.say(&format!("{name}: {people} people{back}{look}"));
    Ok(())
}
