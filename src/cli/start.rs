//! From arguments to exit code: completion, settings, parsing, the command on a thread of its own, its error shown.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches};

use super::early::Early;
use super::{Cli, CliError, Context, Exit, Stop, completions, environment, logging, prompt, settings};
use crate::clock::Clock;
use crate::output::{Format, Options, Ui};
use crate::paths::Paths;

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match completions::answer_shell(&arguments) {
        Ok(true) => return Exit::Done.into(),
        Ok(false) => {}
        Err(_) => return Exit::Failed.into(),
    }
    let (sender, events) = mpsc::channel();
    let stop = Stop::new();
    stop.listen(sender.clone());
    let work = {
        let stop = stop.clone();
        move || {
            let mut ending = Ending { sender, exit: Exit::Failed };
            ending.exit = run(&arguments, stop);
        }
    };
    // A thread of its own, so that being stopped ends the program even where a library waits for ever.
    if std::thread::Builder::new().name("dirsync".into()).stack_size(8 << 20).spawn(work).is_err() {
        return Exit::Failed.into();
    }
    wait(&events, &stop).into()
}

/// Tells `wait` how the command ended, even when that was a panic (whose message is out by then).
struct Ending {
    sender: mpsc::Sender<Event>,
    exit: Exit,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.sender.send(Event::Ended(self.exit));
    }
}

enum Event {
    Ended(Exit),
    Stopped(Exit),
}

impl From<Exit> for Event {
    fn from(exit: Exit) -> Self {
        Self::Stopped(exit)
    }
}

fn wait(events: &mpsc::Receiver<Event>, stop: &Stop) -> Exit {
    let mut first = None;
    loop {
        let patience = if first.is_some() { stop.patience() } else { Duration::MAX };
        match (events.recv_timeout(patience), first) {
            (Ok(Event::Ended(exit)), _) => return stop.ending(exit),
            (Ok(Event::Stopped(exit)), None) => first = Some(exit),
            // The second Ctrl-C, or a command that did not end in time.
            (Ok(Event::Stopped(_)) | Err(RecvTimeoutError::Timeout), Some(exit)) => {
                prompt::show_cursor();
                return exit;
            }
            // Nobody is left who could say more.
            (Err(RecvTimeoutError::Disconnected), _) => return Exit::Failed,
            (Err(RecvTimeoutError::Timeout), None) => {}
        }
    }
}

fn run(arguments: &[OsString], stop: Stop) -> Exit {
    let early = Early::look(arguments, &environment::variable);
    let ui = Ui::new(early_options(&early), Clock::system());
    let context = match understand(arguments, &ui, stop) {
        Ok(Some(context)) => context,
        Ok(None) => return Exit::Done,
        Err(ended) => return ended,
    };
    let (cli, mut context) = *context;
    match logging::start(&context, &cli.command) {
        Ok(file) => context.log_file = file,
        // There is no log yet to tell it.
        Err(error) => return fail(&ui, &error),
    }
    let ended = cli.command.run(&context);
    context.ui.flush();
    ended.unwrap_or_else(|error| fail(&context.ui, &error))
}

fn fail(ui: &Ui, error: &CliError) -> Exit {
    if let Some(report) = error.report() {
        ui.report(&report);
    }
    error.exit()
}

type Understood = Box<(Cli, Context)>;

