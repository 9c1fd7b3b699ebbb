//! `dirsync scope`: which of a directory's people come in.

use clap::{Args, Subcommand};

use super::delete_shown::sampled;
use super::online::spec;
use super::scope_shown::{self, Drawn};
use super::{CliError, Context, Exit, groups, plans, values};
use crate::auth::shell_word;
use crate::model::{Integration, Scope};
use crate::output::thousands;
use crate::people::LIFE_CYCLE;
use crate::store::{ScopeEffect, Store, UserFilter, WriteTurn};
use crate::sync::IntegrationLock;

/// Say which of a directory's people come in
///
/// Everybody does, unless a scope says otherwise. Of several org units, or of several groups, one is enough; somebody who
/// has to be in an org unit and in a group has to be in both. The directory is still read whole, and told apart here:
/// whoever the scope leaves out is kept as 'out_of_scope'. They have not left, they keep the devices they hold, rules give
/// them none, and listings leave them out. Whoever comes into the scope again, by another scope or because the directory
/// moves them, is the same person with the same history.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync scope corp
  dirsync scope corp set --org-unit /Staff --org-unit /Contractors --dry-run
  dirsync scope corp set --org-unit /Staff --group laptops@example.com --exclude-suspended
  dirsync scope corp clear --yes
  dirsync users --integration corp --status out_of_scope")]
pub struct ScopeArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
    #[command(subcommand)]
    command: Option<ScopeCommand>,
}

#[derive(Debug, Subcommand)]
enum ScopeCommand {
    /// Show the scope, and how many people it takes in
    #[command(override_usage = "dirsync scope [NAME] show [OPTIONS]")]
    Show,
    #[command(override_usage = "dirsync scope [NAME] set [OPTIONS]")]
    Set(SetArgs),
    /// Let everybody in again
    #[command(override_usage = "dirsync scope [NAME] clear [OPTIONS]")]
    Clear(HowArgs),
}

