//! `dirsync users`: the listing.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::{CliError, Context, Exit, groups, users_forget, users_link, users_prune, users_show, values};
use crate::model::{User, UserStatus};
use crate::output::{Cell, Column, Listing};
use crate::store::UserFilter;

/// List people, show one and their history, let go or forget
///
/// Removed people and those out of scope are left out unless --status asks for them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync users --integration corp --status suspended
  dirsync users --search müller
  dirsync users --group eng@example.com -o csv --columns email,display_name,manager
  dirsync users show ada@example.com")]
pub struct UsersArgs {
    #[command(subcommand)]
    command: Option<UsersCommand>,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    Show(users_show::ShowArgs),
    History(users_show::HistoryArgs),
    Link(users_link::LinkArgs),
    Prune(users_prune::PruneArgs),
    Forget(users_forget::ForgetArgs),
}

#[derive(Debug, Default, PartialEq, Args)]
struct FilterArgs {
    /// Only this integration's people
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only direct members of this group: its address, name or id
    #[arg(long, value_name = "G")]
    group: Option<String>,
    /// Only people of these statuses
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = statuses())]
    status: Vec<String>,
    /// Only people in whose names, addresses or employee id this occurs
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only people in this org unit or below it
    #[arg(long, value_name = "PATH")]
    org_unit: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

fn statuses() -> PossibleValuesParser {
    PossibleValuesParser::new(UserStatus::ALL.map(UserStatus::as_str).into_iter().chain(["all"]))
}

pub(super) fn run(context: &Context, args: &UsersArgs) -> Result<Exit, CliError> {
    match &args.command {
        None => list(context, &args.filter),
        Some(_) if args.filter != FilterArgs::default() => {
            Err(CliError::usage("filters are for the listing; put what belongs to a subcommand behind it"))
        }
        Some(UsersCommand::Show(args)) => users_show::show(context, args),
        Some(UsersCommand::Link(args)) => users_link::run(context, args),
        Some(UsersCommand::History(args)) => users_show::history(context, args),
        Some(UsersCommand::Prune(args)) => users_prune::run(context, args),
        Some(UsersCommand::Forget(args)) => users_forget::run(context, args),
    }
}

fn list(context: &Context, args: &FilterArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let integrations = context.narrowed(&store, args.integration.as_deref())?;
    let group = match &args.group {
        Some(asked) => Some(groups::the_one(&store, asked, integrations.as_deref())?.id),
        None => None,
    };
    let statuses = match args.status.as_slice() {
        [] => UserStatus::ALL
            .into_iter()
            .filter(|status| !matches!(status, UserStatus::Removed | UserStatus::OutOfScope))
            .collect(),
        words if words.iter().any(|word| word == "all") => Vec::new(),
        words => words.iter().filter_map(|word| UserStatus::parse(word)).collect(),
    };
    let filter = UserFilter {
        integrations,
        group,
        statuses,
        search: args.search.clone(),
        org_unit: args.org_unit.clone(),
        limit: args.limit,
    };
    let listing = listing().when_empty(if *args == FilterArgs::default() {
        "no people yet; 'dirsync add' connects a directory, 'dirsync sync' reads it"
    } else {
        "nobody matches; --status all shows removed people and those out of scope too"
    });
    let mut rows = context.ui.rows(&listing)?;
    store.each_user(&filter, |user| Ok::<_, CliError>(rows.push(&user)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

/// The columns of people.
pub(super) fn listing() -> Listing<User> {
    Listing::new(vec![
        Column::new("id", |it: &User| Cell::Id(it.id)).right().on_demand(),
        Column::new("integration", |it: &User| (&it.integration).into()).header("FROM").priority(60).min_width(8),
        Column::new("external_id", |it: &User| (&it.external_id).into()).on_demand(),
        Column::new("email", |it: &User| (&it.email).into()).priority(100).min_width(22),
        Column::new("user_name", |it: &User| (&it.user_name).into()).on_demand(),
        Column::new("display_name", |it: &User| (&it.display_name).into()).header("NAME").priority(95).min_width(16),
        Column::new("given_name", |it: &User| (&it.given_name).into()).on_demand(),
        Column::new("family_name", |it: &User| (&it.family_name).into()).on_demand(),
        Column::new("status", |it: &User| Cell::word(it.status.as_str())).priority(90),
        Column::new("title", |it: &User| (&it.title).into()).priority(40),
        Column::new("department", |it: &User| (&it.department).into()).priority(50),
        Column::new("cost_center", |it: &User| (&it.cost_center).into()).on_demand(),
        Column::new("manager", |it: &User| (&it.manager).into()).priority(30).min_width(18),
        Column::new("employee_id", |it: &User| (&it.employee_id).into()).on_demand(),
        Column::new("phone", |it: &User| (&it.phone).into()).on_demand(),
        Column::new("location", |it: &User| (&it.location).into()).on_demand(),
        Column::new("org_unit", |it: &User| (&it.org_unit).into()).priority(20),
        Column::new("aliases", |it: &User| (&it.aliases).into()).on_demand(),
        Column::new("is_admin", |it: &User| it.is_admin.into()).on_demand(),
        Column::new("groups", |it: &User| (&it.groups).into()).on_demand(),
        Column::new("devices", |it: &User| (&it.devices).into()).priority(45),
        Column::new("created_at", |it: &User| it.created_at.into()).on_demand(),
        Column::new("updated_at", |it: &User| it.updated_at.into()).header("UPDATED").priority(10),
    ])
}
