//! Listings in pages. Every listing goes through here: a failed page fails the listing, a page token that comes back
//! or never ends is a fault, and the next page is asked for while the last one is digested.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::future::BoxFuture;
use url::Url;

use super::Api;
use super::api::ODD_ANSWER;
use crate::model::{Failure, FailureKind};

/// More pages than any real directory has: a million pages, should they shrink to one group each (Graph's do).
const MOST_PAGES: usize = 1_000_000;

/// Empty pages in a row are allowed, but not without end.
const MOST_EMPTY_PAGES: usize = 1_000;

/// Whether a page holds anything.
pub trait Extent {
    /// It holds nothing.
    fn is_empty(&self) -> bool;
}

impl<T> Extent for Vec<T> {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

/// One page, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds.
    pub items: T,
    /// What to ask for next; `None` ends the listing.
    pub next: Option<String>,
}

impl Api {
    /// Reads a listing to its end, handing each page to `each`.
    ///
    /// `request` gives the URL of the page after `next` (`None`: the first); `parse` must report an answer without a
    /// proper end as [`FailureKind::Malformed`]. (`each` is boxed because the compiler cannot yet see that an async
    /// closure's future may change threads.)
    ///
    /// # Errors
    /// A page failed for good, a page token was repeated, the pages do not end, or `each` failed.
    pub async fn pages<'a, T: Send + Extent>(
        &self,
        doing: &str,
        request: impl Fn(Option<String>) -> Result<Url, Failure> + Send + Sync,
        parse: impl Fn(&[u8]) -> Result<Page<T>, Failure> + Send + Sync,
        each: impl Fn(T) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync,
    ) -> Result<(), Failure> {
        let mut tokens = HashSet::new();
        let mut empty_in_a_row = 0;
        let mut page = self.get(doing, request(None)?, &parse).await?;
        while let Some(next) = page.next.filter(|next| !next.is_empty()) {
            if !tokens.insert(fingerprint(&next)) {
                let message = "the directory gave the same page token twice, so the listing would never end";
                return Err(Failure::new(FailureKind::Malformed, message).hint(ODD_ANSWER).context(doing));
            }
            empty_in_a_row = if page.items.is_empty() { empty_in_a_row + 1 } else { 0 };
            if tokens.len() >= MOST_PAGES || empty_in_a_row > MOST_EMPTY_PAGES {
                let message = format!("the listing does not end after {} pages", tokens.len());
                return Err(Failure::new(FailureKind::Malformed, message).hint(ODD_ANSWER).context(doing));
            }
            let following = self.get(doing, request(Some(next))?, &parse);
            let (following, digested) = futures_util::future::join(following, each(page.items)).await;
            digested?;
            page = following?;
        }
        each(page.items).await
    }
}

/// Eight bytes are enough to notice a repetition among a few thousand tokens, and bounded however long a token is.
fn fingerprint(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}
