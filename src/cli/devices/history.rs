//! `dirsync devices history`: who held a device, or what somebody held.

use clap::Args;

use super::command::{known, serial};
use crate::cli::users_show::the_one;
use crate::cli::{CliError, Context, Exit, values};
use crate::model::Assignment;
use crate::output::{Cell, Column, Listing};

/// Show who held a device, or what somebody held, latest first
///
/// What else happened to devices is shown by 'dirsync changes --subject device'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices history C02XL0GS
  dirsync devices history --user ada@example.com -o csv")]
pub(super) struct HistoryArgs {
    /// The device's serial number
    #[arg(value_name = "SERIAL", conflicts_with = "user")]
    serial: Option<String>,
    /// The person: an address (present, alias or former), sign-in name, id, or id in the directory
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only look for the person in this integration
    #[arg(long, value_name = "NAME", add = values::integration_names(), requires = "user")]
    integration: Option<String>,
}

pub(super) fn run(context: &Context, args: &HistoryArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let assignments = match &args.user {
        Some(asked) => {
            let user = the_one(context, &store, asked, args.integration.as_deref())?;
            store.assignments_of_user(user.id)?
        }
        None => {
            let serial = serial(context, args.serial.as_deref())?;
            known(&store, &serial)?;
            store.assignments_of_device(&serial.key)?
        }
    };
    context.ui.list(&listing().when_empty("no assignment yet"), &assignments)?;
    Ok(Exit::Done)
}

fn listing() -> Listing<Assignment> {
    Listing::new(vec![
        Column::new("serial", |it: &Assignment| (&it.serial).into()).priority(95).min_width(12),
        Column::new("user_id", |it: &Assignment| Cell::Id(it.user_id)).right().on_demand(),
        Column::new("user", |it: &Assignment| (&it.user).into()).header("HOLDER").priority(100).min_width(22),
        Column::new("integration", |it: &Assignment| (&it.integration).into()).header("FROM").priority(40).min_width(8),
        Column::new("started_at", |it: &Assignment| it.started_at.into()).header("SINCE").priority(90),
        Column::new("ended_at", |it: &Assignment| Cell::time(it.ended_at)).header("UNTIL").priority(85),
        Column::new("source", |it: &Assignment| (&it.source).into()).priority(60),
        Column::new("pinned", |it: &Assignment| it.pinned.into()).on_demand(),
        Column::new("reason", |it: &Assignment| (&it.reason).into()).priority(50),
        Column::new("actor", |it: &Assignment| (&it.actor).into()).header("BY").priority(30),
        Column::new("end_reason", |it: &Assignment| (&it.end_reason).into()).header("END REASON").priority(25),
        Column::new("end_actor", |it: &Assignment| (&it.end_actor).into()).on_demand(),
    ])
}
