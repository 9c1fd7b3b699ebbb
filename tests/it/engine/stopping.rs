//! A run that is broken off: it changes nothing, is written down, and has let go of everything when it returns.

use std::sync::Arc;

use dirsync::model::{Failure, Start};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use dirsync::sync::{IntegrationLock, SyncError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;

use super::home::Home;
use super::plain::Plain;

/// Sends all there is, says so, and does not end.
struct Hanging {
    plain: Plain,
    sent: Arc<Notify>,
}

impl Directory for Hanging {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        self.plain.probe()
    }

    fn following(&self) -> Option<Following> {
        self.plain.following()
    }

    fn fetch(&self, start: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let open = to.clone();
            self.plain.fetch(start, to).await?;
            self.sent.notify_one();
            std::future::pending::<()>().await;
            drop(open);
            Ok(())
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        self.plain.deleted(to)
    }
}

#[test]
fn a_run_that_is_stopped_while_it_fetches_changes_nothing_and_has_let_go_of_everything() {
    let home = Home::new();
    let mut plain = Plain::with_people(7);
    home.sync(&plain);
    plain.join("new");
    let sent = Arc::new(Notify::new());
    let hanging = Hanging { plain: plain.clone(), sent: Arc::clone(&sent) };
    let stopped: BoxFuture<'static, ()> = Box::pin(async move { sent.notified().await });
    let error = home.sync_until(stopped.shared(), &hanging).unwrap_err();
    assert!(matches!(error, SyncError::Stopped), "{error:?}");
    assert_eq!(
        home.rows("SELECT outcome, error FROM runs ORDER BY id DESC LIMIT 1"),
        ["failed|stopped before everything was fetched; nothing was changed"]
    );
    assert_eq!(
        (home.status("new"), home.rows("SELECT standing FROM integrations")),
        (String::new(), vec!["connected".into()])
    );
    let id = home.integration().id;
    drop(IntegrationLock::acquire(&home.locks(), id, "sync", home.clock.now()).unwrap());
    home.sync(&plain);
    assert_eq!(home.status("new"), "active");
}
