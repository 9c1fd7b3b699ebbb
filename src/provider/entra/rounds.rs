//! Following the changes of people and of groups: two streams, each with rounds of its own, begun anew with everything
//! where a link is worth nothing any more, and read by plain listings where a tenant has no delta queries.
//!
//! Facts: learn.microsoft.com/graph/delta-query-overview.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;
use url::Url;

use super::calls::{EntraDirectory, GROUP_PROPERTIES, USER_PROPERTIES, at};
use super::{verdict, wire};
use crate::model::{Failure, Place, Stream};
use crate::provider::Fetched;
use crate::provider::members::{send, stopped};

/// How often a stream is begun anew within one run.
const MOST_BEGINNINGS: u32 = 3;

impl EntraDirectory {
    /// Sends a stream's news from `from` to the end of the round.
    pub(super) async fn follow(&self, stream: Stream, from: Place, to: &Sender<Fetched>) -> Result<(), Failure> {
        let mut from = from;
        let mut listed = false;
        let mut beginnings = 0;
        loop {
            let answered = AtomicBool::new(false);
            let told = match (listed, stream) {
                (false, _) => self.round(stream, &from, to, &answered).await,
                (true, Stream::People) => self.list_people(to).await,
                (true, Stream::Groups) => self.list_groups(to).await,
            };
            let Err(failure) = told else { return Ok(()) };
            let unanswered = !answered.load(Ordering::Relaxed);
            let at_the_very_beginning = from == Place::Beginning && unanswered;
            // A link that is refused at once, in whatever words, is worth nothing.
            let dead_link = from != Place::Beginning && unanswered && matches!(failure.status, Some(400 | 404));
            if (dead_link || verdict::wants_everything(&failure)) && beginnings < MOST_BEGINNINGS {
                tracing::info!(stream = stream.as_str(), %failure, "the stream begins anew");
                // Graph may name an address to begin at; it would lack our selection, so it is begun as always.
                send(to, Fetched::Anew(stream)).await?;
                from = Place::Beginning;
                beginnings += 1;
            } else if !listed && at_the_very_beginning && verdict::refuses_to_be_followed(&failure) {
                tracing::info!(stream = stream.as_str(), %failure, "changes cannot be followed, so everything is listed");
                listed = true;
            } else {
                return Err(failure);
            }
        }
    }

    async fn round(
        &self,
        stream: Stream,
        from: &Place,
        to: &Sender<Fetched>,
        answered: &AtomicBool,
    ) -> Result<(), Failure> {
        let (doing, first) = match (stream, from) {
            (Stream::People, Place::Beginning) => ("users", self.beginning("users", USER_PROPERTIES, "manager")),
            (Stream::Groups, Place::Beginning) => ("groups", self.beginning("groups", GROUP_PROPERTIES, "members")),
            (Stream::People, Place::Within(link) | Place::Since(link)) => ("users", taken_up(link)?),
            (Stream::Groups, Place::Within(link) | Place::Since(link)) => ("groups", taken_up(link)?),
        };
        let each = |page: wire::UnreadChanges| -> BoxFuture<'_, Result<(), Failure>> {
            answered.store(true, Ordering::Relaxed);
            Box::pin(async move {
                // A stream is a chain of pages, so reading one must not keep the next from being asked for.
                let read = spawn_blocking(move || page.read()).await;
                let (changes, place) = read.unwrap_or_else(|_| Err(stopped()))?;
                send(to, Fetched::Changes { stream, changes, place }).await
            })
        };
        self.api.pages(doing, |next| at(&first, next), wire::unread_changes, each).await
    }

    fn beginning(&self, what: &str, properties: &str, navigation: &str) -> Url {
        self.url(&format!("{what}/delta"), &[("$select", &format!("{properties},{navigation}"))])
    }
}

/// A stored link that is no address any more is as good as none: everything is told again.
fn taken_up(link: &str) -> Result<Url, Failure> {
    Url::parse(link).map_err(|_| verdict::worthless_link())
}
