//! `dirsync sync`: some or all directories, side by side, and what it tells afterwards.

use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Args;
use futures_util::future::select;

use super::hooks::HookArgs;
use super::house::HouseArgs;
use super::locked_out::{locked_out, record};
use super::online::{KeyStoreArgs, Online};
use super::{CliError, Context, ErrorKind, Exit, changes, due, ping, push, run_summary, runs, values};
use crate::auth::Stored;
use crate::auth::secrets::Vault;
use crate::model::{Change, Integration, Outcome};
use crate::sync::guard::RemovalLimit;
use crate::sync::{Report, Request, Stopped, run_until as sync_until};

/// Bring the local directory up to date
///
/// Fetches everything or, from a directory that can tell, what has changed since the last sync; compares, and applies the
/// differences in one step: a directory that fails changes nothing.
/// People who are gone are removed when the directory itself says so or when they are absent twice in a row. Removals
/// above the limit wait as a plan for 'dirsync plans approve'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync sync corp
  dirsync sync corp --dry-run
  dirsync sync --all
  dirsync sync --due            for timers, as often as they like ('dirsync schedule install')")]
pub struct SyncArgs {
    /// The integrations to sync
    #[arg(value_name = "NAME", add = values::names_to_sync())]
    names: Vec<String>,
    /// All that can be synced
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// What is due: an interval after its last sync, sooner after a failure. Nothing due: silent, 0. What goes on being
    /// wrong is told once a day
    #[arg(long, conflicts_with_all = ["names", "all", "dry_run"])]
    due: bool,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
    #[command(flatten)]
    hooks: HookArgs,
    #[command(flatten)]
    house: HouseArgs,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct HowArgs {
    /// Show the plan that would be applied, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Read everything again, also where a directory could say what has changed
    #[arg(long)]
    full: bool,
    /// Wait so long while another run is at the same directory, instead of ending with 75
    #[arg(long, value_name = "DURATION", value_parser = super::args::duration)]
    wait: Option<Duration>,
    #[command(flatten)]
    limit: LimitArgs,
}

/// How many may go.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct LimitArgs {
    /// How many people may be removed or suspended without approval: a number, or a share of the directory's people
    /// [default: 10%, and at least 5 people]
    #[arg(long, value_name = "N|P%")]
    max_removals: Option<RemovalLimit>,
}

impl From<LimitArgs> for HowArgs {
    fn from(limit: LimitArgs) -> Self {
        Self { limit, ..Self::default() }
    }
}

pub(super) fn run(context: &Context, args: &SyncArgs) -> Result<Exit, CliError> {
    let ended = match args.due {
        true => due::run(context, args.how, &args.key_store, &args.hooks),
        false => named(context, args),
    };
    // Whatever became of the syncs, time passes; but not for whoever meant something else.
    let meant = !matches!(&ended, Err(error) if matches!(error.kind, ErrorKind::Usage | ErrorKind::NotFound));
    if meant && !args.how.dry_run {
        args.house.keep(context, matches!(ended, Ok((_, true))));
    }
    ended.map(|(exit, _)| exit)
}

