//! `dirsync devices assign`, `unassign` and `handover`: whose a device is, by command.

use clap::Args;

use super::auto::auto;
use super::command::{answer, change, serial};
use crate::cli::users_show::the_one;
use crate::cli::{CliError, Context, Exit, values};
use crate::model::UserStatus;
use crate::people::{self, Assign, Given};
use crate::store::{DeviceFilter, Person, Store};

/// Give a device to somebody, or have the rules give devices
///
/// A device that somebody else holds is given away only with --replace; without it the exit code is 1 and the holder is
/// named. Given to whoever holds it already, what a rule or a list gave becomes a decision by hand. With --auto the rules
/// ('dirsync devices rules') are tried on all devices, as at the end of every sync.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices assign C02XL0GS ada@example.com
  dirsync devices assign C02XL0GS ada@example.com --integration corp --pin --reason 'her own laptop'
  dirsync devices assign C02XL0GS 17 --replace
  dirsync devices assign --auto --dry-run")]
pub(super) struct AssignArgs {
    /// The device's serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// The person: an address (present, alias or former), sign-in name, id, or id in the directory
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// Only look for the person in this integration; of the rules: only give to people of it
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    pub(super) integration: Option<String>,
    /// No rule and no plain import may change it
    #[arg(long)]
    pin: bool,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Take it from whoever has it
    #[arg(long)]
    replace: bool,
    /// Try the rules on all devices
    #[arg(long, conflicts_with_all = ["serial", "user", "pin", "reason", "replace"])]
    auto: bool,
    /// Show what the rules would give, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Only give devices that nobody holds
    #[arg(long)]
    pub(super) only_unassigned: bool,
}

/// Take a device from whoever holds it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync devices unassign C02XL0GS --reason 'handed in'")]
pub(super) struct UnassignArgs {
    /// The device's serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Give a device from one person to another, if the first has it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices handover C02XL0GS --from ada@example.com --to grace@example.com --reason 'Ada has a new one'")]
pub(super) struct HandoverArgs {
    /// The device's serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// Who has it
    #[arg(long, value_name = "USER")]
    from: Option<String>,
    /// Who gets it
    #[arg(long, value_name = "USER")]
    to: Option<String>,
    /// Only look for both in this integration
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// No rule and no plain import may change it
    #[arg(long)]
    pin: bool,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) fn assign(context: &Context, args: &AssignArgs) -> Result<Exit, CliError> {
    if args.auto {
        return auto(context, args);
    }
    // clap does not miss an argument that goes with no other one given.
    if args.dry_run || args.only_unassigned {
        let flag = if args.dry_run { "--dry-run" } else { "--only-unassigned" };
        return Err(
            CliError::usage(format!("{flag} is for the rules")).hint("add --auto, and leave out SERIAL and USER")
        );
    }
    let serial = serial(context, args.serial.as_deref())?;
    let asked = context.given_or_typed(args.user.as_deref(), "To whom (address or id)?", "USER")?;
    let mut store = context.writer()?;
    let user = the_one(context, &store, &asked, args.integration.as_deref())?.id;
    let how = Assign { pin: args.pin, replace: args.replace, reason: args.reason.as_deref() };
    let given = change(context, &mut store, false, |writer| Ok(people::assign(writer, &serial, user, &how)?))?;
    say(context, &given);
    let_go(context, &store, given.before.as_ref())?;
    answer(context, &store, &serial)
}

pub(super) fn unassign(context: &Context, args: &UnassignArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let mut store = context.writer()?;
    let reason = args.reason.as_deref();
    let given = change(context, &mut store, false, |writer| Ok(people::unassign(writer, &serial, reason)?))?;
    match &given.before {
        Some(before) => context.ui.say(&format!("{}: taken from {}", given.serial, before.label)),
        None => context.ui.say(&format!("{}: nobody had it", given.serial)),
    }
    let_go(context, &store, given.before.as_ref())?;
    answer(context, &store, &serial)
}

pub(super) fn handover(context: &Context, args: &HandoverArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let from = context.given_or_typed(args.from.as_deref(), "From whom (address or id)?", "--from USER")?;
    let to = context.given_or_typed(args.to.as_deref(), "To whom (address or id)?", "--to USER")?;
    let mut store = context.writer()?;
    let integration = args.integration.as_deref();
    let from = the_one(context, &store, &from, integration)?.id;
    let to = the_one(context, &store, &to, integration)?.id;
    let how = Assign { pin: args.pin, replace: true, reason: args.reason.as_deref() };
    let given = change(context, &mut store, false, |writer| Ok(people::handover(writer, &serial, from, to, &how)?))?;
    say(context, &given);
    let_go(context, &store, given.before.as_ref())?;
    answer(context, &store, &serial)
}

/// Says of whoever had a device before, if they stayed only for what they held and hold nothing any more, that they may go.
pub(super) fn let_go(context: &Context, store: &Store, before: Option<&Person>) -> Result<(), CliError> {
    let Some(before) = before.filter(|it| it.status == UserStatus::Retained) else { return Ok(()) };
    let mut holds = false;
    let theirs = DeviceFilter { user: Some(before.id), limit: Some(1), ..DeviceFilter::default() };
    store.each_device(&theirs, |_| {
        holds = true;
        Ok::<_, CliError>(())
    })?;
    if !holds {
        let who = &before.label;
        context.ui.say(&format!("{who} is retained and holds nothing any more; 'dirsync users prune' can let them go"));
    }
    Ok(())
}

fn say(context: &Context, given: &Given) {
    let Some(holder) = &given.holder else { return };
    let who = format!("{} ({}, user {})", holder.label, holder.integration_name, holder.id);
    let line = match &given.before {
        _ if given.confirmed => format!("{}: {who} has it already, and now by hand", given.serial),
        _ if !given.changed() => format!("{}: {who} has it already", given.serial),
        Some(before) => format!("{}: given to {who}, taken from {}", given.serial, before.label),
        None => format!("{}: given to {who}", given.serial),
    };
    context.ui.say(&line);
    if holder.status != UserStatus::Active {
        context.ui.warn(&format!("{} is {}", holder.label, holder.status.as_str()));
    }
}
