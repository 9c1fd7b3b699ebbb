//! The one mechanism by which a flag becomes a setting. A setting is a long flag; its environment variable is
//! `DIRSYNC_` and the flag in capitals; its key in config.toml is the flag in snake_case. Flag beats environment beats
//! file. Done by walking the finished command, so that a new flag is a setting without a line here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind as Clap};
use clap::{Arg, ArgAction, Command};

use super::CliError;
use super::config_file::{self, Entry};
use crate::paths::Lookup;

/// Flags that say what this one call is about; a value that lingers in an environment or a file would do harm.
const ONCE: &[&str] = &[
    "admin-consent",
    "adopt-from",
    "all",
    "asset-tag",
    "assigned",
    "at",
    "auto",
    "blueprint",
    "browser",
    "confirm",
    "credentials-end",
    "cron",
    "decided",
    "delimiter",
    "department",
    "different",
    "dry-run",
    "due",
    "email",
    "enrolled-at",
    "every",
    "evidence",
    "exclude-suspended",
    "exit-code",
    "expected-user",
    "file",
    "force",
    "from",
    "full",
    "group",
    "help",
    "holder-status",
    "imei",
    "integration",
    "keep",
    "keep-all",
    "kept",
    "kind",
    "last-seen-at",
    "launchd",
    "limit",
    "map",
    "max-remove",
    "mdm-id",
    "mode",
    "model",
    "move-pinned",
    "name",
    "nested",
    "no-revoke",
    "older-than",
    "only-unassigned",
    "org-unit",
    "passphrase-file",
    "people",
    "pin",
    "ping-url",
    "platform",
    "preset",
    "prometheus",
    "reason",
    "rejects",
    "remove-absent",
    "replace",
    "sandbox-port",
    "search",
    "seed",
    "shared",
    "since",
    "stale",
    "status",
    "subject",
    "system",
    "systemd",
    "tag",
    "to",
    "token-file",
    "udid",
    "unassign",
    "unassigned",
    "user",
    "version",
    "wait",
    "windows",
    "with-devices",
    "with-key",
    "without-secrets",
    "yes",
];

/// The environment variable of a long flag.
pub(crate) fn variable(flag: &str) -> String {
    format!("DIRSYNC_{}", flag.to_uppercase().replace('-', "_"))
}

/// `command` with every setting's environment variable and the values of the config file underneath.
pub(super) fn layer(command: Command, environment: Lookup<'_>, file: &Path) -> Result<Command, CliError> {
    let flags = flags(&command);
    let mut defaults = BTreeMap::new();
    for Entry { key, values, line } in config_file::read(file)? {
        let Some(arg) = flags.get(&key) else {
            let message = format!("there is no setting '{key}'");
            let error = config_file::wrong(file, line, &message);
            return Err(match nearest(&key, flags.keys()) {
                Some(known) => error.hint(format!("did you mean '{known}'?")),
                None => error.hint("settings are the long flags in snake_case: key_store, google_api_url …"),
            });
        };
        if let Err(problem) = accepts(arg, &values) {
            return Err(config_file::wrong(file, line, &format!("{key}: {problem}")));
        }
        defaults.insert(key, values);
    }
    Ok(dress(command, environment, &defaults))
}

/// Without the file, for when it is the file that is wrong and help is wanted all the same.
pub(super) fn layer_environment(command: Command, environment: Lookup<'_>) -> Command {
    dress(command, environment, &BTreeMap::new())
}

/// If clap refused a value that came from the environment: the error that names the variable.
pub(super) fn blame_environment(
    error: &clap::Error,
    arguments: &[OsString],
    environment: Lookup<'_>,
) -> Option<CliError> {
    if !matches!(error.kind(), Clap::InvalidValue | Clap::ValueValidation) {
        return None;
    }
    let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = arg.split_whitespace().next()?.strip_prefix("--")?;
    let flag = flag.split(['=', '[']).next()?;
    let value = environment(&variable(flag))?;
    let refused = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    let typed = arguments.iter().any(|argument| {
        let argument = argument.to_string_lossy();
        argument == format!("--{flag}")
            || argument.starts_with(&format!("--{flag}="))
            || argument == refused
            || (!refused.is_empty() && argument.starts_with('-') && argument.ends_with(refused))
    });
    (!typed && value.to_string_lossy().contains(refused))
        .then(|| CliError::usage(format!("{}: {}", variable(flag), first_paragraph(error))))
}

/// clap's sentence without its label, usage and advice to read the help.
pub(super) fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.trim_start_matches("error: ");
    let end = text.find("\n\nUsage:").or_else(|| text.find("\n\nFor more")).unwrap_or(text.len());
    text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every long flag by its key in the file.
fn flags(command: &Command) -> BTreeMap<String, Arg> {
    let mut found = BTreeMap::new();
    for arg in command.get_arguments() {
        if let Some(flag) = arg.get_long().filter(|flag| !ONCE.contains(flag)) {
            found.insert(flag.replace('-', "_"), arg.clone());
        }
    }
    for inner in command.get_subcommands() {
        found.extend(flags(inner));
    }
    found
}

fn dress(command: Command, environment: Lookup<'_>, defaults: &BTreeMap<String, Vec<String>>) -> Command {
    let command = command.mut_args(|arg| {
        let Some(flag) = arg.get_long().filter(|flag| !ONCE.contains(flag)).map(str::to_owned) else { return arg };
        let mut arg = arg;
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            // "1" and "yes" are what people write in an environment.
            arg = arg.value_parser(BoolishValueParser::new());
        }
        if let Some(values) = defaults.get(&flag.replace('-', "_")) {
            // clap lets only flags with a value hide what they default to.
            let takes_value = arg.get_action().takes_values();
            arg = arg.required(false).default_values(values.clone());
            if takes_value {
                arg = arg.hide_default_value(true);
            }
        }
        // An empty variable is how scripts say "not set".
        if environment(&variable(&flag)).is_some_and(|value| !value.is_empty()) {
            arg = arg.env(variable(&flag)).hide_env(true);
        }
        arg
    });
    command.mut_subcommands(|inner| dress(inner, environment, defaults))
}

/// Whether `arg` takes these values: asked of clap itself, by a command that has nothing but this flag.
fn accepts(arg: &Arg, values: &[String]) -> Result<(), String> {
    let parser = match arg.get_action() {
        ArgAction::SetTrue => BoolishValueParser::new().into(),
        _ => arg.get_value_parser().clone(),
    };
    let probe = Arg::new("value").long("value").action(ArgAction::Append).value_parser(parser);
    let words = values.iter().map(|value| format!("--value={value}"));
    match Command::new("settings").arg(probe).try_get_matches_from(std::iter::once("settings".to_owned()).chain(words))
    {
        Ok(_) => Ok(()),
        Err(error) => Err(first_paragraph(&error).replace(" for '--value <value>'", "")),
    }
}

/// A key that differs by a slip of the finger.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let distance = |other: &str| {
        let (short, long) = if key.len() < other.len() { (key, other) } else { (other, key) };
        let common = short.chars().zip(long.chars()).take_while(|(left, right)| left == right).count();
        let tail = short.chars().rev().zip(long.chars().rev()).take_while(|(left, right)| left == right).count();
        long.chars().count().saturating_sub(common + tail)
    };
    known.map(|other| (distance(other), other)).filter(|(distance, _)| *distance <= 3).min().map(|(_, other)| &**other)
}
