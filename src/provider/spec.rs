//! What a provider is, as a value.

use std::sync::Arc;

use url::Url;

use super::{Directory, entra, google};
use crate::clock::Clock;
use crate::http::{Client, RetryPolicy, TokenSource};
use crate::model::Tenant;

/// Who moves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// dirsync asks the directory.
    Pull,
    /// The directory calls dirsync.
    Push,
}

/// What a directory is reached with.
pub struct Connect {
    /// The shared client.
    pub client: Client,
    /// Bearer tokens.
    pub tokens: Arc<dyn TokenSource>,
    /// Root of the API.
    pub api: Url,
    /// Requests a minute that may be sent.
    pub requests_per_minute: std::num::NonZeroU32,
    /// Patience of one request.
    pub retry: RetryPolicy,
    /// The organisation it must be; `None` while signing in, where the sign-in does not tell and it is about to be learnt.
    pub tenant: Option<Tenant>,
    /// The time.
    pub clock: Clock,
}

/// One kind of directory.
#[derive(Debug)]
pub struct ProviderSpec {
    /// The stable word: subcommand, database, JSON.
    pub kind: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Who moves first.
    pub direction: Direction,
    /// Root of its API, unless it is set.
    pub api: &'static str,
    /// Requests a minute that may be sent, unless it is set.
    pub requests_per_minute: u32,
    /// Makes a client of one directory.
    pub connect: fn(Connect) -> Box<dyn Directory>,
}

/// Every kind there is; a new one is a folder, its `SPEC` and a line here.
pub const PROVIDERS: &[ProviderSpec] = &[google::SPEC, entra::SPEC];

/// The provider of a stored word.
pub fn find(kind: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().find(|spec| spec.kind == kind)
}
