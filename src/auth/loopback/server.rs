//! The listener itself: one redirect is taken and its answer held back until the sign-in is truly over, so that the
//! page in the browser never claims more than what happened.

use std::net::{IpAddr, SocketAddr, TcpListener as Bound};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use url::Url;

use super::page::Page;
use super::pasted;
use super::redirected::{NotOurs, Redirected, Wanted};
use crate::model::{Failure, FailureKind};

/// How long a finished sign-in waits for the browser to read its page.
const FAREWELL: Duration = Duration::from_secs(2);

/// How many free ports are tried until one is free at every address.
const FREE_PORTS: u32 = 8;

/// Bound sockets, not yet answering; made before the browser opens, so that no redirect can come too early.
#[derive(Debug)]
pub(crate) struct Listener {
    sockets: Vec<Bound>,
    port: u16,
}

/// What [`Listener::wait`] waits with.
pub(crate) struct Wait<'a> {
    /// Must come back with the redirect.
    pub state: &'a SecretString,
    /// What for.
    pub wanted: Wanted,
    /// Lines that somebody pastes; its end only means that nobody will paste.
    pub pasted: Option<&'a mut mpsc::Receiver<String>>,
    /// Hears why a pasted line was no use.
    pub complain: &'a (dyn Fn(&str) + Send + Sync),
    /// How long in all.
    pub deadline: Duration,
}

/// The browser's request that waits for its page. Dropped unfinished, it says that dirsync stopped.
#[derive(Debug)]
pub struct Pending {
    page: Option<oneshot::Sender<Page>>,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

struct Shared {
    state: SecretString,
    wanted: Wanted,
    taken: AtomicBool,
    arrived: mpsc::Sender<(Redirected, oneshot::Sender<Page>)>,
}

impl Listener {
    /// Listens on `port` (0: any free one) of the first of `hosts`, and on the same port of the others where possible.
    ///
    /// # Errors
    /// The port is taken, or the machine has no such address.
    pub(crate) async fn bind(hosts: &[IpAddr], port: u16) -> Result<Self, Failure> {
        let mut tries = if port == 0 { FREE_PORTS } else { 1 };
        loop {
            tries -= 1;
            match Self::bind_all(hosts, port).await {
                Err(error) if tries == 0 || error.kind() != std::io::ErrorKind::AddrInUse => {
                    return Err(cannot_listen(port, &error));
                }
                Err(_) => {}
                Ok(listener) => return Ok(listener),
            }
        }
    }

    /// A port that somebody else has at one of the addresses is not ours at any: the browser may go there.
    async fn bind_all(hosts: &[IpAddr], port: u16) -> std::io::Result<Self> {
        let mut sockets = Vec::new();
        let mut bound = port;
        for host in hosts {
            match TcpListener::bind(SocketAddr::new(*host, bound)).await {
                Ok(socket) => {
                    bound = socket.local_addr().map_or(bound, |address| address.port());
                    sockets.push(socket.into_std()?);
                }
                Err(error) if sockets.is_empty() || error.kind() == std::io::ErrorKind::AddrInUse => return Err(error),
                Err(error) => tracing::debug!(%host, %error, "not listening here as well"),
            }
        }
        Ok(Self { sockets, port: bound })
    }

