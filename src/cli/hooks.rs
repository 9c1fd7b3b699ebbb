//! Hooks: commands of the administrator's that are told of a sync as JSON on their standard input. Told once at most: a
//! hook that fails is a warning, and nothing is told again.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::{CliError, Context, online, sync::Ended};
use crate::model::{Change, Integration, Outcome, Subject};
use crate::store::ChangeFilter;
use crate::sync::Report;

/// More changes than this are told by their number only.
const MOST_CHANGES: u32 = 10_000;

/// More of what a hook says is not heard, in bytes.
const MOST_WORDS: u64 = 4096;

/// How often a hook that runs is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What is told of syncs, and to whom; `[hooks]` in config.toml.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Hooks (config.toml: [hooks] on_change = \"…\")")]
pub(super) struct HookArgs {
    /// A shell command that gets every sync which changed something, as JSON
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
    hooks_on_change: Option<String>,
    /// A shell command that gets every sync which failed
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
    hooks_on_failure: Option<String>,
    /// A shell command that gets every sync whose removals are held
    #[arg(long, value_name = "COMMAND", hide_short_help = true)]
    hooks_on_held: Option<String>,
    /// How long a hook may take
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = super::args::duration, hide_short_help = true)]
    hooks_timeout: Duration,
    /// Tell hooks names, addresses and values too, not only ids
    #[arg(long, hide_short_help = true)]
    hooks_include_personal: bool,
}

/// What a hook reads.
#[derive(Serialize)]
struct Told<'a> {
    /// Of this document; grows when a key changes its meaning.
    schema: u8,
    event: &'static str,
    integration: &'a str,
    at: String,
    run: Option<i64>,
    outcome: Option<Outcome>,
    plan: Option<i64>,
    /// How many people would go with the plan.
    held: Option<i64>,
    /// Why it failed: a word for programs.
    kind: Option<&'static str>,
    message: Option<&'a str>,
    changes: Vec<ToldChange>,
    /// There are more changes than are told.
    truncated: bool,
}

#[derive(Serialize)]
struct ToldChange {
    subject: String,
    id: Option<i64>,
    external_id: String,
    kind: String,
    field: Option<String>,
    #[serde(flatten)]
    personal: Option<Personal>,
}

#[derive(Serialize)]
struct Personal {
    label: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

impl<'a> Told<'a> {
    fn of(event: &'static str, context: &Context, integration: &'a Integration) -> Self {
        Self {
            schema: 1,
            event,
            integration: &integration.name,
            at: format!("{:.0}", context.clock.now()),
            run: None,
            outcome: None,
            plan: None,
            held: None,
            kind: None,
            message: None,
            changes: Vec::new(),
            truncated: false,
        }
    }

    fn of_run(event: &'static str, context: &Context, integration: &'a Integration, report: &Report) -> Self {
        let told = Self::of(event, context, integration);
        Self { run: report.run, outcome: Some(report.outcome()), plan: report.plan, ..told }
    }
}

impl HookArgs {
    /// Tells whoever wants to know how a sync ended.
    pub(super) fn tell(&self, context: &Context, ended: &Ended) -> Result<(), CliError> {
        let (integration, result) = ended;
        let report = match result {
            Ok(report) => report,
            Err(error) => {
                let (kind, message) = (error.word(), Some(error.message.as_str()));
                self.run(context, self.hooks_on_failure.as_ref(), || {
                    Ok(Told { kind, message, ..Told::of("failure", context, integration) })
                })?;
                return Ok(());
            }
        };
        if report.plan.is_some() {
            let held = Some(report.summary.users.held);
            self.run(context, self.hooks_on_held.as_ref(), || {
                Ok(Told { held, ..Told::of_run("held", context, integration, report) })
            })?;
        }
        self.tell_changes(context, ended)
    }

    /// Tells what a sync changed, which no later one tells again.
    pub(super) fn tell_changes(&self, context: &Context, (integration, result): &Ended) -> Result<(), CliError> {
        let (Some(command), Ok(report)) = (&self.hooks_on_change, result) else { return Ok(()) };
        let (changes, truncated) = self.changes(context, report)?;
        if !changes.is_empty() {
            let told = Told::of_run("change", context, integration, report);
            self.run(context, Some(command), || Ok(Told { changes, truncated, ..told }))?;
        }
        Ok(())
    }

    /// What a run changed of people, groups and devices; memberships are many and say little to a ticket system.
    fn changes(&self, context: &Context, report: &Report) -> Result<(Vec<ToldChange>, bool), CliError> {
        let Some(run) = report.run else { return Ok((Vec::new(), false)) };
        let subjects = vec![Subject::User, Subject::Group, Subject::Device];
        let filter =
            ChangeFilter { run: Some(run), subjects, limit: Some(MOST_CHANGES + 1), ..ChangeFilter::default() };
        let mut changes = Vec::new();
        context.reader()?.each_change(&filter, |change| {
            changes.push(self.told(change));
            Ok::<_, CliError>(())
        })?;
        let truncated = changes.len() > MOST_CHANGES as usize;
        changes.truncate(MOST_CHANGES as usize);
        changes.reverse();
        Ok((changes, truncated))
    }

    fn told(&self, change: Change) -> ToldChange {
        let Change { subject, id, external_id, kind, field, label, before, after, .. } = change;
        let personal = self.hooks_include_personal.then_some(Personal { label, before, after });
        ToldChange { subject, id, external_id, kind, field, personal }
    }

    /// Runs a hook, if there is one. Whatever becomes of it, the sync is what it was.
    fn run<'a>(
        &self,
        context: &Context,
        command: Option<&String>,
        told: impl FnOnce() -> Result<Told<'a>, CliError>,
    ) -> Result<(), CliError> {
        let Some(command) = command else { return Ok(()) };
        let told = told()?;
        let (event, integration) = (told.event, told.integration);
        let text = serde_json::to_string(&told).unwrap_or_default();
        if let Err(reason) = started(command, text).and_then(|(child, words)| self.ended(context, child, &words)) {
            context.ui.warn(&format!("{integration}: the hook on_{event} failed: {reason}"));
        }
        Ok(())
    }

    fn ended(&self, context: &Context, mut child: Child, words: &Receiver<String>) -> Result<(), String> {
        let began = context.clock.instant();
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    // Something of its own may still hold the pipe.
                    let words = words.recv_timeout(10 * LOOK).unwrap_or_default();
                    let first = words.lines().next().map_or(String::new(), |line| format!(" ({line})"));
                    return Err(format!("it ended with {status}{first}"));
                }
                Ok(None) if context.clock.instant().duration_since(began) >= self.hooks_timeout => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("it took longer than {:?}", self.hooks_timeout));
                }
                // It goes on by itself.
                Ok(None) if context.stop.is_serving() && context.stop.asked().is_some() => return Ok(()),
                Ok(None) => {
                    context.alive.beat();
                    std::thread::sleep(LOOK);
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// A hook that is being told, and what it says on standard error. Neither pipe is waited for: what a hook leaves running may
/// hold them for ever.
fn started(command: &str, text: String) -> Result<(Child, Receiver<String>), String> {
    let argv = online::shell(command);
    let (program, arguments) = argv.split_first().ok_or("there is no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    }
    let (said, words) = std::sync::mpsc::channel();
    if let Some(complaint) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = complaint.take(MOST_WORDS).read_to_end(&mut text);
            let _ = said.send(String::from_utf8_lossy(&text).into_owned());
        });
    }
    Ok((child, words))
}
