//! `dirsync devices rules`: what rules there are, and switching them on and off.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::rules_files::{self, AddArgs, EditArgs, ExportArgs, ImportArgs};
use crate::cli::{CliError, Context, Exit};
use crate::model::Rule;
use crate::output::{Cell, Column, Listing};
use crate::store::{RuleWriter, Store, WriteTurn};

/// Rules that give devices to people by what is known of both
///
/// They are tried at the end of every sync and by 'dirsync devices assign --auto', from the lowest priority on; the first
/// that names exactly one active person decides. What is pinned, shared or was given by hand is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices rules
  dirsync devices rules enable usual-user
  dirsync devices rules export > rules.toml
  dirsync devices rules import rules.toml --replace
  dirsync devices rules add - <<'END'
  [[rule]]
  name = \"sales-macs\"
  priority = 35
  evidence = \"enrolled_by\"
  match = [\"email\", \"upn\", \"alias\"]
  device = { platform = [\"mac\"], tag = \"sales\", serial_prefix = \"C02\" }
  user = { integration = \"corp\", groups_any = [\"sales@example.com\"], department = \"Sales\" }
  on_conflict = \"only-unassigned\"
  END

Keys of a rule:
  name, priority (11 to 1000), enabled
  evidence     expected_user, enrolled_by, directory_owner, user_attr_serial, login, last_user
  match        in order: external_id, email, upn, alias
  attribute    of user_attr_serial: employee_id, or a path in the person's attributes like IT.serials
  device       platform, tag, serial_prefix, model, blueprint
  user         integration, groups_any, department, title, org_unit, state, exclude (patterns: svc-*)
  on_conflict  only-unassigned, replace-lower-rank (default), replace-if-holder-inactive")]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: Option<RulesCommand>,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List the rules in the order in which they are tried
    List,
    /// Show one rule
    Show(NameArgs),
    Add(AddArgs),
    Edit(EditArgs),
    /// Take out a rule of your own; what it gave stays given
    Remove(NameArgs),
    /// Have a rule tried
    Enable(NameArgs),
    /// Have a rule not tried; what it gave stays given
    Disable(NameArgs),
    Export(ExportArgs),
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct NameArgs {
    /// The rule
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(context: &Context, args: &RulesArgs) -> Result<Exit, CliError> {
    match &args.command {
        None | Some(RulesCommand::List) => {
            let rules = context.reader()?.rules()?;
            rules.iter().for_each(|rule| mark(context, rule));
            let rules: Vec<Shown> = rules.into_iter().map(Shown::from).collect();
            context.ui.list(&listing(), &rules)?;
            Ok(Exit::Done)
        }
        Some(RulesCommand::Show(args)) => {
            let rule = named(&context.reader()?.rules()?, &asked(context, args.name.as_deref())?)?;
            mark(context, &rule);
            context.ui.one(&listing(), &Shown::from(rule))?;
            Ok(Exit::Done)
        }
        Some(RulesCommand::Add(args)) => rules_files::add(context, args),
        Some(RulesCommand::Edit(args)) => rules_files::edit(context, args),
        Some(RulesCommand::Remove(args)) => remove(context, args.name.as_deref()),
        Some(RulesCommand::Enable(args)) => switch(context, args.name.as_deref(), true),
        Some(RulesCommand::Disable(args)) => switch(context, args.name.as_deref(), false),
        Some(RulesCommand::Export(args)) => rules_files::export(context, args),
        Some(RulesCommand::Import(args)) => rules_files::import(context, args),
    }
}

fn remove(context: &Context, name: Option<&str>) -> Result<Exit, CliError> {
    let name = asked(context, name)?;
    change(context, |_, writer| {
        let rule = named(&writer.rules()?, &name)?;
        if rule.built_in {
            return Err(CliError::usage(format!("'{}' came with dirsync and cannot be removed", rule.name))
                .hint(format!("'dirsync devices rules disable {}' has it not tried", rule.name)));
        }
        Ok(writer.remove(&rule.name)?)
    })?;
    Ok(Exit::Done)
}

fn switch(context: &Context, name: Option<&str>, enabled: bool) -> Result<Exit, CliError> {
    let name = asked(context, name)?;
    let rule = change(context, |_, writer| {
        let rule = Rule { enabled, ..named(&writer.rules()?, &name)? };
        rules_files::sound(&rule)?;
        writer.switch(&rule.name, enabled)?;
        Ok(rule)
    })?;
    mark(context, &rule);
    if enabled && rule.only_suggests() {
        context.ui.remark("it only ever suggests somebody, in 'dirsync devices explain'");
    }
    Ok(Exit::Done)
}

/// Says of a rule about a directory that was deleted that it is idle.
pub(super) fn mark(context: &Context, rule: &Rule) {
    if let Some(name) = rule.user.integration.as_ref().filter(|_| rule.enabled && rule.of_deleted) {
        let idle = "it gives nothing until that directory is added again";
        context.ui.warn(&format!("rule '{}' is about {name}, which was deleted: {idle}", rule.name));
    }
}

/// The name that was given, or else typed.
pub(super) fn asked(context: &Context, name: Option<&str>) -> Result<String, CliError> {
    context.given_or_typed(name, "Which rule?", "NAME: one of those that 'dirsync devices rules' lists")
}

/// The rule of this name.
pub(super) fn named(rules: &[Rule], name: &str) -> Result<Rule, CliError> {
    let key = name.trim().to_lowercase();
    rules.iter().find(|rule| rule.name.to_lowercase() == key).cloned().ok_or_else(|| {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        CliError::not_found(format!("there is no rule '{name}'")).hint(format!("there is {}", names.join(", ")))
    })
}

/// Changes rules when it is this process's turn to write. What is read beside it comes from a store of its own.
pub(super) fn change<T>(
    context: &Context,
    change: impl FnOnce(&Store, &RuleWriter<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let mut store = context.writer()?;
    let _turn = WriteTurn::wait(&context.paths.locks)?;
    let beside = context.reader()?;
    store.change_rules(context.clock.now(), |writer| change(&beside, writer))
}

/// One rule, flat; field names are the keys of the JSON output and the columns.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    priority: i64,
    enabled: bool,
    built_in: bool,
    evidence: &'static str,
    #[serde(rename = "match")]
    matches: Vec<String>,
    attribute: Option<String>,
    on_conflict: &'static str,
    platform: Vec<String>,
    tag: Vec<String>,
    serial_prefix: Vec<String>,
    model: Vec<String>,
    blueprint: Vec<String>,
    integration: Option<String>,
    integration_deleted: bool,
    groups_any: Vec<String>,
    department: Vec<String>,
    title: Vec<String>,
    org_unit: Vec<String>,
    exclude: Vec<String>,
}

impl From<Rule> for Shown {
    fn from(rule: Rule) -> Self {
        Self {
            priority: rule.priority,
            enabled: rule.enabled,
            built_in: rule.built_in,
            evidence: rule.evidence.as_str(),
            matches: rule.matches.iter().map(|field| field.as_str().to_owned()).collect(),
            attribute: rule.attribute,
            on_conflict: rule.on_conflict.as_str(),
            platform: rule.device.platform,
            tag: rule.device.tag,
            serial_prefix: rule.device.serial_prefix,
            model: rule.device.model,
            blueprint: rule.device.blueprint,
            integration: rule.user.integration,
            integration_deleted: rule.of_deleted,
            groups_any: rule.user.groups_any,
            department: rule.user.department,
            title: rule.user.title,
            org_unit: rule.user.org_unit,
            exclude: rule.user.exclude,
            name: rule.name,
        }
    }
}

fn listing() -> Listing<Shown> {
    let list = |key, get: fn(&Shown) -> &Vec<String>| Column::new(key, move |it: &Shown| get(it).into());
    Listing::new(vec![
        Column::new("priority", |it: &Shown| Cell::Id(it.priority)).right().priority(95),
        Column::new("name", |it: &Shown| (&it.name).into()).priority(100).min_width(16),
        Column::new("enabled", |it: &Shown| it.enabled.into()).priority(90),
        Column::new("built_in", |it: &Shown| it.built_in.into()).on_demand(),
        Column::new("evidence", |it: &Shown| Cell::word(it.evidence)).priority(85),
        list("match", |it| &it.matches).priority(60),
        Column::new("attribute", |it: &Shown| (&it.attribute).into()).on_demand(),
        Column::new("on_conflict", |it: &Shown| Cell::word(it.on_conflict)).on_demand(),
        list("platform", |it| &it.platform).priority(50).min_width(8),
        list("tag", |it| &it.tag).priority(45).min_width(8),
        list("serial_prefix", |it| &it.serial_prefix).on_demand(),
        list("model", |it| &it.model).on_demand(),
        list("blueprint", |it| &it.blueprint).on_demand(),
        Column::new("integration", |it: &Shown| (&it.integration).into()).header("FROM").priority(55).min_width(8),
        Column::new("integration_deleted", |it: &Shown| it.integration_deleted.into()).on_demand(),
        list("groups_any", |it| &it.groups_any).header("GROUPS").priority(40),
        list("department", |it| &it.department).priority(40),
        list("title", |it| &it.title).on_demand(),
        list("org_unit", |it| &it.org_unit).on_demand(),
        list("exclude", |it| &it.exclude).on_demand(),
    ])
}
