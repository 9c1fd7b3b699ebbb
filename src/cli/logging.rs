//! Log lines: warnings, more with `-v` and `-vv`, whatever `DIRSYNC_LOG` says; of a server, what it answers, syncs and
//! writes as well. They go to stderr or to a file; under systemd journald learns how grave each is.

use clap::ValueEnum;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::{EnvFilter, Layer};

use super::log_file::LogFile;
use super::log_line::{Objects, Prioritized, Stamp};
use super::{CliError, Command, Context, environment};
use crate::clock::Clock;
use crate::output::{TALK, under_journald};

/// What log lines look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// Whether what is said goes through the log, so that it looks as its other lines do.
pub(super) fn takes_talk(format: LogFormat, to_file: bool) -> bool {
    journald() || format == LogFormat::Json && !to_file
}

/// Whether stderr is journald's.
fn journald() -> bool {
    environment::text("JOURNAL_STREAM").is_some_and(|stream| under_journald(&stream))
}

/// Starts logging; a second start in one process changes nothing. Returns the file that lines go to.
///
/// # Errors
/// The file cannot be opened.
pub(super) fn start(context: &Context, command: &Command) -> Result<Option<LogFile>, CliError> {
    let serves = command.serves();
    let (ui, global) = (&context.ui, &context.global);
    let level = match global.verbose {
        _ if global.quiet => "error",
        0 if serves => "dirsync::scim=info,dirsync::sync=info,dirsync::cli::serve=info,warn",
        0 => "warn",
        1 => "dirsync=info,warn",
        _ => "dirsync=debug,info",
    };
    let wanted = environment::text("DIRSYNC_LOG").unwrap_or_else(|| level.to_owned());
    // What is said is not for a filter to silence. The verifier logs an ERROR of its own before we can say in our words what
    // is wrong with a certificate.
    let said = if global.quiet { "error" } else { "info" };
    let filter = EnvFilter::builder().parse_lossy(format!("{wanted},rustls_platform_verifier=off,{TALK}={said}"));
    let file = global.log_file.as_deref().map(LogFile::open).transpose()?;
    let (to_file, takes_talk) = (file.is_some(), ui.options().talk_is_logged);
    let look =
        Look { json: global.log_format == LogFormat::Json, target: global.verbose > 1, clock: context.clock.clone() };
    // Of what goes to a file, stderr has what is said alone; and that only where it is not said there anyway.
    let on_stderr = move |meta: &Metadata<'_>| if meta.target() == TALK { takes_talk } else { !to_file };
    let (all, syncs) = (serves || global.verbose > 1, command.syncs());
    let in_file = move |meta: &Metadata<'_>| all || meta.target() != TALK || (syncs && *meta.level() <= Level::WARN);
    let lines = ui.log_lines();
    let stderr = if journald() {
        look.layer(Stamped::Priority, Prioritized(lines))
    } else {
        look.layer(Stamped::No { colour: ui.options().color_talk }, move || lines.clone())
    };
    let subscriber = Registry::default()
        .with(filter)
        .with(stderr.with_filter(filter_fn(on_stderr)))
        .with(file.clone().map(|file| look.layer(Stamped::Time, file).with_filter(filter_fn(in_file))));
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(file)
}

/// How lines look, wherever they go.
struct Look {
    json: bool,
    target: bool,
    clock: Clock,
}

/// What stands before a line of text.
enum Stamped {
    /// Nothing: cron stamps lines itself, and a person at a terminal knows what time it is.
    No { colour: bool },
    /// What journald makes of it.
    Priority,
    /// When it was.
    Time,
}

impl Look {
    fn layer<S, W>(&self, stamped: Stamped, writer: W) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    {
        let layer = fmt::layer().with_ansi(false).with_target(self.target).with_writer(writer);
        match stamped {
            _ if self.json => layer.event_format(Objects(self.clock.clone())).boxed(),
            Stamped::No { colour } => layer.without_time().with_ansi(colour).boxed(),
            Stamped::Priority => layer.without_time().with_level(false).boxed(),
            Stamped::Time => layer.with_timer(Stamp(self.clock.clone())).boxed(),
        }
    }
}
