//! `dirsync devices export`: what an import reads, and a few columns for people.

use clap::Args;

use crate::cli::{CliError, Context, Exit};
use crate::model::formula;
use crate::output::{Cell, Column, Format, Listing};
use crate::store::ExportedDevice;

/// Export all devices, as CSV unless -o says otherwise
///
/// What comes out as CSV can be imported again and changes nothing, with --spreadsheet-safe too. The columns from user_id on
/// are for people and are not read; contradiction is what 'dirsync report contradictions' says.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices export > devices.csv
  dirsync devices export -o json | jq -r '.[] | select(.contradiction != []) | .serial_number'
  dirsync devices export --spreadsheet-safe --columns serial_number,device_name,user_email > for-excel.csv")]
pub(super) struct ExportArgs {}

pub(super) fn run(context: &Context, _: &ExportArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let options = context.ui.options();
    // An import takes a ' off; with --spreadsheet-safe the output sees to it.
    let keeps = match options.format {
        None | Some(Format::Csv) => !options.spreadsheet_safe,
        Some(Format::Tsv) => true,
        Some(_) => false,
    };
    let listing = listing(keeps).when_empty("no devices yet");
    let mut rows = context.ui.rows_in(Format::Csv, &listing)?;
    store.each_exported_device(|device| Ok::<_, CliError>(rows.push(&device)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

type Get = fn(&ExportedDevice) -> Option<&str>;

/// A column of free text; if it `keeps` what an import would take off, as that has to read it.
fn text(key: &'static str, get: Get, keeps: bool) -> Column<ExportedDevice> {
    Column::new(key, move |it: &ExportedDevice| match get(it) {
        Some(text) => formula::kept(text).filter(|_| keeps).map_or_else(|| text.into(), Cell::from),
        None => Cell::Empty,
    })
}

fn listing(keeps: bool) -> Listing<ExportedDevice> {
    let text = |key, get: Get| text(key, get, keeps);
    let joined = |key, get: fn(&ExportedDevice) -> &Vec<String>| {
        Column::new(key, move |it: &ExportedDevice| {
            let list = get(it);
            formula::kept(&list.join(";")).filter(|_| keeps).map_or_else(|| list.into(), Cell::from)
        })
    };
    Listing::new(vec![
        text("serial_number", |it| Some(&it.serial_number)).priority(100),
        text("device_name", |it| it.device_name.as_deref()),
        text("platform", |it| it.platform.as_deref()),
        text("model", |it| it.model.as_deref()),
        text("asset_tag", |it| it.asset_tag.as_deref()),
        text("blueprint", |it| it.blueprint.as_deref()),
        joined("tags", |it| &it.tags),
        text("udid", |it| it.udid.as_deref()),
        text("imei", |it| it.imei.as_deref()),
        text("mdm_id", |it| it.mdm_id.as_deref()),
        Column::new("shared", |it: &ExportedDevice| it.shared.into()),
        text("user", |it| it.user.as_deref()).priority(90),
        text("user_external_id", |it| it.user_external_id.as_deref()),
        text("integration", |it| it.integration.as_deref()),
        Column::new("pin", |it: &ExportedDevice| it.pin.map_or(Cell::Empty, Cell::from)),
        text("reason", |it| it.reason.as_deref()),
        text("enrolled_by", |it| it.enrolled_by.as_deref()),
        text("enrolled_at", |it| it.enrolled_at.as_deref()),
        text("directory_owner", |it| it.directory_owner.as_deref()),
        text("last_user", |it| it.last_user.as_deref()),
        text("last_user_at", |it| it.last_user_at.as_deref()),
        text("last_seen_at", |it| it.last_seen_at.as_deref()),
        Column::new("user_id", |it: &ExportedDevice| it.user_id.map_or(Cell::Empty, Cell::Id)),
        text("user_name", |it| it.user_name.as_deref()),
        text("user_email", |it| it.user_email.as_deref()),
        text("user_state", |it| it.user_state.as_deref()),
        text("user_integration", |it| it.user_integration.as_deref()),
        text("user_department", |it| it.user_department.as_deref()),
        text("user_title", |it| it.user_title.as_deref()),
        text("assigned_at", |it| it.assigned_at.as_deref()),
        text("assignment_source", |it| it.assignment_source.as_deref()),
        Column::new("pinned", |it: &ExportedDevice| it.pinned.into()),
        joined("contradiction", |it| &it.contradiction),
    ])
}
