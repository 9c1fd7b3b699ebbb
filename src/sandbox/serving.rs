//! A pretend service that listens: on loopback, until it is shut down or dropped.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::stage::Stage;

/// Takes a port on 127.0.0.1 (any free one when none is named); also its base URL.
pub(super) async fn listen(port: Option<u16>) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
    let address = listener.local_addr()?;
    Ok((listener, format!("http://{address}")))
}

/// A server under way, over a world in which there is a [`Stage`].
pub(super) struct Serving<W: AsRef<Stage>> {
    pub(super) world: Arc<W>,
    task: Option<JoinHandle<io::Result<()>>>,
}

impl<W: AsRef<Stage> + Send + Sync + 'static> Serving<W> {
    pub(super) fn start(listener: TcpListener, world: Arc<W>, routes: Router) -> Self {
        let until = Arc::clone(&world);
        let task = tokio::spawn(async move {
            let stopped = async move { until.as_ref().as_ref().stopped().await };
            axum::serve(listener, routes).with_graceful_shutdown(stopped).await
        });
        Self { world, task: Some(task) }
    }

    /// Stops listening; requests under way are answered, hanging ones let go.
    pub(super) async fn shutdown(mut self) {
        let world: &W = &self.world;
        world.as_ref().stop();
        let patience = Duration::from_secs(2);
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(patience, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl<W: AsRef<Stage>> Drop for Serving<W> {
    fn drop(&mut self) {
        let world: &W = &self.world;
        world.as_ref().stop();
    }
}
