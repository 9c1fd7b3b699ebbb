//! `dirsync sync --due`: what timers start, as often as they like. Nothing due and nothing new to tell: one look into the
//! database, no key, no network, no word.

use std::collections::HashMap;

use super::hooks::HookArgs;
use super::locked_out::locked_out;
use super::online::KeyStoreArgs;
use super::sync::{Ended, HowArgs, pulls, shortcomings, side_by_side, tell};
use super::{CliError, Context, ErrorKind, Exit, fired, run_summary, runs};
use crate::auth::reauth_command;
use crate::model::{Integration, IntegrationId, Outcome, Standing, TroubleTold};
use crate::store::{HeldFacts, Watched};
use crate::sync::Report;
use crate::sync::due::{Due, due};
use crate::sync::trouble::{Trouble, away_too_long, ends_without_sync};

pub(super) fn run(
    context: &Context,
    how: HowArgs,
    key_store: &KeyStoreArgs,
    hooks: &HookArgs,
) -> Result<(Exit, bool), CliError> {
    // Whoever looks on is told each time; that nobody else needs to be told is not for them to say.
    let audience = if context.ui.options().terminal_talk { Audience::Person } else { Audience::Timer };
    let Swept { exit, runs, tried } = sweep(context, how, key_store, hooks, audience)?;
    if !runs.is_empty() && context.ui.options().format.is_some() {
        runs::list_these(context, &runs)?;
    }
    if !tried {
        context.ui.remark("nothing is due; 'dirsync list' says when that will be");
    }
    Ok((exit, !runs.is_empty()))
}

/// Who hears what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Somebody at a terminal, who is told everything each time.
    Person,
    /// A timer's mail: what is wrong, once a day.
    Timer,
    /// A server's log: the same, and a line about every sync.
    Log,
}

impl Audience {
    /// Tells how a sync went; returns how it ends.
    fn hears(
        self,
        context: &Context,
        integration: &Integration,
        result: &Result<Report, CliError>,
    ) -> Result<Exit, CliError> {
        match (self, result) {
            // The log has its line already.
            (Self::Log, Ok(report)) => shortcomings(context, integration, report),
            (Self::Log | Self::Person | Self::Timer, result) => tell(context, integration, result),
        }
    }
}

/// What one look came to.
pub(super) struct Swept {
    exit: Exit,
    /// The runs that were recorded.
    runs: Vec<i64>,
    /// Something was due.
    tried: bool,
}

impl Swept {
    /// Whether anything was synced.
    pub(super) fn synced(&self) -> bool {
        !self.runs.is_empty()
    }
}

/// Syncs what is due, and tells what is news.
pub(super) fn sweep(
    context: &Context,
    how: HowArgs,
    key_store: &KeyStoreArgs,
    hooks: &HookArgs,
    audience: Audience,
) -> Result<Swept, CliError> {
    let now = context.clock.now();
    let watched = context.reader()?.watched()?;
    if audience == Audience::Timer {
        fired::note(context);
    }
    let mut asked = Vec::new();
    for it in &watched {
        if let Due::Now { clock_set_back } = due(&it.cadence, now) {
            // Whoever has been told of other trouble meanwhile has been told of this.
            if clock_set_back && it.told.is_none() {
                let name = &it.name;
                context.ui.warn(&format!(
                    "{name}: was synced in the future; this machine's clock was set back, so it is due"
                ));
            }
            asked.push(it.id);
        }
    }
    let mut attempted = if asked.is_empty() { HashMap::new() } else { attempt(context, &asked, how, key_store)? };
    let (mut endings, mut runs) = (Vec::new(), Vec::new());
    for before in &watched {
        let ended = attempted.remove(&before.id);
        runs.extend(ended.as_ref().and_then(|(_, result)| result.as_ref().ok()?.run));
        endings.push(account(context, before, ended, hooks, audience)?);
    }
    Ok(Swept { exit: Exit::gravest(endings), runs, tried: !asked.is_empty() })
}

/// Syncs what is due; how each went.
fn attempt(
    context: &Context,
    asked: &[IntegrationId],
    how: HowArgs,
    key_store: &KeyStoreArgs,
) -> Result<HashMap<IntegrationId, Ended>, CliError> {
    let store = context.writer()?;
    let live = store.integrations()?.into_iter();
    let due: Vec<Integration> = live.filter(|it| asked.contains(&it.id) && pulls(it)).collect();
    let ended: Vec<Ended> = match context.vault(&store, key_store) {
        Ok(vault) => side_by_side(context, due, &vault, how, None)?,
        // Whoever cannot get at the secrets can sync none of them, and is told so of each.
        Err(error) => locked_out(context, due, &error),
    };
    Ok(ended.into_iter().map(|ended| (ended.0.id, ended)).collect())
}

