//! `dirsync serve`: its flags, and how its two halves, the SCIM endpoint and the scheduler, begin and end together.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use clap::Args;
use tokio::sync::oneshot;

use super::endpoint::{Endpoint, EndpointArgs};
use super::hangup::Hangup;
use super::scheduler::{Duties, Scheduler, Wake};
use crate::cli::hooks::HookArgs;
use crate::cli::house::HouseArgs;
use crate::cli::online::KeyStoreArgs;
use crate::cli::sync::LimitArgs;
use crate::cli::{CliError, Context, ErrorKind, Exit};
use crate::scim::listen::{self, TlsFiles};
use crate::scim::service::routes;
use crate::sync::{Busy, ServerLock};

/// Take in what directories push by SCIM, and sync the others when they are due
///
/// Runs until it is stopped; then requests under way are answered first, and a sync is broken off. Without addresses it
/// listens on this machine alone. Directories in the cloud need https: give a certificate, or put a proxy in front. Sockets
/// that systemd hands over are used as they are. SIGHUP reads the certificate anew and looks what is due.
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
    endpoint: EndpointArgs,
    /// Also sync what is due, as 'dirsync sync --due' does
    #[arg(long)]
    sync: bool,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    key_store: KeyStoreArgs,
    #[command(flatten)]
    hooks: HookArgs,
    #[command(flatten)]
    house: HouseArgs,
}

impl ServeArgs {
    fn duties(&self) -> Duties {
        let sync = self.sync.then(|| (self.limit, self.key_store.clone(), self.hooks.clone()));
        Duties { sync, house: self.house }
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
    let scheduler = Scheduler { context, duties: args.duties(), listens: endpoint.is_some(), wakes };
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
            let ready = || {
                tell_systemd();
                // It is there, for this alone ends it.
                let _ = wake.send(Wake::Look);
            };
            let stop = async {
                tokio::select! {
                    () = context.stop.requested() => {}
                    _ = ended => {}
                    () = async {
                        loop {
                            hangup.next().await;
                            read_anew(tls.as_ref());
                            let _ = wake.send(Wake::Look);
                        }
                    } => {}
                }
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

/// Reads anew what may have changed.
fn read_anew(tls: Option<&TlsFiles>) {
    match tls.map(TlsFiles::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read anew"),
        Some(Err(error)) => tracing::error!(%error, "the certificate in use stays"),
        None => {}
    }
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

/// Tells systemd, where it wants to know; a service manager that does not hear it says so itself.
fn tell_systemd() {
    #[cfg(unix)]
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
}
