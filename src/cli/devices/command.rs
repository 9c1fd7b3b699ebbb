//! What `dirsync devices` can do, and what its subcommands share.

use clap::{Args, Subcommand};

use super::{assign, edit, evidence, explain, export, history, import, list, rules, show};
use crate::cli::{CliError, Context, Exit, plans};
use crate::model::Device;
use crate::people::{Serial, latest};
use crate::store::{DeviceWriter, KnownDevice, Store, WriteTurn};

/// List devices, say whose they are, import and export them
///
/// A device has one holder, a person may hold several. Whoever holds one stays when their directory forgets them or is
/// deleted. Serial numbers are compared without regard to case.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices --unassigned
  dirsync devices assign C02XL0GS ada@example.com
  dirsync devices handover C02XL0GS --from ada@example.com --to grace@example.com
  dirsync devices import devices.csv --dry-run
  dirsync devices export > devices.csv")]
pub struct DevicesArgs {
    #[command(subcommand)]
    command: Option<DevicesCommand>,
    #[command(flatten)]
    filter: list::FilterArgs,
}

#[derive(Debug, Subcommand)]
enum DevicesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Add(edit::AddArgs),
    Set(edit::SetArgs),
    Remove(edit::RemoveArgs),
    Assign(assign::AssignArgs),
    Unassign(assign::UnassignArgs),
    Handover(assign::HandoverArgs),
    Explain(explain::ExplainArgs),
    History(history::HistoryArgs),
    Evidence(evidence::EvidenceArgs),
    Rules(rules::RulesArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
}

pub(in crate::cli) fn run(context: &Context, args: &DevicesArgs) -> Result<Exit, CliError> {
    match &args.command {
        None => list::list(context, &args.filter),
        Some(_) if args.filter != list::FilterArgs::default() => {
            Err(CliError::usage("filters are for the listing; put what belongs to a subcommand behind it"))
        }
        Some(DevicesCommand::List(args)) => list::run(context, args),
        Some(DevicesCommand::Show(args)) => show::run(context, args),
        Some(DevicesCommand::Add(args)) => edit::add(context, args),
        Some(DevicesCommand::Set(args)) => edit::set(context, args),
        Some(DevicesCommand::Remove(args)) => edit::remove(context, args),
        Some(DevicesCommand::Assign(args)) => assign::assign(context, args),
        Some(DevicesCommand::Unassign(args)) => assign::unassign(context, args),
        Some(DevicesCommand::Handover(args)) => assign::handover(context, args),
        Some(DevicesCommand::Explain(args)) => explain::run(context, args),
        Some(DevicesCommand::History(args)) => history::run(context, args),
        Some(DevicesCommand::Evidence(args)) => evidence::run(context, args),
        Some(DevicesCommand::Rules(args)) => rules::run(context, args),
        Some(DevicesCommand::Import(args)) => import::run(context, args),
        Some(DevicesCommand::Export(args)) => export::run(context, args),
    }
}

/// The serial number that was given, or else typed.
pub(super) fn serial(context: &Context, given: Option<&str>) -> Result<Serial, CliError> {
    let text = context.given_or_typed(given, "Which device (serial number)?", "SERIAL")?;
    Serial::parse(&text).map_err(|error| CliError::usage(error.to_string()))
}

/// The device of this serial number, taken out or not.
pub(super) fn known(store: &Store, serial: &Serial) -> Result<KnownDevice, CliError> {
    store.device_by_serial(&serial.key)?.ok_or_else(|| no_device(serial))
}

/// There is none.
pub(super) fn no_device(serial: &Serial) -> CliError {
    CliError::not_found(format!("there is no device '{}'", serial.given))
        .hint("'dirsync devices' lists those there are, 'dirsync devices add' adds one")
}

/// A moment as stored, unless it is in the future: that would be the newest word for ever.
pub(super) fn not_ahead(context: &Context, what: &str, at: String) -> Result<String, CliError> {
    if at > latest(context.clock.now()) {
        let message = format!("{what} '{at}' is more than a day in the future");
        return Err(CliError::usage(message).hint("say when it was, and look at the clock that told it"));
    }
    Ok(at)
}

/// Changes devices when it is this process's turn to write; nothing of it stays if `pretend` is set.
pub(super) fn change<T>(
    context: &Context,
    store: &mut Store,
    pretend: bool,
    change: impl FnOnce(&DeviceWriter<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let _turn = WriteTurn::wait(&context.paths.locks)?;
    store.change_devices(context.clock.now(), Some(&plans::who()), pretend, change)
}

/// Shows the device as it is now to whoever asked for data.
pub(super) fn answer(context: &Context, store: &Store, serial: &Serial) -> Result<Exit, CliError> {
    if context.ui.options().format.is_some()
        && let Some(KnownDevice { device, .. }) = store.device_by_serial(&serial.key)?
    {
        context.ui.one::<Device>(&list::listing(), &device)?;
    }
    Ok(Exit::Done)
}
