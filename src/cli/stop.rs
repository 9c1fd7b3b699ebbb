//! Being stopped: Ctrl-C and SIGTERM become a request that work can heed (an interrupted statement, a dropped future),
//! and an exit code in any case.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{CliError, Exit};
use crate::sync::Stopped;

/// Whether the user wants us to stop; clones share it.
#[derive(Clone)]
pub struct Stop(Arc<Inner>);

struct Inner {
    asked: watch::Sender<Option<Exit>>,
    hooks: Mutex<Vec<Box<dyn Fn() + Send>>>,
    /// Set by a server: how long it takes to end.
    serving: OnceLock<Duration>,
}

/// How long a command may take to end once it was asked to stop.
const GRACE: Duration = Duration::from_secs(3);

impl Stop {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { asked: watch::Sender::new(None), hooks: Mutex::default(), serving: OnceLock::new() }))
    }

    /// How the program ends, once it was asked to stop.
    pub fn asked(&self) -> Option<Exit> {
        *self.0.asked.borrow()
    }

    /// Ends a long loop once the program was asked to stop.
    ///
    /// # Errors
    /// It was.
    pub fn check(&self) -> Result<(), CliError> {
        if self.asked().is_some() { Err(CliError::stopped()) } else { Ok(()) }
    }

    /// Waits until the program is asked to stop.
    pub async fn requested(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = self.0.asked.subscribe().wait_for(Option::is_some).await;
    }

    /// Runs `hook` when the program is asked to stop.
    pub fn on_stop(&self, hook: impl Fn() + Send + 'static) {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }

    /// What runs of a server heed: the wish to stop. Of a command they are dropped with everything else.
    pub(super) fn heeded(&self) -> Stopped {
        let stop = self.clone();
        let asked: BoxFuture<'static, ()> = match self.is_serving() {
            true => Box::pin(async move { stop.requested().await }),
            false => Box::pin(std::future::pending()),
        };
        asked.shared()
    }

    /// Whether the program is a server.
    pub(super) fn is_serving(&self) -> bool {
        self.0.serving.get().is_some()
    }

    /// Says that the program is a server from now on: it may take so long to end, and to be terminated is how it ends
    /// well.
    pub fn serves(&self, ending: Duration) {
        let _ = self.0.serving.set(ending);
    }

    /// How long the program may take to end.
    pub(super) fn patience(&self) -> Duration {
        self.0.serving.get().copied().unwrap_or(GRACE)
    }

    /// How the program ends whose command ended like this.
    pub(super) fn ending(&self, command: Exit) -> Exit {
        match self.asked() {
            Some(Exit::Terminated) if self.is_serving() => command,
            asked => asked.unwrap_or(command),
        }
    }

    fn request(&self, exit: Exit) {
        self.0.asked.send_if_modified(|asked| asked.is_none() && asked.replace(exit).is_none());
        for hook in self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            hook();
        }
    }

    /// Turns signals into requests and tells `main` of each. Without a runtime signals keep their usual meaning.
    pub(super) fn listen<E: From<Exit> + Send + 'static>(&self, main: Sender<E>) {
        let stop = self.clone();
        let (ready, installed) = std::sync::mpsc::channel();
        let listener = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
            runtime.block_on(async {
                let Ok(mut signals) = Signals::new() else { return };
                let _ = ready.send(());
                loop {
                    let exit = signals.next().await;
                    stop.request(exit);
                    if main.send(exit.into()).is_err() {
                        return;
                    }
                }
            });
        };
        // A program that cannot start a thread still works; it only stops less gracefully.
        let _ = std::thread::Builder::new().name("signals".into()).spawn(listener);
        // Until then Ctrl-C would end the program as if nobody had thought of it; an error means that nobody listens.
        let _ = installed.recv();
    }
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stop").field(&self.asked()).finish()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}
