//! `dirsync devices list`, and the columns of devices.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::users_show::the_one;
use crate::cli::values::{self, Since};
use crate::cli::{CliError, Context, Exit};
use crate::model::{Device, UserStatus};
use crate::output::{Cell, Column, Listing};
use crate::store::DeviceFilter;

/// List devices
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices list --unassigned
  dirsync devices list --holder-status suspended,missing,retained -o csv
  dirsync devices list --stale 60d --platform mac")]
pub(super) struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Default, PartialEq, Args)]
pub(super) struct FilterArgs {
    /// Only devices that somebody holds
    #[arg(long)]
    assigned: bool,
    /// Only devices that nobody holds
    #[arg(long, conflicts_with = "assigned")]
    unassigned: bool,
    /// Only shared devices
    #[arg(long)]
    shared: bool,
    /// Only devices whose holder has one of these statuses
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = statuses(), alias = "holder-state")]
    holder_status: Vec<String>,
    /// Only this person's: an address (present, alias or former), sign-in name or id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only devices whose holder is of this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// Only this platform
    #[arg(long, value_name = "P")]
    platform: Option<String>,
    /// Only devices with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only devices not heard of for so long (60d), or since then, or ever
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    stale: Option<Since>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

fn statuses() -> PossibleValuesParser {
    let holders = UserStatus::ALL.into_iter().filter(|status| *status != UserStatus::Removed);
    PossibleValuesParser::new(holders.map(UserStatus::as_str))
}

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Exit, CliError> {
    list(context, &args.filter)
}

pub(super) fn list(context: &Context, args: &FilterArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let user = match &args.user {
        Some(asked) => Some(the_one(context, &store, asked, args.integration.as_deref())?.id),
        None => None,
    };
    let filter = DeviceFilter {
        assigned: args.assigned.then_some(true).or(args.unassigned.then_some(false)),
        shared: args.shared,
        holder_statuses: args.holder_status.iter().filter_map(|word| UserStatus::parse(word)).collect(),
        user,
        integrations: context.narrowed(&store, args.integration.as_deref())?,
        platform: args.platform.clone(),
        tag: args.tag.clone(),
        not_seen_since: args.stale.map(|stale| stale.moment(context.clock.now())),
        limit: args.limit,
    };
    let listing = listing().when_empty(if *args == FilterArgs::default() {
        "no devices yet; 'dirsync devices import FILE' or 'dirsync devices add SERIAL' brings some"
    } else {
        "no such devices"
    });
    let mut rows = context.ui.rows(&listing)?;
    store.each_device(&filter, |device| Ok::<_, CliError>(rows.push(&device)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

/// The columns of devices.
pub(super) fn listing() -> Listing<Device> {
    Listing::new(vec![
        Column::new("id", |it: &Device| Cell::Id(it.id)).right().on_demand(),
        Column::new("serial", |it: &Device| (&it.serial).into()).priority(100).min_width(12),
        Column::new("user_email", |it: &Device| (&it.user_email).into()).header("HOLDER").priority(95).min_width(22),
        Column::new("name", |it: &Device| (&it.name).into()).priority(70),
        Column::new("platform", |it: &Device| (&it.platform).into()).priority(50).min_width(8),
        Column::new("model", |it: &Device| (&it.model).into()).priority(40),
        Column::new("asset_tag", |it: &Device| (&it.asset_tag).into()).header("ASSET").priority(45).min_width(8),
        Column::new("blueprint", |it: &Device| (&it.blueprint).into()).on_demand(),
        Column::new("tags", |it: &Device| (&it.tags).into()).priority(15),
        Column::new("shared", |it: &Device| it.shared.into()).on_demand(),
        Column::new("udid", |it: &Device| (&it.udid).into()).on_demand(),
        Column::new("imei", |it: &Device| (&it.imei).into()).on_demand(),
        Column::new("mdm_id", |it: &Device| (&it.mdm_id).into()).on_demand(),
        Column::new("user_id", |it: &Device| it.user_id.map_or(Cell::Empty, Cell::Id)).right().on_demand(),
        Column::new("user_display_name", |it: &Device| (&it.user_display_name).into()).on_demand(),
        Column::new("user_status", |it: &Device| it.user_status.map_or(Cell::Empty, |it| Cell::word(it.as_str())))
            .header("STATUS")
            .priority(90),
        Column::new("user_integration", |it: &Device| (&it.user_integration).into())
            .header("FROM")
            .priority(55)
            .min_width(8),
        Column::new("user_department", |it: &Device| (&it.user_department).into()).on_demand(),
        Column::new("user_title", |it: &Device| (&it.user_title).into()).on_demand(),
        Column::new("user_org_unit", |it: &Device| (&it.user_org_unit).into()).on_demand(),
        Column::new("user_groups", |it: &Device| (&it.user_groups).into()).on_demand(),
        Column::new("assigned_at", |it: &Device| Cell::time(it.assigned_at)).header("SINCE").priority(60),
        Column::new("assignment_source", |it: &Device| (&it.assignment_source).into()).on_demand(),
        Column::new("pinned", |it: &Device| it.pinned.into()).on_demand(),
        Column::new("waiting_for", |it: &Device| (&it.waiting_for).into()).header("WAITS FOR").priority(20),
        Column::new("enrolled_at", |it: &Device| Cell::time(it.enrolled_at)).on_demand(),
        Column::new("last_seen_at", |it: &Device| Cell::time(it.last_seen_at)).header("SEEN").priority(30),
        Column::new("created_at", |it: &Device| Cell::time(it.created_at)).on_demand(),
        Column::new("updated_at", |it: &Device| Cell::time(it.updated_at)).on_demand(),
    ])
}