/// Set the scope: the whole of it, in place of the one there is
#[derive(Debug, Args)]
struct SetArgs {
    /// Only people in this org unit or below it; several: in any of them
    #[arg(long, value_name = "PATH", value_parser = org_unit)]
    org_unit: Vec<String>,
    /// Only members of this group, directly or by groups within: its address, name or id; several: of any of them
    #[arg(long, value_name = "G")]
    group: Vec<String>,
    /// Leave out whoever is suspended; 'report leavers' goes on showing those who hold a device
    #[arg(long)]
    exclude_suspended: bool,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct HowArgs {
    /// Show who would come in and who would go out of scope, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: &ScopeArgs) -> Result<Exit, CliError> {
    match &args.command {
        None | Some(ScopeCommand::Show) => {
            let store = context.reader()?;
            let integration = narrowable(context, &store, args)?;
            scope_shown::show(context, &store, &integration)?;
        }
        Some(ScopeCommand::Clear(how)) => {
            let store = context.writer()?;
            let integration = narrowable(context, &store, args)?;
            change(context, store, &integration, &Scope::default(), how)?;
        }
        Some(ScopeCommand::Set(set)) => {
            let store = context.writer()?;
            let integration = narrowable(context, &store, args)?;
            let scope = wanted(context, &store, &integration, set)?;
            change(context, store, &integration, &scope, &set.how)?;
        }
    }
    Ok(Exit::Done)
}

/// The integration meant, if it is for us to say who comes in.
fn narrowable(context: &Context, store: &Store, args: &ScopeArgs) -> Result<Integration, CliError> {
    let integration = context.which_integration(store, args.name.as_deref())?;
    if spec(&integration.kind)?.push().is_some() {
        let message = format!("{} pushes its people, and decides itself which", integration.name);
        return Err(CliError::usage(message)
            .of(&integration.name)
            .hint("assign the people and groups that are to come in to the application in that directory"));
    }
    Ok(integration)
}

fn wanted(context: &Context, store: &Store, integration: &Integration, args: &SetArgs) -> Result<Scope, CliError> {
    let (id, name) = (integration.id, &integration.name);
    if args.org_unit.is_empty() && args.group.is_empty() && !args.exclude_suspended {
        return Err(CliError::usage("nothing was given to set")
            .of(name)
            .hint("--org-unit, --group, --exclude-suspended")
            .hint(format!("'dirsync scope {} clear' lets everybody in", shell_word(name))));
    }
    let spec = spec(&integration.kind)?;
    if !args.org_unit.is_empty() && !spec.pull().is_some_and(|pull| pull.org_units) {
        return Err(CliError::usage(format!("{name} is {}, which has no org units", spec.label))
            .of(name)
            .hint("leave --org-unit away; --group names the members of a group"));
    }
    for unit in &args.org_unit {
        let there = UserFilter {
            integrations: Some(vec![id]),
            org_unit: Some(unit.clone()),
            limit: Some(1),
            ..UserFilter::default()
        };
        let mut anybody = false;
        store.each_user(&there, |_| {
            anybody = true;
            Ok::<_, CliError>(())
        })?;
        if !anybody {
            context.ui.warn(&format!("{name}: nobody is in {unit}"));
        }
    }
    let mut scope =
        Scope { org_units: args.org_unit.clone(), groups: Vec::new(), exclude_suspended: args.exclude_suspended };
    for asked in &args.group {
        scope.groups.push(groups::the_one(store, asked, Some(&[id]))?.external_id);
    }
    for values in [&mut scope.org_units, &mut scope.groups] {
        values.sort();
        values.dedup();
    }
    Ok(scope)
}

/// Sets a scope, once it is agreed to.
fn change(
    context: &Context,
    mut store: Store,
    integration: &Integration,
    scope: &Scope,
    how: &HowArgs,
) -> Result<(), CliError> {
    let (id, name, by) = (integration.id, &integration.name, plans::who());
    let drawn = Drawn::of(&store, id, scope)?;
    let mut set = |pretend: bool| -> Result<ScopeEffect, CliError> {
        let _turn = WriteTurn::wait(&context.paths.locks)?;
        Ok(store.set_scope(LIFE_CYCLE, id, scope, &by, context.clock.now(), pretend)?)
    };
    if how.dry_run || !how.yes {
        let effect = set(true)?;
        describe(context, name, &drawn, &effect);
        if how.dry_run {
            return scope_shown::changed(context, name, drawn, effect);
        }
        agree(context, name)?;
    }
    let _lock = IntegrationLock::acquire(&context.paths.locks, id, "scope", context.clock.now())
        .map_err(|busy| CliError::from(busy).of(name))?;
    let effect = set(false)?;
    context.ui.say(&format!(
        "{name}: takes in {}; {} went out of scope, {} came in; {} in scope now, {} out of it",
        drawn.in_words(),
        people(effect.going_out),
        thousands(effect.coming_in),
        thousands(effect.people),
        thousands(effect.out_of_scope),
    ));
    if context.ui.options().format.is_some() {
        scope_shown::changed(context, name, drawn, effect)?;
    }
    Ok(())
}

/// Says what the scope would do.
fn describe(context: &Context, name: &str, drawn: &Drawn, effect: &ScopeEffect) {
    let ui = &context.ui;
    ui.say(&format!("{name} would take in {}", drawn.in_words()));
    let out = sampled(&effect.going_out_sample, effect.going_out);
    ui.say(&format!("  {} would go out of scope{out}", people(effect.going_out)));
    if effect.holders > 0 {
        let devices = if effect.devices == 1 { "device" } else { "devices" };
        ui.say(&format!("  {} of them would keep {} {devices}", thousands(effect.holders), thousands(effect.devices)));
    }
    ui.say(&format!("  {} would come in", people(effect.coming_in)));
    ui.say(&format!(
        "  {} would be in scope, {} out of it; nobody leaves",
        people(effect.people),
        thousands(effect.out_of_scope)
    ));
}

fn agree(context: &Context, name: &str) -> Result<(), CliError> {
    if !context.prompt.allowed() {
        return Err(CliError::usage("changing a scope has to be confirmed")
            .of(name)
            .hint("--yes does it, --dry-run shows what it would do"));
    }
    if context.prompt.confirm("Set this scope?", "--yes", false)? {
        return Ok(());
    }
    Err(CliError::usage("not confirmed, and the scope is as it was").of(name))
}

fn people(number: i64) -> String {
    format!("{} {}", thousands(number), if number == 1 { "person" } else { "people" })
}

/// A path from the root, without a slash at its end.
fn org_unit(text: &str) -> Result<String, String> {
    match text.trim().trim_end_matches('/') {
        "" if text.contains('/') => Ok("/".to_owned()),
        path if path.starts_with('/') => Ok(path.to_owned()),
        _ => Err("an org unit is a path like /Staff/Eng".to_owned()),
    }
}