/// Syncs what was named; how that ends, and whether anything was synced.
fn named(context: &Context, args: &SyncArgs) -> Result<(Exit, bool), CliError> {
    let store = context.writer()?;
    let integrations = if args.all {
        let (asked, pushing): (Vec<_>, Vec<_>) = store.integrations()?.into_iter().partition(pulls);
        pushing.iter().for_each(|it| context.ui.detail(&format!("{}: pushes by itself, passed over", it.name)));
        asked
    } else if args.names.is_empty() && !context.prompt.allowed() {
        return Err(CliError::usage("nothing was named to sync").hint("give the NAMEs of integrations, or --all"));
    } else if args.names.is_empty() {
        vec![context.which_integration(&store, None)?]
    } else {
        let mut named: Vec<Integration> = Vec::new();
        for name in &args.names {
            let found = context.integration(&store, name)?;
            // Named twice, in whatever case, it would meet its own lock.
            if !named.iter().any(|other| other.id == found.id) {
                named.push(found);
            }
        }
        named
    };
    if let Some(pushed) = integrations.iter().find(|it| !pulls(it)) {
        return Err(push::cannot_be_asked(&pushed.name));
    }
    if integrations.is_empty() {
        if !store.integrations()?.is_empty() {
            context.ui.remark("nothing is there to be asked: every directory pushes by itself");
            return Ok((Exit::Done, false));
        }
        context.ui.remark("no directory is connected yet; 'dirsync add' connects one");
        return Ok((Exit::Done, false));
    }
    let vault = match context.vault(&store, &args.key_store) {
        Ok(vault) => vault,
        Err(error) => {
            if !args.how.dry_run && error.kind != ErrorKind::Usage {
                let locked_out = locked_out(context, integrations, &error);
                locked_out.iter().try_for_each(|ended| args.hooks.tell(context, ended))?;
            }
            return Err(error);
        }
    };
    let printer = args.how.dry_run.then(|| PlanPrinter::start(context));
    let rehearsal = printer.as_ref().map(|printer| printer.rows.clone());
    let results = side_by_side(context, integrations, &vault, args.how, rehearsal);
    printer.map_or(Ok(()), PlanPrinter::finish)?;
    let (mut endings, mut runs) = (Vec::new(), Vec::new());
    for ended in results? {
        endings.push(tell(context, &ended.0, &ended.1)?);
        if !args.how.dry_run {
            args.hooks.tell(context, &ended)?;
        }
        runs.extend(ended.1.ok().and_then(|report| report.run));
    }
    if !args.how.dry_run && context.ui.options().format.is_some() {
        runs::list_these(context, &runs)?;
    }
    Ok((Exit::gravest(endings), !runs.is_empty()))
}

/// How the sync of one integration went.
pub(super) type Ended = (Integration, Result<Report, CliError>);

/// Syncs several integrations at a time.
pub(super) fn side_by_side(
    context: &Context,
    integrations: Vec<Integration>,
    vault: &Arc<Vault>,
    how: HowArgs,
    rehearsal: Option<SyncSender<Change>>,
) -> Result<Vec<Ended>, CliError> {
    let stored: Vec<Stored> = integrations.into_iter().map(|it| context.stored(it, vault)).collect::<Result<_, _>>()?;
    let online = Online::new(context)?;
    let results = context.run_syncs(async {
        let each = stored.iter().map(|stored| sync_one(&online, stored, how, rehearsal.clone()));
        Ok(futures_util::future::join_all(each).await)
    });
    Ok(stored.into_iter().map(|stored| stored.integration).zip(results?).collect())
}

/// Prints the rows of plans as they come, so that a plan may be longer than memory.
struct PlanPrinter {
    rows: SyncSender<Change>,
    printer: JoinHandle<Result<(), CliError>>,
}

impl PlanPrinter {
    fn start(context: &Context) -> Self {
        let (rows, planned) = std::sync::mpsc::sync_channel(1024);
        let ui = context.ui.clone();
        let printer = std::thread::spawn(move || {
            let listing = changes::listing().when_empty("nothing would change");
            let mut rows = ui.rows(&listing)?;
            for change in planned {
                rows.push(&change)?;
            }
            rows.finish()?;
            Ok(())
        });
        Self { rows, printer }
    }

    fn finish(self) -> Result<(), CliError> {
        drop(self.rows);
        self.printer
            .join()
            .unwrap_or_else(|_| Err(CliError::new(ErrorKind::Failed, "the printing of the plan broke off")))
    }
}

/// A kind that this dirsync does not know is no push: what to do about it is said when it is asked.
pub(super) fn pulls(integration: &Integration) -> bool {
    super::online::spec(&integration.kind).map_or(true, |spec| spec.pull().is_some())
}

/// Syncs one integration with a line of progress.
pub(super) async fn sync_one(
    online: &Online<'_>,
    stored: &Stored,
    how: HowArgs,
    rehearsal: Option<SyncSender<Change>>,
) -> Result<Report, CliError> {
    let pinger = if rehearsal.is_none() { ping::Pinger::of(online, &stored.integration)? } else { None };
    let stopped = online.context.stop.heeded();
    let attempt = attempt(online, stored, how, rehearsal, stopped.clone());
    let Some(pinger) = pinger else { return attempt.await };
    let (_, result) = futures_util::future::join(select(pin!(pinger.begins()), stopped.clone()), attempt).await;
    select(pin!(pinger.ended(&result)), stopped).await;
    result
}