/// Tells how an integration is, as far as that is news; how it ends.
fn account(
    context: &Context,
    before: &Watched,
    ended: Option<Ended>,
    hooks: &HookArgs,
    audience: Audience,
) -> Result<Exit, CliError> {
    let now = context.clock.now();
    let trouble = match &ended {
        Some((_, result)) => trouble_of(before, result, now).or_else(|| standing_trouble(before, result.is_ok())),
        None => standing_trouble(before, false),
    };
    if let (Audience::Log, Some((integration, Ok(report)))) = (audience, &ended) {
        run_summary::log(integration, report);
    }
    let Some(trouble) = trouble else {
        if let Some(ended @ (integration, result)) = &ended {
            match result {
                Ok(_) => {
                    audience.hears(context, integration, result)?;
                    hooks.tell(context, ended)?;
                }
                Err(error) => context.ui.detail(&format!("{}: {}", integration.name, error.message)),
            }
        }
        // What only a sync can mend is not over because none was due; a look at what is well writes nothing.
        let synced = matches!(&ended, Some((_, Ok(_))));
        if before.told.as_ref().is_some_and(|told| synced || ended.is_none() && ends_without_sync(&told.word)) {
            context.writer()?.note_told(before.id, None)?;
        }
        return Ok(Exit::Done);
    };
    let watching = audience == Audience::Person;
    let news = trouble.is_news(before.told.as_ref(), now);
    if news && !watching {
        context.writer()?.note_told(before.id, Some(&TroubleTold { word: trouble.as_str().to_owned(), at: now }))?;
    }
    if !(news || watching) {
        ended.iter().try_for_each(|ended| hooks.tell_changes(context, ended))?;
        return Ok(Exit::Done);
    }
    match &ended {
        Some(ended @ (integration, result)) if trouble_of(before, result, now).is_some() => {
            hooks.tell(context, ended)?;
            audience.hears(context, integration, result)
        }
        _ => {
            let error = standing_error(before);
            error.report().iter().for_each(|report| context.ui.report(report));
            Ok(error.exit())
        }
    }
}

/// What a sync that has just been tried shows to be wrong.
fn trouble_of(before: &Watched, result: &Result<Report, CliError>, now: jiff::Timestamp) -> Option<Trouble> {
    match result {
        Ok(report) => match report.outcome() {
            Outcome::Held => Some(Trouble::Held),
            Outcome::Partial => Some(Trouble::Partial),
            Outcome::Done | Outcome::Failed => None,
        },
        Err(error) => match error.kind {
            ErrorKind::Busy | ErrorKind::Stopped => None,
            ErrorKind::TryAgain => away_too_long(&before.cadence, now).then_some(Trouble::Away),
            ErrorKind::SignInNeeded => Some(Trouble::Standing(Standing::SignInNeeded)),
            ErrorKind::ConsentNeeded => Some(Trouble::Standing(Standing::ConsentNeeded)),
            ErrorKind::Blocked => Some(Trouble::Standing(Standing::Blocked)),
            ErrorKind::Misconfigured => Some(Trouble::Standing(Standing::Misconfigured)),
            ErrorKind::SecretStore => Some(Trouble::SecretStore),
            _ => Some(Trouble::Failed),
        },
    }
}

/// What is wrong without anything being tried. `mended`: a sync has just gone through.
fn standing_trouble(before: &Watched, mended: bool) -> Option<Trouble> {
    let standing = before.cadence.standing;
    if standing != Standing::Connected && !mended && !before.cadence.interval.is_zero() {
        return Some(Trouble::Standing(standing));
    }
    // A sync that went through without holding anything has replaced the plan.
    before.held.filter(|_| !mended).map(|_| Trouble::Held)
}

fn standing_error(it: &Watched) -> CliError {
    let kind = match it.cadence.standing {
        Standing::Connected => return held_error(it).of(&it.name),
        Standing::SignInNeeded => ErrorKind::SignInNeeded,
        Standing::ConsentNeeded => ErrorKind::ConsentNeeded,
        Standing::Blocked => ErrorKind::Blocked,
        Standing::Misconfigured => ErrorKind::Misconfigured,
    };
    let reason = it.standing_reason.clone().unwrap_or_else(|| "it cannot be read".to_owned());
    CliError::new(kind, reason).of(&it.name).hint(reauth_command(&it.name))
}

fn held_error(it: &Watched) -> CliError {
    let Some(HeldFacts { plan, removals, suspensions, .. }) = it.held else {
        return CliError::new(ErrorKind::Held, "removals wait for approval").hint("dirsync plans");
    };
    let what = match (removals, suspensions) {
        (removals, 0) => format!("{removals} removals"),
        (0, suspensions) => format!("{suspensions} suspensions"),
        (removals, suspensions) => format!("{removals} removals and {suspensions} suspensions"),
    };
    CliError::new(ErrorKind::Held, format!("{what} are held as plan {plan}, nobody is removed"))
        .hint(format!("look at it: dirsync plans show {plan}"))
        .hint(format!("if it is right: dirsync plans approve {plan}"))
}
