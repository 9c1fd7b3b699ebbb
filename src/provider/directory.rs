//! What every pulling provider can do.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;

use crate::model::{DirectoryGroup, DirectoryMember, DirectoryUser, Failure, Record, Tenant};

/// A piece of a directory on its way to the staging area. Pieces of different listings come interleaved.
#[derive(Debug)]
pub enum Fetched {
    /// A page of people.
    Users(Vec<Record<DirectoryUser>>),
    /// A page of groups; comes before any of their members.
    Groups(Vec<Record<DirectoryGroup>>),
    /// A page of one group's direct members.
    Members {
        /// The group's immutable id.
        group: String,
        /// The page.
        members: Vec<Record<DirectoryMember>>,
    },
    /// Every page of this group's members has come.
    MembersEnd {
        /// The group's immutable id.
        group: String,
    },
    /// This group's members could not be read to the end: what is known of them stays.
    MembersFailed {
        /// The group's immutable id.
        group: String,
        /// Why.
        failure: Failure,
    },
    /// Somebody the directory itself says is gone.
    Deleted(Vec<String>),
}

/// A directory that can be asked.
///
/// Every listing is complete when its call returns `Ok`; a listing that failed anywhere returns `Err`, and then
/// nothing that was sent says anything about absence.
pub trait Directory: Send + Sync {
    /// Asks a little of every listing, to see whether this account may read people, groups and members, and learns
    /// whose directory it is.
    fn probe(&self) -> BoxFuture<'_, Result<Tenant, Failure>>;

    /// Sends all people, groups and direct members to `to`, as they come.
    fn fetch(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>>;

    /// Sends the ids of people the directory says it deleted lately.
    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>>;
}
