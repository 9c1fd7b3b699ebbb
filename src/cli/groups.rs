//! `dirsync groups`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CliError, Context, ErrorKind, Exit, values};
use crate::model::{Group, IntegrationId, MemberRow};
use crate::output::{Cell, Column, Listing};
use crate::store::{GroupExtras, GroupFilter, Store};

/// List groups, show one, or list its members
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync groups --search eng
  dirsync groups members eng@example.com --nested
  dirsync groups members eng@example.com --nested -o json | jq -r '.[].email'")]
pub struct GroupsArgs {
    #[command(subcommand)]
    command: Option<GroupsCommand>,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Default, PartialEq, Args)]
struct FilterArgs {
    /// Only this integration's groups
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only groups in whose name, address or description this occurs
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum GroupsCommand {
    /// Show one group
    Show(Which),
    /// List the members of a group
    ///
    /// With --nested, groups within stand for their members and "everyone" for all active people; everybody is listed
    /// once, with the shortest path to them.
    Members {
        #[command(flatten)]
        which: Which,
        /// Resolve groups within the group
        #[arg(long)]
        nested: bool,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Its address, name, id, or id in the directory
    #[arg(value_name = "GROUP")]
    group: Option<String>,
    /// Only look in this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
}

pub(super) fn run(context: &Context, args: &GroupsArgs) -> Result<Exit, CliError> {
    match &args.command {
        None => list(context, &args.filter),
        Some(_) if args.filter != FilterArgs::default() => {
            Err(CliError::usage("filters are for the listing; put what belongs to 'show' or 'members' behind it"))
        }
        Some(GroupsCommand::Show(which)) => {
            let store = context.reader()?;
            let group = asked_for(context, &store, which)?;
            let extras = store.group_extras(group.id)?;
            context.ui.one(&shown(), &Shown { group, extras })?;
            Ok(Exit::Done)
        }
        Some(GroupsCommand::Members { which, nested }) => members(context, which, *nested),
    }
}

/// One group in full; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    group: Group,
    #[serde(flatten)]
    extras: GroupExtras,
}

fn shown() -> Listing<Shown> {
    listing().over(
        |shown: &Shown| &shown.group,
        vec![
            Column::new("aliases", |it: &Shown| (&it.extras.aliases).into()),
            Column::new("attributes", |it: &Shown| match &it.extras.attributes {
                Some(kept) => Cell::Text(kept.to_string().into()),
                None => Cell::Empty,
            }),
        ],
    )
}

fn list(context: &Context, args: &FilterArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let filter = GroupFilter {
        integrations: context.narrowed(&store, args.integration.as_deref())?,
        search: args.search.clone(),
        limit: args.limit,
    };
    let listing = listing().when_empty("no groups here");
    let mut rows = context.ui.rows(&listing)?;
    store.each_group(&filter, |group| Ok::<_, CliError>(rows.push(&group)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

fn members(context: &Context, which: &Which, nested: bool) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let group = asked_for(context, &store, which)?;
    let path = Column::new("path", |it: &MemberRow| (&it.path).into()).priority(60).min_width(20);
    let listing = Listing::new(vec![
        Column::new("external_id", |it: &MemberRow| (&it.external_id).into()).on_demand(),
        Column::new("kind", |it: &MemberRow| Cell::word(&*it.kind)).priority(80),
        Column::new("email", |it: &MemberRow| (&it.email).into()).priority(100).min_width(22),
        Column::new("display_name", |it: &MemberRow| (&it.display_name).into()).header("NAME").priority(90),
        Column::new("role", |it: &MemberRow| it.role.as_deref().map_or(Cell::Empty, Cell::word)).priority(70),
        if nested { path } else { path.on_demand() },
    ])
    .when_empty("the group has no members");
    let mut rows = context.ui.rows(&listing)?;
    let push = |member: MemberRow| Ok::<_, CliError>(rows.push(&member)?);
    if nested {
        store.each_nested_member(group.id, push)?
    } else {
        store.each_member(group.id, push)?
    }
    rows.finish()?;
    Ok(Exit::Done)
}

fn asked_for(context: &Context, store: &Store, which: &Which) -> Result<Group, CliError> {
    let integrations = context.narrowed(store, which.integration.as_deref())?;
    let asked = context.given_or_typed(which.group.as_deref(), "Which group (address, name or id)?", "GROUP")?;
    the_one(store, &asked, integrations.as_deref())
}

/// The one group meant, or who else it may be.
pub(super) fn the_one(store: &Store, asked: &str, integrations: Option<&[IntegrationId]>) -> Result<Group, CliError> {
    let mut found = store.find_groups(asked, integrations)?;
    if found.len() > 1 {
        let candidate = |group: &Group| {
            let name = group.email.as_deref().or(group.name.as_deref()).unwrap_or(&group.external_id);
            format!("{}  {}  {}", group.id, name, group.integration)
        };
        let candidates: Vec<String> = found.iter().map(candidate).collect();
        let message = format!("'{asked}' may mean {} groups:\n{}", found.len(), candidates.join("\n"));
        return Err(CliError::new(ErrorKind::Ambiguous, message).hint("use the id or the address"));
    }
    found.pop().ok_or_else(|| {
        CliError::not_found(format!("there is no group '{asked}'"))
            .hint(format!("'dirsync groups --search {asked}' looks for parts of names"))
    })
}

fn listing() -> Listing<Group> {
    Listing::new(vec![
        Column::new("id", |it: &Group| Cell::Id(it.id)).right().on_demand(),
        Column::new("integration", |it: &Group| (&it.integration).into()).header("FROM").priority(60).min_width(8),
        Column::new("external_id", |it: &Group| (&it.external_id).into()).on_demand(),
        Column::new("name", |it: &Group| (&it.name).into()).priority(100).min_width(20),
        Column::new("email", |it: &Group| (&it.email).into()).priority(90).min_width(22),
        Column::new("description", |it: &Group| (&it.description).into()).priority(40).min_width(20),
        Column::new("kind", |it: &Group| (&it.kind).into()).on_demand(),
        Column::new("members", |it: &Group| it.members.into()).right().priority(80),
    ])
}
