//! `dirsync report without-device`.

use clap::Args;

use super::EndingArgs;
use crate::cli::{CliError, Context, Exit, groups, values};
use crate::model::WithoutDevice;
use crate::output::{Cell, Column, Listing};
use crate::store::WithoutDeviceFilter;

/// Show active people who hold no device
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync report without-device --group staff@example.com
  dirsync report without-device --department Sales -o csv")]
pub(super) struct WithoutDeviceArgs {
    /// Only this integration's people
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only direct members of this group: its address, name or id
    #[arg(long, value_name = "G")]
    group: Option<String>,
    /// Only people of this department
    #[arg(long, value_name = "D")]
    department: Option<String>,
    /// Only people in this org unit or below it
    #[arg(long, value_name = "PATH")]
    org_unit: Option<String>,
    #[command(flatten)]
    ending: EndingArgs,
}

pub(super) fn run(context: &Context, args: &WithoutDeviceArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let integrations = context.narrowed(&store, args.integration.as_deref())?;
    let group = match &args.group {
        Some(asked) => Some(groups::the_one(&store, asked, integrations.as_deref())?.id),
        None => None,
    };
    let (department, org_unit) = (args.department.clone(), args.org_unit.clone());
    let filter = WithoutDeviceFilter { integrations, group, department, org_unit };
    let listing = listing().when_empty("no active person asked for is without a device");
    let mut rows = context.ui.rows(&listing)?;
    store.each_without_device(&filter, |person| Ok::<_, CliError>(rows.push(&person)?))?;
    Ok(args.ending.of(rows.finish()?))
}

fn listing() -> Listing<WithoutDevice> {
    let columns = vec![
        Column::new("id", |it: &WithoutDevice| Cell::Id(it.id)).right().on_demand(),
        Column::new("integration", |it: &WithoutDevice| (&it.integration).into())
            .header("FROM")
            .priority(60)
            .min_width(8),
        Column::new("email", |it: &WithoutDevice| (&it.email).into()).priority(100).min_width(22),
        Column::new("display_name", |it: &WithoutDevice| (&it.display_name).into())
            .header("NAME")
            .priority(95)
            .min_width(16),
        Column::new("title", |it: &WithoutDevice| (&it.title).into()).priority(40),
        Column::new("department", |it: &WithoutDevice| (&it.department).into()).priority(80),
        Column::new("manager", |it: &WithoutDevice| (&it.manager).into()).priority(70).min_width(18),
        Column::new("location", |it: &WithoutDevice| (&it.location).into()).priority(30),
        Column::new("org_unit", |it: &WithoutDevice| (&it.org_unit).into()).priority(20),
        Column::new("created_at", |it: &WithoutDevice| it.created_at.into()).header("HERE SINCE").priority(50),
    ];
    Listing::new(columns).silent_when_empty()
}