async fn attempt(
    online: &Online<'_>,
    stored: &Stored,
    how: HowArgs,
    rehearsal: Option<SyncSender<Change>>,
    stopped: Stopped,
) -> Result<Report, CliError> {
    let context = online.context;
    let integration = &stored.integration;
    let directory = match online.stored_directory(stored) {
        Ok(directory) => directory,
        Err(error) => {
            let error = error.of(&integration.name);
            if rehearsal.is_none() {
                record(context, integration, &error);
            }
            return Err(error);
        }
    };
    let progress = context.ui.progress(&format!("{}: fetching", integration.name));
    let watch = {
        let progress = progress.clone();
        Arc::new(move |tally: crate::store::Tally| {
            progress.set(&[("users", tally.users), ("groups", tally.groups), ("memberships", tally.members)]);
        })
    };
    let request = Request {
        integration: integration.clone(),
        database: context.paths.database.clone(),
        locks: context.paths.locks.clone(),
        everything: how.full,
        wait: how.wait.unwrap_or_default(),
        limit: how.limit.max_removals.unwrap_or_default(),
        rehearsal,
        clock: context.clock.clone(),
        watch,
    };
    sync_until(stopped, request, &*directory).await.map_err(|error| CliError::from(error).of(&integration.name))
}

/// Tells how one sync went; returns how it ends.
pub(super) fn tell(
    context: &Context,
    integration: &Integration,
    result: &Result<Report, CliError>,
) -> Result<Exit, CliError> {
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            error.report().iter().for_each(|report| context.ui.report(report));
            return Ok(error.exit());
        }
    };
    run_summary::tell(context, integration, report)?;
    // On stderr it has just been said.
    if context.log_file.is_some() {
        run_summary::log(integration, report);
    }
    shortcomings(context, integration, report)
}

/// Tells what a sync that went through could not do; returns how it ends.
pub(super) fn shortcomings(context: &Context, integration: &Integration, report: &Report) -> Result<Exit, CliError> {
    let name = &integration.name;
    run_summary::tell_of_lost_groups(context, integration, report);
    let refused = report.summary.notes.iter().filter(|note| note.refused).count();
    if refused > 0 {
        let where_to = report.run.map(|run| format!("; 'dirsync runs show {run}' lists them")).unwrap_or_default();
        let what = if refused == 1 { "1 record or group was" } else { &format!("{refused} records or groups were") };
        context.ui.warn(&format!("{name}: {what} set aside{where_to}"));
    }
    match report.outcome() {
        Outcome::Held => {
            let error = held(context, name, report)?;
            error.report().iter().for_each(|report| context.ui.report(report));
            Ok(error.exit())
        }
        Outcome::Partial => Ok(Exit::Partial),
        Outcome::Done | Outcome::Failed => Ok(Exit::Done),
    }
}

fn held(context: &Context, name: &str, report: &Report) -> Result<CliError, CliError> {
    let error = |message: String| CliError::new(ErrorKind::Held, message).of(name);
    let Some(plan) = report.plan else {
        let held = report.summary.users.held;
        return Ok(error(format!("{held} removals or suspensions would be held for approval"))
            .hint("--max-removals sets another limit for one run"));
    };
    let found = context.reader()?.plan(plan)?;
    let counts = found.map_or((0, 0), |plan| (plan.removals, plan.suspensions));
    let what = match counts {
        (removals, 0) => format!("{removals} removals"),
        (0, suspensions) => format!("{suspensions} suspensions"),
        (removals, suspensions) => format!("{removals} removals and {suspensions} suspensions"),
    };
    Ok(error(format!("{what} are held as plan {plan}, nobody is removed; everything else is in"))
        .hint(format!("look at it: dirsync plans show {plan}"))
        .hint(format!("if it is right: dirsync plans approve {plan}")))
}
