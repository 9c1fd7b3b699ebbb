//! Accepting connections and handing their requests to the router, until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::forwarded::{Known, base_url, is_trusted, peer};
use super::guests::Guests;
use super::watched::{Between, Watched};
use super::{ListenError, Listening, Options};

/// What every connection is served with.
struct House {
    options: Options,
    routes: Router,
    guests: Guests,
}

/// Accepts and answers until `stop`; then requests under way are finished, within limits. `ready` is called when nothing
/// can fail any more. Must run on a tokio runtime.
///
/// # Errors
/// A socket cannot be listened on.
pub async fn serve(
    listening: Listening,
    routes: Router,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), ListenError> {
    let Listening { sockets, options } = listening;
    let limits = options.limits;
    let guests = Guests::new(limits.connections, limits.per_peer);
    let house = Arc::new(House { options, routes, guests });
    let graceful = GracefulShutdown::new();
    let mut doors = Vec::new();
    for socket in sockets {
        let socket = TcpListener::from_std(socket).map_err(|error| ListenError::HandedOver(error.to_string()))?;
        doors.push(socket);
    }
    ready();
    {
        let open = doors.iter().map(|door| keep_door(door, &house, &graceful));
        let all = futures_util::future::join_all(open);
        tokio::select! {
            _ = all => {}
            () = stop => {}
        }
    }
    drop(doors);
    if timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that took too long were cut off");
    }
    Ok(())
}

async fn keep_door(door: &TcpListener, house: &Arc<House>, graceful: &GracefulShutdown) {
    let mut refused = 0_u64;
    loop {
        let (stream, remote) = match door.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // A client that left already is nothing; without file handles there is nothing to do but wait.
                tracing::debug!(%error, "a connection was not accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let address = remote.ip().to_canonical();
        let trusted = is_trusted(address, &house.options.trusted);
        let Some(place) = house.guests.admit(address, trusted) else {
            refused += 1;
            if refused.is_power_of_two() {
                tracing::warn!(refused, "too many connections at once: some were refused");
            }
            continue;
        };
        let (house, watcher) = (Arc::clone(house), graceful.watcher());
        tokio::spawn(async move {
            welcome(stream, remote, &house, watcher).await;
            drop(place);
        });
    }
}

async fn welcome(stream: TcpStream, remote: SocketAddr, house: &House, watcher: Watcher) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are written whole.
    let _ = stream.set_nodelay(true);
    let known = Known { remote: remote.ip().to_canonical(), local, tls: house.options.tls.is_some() };
    let Some(tls) = &house.options.tls else { return converse(stream, known, house, watcher).await };
    match timeout(house.options.limits.handshake, TlsAcceptor::from(tls.config()).accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, known, house, watcher).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse<S>(stream: S, known: Known, house: &House, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (between, limits) = (Between::default(), house.options.limits);
    let stream = Watched::new(stream, between.clone(), limits);
    let routes = TowerToHyperService::new(house.routes.clone());
    let answer = |request: http::Request<Incoming>| {
        between.set(false);
        let request = prepared(request, &known, &house.options);
        let (answered, between) = (routes.call(request), between.clone());
        async move {
            let response = answered.await?;
            between.set(true);
            Ok::<_, Infallible>(response)
        }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The request with what is known about it, and a body that comes in time or fails.
fn prepared(request: http::Request<Incoming>, known: &Known, options: &Options) -> Request {
    let client = peer(known, request.headers(), &options.trusted);
    let base = base_url(known, request.headers(), &options.trusted, options.public_url.as_deref());
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(client);
    parts.extensions.insert(base);
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        Body::from_stream(in_time(Body::new(body), options.limits.body))
    };
    Request::from_parts(parts, body)
}

fn in_time(body: Body, patience: Duration) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    let late = Box::pin(sleep(patience));
    futures_util::stream::unfold(Some((body.into_data_stream(), late)), |state| async move {
        let (mut body, mut late) = state?;
        tokio::select! {
            biased;
            next = body.next() => next.map(|next| (next, Some((body, late)))),
            () = &mut late => Some((Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))), None)),
        }
    })
}
