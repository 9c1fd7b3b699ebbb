//! `dirsync check`: one line for a monitor, with its exit codes, or a file for Prometheus.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::online::spec;
use super::{CliError, Context, ErrorKind, Exit, check_file, values};
use crate::auth;
use crate::output::{Cell, Column, Listing};
use crate::store::{Store, Watched};
use crate::sync::verdict::{Ages, Credential, Evidence, State, Verdict, judge, span};

/// Tell a monitor how the directories are
///
/// One line and the exit codes of monitoring plugins (Nagios, Icinga, Checkmk …): 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
/// It looks at the age of the last complete sync (a warning after one and a half intervals, critical after three), at the
/// sign-in and at when credentials end (30 days before, or in the last third of a shorter life), at plans that wait
/// (critical after a day) and at records that are set aside. It asks no directory anything.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync check
  dirsync check corp --max-age 12h
  dirsync check --prometheus /var/lib/node_exporter/textfile/dirsync.prom")]
pub struct CheckArgs {
    /// The integrations to look at (all unless named)
    #[arg(value_name = "NAME", add = values::integration_names())]
    names: Vec<String>,
    /// From what age on data are too old, whatever the interval; also of directories that push
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime)]
    max_age: Option<SignedDuration>,
    /// Write all of it to this file for Prometheus' textfile collector instead; 0 unless it cannot be written
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,
}

/// One integration; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    pub(super) integration: String,
    pub(super) state: &'static str,
    pub(super) problems: Vec<String>,
    pub(super) status: &'static str,
    pub(super) last_sync_at: Option<Timestamp>,
    pub(super) age_seconds: Option<i64>,
    pub(super) credentials_end_at: Option<Timestamp>,
    pub(super) held: i64,
    pub(super) refused: i64,
    pub(super) failures: u32,
    #[serde(skip)]
    verdict: Verdict,
}

/// Whatever keeps it from looking is unknown to a monitor, never a state of the directories.
pub(super) fn run(context: &Context, args: &CheckArgs) -> Exit {
    look(context, args).unwrap_or_else(|error| {
        match error.report() {
            Some(report) if context.ui.options().format.is_some() || args.prometheus.is_some() => {
                context.ui.report(&report);
            }
            Some(_) => drop(context.ui.text(&format!("DIRSYNC UNKNOWN - {}\n", plain(&error.message)))),
            None => {}
        }
        Exit::Unknown
    })
}

fn look(context: &Context, args: &CheckArgs) -> Result<Exit, CliError> {
    let (store, now) = (context.reader()?, context.clock.now());
    let mut watched = store.watched()?;
    if !args.names.is_empty() {
        let mut asked = Vec::new();
        for name in &args.names {
            asked.push(context.integration(&store, name)?.id);
        }
        watched.retain(|it| asked.contains(&it.id));
    }
    if watched.is_empty() {
        return Err(CliError::new(ErrorKind::NotFound, "no directory is connected").hint("dirsync add"));
    }
    let checked: Vec<Checked> =
        watched.into_iter().map(|it| check(&store, it, args.max_age, now)).collect::<Result<_, _>>()?;
    if let Some(file) = &args.prometheus {
        check_file::write(file, &checked).map_err(|error| {
            CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", file.display()))
                .hint("--prometheus takes a file in the textfile collector's folder")
        })?;
        return Ok(Exit::Done);
    }
    let worst = checked.iter().map(|it| it.verdict.state).max().unwrap_or(State::Ok);
    if context.ui.options().format.is_some() {
        context.ui.list(&listing(), &checked)?;
    } else {
        context.ui.text(&line(&checked, worst))?;
    }
    Ok(match worst {
        State::Ok => Exit::Done,
        State::Warning => Exit::Warning,
        State::Critical => Exit::Critical,
    })
}

