//! `dirsync plans`: what waits for approval.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{CliError, Context, Exit, environment};
use crate::model::{HeldAction, Plan, PlanItem, PlanState};
use crate::output::{Cell, Column, Listing};
use crate::people::LIFE_CYCLE;
use crate::store::{Approval, Store};
use crate::sync::IntegrationLock;

/// List removals that wait for approval, show, approve or discard them
///
/// A sync that would remove or suspend too many people at once holds that part as a numbered plan. The next complete
/// sync replaces it with what it finds itself. Of a directory that pushes, whoever is deleted next is added to the plan:
/// say with --people how many you agree to. Who is in a plan of it that is discarded stays missing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync plans
  dirsync plans show 7
  dirsync plans approve 7
  dirsync plans approve 7 --people 120")]
pub struct PlansArgs {
    #[command(subcommand)]
    command: Option<PlansCommand>,
    /// Decided and replaced plans as well
    #[arg(long)]
    decided: bool,
}

#[derive(Debug, Subcommand)]
enum PlansCommand {
    /// Show the people in a plan
    Show(NumberArgs),
    /// Apply exactly this plan, once, if it still holds; asks nothing
    Approve(ApproveArgs),
    /// Drop a plan
    Discard(NumberArgs),
}

#[derive(Debug, Args)]
struct ApproveArgs {
    #[command(flatten)]
    number: NumberArgs,
    /// Only if it holds so many people: a directory that pushes may have added some since it was shown
    #[arg(long, value_name = "COUNT")]
    people: Option<i64>,
}

#[derive(Debug, Args)]
struct NumberArgs {
    /// The plan's number
    #[arg(value_name = "N")]
    plan: Option<i64>,
}

impl NumberArgs {
    fn number(&self, context: &Context) -> Result<i64, CliError> {
        context.number_given_or_typed(self.plan, "Which plan?", "N: a number that 'dirsync plans' shows")
    }
}

/// Field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct PlanRow {
    id: i64,
    integration: String,
    created_at: Timestamp,
    removals: i64,
    suspensions: i64,
    state: PlanState,
    decided_by: Option<String>,
    decided_at: Option<Timestamp>,
}

impl From<Plan> for PlanRow {
    fn from(plan: Plan) -> Self {
        let Plan { id, integration, created_at, state, decided_by, decided_at, removals, suspensions } = plan;
        Self { id, integration, created_at, removals, suspensions, state, decided_by, decided_at }
    }
}

pub(super) fn run(context: &Context, args: &PlansArgs) -> Result<Exit, CliError> {
    match &args.command {
        None => list(context, args.decided),
        Some(PlansCommand::Show(args)) => show(context, args.number(context)?),
        Some(PlansCommand::Approve(args)) => approve(context, args.number.number(context)?, args.people),
        Some(PlansCommand::Discard(args)) => discard(context, args.number(context)?),
    }
}

fn list(context: &Context, decided: bool) -> Result<Exit, CliError> {
    let plans: Vec<PlanRow> = context.reader()?.plans(decided)?.into_iter().map(PlanRow::from).collect();
    context.ui.list(&listing().when_empty("no plan waits for approval"), &plans)?;
    Ok(Exit::Done)
}

fn listing() -> Listing<PlanRow> {
    Listing::new(vec![
        Column::new("id", |it: &PlanRow| Cell::Id(it.id)).header("PLAN").right().priority(100),
        Column::new("integration", |it: &PlanRow| (&it.integration).into()).priority(95),
        Column::new("created_at", |it: &PlanRow| it.created_at.into()).header("HELD").priority(80),
        Column::new("removals", |it: &PlanRow| it.removals.into()).right().priority(90),
        Column::new("suspensions", |it: &PlanRow| it.suspensions.into()).right().priority(85),
        Column::new("state", |it: &PlanRow| Cell::word(it.state.as_str())).priority(70),
        Column::new("decided_by", |it: &PlanRow| (&it.decided_by).into()).on_demand(),
        Column::new("decided_at", |it: &PlanRow| Cell::time(it.decided_at)).on_demand(),
    ])
}

