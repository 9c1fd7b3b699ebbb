//! Reading anew, while the server runs, what it was given: the settings, the certificate; and opening its log file again.

use super::command::ServeArgs;
use super::scheduler::Duties;
use crate::cli::log_file::LogFile;
use crate::cli::start::parse_again;
use crate::cli::{Cli, CliError, Command, Context};
use crate::scim::listen::TlsFiles;

/// Reads all of it anew. Whatever cannot be used changes nothing, and is told. Returns what counts from now on, if it can be.
pub(super) fn read_anew(context: &Context, args: &ServeArgs, tls: Option<&TlsFiles>) -> Option<Duties> {
    if let Some(Err(error)) = context.log_file.as_ref().map(LogFile::reopen) {
        tell(context, error, "the one that is open stays");
    }
    match tls.map(TlsFiles::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read anew"),
        Some(Err(error)) => tracing::error!(%error, "the certificate in use stays"),
        None => {}
    }
    let settings = parse_again(&context.arguments, &context.paths);
    match settings.map_err(|error| tell(context, error, "the settings in use stay")).ok()? {
        Cli { global, endpoints, command: Command::Serve(now) } => {
            let mut later = args.endpoint.differences(&now.endpoint);
            let before = &context.global;
            later.extend([
                ("sync", args.sync != now.sync),
                ("verbose", before.verbose != global.verbose),
                ("quiet", before.quiet != global.quiet),
                ("log_file", before.log_file != global.log_file),
                ("log_format", before.log_format != global.log_format),
                ("ca_file", before.ca_file != global.ca_file),
                ("the addresses of directories", context.endpoints != endpoints),
            ]);
            let later: Vec<&str> = later.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect();
            if !later.is_empty() {
                context.ui.warn(&format!("changed, but in force only from the next start on: {}", later.join(", ")));
            }
            context.ui.say("the settings were read anew");
            Some(Duties { sync: args.sync.then(|| now.syncing()), house: now.house })
        }
        // The same words name the same command.
        _ => None,
    }
}

fn tell(context: &Context, error: CliError, what_stays: &str) {
    let message = format!("{}; {what_stays}", error.message);
    CliError { message, ..error }.report().iter().for_each(|report| context.ui.report(report));
}