fn check(store: &Store, it: Watched, max_age: Option<SignedDuration>, now: Timestamp) -> Result<Checked, CliError> {
    let credential = credential(store, &it)?;
    let evidence = Evidence {
        cadence: it.cadence,
        standing_reason: it.standing_reason,
        held: it.held,
        refused: it.refused,
        credential,
        max_age,
    };
    let verdict = judge(&evidence, now);
    Ok(Checked {
        integration: it.name,
        state: verdict.state.as_str(),
        problems: verdict.problems.iter().map(|(_, words)| words.clone()).collect(),
        status: it.cadence.standing.as_str(),
        last_sync_at: it.cadence.last_complete,
        age_seconds: verdict.age.map(|age| age.as_secs()),
        credentials_end_at: credential.map(|credential| credential.ends_at),
        held: it.held.map_or(0, |held| held.removals + held.suspensions),
        refused: it.refused,
        failures: it.cadence.failures,
        verdict,
    })
}

/// The credentials that end last, where all of them end.
fn credential(store: &Store, it: &Watched) -> Result<Option<Credential>, CliError> {
    // What this program does not know it cannot judge; that it cannot sync it either is said elsewhere.
    let Ok(spec) = spec(&it.kind) else { return Ok(None) };
    if spec.push().is_some() {
        let tokens = store.tokens(it.id)?;
        let ends = |token: &crate::store::TokenRecord| {
            token.expires_at.map(|ends_at| Credential { since: Some(token.created_at), ends_at })
        };
        let all: Option<Vec<Credential>> = tokens.iter().map(ends).collect();
        return Ok(all.and_then(|all| all.into_iter().max_by_key(|it| it.ends_at)));
    }
    let Some(integration) = store.integration(&it.name)? else { return Ok(None) };
    let described = (auth::service(&it.kind)?.describe)(&integration.credentials);
    let since = integration.signed_in_at.filter(|_| described.made_at_sign_in);
    Ok(described.ends_at.map(|ends_at| Credential { since, ends_at }))
}

/// `DIRSYNC WARNING - corp: … | 'corp_age'=…`
fn line(checked: &[Checked], worst: State) -> String {
    let problems: Vec<String> = checked
        .iter()
        .filter(|it| !it.problems.is_empty())
        .map(|it| format!("{}: {}", plain(&it.integration), plain(&it.problems.join(", "))))
        .collect();
    let said = if problems.is_empty() {
        let each = checked.iter().map(|it| match it.verdict.age {
            Some(age) => format!("{} synced {} ago", plain(&it.integration), span(age)),
            None => format!("{} connected", plain(&it.integration)),
        });
        each.collect::<Vec<_>>().join(", ")
    } else {
        problems.join("; ")
    };
    let figures: Vec<String> = checked.iter().flat_map(figures).collect();
    format!("DIRSYNC {} - {said} | {}\n", worst.as_str(), figures.join(" "))
}

fn figures(it: &Checked) -> Vec<String> {
    // In a label '=' and quotes mean something else.
    let name = it.integration.replace(['\'', '=', '|'], "_");
    let limits = it
        .verdict
        .ages
        .map_or(";".to_owned(), |Ages { warning, critical }| format!("{};{}", warning.as_secs(), critical.as_secs()));
    let age = it.age_seconds.map(|age| format!("'{name}_age'={age}s;{limits};0"));
    let counts = [("held", it.held), ("refused", it.refused)];
    age.into_iter().chain(counts.map(|(what, number)| format!("'{name}_{what}'={number};;;0"))).collect()
}

/// Without what would end the line or begin the figures.
fn plain(text: &str) -> String {
    text.replace('|', "/").replace(['\n', '\r', '\t'], " ")
}

fn listing() -> Listing<Checked> {
    Listing::new(vec![
        Column::new("integration", |it: &Checked| (&it.integration).into()).priority(100),
        Column::new("state", |it: &Checked| Cell::word(it.state)).priority(95),
        Column::new("problems", |it: &Checked| (&it.problems).into()).priority(90),
        Column::new("status", |it: &Checked| Cell::word(it.status)),
        Column::new("last_sync_at", |it: &Checked| Cell::time(it.last_sync_at)),
        Column::new("age_seconds", |it: &Checked| it.age_seconds.map_or(Cell::Empty, Into::into)).on_demand(),
        Column::new("credentials_end_at", |it: &Checked| it.credentials_end_at.map_or(Cell::Empty, Cell::Due)),
        Column::new("held", |it: &Checked| it.held.into()),
        Column::new("refused", |it: &Checked| it.refused.into()),
        Column::new("failures", |it: &Checked| i64::from(it.failures).into()),
    ])
}
