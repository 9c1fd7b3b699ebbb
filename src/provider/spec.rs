//! What a provider is, as a value.

use std::sync::Arc;

use url::Url;

use super::{Directory, entra, google, scim};
use crate::clock::Clock;
use crate::http::{Client, RetryPolicy, TokenSource};
use crate::model::Tenant;

/// Who moves first.
#[derive(Debug)]
pub enum Direction {
    /// dirsync asks the directory.
    Pull(Pull),
    /// The directory calls dirsync.
    Push(Push),
}

/// How a directory is asked.
#[derive(Debug)]
pub struct Pull {
    /// Root of its API, unless it is set.
    pub api: &'static str,
    /// Requests a minute that may be sent, unless it is set.
    pub requests_per_minute: u32,
    /// Whether its people are in org units, which a scope can name.
    pub org_units: bool,
    /// Makes a client of one directory.
    pub connect: fn(Connect) -> Box<dyn Directory>,
}

/// What is known of directories that call.
#[derive(Debug)]
pub struct Push {
    /// Who calls, by what the client calls itself (its User-Agent); `None`: nobody that is known.
    pub client: fn(&str) -> Option<&'static str>,
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
}

impl ProviderSpec {
    /// How it is asked, if it is.
    pub const fn pull(&self) -> Option<&Pull> {
        match &self.direction {
            Direction::Pull(pull) => Some(pull),
            Direction::Push(_) => None,
        }
    }

    /// What is known of its calls, if it calls.
    pub const fn push(&self) -> Option<&Push> {
        match &self.direction {
            Direction::Push(push) => Some(push),
            Direction::Pull(_) => None,
        }
    }
}

/// Every kind there is; a new one is a folder, its `SPEC` and a line here.
pub const PROVIDERS: &[ProviderSpec] = &[google::SPEC, entra::SPEC, scim::SPEC];

/// The provider of a stored word.
pub fn find(kind: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().find(|spec| spec.kind == kind)
}