/// `Ok(None)`: help or version was wanted and has been shown.
fn understand(arguments: &[OsString], ui: &Ui, stop: Stop) -> Result<Option<Understood>, Exit> {
    let paths = Paths::locate(&environment::variable).map_err(|error| fail(ui, &error.into()))?;
    let (command, settings) = match settings::layer(Cli::command(), &environment::variable, &paths.config_file) {
        Ok(command) => (command, Ok(())),
        Err(error) => (settings::layer_environment(Cli::command(), &environment::variable), Err(error)),
    };
    let parsed = command
        .color(if ui.options().color_out { ColorChoice::Always } else { ColorChoice::Never })
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, typed(&matches))));
    let (cli, typed) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if !error.use_stderr() => {
            let shown = ui.text(&error.render().ansi().to_string());
            return shown.map(|()| None).map_err(|error| fail(ui, &error.into()));
        }
        // A wrong file explains a missing argument better than clap can.
        Err(error) => {
            return Err(match settings {
                Err(wrong_file) => fail(ui, &wrong_file),
                Ok(()) => refuse(&error, arguments, ui),
            });
        }
    };
    settings.map_err(|error| fail(ui, &error))?;
    let clock = clock().map_err(|error| fail(ui, &error))?;
    let ui = Ui::new(options(&cli), clock.clone());
    let context = Context::new(ui, paths, clock, &cli, stop, typed, arguments);
    Ok(Some(Box::new((cli, context))))
}

/// The ids of what was typed, in every subcommand on the way.
fn typed(matches: &ArgMatches) -> BTreeSet<String> {
    let typed = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    let mut found: BTreeSet<String> = matches.ids().filter(typed).map(ToString::to_string).collect();
    if let Some((_, inner)) = matches.subcommand() {
        found.extend(self::typed(inner));
    }
    found
}

/// The arguments as if these words had been typed, settings included.
pub(super) fn parse_again(words: &[impl Into<OsString> + Clone], paths: &Paths) -> Result<Cli, CliError> {
    let command = settings::layer(Cli::command(), &environment::variable, &paths.config_file)?;
    let parsed =
        command.try_get_matches_from(words.iter().cloned()).and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| CliError::usage(settings::first_paragraph(&error)))
}

/// Shows clap's refusal: its own rendering for people, our object for programs.
fn refuse(error: &clap::Error, arguments: &[OsString], ui: &Ui) -> Exit {
    if let Some(error) = settings::blame_environment(error, arguments, &environment::variable) {
        return fail(ui, &error);
    }
    if matches!(ui.options().format, Some(Format::Json | Format::JsonLines)) {
        let message = match error.kind() {
            clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".to_owned(),
            _ => settings::first_paragraph(error),
        };
        return fail(ui, &CliError::usage(message).hint("'dirsync --help' and 'dirsync COMMAND --help' show how"));
    }
    ui.raw_talk(&error.render().ansi().to_string());
    Exit::Usage
}

/// A test may stand at a fixed moment; users have no need to know.
fn clock() -> Result<Clock, CliError> {
    match environment::text("DIRSYNC_NOW") {
        None => Ok(Clock::system()),
        Some(text) => match text.parse() {
            Ok(at) => Ok(Clock::manual(at)),
            Err(error) => Err(CliError::usage(format!("DIRSYNC_NOW: {error}"))),
        },
    }
}

fn early_options(early: &Early) -> Options {
    let choice = match early.color.as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    Options { format: early.format, ..terminal(choice) }
}

fn options(cli: &Cli) -> Options {
    let global = &cli.global;
    Options {
        format: global.output,
        columns: global.columns.clone(),
        spreadsheet_safe: global.spreadsheet_safe,
        wide: global.wide,
        quiet: global.quiet,
        // An error that is an object for programs is one wherever it is read.
        talk_is_logged: !matches!(global.output, Some(Format::Json | Format::JsonLines))
            && logging::takes_talk(global.log_format, global.log_file.is_some()),
        verbosity: global.verbose,
        ..terminal(global.color)
    }
}

fn terminal(color: ColorChoice) -> Options {
    let (terminal_out, terminal_talk) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
    let wanted = |terminal: bool| match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let dumb = environment::text("TERM").is_some_and(|term| term == "dumb");
            terminal && !dumb && environment::variable("NO_COLOR").is_none()
        }
    };
    let columns = environment::text("COLUMNS").and_then(|text| text.parse().ok()).filter(|&width| width > 0);
    Options {
        color_out: wanted(terminal_out),
        color_talk: wanted(terminal_talk),
        terminal_out,
        terminal_talk,
        width: columns.or_else(|| terminal_out.then(crate::output::terminal_width).flatten()),
        ..Options::default()
    }
}