    /// The same sockets once more, for the page after this one: what arrives meanwhile waits and is not turned away.
    ///
    /// # Errors
    /// The machine has no handles left.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        let sockets = self.sockets.iter().map(Bound::try_clone).collect::<Result<_, _>>();
        Ok(Self { sockets: sockets.map_err(|error| cannot_listen(self.port, &error))?, port: self.port })
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for this sign-in's redirect, by browser or by paste, whichever comes first. Foreign hits are answered and
    /// never end the wait.
    ///
    /// # Errors
    /// Nothing came before the deadline.
    pub(crate) async fn wait(self, wait: Wait<'_>) -> Result<(Redirected, Pending), Failure> {
        let (arrived, mut arrivals) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let shared =
            Arc::new(Shared { state: wait.state.clone(), wanted: wait.wanted, taken: AtomicBool::new(false), arrived });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let mut servers = JoinSet::new();
        for socket in self.sockets {
            let socket = TcpListener::from_std(socket).map_err(|error| cannot_listen(self.port, &error))?;
            let (router, mut stopped) = (router.clone(), stopped.clone());
            servers.spawn(async move {
                let stop = async move {
                    // An error means that the flow is gone, which stops the server as well.
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                if let Err(error) = axum::serve(socket, router).with_graceful_shutdown(stop).await {
                    tracing::warn!(%error, "the listener for the browser's redirect ended");
                }
            });
        }

        let Wait { state, wanted, mut pasted, complain, deadline } = wait;
        let found = tokio::time::timeout(deadline, async {
            loop {
                tokio::select! {
                    Some((redirected, page)) = arrivals.recv() => return (redirected, Some(page)),
                    line = next_line(&mut pasted) => match line.map(|line| pasted::read(&line, wanted, state)) {
                        // Where the browser was quicker by a hair, its page has to be answered too.
                        Some(Ok(redirected)) if !shared.taken.swap(true, Ordering::SeqCst) => return (redirected, None),
                        Some(Err(wrong)) => complain(wrong),
                        Some(Ok(_)) => {}
                        None => pasted = None,
                    },
                }
            }
        })
        .await;
        let (redirected, page) = found.map_err(|_| nobody_came(deadline))?;
        Ok((redirected, Pending { page, stop, servers }))
    }
}

impl Pending {
    /// Answers the browser, says goodbye, and stops listening: `Ok` is the account that signed in.
    pub async fn finish(self, outcome: Result<&str, &Failure>) {
        self.answer(match outcome {
            Ok(account) => Page::signed_in(account),
            Err(failure) => Page::failed(&failure.message, failure.hint.as_deref()),
        })
        .await;
    }

    /// Whether a browser waits here, and its redirect was not pasted.
    pub(crate) fn has_browser(&self) -> bool {
        self.page.is_some()
    }

    /// Sends the browser on to `address`, and stops listening.
    pub(crate) async fn send_on(self, address: &Url) {
        self.answer(Page::send_on(address)).await;
    }

    async fn answer(mut self, answer: Page) {
        if let Some(page) = self.page.take() {
            let _ = page.send(answer);
        }
        let _ = self.stop.send(true);
        // The process may end right after this: without the wait the page would be cut off.
        let _ = tokio::time::timeout(FAREWELL, async { while self.servers.join_next().await.is_some() {} }).await;
    }
}

async fn next_line(pasted: &mut Option<&mut mpsc::Receiver<String>>) -> Option<String> {
    match pasted {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

async fn answer(State(shared): State<Arc<Shared>>, method: Method, uri: Uri) -> Response {
    let nothing = StatusCode::NO_CONTENT;
    // Only a GET of the very address counts: icons, previews and HEADs of careful software must not use the code up.
    if method != Method::GET || uri.path() != "/" {
        return nothing.into_response();
    }
    let redirected = match Redirected::read(uri.query().unwrap_or_default(), shared.wanted, &shared.state) {
        Ok(redirected) => redirected,
        Err(NotOurs::Nothing) => return nothing.into_response(),
        Err(NotOurs::Doubled | NotOurs::ForeignState) => return Page::not_ours().into_response(),
    };
    if shared.taken.swap(true, Ordering::SeqCst) {
        return nothing.into_response();
    }
    let (page, finished) = oneshot::channel();
    if shared.arrived.send((redirected, page)).await.is_err() {
        return Page::interrupted().into_response();
    }
    finished.await.unwrap_or_else(|_| Page::interrupted()).into_response()
}

fn cannot_listen(port: u16, error: &std::io::Error) -> Failure {
    let failure = if error.kind() == std::io::ErrorKind::AddrInUse {
        Failure::new(FailureKind::Misconfigured, format!("port {port} is in use by another program"))
    } else {
        Failure::new(FailureKind::Misconfigured, format!("cannot listen on port {port} of this machine: {error}"))
    };
    failure.hint("give another --port, or none for any free one")
}

fn nobody_came(deadline: Duration) -> Failure {
    let minutes = deadline.as_secs().div_ceil(60);
    Failure::new(
        FailureKind::SignInNeeded,
        format!("nobody signed in within {minutes} minute{}", if minutes == 1 { "" } else { "s" }),
    )
}
