//! What the suite needs of a vendor's pretend directory, in no vendor's words.

use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::http::{Client, RetryPolicy};
use dirsync::model::{FailureKind, Tenant};
use dirsync::provider::Directory;
use tokio::runtime::Handle;

use super::picture::Picture;
use super::struck::with_members_as_before;

/// How large a pretend directory is, and where its accidents begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) seed: u64,
    pub(super) people: usize,
    pub(super) groups: usize,
    pub(super) memberships: usize,
    /// How long each answer takes.
    pub(super) latency: Duration,
}

impl Size {
    /// Every oddity there is, and a few ordinary people; one group fills more than a page.
    pub(super) const SMALL: Self = Self { seed: 1, people: 60, groups: 20, memberships: 800, latency: Duration::ZERO };
    /// Several pages of everything.
    pub(super) const PAGES: Self =
        Self { seed: 2, people: 603, groups: 213, memberships: 4_000, latency: Duration::ZERO };

    pub(super) fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

/// What a pretend directory is started with.
pub(super) struct Start {
    pub(super) size: Size,
    pub(super) clock: Clock,
    pub(super) runtime: Handle,
}

/// What a directory is reached with.
pub(super) struct Reach {
    pub(super) client: Client,
    pub(super) retry: RetryPolicy,
    pub(super) clock: Clock,
    pub(super) tenant: Option<Tenant>,
}

/// What a day brought, by the directory's immutable ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Day {
    pub(super) joined: Vec<String>,
    pub(super) left: Vec<String>,
    /// Deleted and made anew under the same address: old id, new id.
    pub(super) recreated: Vec<(String, String)>,
}

/// Something that goes wrong from now on. A text is the struck group's id, or an address outside the directory.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    UsersPageFails,
    GroupsPageFails,
    EveryGroupFails,
    OneGroupFails(String),
    GroupDeletedWhileListed(String),
    DeletedListFails,
    ThrottledThenFine,
    ForbiddenListing,
    TokenRefusedOnce,
    TokenRefusedForEver,
    SignInServiceDown,
    HtmlWithStatus200,
    TruncatedBody,
    TruncatedGzip,
    ResetMidBody,
    ResetOnce,
    Hangs,
    RepeatedPageToken,
    ExpiredPageToken,
    EmptyPageInBetween,
    ForeignNextPage(String),
    EmptyListing,
    MissingKey,
    GroupsVanish,
    WrongTypeInUser,
    WrongTypeInGroup,
    WrongTypeInMember(String),
    WrongTypeWholePage,
    DuplicatePerson,
    OtherTenant,
    Redirect(String),
    TemporarilyDown,
}

impl Trouble {
    /// Its name alone.
    pub(super) fn name(&self) -> String {
        format!("{self:?}").split('(').next().unwrap_or_default().to_owned()
    }
}

/// How a vendor's pretend directory is started.
pub(super) type Vendor = fn(&Start) -> Box<dyn Pretend>;

impl dyn Pretend {
    /// Whether this trouble can come up here.
    pub(super) fn knows(&self, trouble: &Trouble) -> bool {
        !self.cannot().contains(&trouble.name().as_str())
    }
}

/// A vendor's directory that lives from day to day and fails as told.
pub(super) trait Pretend {
    /// The provider's word.
    fn kind(&self) -> &'static str;
    /// The organisation's immutable id.
    fn tenant(&self) -> String;
    /// The provider's own client of this directory, signed in.
    fn directory(&self, reach: Reach) -> Box<dyn Directory>;
    /// What the store should hold, read from the directory without the provider's help.
    fn truth(&self) -> Picture;
    /// Lets a day pass.
    fn play_day(&self) -> Day;
    /// Takes a share of the people out of the listing, with the directory's own word for it if `confirmed`; who.
    fn vanish(&self, percent: usize, confirmed: bool) -> Vec<String>;
    /// Brings back who vanished.
    fn unvanish(&self);
    /// Lets something go wrong.
    fn cause(&self, trouble: &Trouble);
    /// Lets everything go right again.
    fn relent(&self);
    /// How many requests came so far, and how many were under way at once at most.
    fn requests(&self) -> (u64, u64);

    /// Whether it tells its changes: a sync after the first one hears of nothing else.
    fn follows(&self) -> bool {
        false
    }

    /// The troubles that cannot come up here, by name. Whoever has any asserts which they are.
    fn cannot(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it is when the account may not read a listing.
    fn forbidden(&self) -> FailureKind {
        FailureKind::Refused
    }

    /// What is stored where all is as in `truth`, but one group's members could not be read since `before`.
    fn with_members_unread(&self, truth: Picture, before: &Picture, group: &str) -> Picture {
        with_members_as_before(truth, before, group)
    }
}
