//! `dirsync serve`: its flags, and how its two halves, the SCIM endpoint and the scheduler, begin and end together.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use clap::Args;
use tokio::sync::oneshot;

use super::endpoint::{Endpoint, EndpointArgs};
use super::hangup::Hangup;
use super::notify::{Word, keep_alive, tell};
use super::reload::read_anew;
use super::scheduler::{Duties, Scheduler, Syncing, Wake};
use crate::cli::hooks::HookArgs;
use crate::cli::house::HouseArgs;
use crate::cli::online::KeyStoreArgs;
use crate::cli::sync::LimitArgs;
use crate::cli::{CliError, Context, ErrorKind, Exit};
use crate::clock::Pulse;
use crate::scim::listen;
use crate::scim::service::routes;
use crate::sync::{Busy, ServerLock};

/// Take in what directories push by SCIM, and sync the others when they are due
///
/// Runs until it is stopped; then requests under way are answered first, and a sync is broken off. Without addresses it
/// listens on this machine alone. Directories in the cloud need https: give a certificate, or put a proxy in front. Sockets
/// that systemd hands over are used as they are. SIGHUP reads certificate and settings anew and opens
/// the log file again.
/// With --sync it also does what 'dirsync sync --due' does, and then it listens only if an integration is there that is
/// pushed to, or told where to listen.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync serve --public-url https://dirsync.corp.example --trusted-proxy 127.0.0.1
  dirsync serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem
  dirsync serve --sync          instead of a timer")]
pub struct ServeArgs {
    #[command(flatten)]
    pub(super) endpoint: EndpointArgs,
    /// Also sync what is due, as 'dirsync sync --due' does
    #[arg(long)]
    pub(super) sync: bool,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
    #[command(flatten)]
    hooks: HookArgs,
    #[command(flatten)]
    pub(super) house: HouseArgs,
}

impl ServeArgs {
    /// How what is due is synced.
    pub(super) fn syncing(&self) -> Syncing {
        Syncing { limit: self.limit, key_store: self.key_store.clone(), hooks: self.hooks.clone() }
    }
}

/// How long it may take to end: requests and syncs under way, and what they wrote.
const ENDING: Duration = Duration::from_secs(15);

pub(in crate::cli) fn run(context: &Context, args: &ServeArgs) -> Result<Exit, CliError> {
    let store = context.writer()?;
    let _lock = ServerLock::acquire(&context.paths.locks, context.clock.now()).map_err(taken)?;
    let endpoint = args.endpoint.open(context, store, !args.sync)?;
    context.stop.serves(ENDING);
    let (wake, wakes) = channel();
    context.stop.on_stop({
        let wake = wake.clone();
        move || drop(wake.send(Wake::End))
    });
    let duties = Duties { sync: args.sync.then(|| args.syncing()), house: args.house };
    let scheduler = Scheduler { context, duties, listens: endpoint.is_some(), wakes };
    std::thread::scope(|scope| {
        let (end, ended) = oneshot::channel::<()>();
        let scheduled = std::thread::Builder::new().name("scheduler".into()).spawn_scoped(scope, move || {
            // Dropped also by a panic: a server without its scheduler is none.
            let _end = end;
            scheduler.run();
        });
        let scheduled =
            scheduled.map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot start: {error}")))?;
        let served = context.run_to_the_end(async {
            let mut hangup = Hangup::listen();
            let tls = endpoint.as_ref().and_then(|endpoint| endpoint.tls.clone());
            let written = endpoint.as_ref().map(|endpoint| endpoint.service.writing().clone());
            let pulses: Vec<Pulse> = std::iter::once(context.alive.clone()).chain(written).collect();
            let ready = || {
                tell(&[Word::Ready]);
                // It is there, for this alone ends it.
                let _ = wake.send(Wake::Look);
            };
            let stop = async {
                tokio::select! {
                    () = context.stop.requested() => {}
                    _ = ended => {}
                    () = keep_alive(&context.clock, &pulses) => {}
                    () = async {
                        loop {
                            hangup.next().await;
                            tell(&[Word::Reloading]);
                            let word = read_anew(context, args, tls.as_ref());
                            let _ = wake.send(word.map_or(Wake::Look, |duties| Wake::Anew(Box::new(duties))));
                            tell(&[Word::Ready]);
                        }
                    } => {}
                }
                tell(&[Word::Stopping]);
            };
            serve(context, endpoint, ready, stop).await
        });
        let _ = wake.send(Wake::End);
        let broken =
            |_| CliError::new(ErrorKind::Failed, "the scheduler broke off; please report this as a fault of dirsync's");
        scheduled.join().map_err(broken).and(served)
    })?;
    Ok(Exit::Done)
}

/// Listens, if it does, until `stop`.
async fn serve(
    context: &Context,
    endpoint: Option<Endpoint>,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), CliError> {
    let Some(Endpoint { listening, service, .. }) = endpoint else {
        context.ui.say("syncing what is due; nothing is pushed, so nobody listens");
        ready();
        stop.await;
        return Ok(());
    };
    let urls = listening.urls();
    let ready = || {
        urls.iter().for_each(|url| context.ui.say(&format!("listening on {url}")));
        tell(&[Word::Status(&format!("listening on {}", urls.join(", ")))]);
        ready();
    };
    listen::serve(listening, routes(Arc::clone(&service)), ready, stop).await?;
    service.write_down_use();
    Ok(())
}

fn taken(busy: Busy) -> CliError {
    match busy {
        Busy::Held { holder } => {
            let message = format!("another server works for this database ({holder})");
            CliError::new(ErrorKind::TryAgain, message).hint("one is enough; stop it to start another")
        }
        busy => busy.into(),
    }
}
