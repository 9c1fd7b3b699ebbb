//! `dirsync set`: what `add` decided about a directory, decided anew.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use jiff::SignedDuration;
use url::Url;

use super::online::spec;
use super::{CliError, Context, ErrorKind, Exit, details, ping, values};
use crate::model::Integration;
use crate::output::Ui;
use crate::scim::service::Leniency;
use crate::store::Store;

/// Change how a directory is kept: how often it is read, whom to tell, what a directory that pushes may do
///
/// The watchdog of --ping-url is asked for (GET) at the end of every sync that went well, the same address with /start
/// below it when one begins and with /fail when one fails, as healthchecks.io and its like expect; nothing about anybody
/// is in it, and a watchdog that does not answer is no failure. The address is shown nowhere in full.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync set corp --interval 2h
  dirsync set corp --interval manual
  dirsync set corp --ping-url https://hc-ping.com/your-uuid
  dirsync set okta --equal-group-names --strict=no")]
pub struct SetArgs {
    /// The integration
    #[arg(value_name = "NAME", add = values::integration_names())]
    name: Option<String>,
    /// Time between syncs; manual: only when asked for
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    interval: Option<SignedDuration>,
    /// The watchdog to tell of every sync; none: nobody
    #[arg(long, value_name = "URL|none", value_parser = watchdog)]
    ping_url: Option<Watchdog>,
    #[command(flatten)]
    push: SwitchArgs,
}

/// What `add scim` knows as switches, each to be turned on or off.
#[derive(Debug, Args)]
#[command(next_help_heading = "Directories that push (SCIM)")]
struct SwitchArgs {
    /// Take only what the standard allows, not what directories really send
    #[arg(long, value_name = "yes|no", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = BoolishValueParser::new())]
    strict: Option<bool>,
    /// Let several groups have the same name
    #[arg(long, value_name = "yes|no", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = BoolishValueParser::new())]
    equal_group_names: Option<bool>,
    /// Pass over attributes in a PATCH that are not known here, instead of refusing all of it
    #[arg(long, value_name = "yes|no", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = BoolishValueParser::new())]
    ignore_unknown: Option<bool>,
}

#[derive(Clone, Debug)]
struct Watchdog(Option<Url>);

const PULLS: &[&str] = &["interval", "ping_url"];
const PUSHES: &[&str] = &["strict", "equal_group_names", "ignore_unknown"];

pub(super) fn run(context: &Context, args: &SetArgs) -> Result<Exit, CliError> {
    let store = context.writer()?;
    let integration = context.which_integration(&store, args.name.as_deref())?;
    // Only what was typed: what add is to use for new directories must not change those that are there.
    let typed = |flags: &[&'static str]| flags.iter().find(|flag| context.typed.contains(**flag)).copied();
    let pushes = spec(&integration.kind)?.push().is_some();
    let (ours, others) = if pushes { (PUSHES, PULLS) } else { (PULLS, PUSHES) };
    if let Some(strange) = typed(others) {
        let flag = strange.replace('_', "-");
        let whose = if pushes { "directories that are read" } else { "directories that push" };
        let ours = spec(&integration.kind)?.label;
        return Err(CliError::usage(format!("--{flag} is for {whose}, and {} is {ours}", integration.name))
            .of(&integration.name)
            .hint(format!("leave --{flag} away")));
    }
    if typed(ours).is_none() {
        let flags: Vec<String> = ours.iter().map(|flag| format!("--{}", flag.replace('_', "-"))).collect();
        return Err(CliError::usage("nothing was given to set").of(&integration.name).hint(flags.join(", ")));
    }
    if pushes {
        set_switches(context, &store, &integration, &args.push)?
    } else {
        set(context, &store, &integration, args)?
    }
    if context.ui.options().format.is_some() {
        details::show(context, &store, &integration.name)?;
    }
    Ok(Exit::Done)
}

fn set(context: &Context, store: &Store, integration: &Integration, args: &SetArgs) -> Result<(), CliError> {
    let name = &integration.name;
    if let Some(interval) = args.interval.filter(|_| context.typed.contains("interval")) {
        store.set_interval(integration.id, interval)?;
        let how = if interval.is_zero() { "only when asked for".to_owned() } else { format!("every {interval:#}") };
        context.ui.say(&format!("{name}: is synced {how}"));
    }
    if let Some(Watchdog(url)) = &args.ping_url {
        store.set_ping_url(integration.id, url.as_ref().map(Url::as_str))?;
        match url {
            Some(url) => context.ui.say(&format!("{name}: every sync is told to {}", ping::host(url))),
            None => context.ui.say(&format!("{name}: nobody is told of its syncs")),
        }
    }
    Ok(())
}

fn set_switches(
    context: &Context,
    store: &Store,
    integration: &Integration,
    args: &SwitchArgs,
) -> Result<(), CliError> {
    let failed = |error: serde_json::Error| CliError::new(ErrorKind::Failed, error.to_string());
    let mut options: Leniency = serde_json::from_value(integration.credentials.clone()).map_err(failed)?;
    for (flag, given, option) in [
        ("strict", args.strict, &mut options.strict),
        ("equal_group_names", args.equal_group_names, &mut options.equal_group_names),
        ("ignore_unknown", args.ignore_unknown, &mut options.ignore_unknown),
    ] {
        if let Some(given) = given.filter(|_| context.typed.contains(flag)) {
            *option = given;
            say_switch(&context.ui, &integration.name, flag, given);
        }
    }
    Ok(store.set_options(integration.id, &serde_json::to_value(options).map_err(failed)?)?)
}

fn say_switch(ui: &Ui, name: &str, flag: &str, on: bool) {
    ui.say(&format!("{name}: {} is {}", flag.replace('_', "-"), if on { "on" } else { "off" }));
}

fn watchdog(text: &str) -> Result<Watchdog, String> {
    if text == "none" {
        return Ok(Watchdog(None));
    }
    super::args::endpoint(text).map(|url| Watchdog(Some(url)))
}
