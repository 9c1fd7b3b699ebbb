//! What every pulling provider can do.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;

use crate::model::{
    DirectoryGroup, DirectoryMember, DirectoryUser, Failure, ObjectChange, Place, Reading, Record, Start, Stream,
    Tenant,
};

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
    /// A page of a stream of changes.
    Changes {
        /// Which stream.
        stream: Stream,
        /// What it tells.
        changes: Vec<Record<ObjectChange>>,
        /// Where the stream goes on after this page; [`Place::Since`] after the last one of a round.
        place: Place,
    },
    /// A stream begins anew with everything there is: the place it was to begin at is of no use any more.
    Anew(Stream),
}

/// What was found when a directory was first asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Whose directory it is.
    pub tenant: Tenant,
    /// Whose account signed in, by address or sign-in name, where the directory tells.
    pub account: Option<String>,
}

/// How a directory is followed that tells its changes.
#[derive(Clone, Debug)]
pub struct Following {
    /// A place in a stream means something only together with this: what is selected, of whom, where.
    pub key: String,
    /// Reads objects out of what was said of them.
    pub reading: Reading,
}

/// A directory that can be asked.
///
/// Every listing is complete when its call returns `Ok`; a listing that failed anywhere returns `Err`, and then
/// nothing that was sent says anything about absence.
pub trait Directory: Send + Sync {
    /// Asks a little of every listing, to see whether this account may read people, groups and members, and learns
    /// whose directory it is.
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>>;

    /// How its changes are followed; `None` where every fetch is of everything.
    fn following(&self) -> Option<Following>;

    /// Sends people, groups and direct members to `to`, as they come: all of them, or, of a stream whose place is
    /// known, what has changed since.
    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>>;

    /// Sends the ids of people the directory says it deleted lately.
    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>>;
}