fn show(context: &Context, plan: i64) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let found = known(&store, plan)?;
    let state = found.state.as_str();
    context.ui.remark(&format!("plan {plan} of {}: {state}, held {:.0}", found.integration, found.created_at));
    let listing = Listing::new(vec![
        Column::new("id", |it: &PlanItem| Cell::Id(it.id)).right().priority(60),
        Column::new("external_id", |it: &PlanItem| (&it.external_id).into()).on_demand(),
        Column::new("label", |it: &PlanItem| (&it.label).into()).header("WHO").priority(100).min_width(22),
        Column::new("action", |it: &PlanItem| {
            Cell::word(match it.action {
                HeldAction::Remove => "remove",
                HeldAction::Suspend => "suspend",
            })
        })
        .priority(95),
        Column::new("evidence", |it: &PlanItem| Cell::word(&*it.evidence)).priority(80),
    ]);
    context.ui.list(&listing, &store.plan_items(plan)?)?;
    Ok(Exit::Done)
}

fn approve(context: &Context, plan: i64, people: Option<i64>) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let found = known(&store, plan)?;
    let _lock = lock(context, &store, plan)?;
    match store.approve_plan(LIFE_CYCLE, plan, people, &who(), context.clock.now())? {
        Approval::Applied { run, removed, suspended } => {
            context.ui.say(&format!(
                "{}: plan {plan} applied as run {run}: {removed} people removed, {suspended} suspended",
                found.integration
            ));
            answer(context, &store, plan)
        }
        Approval::NotHeld(state) => Err(not_held(plan, state)),
        Approval::Grown { people } => {
            let message = format!("plan {plan} holds {people} people by now; nothing was applied");
            Err(CliError::new(super::ErrorKind::Failed, message)
                .of(&found.integration)
                .hint(format!("'dirsync plans show {plan}' shows them"))
                .hint(format!("'dirsync plans approve {plan} --people {people}' applies it if it is still so many")))
        }
        Approval::Outdated { people } => Err(CliError::new(
            super::ErrorKind::Failed,
            format!("plan {plan} no longer holds: {people} people in it have changed"),
        )
        .of(&found.integration)
        .hint(match pushes(&store, plan)? {
            true => format!("'dirsync plans discard {plan}' drops it; who is deleted from now on is judged anew"),
            false => format!("dirsync sync {} makes a new one", crate::auth::shell_word(&found.integration)),
        })),
    }
}

/// Whether a plan is of a directory that pushes: nothing is asked of it again.
fn pushes(store: &Store, plan: i64) -> Result<bool, CliError> {
    let id = store.integration_of_plan(plan)?;
    let kind = store.integrations()?.into_iter().find(|integration| Some(integration.id) == id).map(|it| it.kind);
    Ok(kind.as_deref().and_then(crate::provider::find).is_some_and(|spec| spec.push().is_some()))
}

fn discard(context: &Context, plan: i64) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let found = known(&store, plan)?;
    let _lock = lock(context, &store, plan)?;
    if let Some(state) = store.discard_plan(plan, &who(), context.clock.now())? {
        return Err(not_held(plan, state));
    }
    let next = match pushes(&store, plan)? {
        true => "its people stay, as missing, until the directory creates them again",
        false => "the next sync looks anew",
    };
    context.ui.say(&format!("{}: plan {plan} dropped; {next}", found.integration));
    answer(context, &store, plan)
}

fn answer(context: &Context, store: &Store, plan: i64) -> Result<Exit, CliError> {
    if context.ui.options().format.is_some() {
        context.ui.one(&listing(), &PlanRow::from(known(store, plan)?))?;
    }
    Ok(Exit::Done)
}

fn known(store: &Store, plan: i64) -> Result<Plan, CliError> {
    let none = || CliError::not_found(format!("there is no plan {plan}")).hint("'dirsync plans' lists those that wait");
    store.plan(plan)?.ok_or_else(none)
}

fn not_held(plan: i64, state: PlanState) -> CliError {
    let what = match state {
        PlanState::Approved => "was approved already",
        PlanState::Discarded => "was discarded",
        PlanState::Replaced | PlanState::Held => "was replaced by a later sync",
    };
    CliError::not_found(format!("plan {plan} {what}")).hint("'dirsync plans' lists those that wait")
}

fn lock(context: &Context, store: &Store, plan: i64) -> Result<Option<IntegrationLock>, CliError> {
    let Some(integration) = store.integration_of_plan(plan)? else { return Ok(None) };
    Ok(Some(IntegrationLock::acquire(&context.paths.locks, integration, "plans", context.clock.now())?))
}

/// Who decides, as the operating system names them.
pub(super) fn who() -> String {
    ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(environment::text).unwrap_or("unknown".into())
}
