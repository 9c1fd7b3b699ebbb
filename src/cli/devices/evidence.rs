//! `dirsync devices evidence`: what speaks for somebody as the holder, told by hand, scripts and hooks.

use clap::{Args, Subcommand};

use super::command::{answer, change, not_ahead, serial};
use crate::cli::values::{self, word};
use crate::cli::{CliError, Context, Exit};
use crate::model::EvidenceKind;
use crate::people::{self, Kept, Telling};

/// Tell what speaks for somebody as the holder of a device
#[derive(Debug, Args)]
pub(super) struct EvidenceArgs {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    Add(AddArgs),
}

/// Note a sign-in, who enrolled a device, whose it is to be
///
/// The user need not be known here. Rules ('dirsync devices rules') make something of it on the next sync or with
/// 'dirsync devices assign --auto'. Of sign-ins those of 30 days are kept, of everything else the latest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices evidence add C02XL0GS --kind login --user \"$USER@example.com\"      in a hook of the device manager
  dirsync devices evidence add C02XL0GS --kind enrolled_by --user ada@example.com --at 2026-11-20T09:30:00Z
  dirsync devices evidence add C02XL0GS --kind expected_user --user new.starter@example.com --integration corp")]
struct AddArgs {
    /// The device's serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// What sort of evidence
    #[arg(long, value_name = "KIND", value_parser = word(EvidenceKind::TOLD, EvidenceKind::as_str))]
    kind: Option<EvidenceKind>,
    /// Whom it names: an address or a sign-in name
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// When it was so; now unless told, and at most a day ahead
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The integration the user is from
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
}

pub(super) fn run(context: &Context, args: &EvidenceArgs) -> Result<Exit, CliError> {
    match &args.command {
        EvidenceCommand::Add(args) => add(context, args),
    }
}

fn add(context: &Context, args: &AddArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let kind = match args.kind {
        Some(kind) => kind,
        None => {
            let words = EvidenceKind::TOLD.map(|kind| kind.as_str().to_owned());
            EvidenceKind::TOLD[context.prompt.select("What sort of evidence?", "--kind KIND", &words)?]
        }
    };
    let user =
        context.given_or_typed(args.user.as_deref(), "Whom does it name (address or sign-in name)?", "--user USER")?;
    let user = user.trim().to_owned();
    if user.is_empty() || user.chars().any(char::is_control) || user.chars().count() > 320 {
        return Err(CliError::usage("--user is an address or a sign-in name"));
    }
    let at = args.at.as_deref().unwrap_or_default();
    let at = match args.at {
        Some(_) => people::moment(at)
            .ok_or_else(|| CliError::usage(format!("--at '{at}' is no time")).hint("write 2026-11-24T08:00:00Z"))
            .and_then(|at| not_ahead(context, "--at", at))?,
        None => context.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    let mut store = context.writer()?;
    let integration = match args.integration.as_deref() {
        Some(name) => Some(context.integration(&store, name)?.id),
        None => None,
    };
    let telling = Telling { kind, user, integration, at };
    let kept = change(context, &mut store, false, |writer| Ok(people::tell(writer, &serial, &telling)?))?;
    match kept {
        Kept::New => {}
        Kept::Older => context.ui.warn(&format!("{}: what is known of {} is younger", serial.given, kind.as_str())),
        Kept::Settled => context.ui.warn(&format!(
            "{}: noted, but its holder was given it by hand; 'dirsync devices assign --replace' changes that",
            serial.given
        )),
    }
    answer(context, &store, &serial)
}
