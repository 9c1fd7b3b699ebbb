//! Everything the pretend Google has issued: codes, access tokens, refresh tokens, and how they died.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Account;
use crate::sandbox::random::Random;

/// How long a code can be exchanged.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Live refresh tokens per account and client; one more kills the oldest.
const REFRESH_TOKENS: usize = 100;

/// What a person allowed, waiting behind a code.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub(super) account: Account,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: String,
    /// Method and challenge.
    pub(super) pkce: Option<(String, String)>,
    pub(super) nonce: Option<String>,
    pub(super) refreshable: bool,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Access {
    pub(in crate::sandbox) account: Account,
    pub(in crate::sandbox) scopes: Vec<String>,
    pub(in crate::sandbox) expires: Timestamp,
    /// Whether a service account holds it; `sub` missing then means no rights at all.
    pub(in crate::sandbox) impersonated: bool,
}

/// Why a refresh token no longer works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Death {
    /// Revoked by somebody, unused too long, or one too many.
    Revoked,
    /// The organisation's session control wants a new sign-in.
    InvalidRapt,
    /// The like, in its other wording.
    RaptRequired,
    /// The account is gone.
    Deleted,
}

struct Refresh {
    account: Account,
    scopes: Vec<String>,
    death: Option<Death>,
    issued: usize,
    /// The token that this one is to replace.
    before: Option<String>,
}

/// The books.
pub(in crate::sandbox) struct Issuer {
    random: Random,
    codes: HashMap<String, (Consent, Timestamp)>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    consented: HashSet<String>,
    /// Whether refreshing gives another refresh token. Google's do not, but OAuth lets it.
    pub(in crate::sandbox) rotates: bool,
    /// Every code and token ever issued.
    pub(in crate::sandbox) secrets: Vec<String>,
}

impl Issuer {
    pub(in crate::sandbox) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed ^ 0x7041),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            consented: HashSet::new(),
            rotates: false,
            secrets: Vec::new(),
        }
    }

    fn secret(&mut self, prefix: &str, length: usize) -> String {
        let secret = format!("{prefix}{}", self.random.text(length));
        self.secrets.push(secret.clone());
        secret
    }

    /// Remembers that this account consented; true the first time.
    pub(super) fn first_consent(&mut self, account: &Account) -> bool {
        self.consented.insert(account.sub.clone())
    }

    pub(super) fn code(&mut self, consent: Consent, now: Timestamp) -> String {
        let code = self.secret("4/0A", 60);
        self.codes.insert(code.clone(), (consent, now + CODE_LIFE));
        code
    }

    /// Takes a code out of the books: it works once.
    pub(super) fn redeem(&mut self, code: &str, now: Timestamp) -> Option<Consent> {
        self.codes.remove(code).filter(|(_, expires)| now < *expires).map(|(consent, _)| consent)
    }

    pub(super) fn access_token(&mut self, access: Access) -> String {
        let token = self.secret("ya29.a0", 160);
        self.access.insert(token.clone(), access);
        token
    }

    pub(super) fn refresh_token(&mut self, account: &Account, scopes: &[String]) -> String {
        let token = self.secret("1//0", 90);
        let issued = self.secrets.len();
        let entry = Refresh { account: account.clone(), scopes: scopes.to_vec(), death: None, issued, before: None };
        self.refresh.insert(token.clone(), entry);
        let alive = |entry: &&mut Refresh| entry.death.is_none() && entry.account.sub == account.sub;
        if self.refresh.values_mut().filter(alive).count() > REFRESH_TOKENS
            && let Some(oldest) = self.refresh.values_mut().filter(alive).min_by_key(|entry| entry.issued)
        {
            oldest.death = Some(Death::Revoked);
        }
        token
    }

    /// What a refresh token stands for; `Err(None)` when there never was such a token.
    pub(super) fn refreshed(&self, token: &str) -> Result<(Account, Vec<String>), Option<Death>> {
        let entry = self.refresh.get(token).ok_or(None)?;
        match entry.death {
            Some(death) => Err(Some(death)),
            None => Ok((entry.account.clone(), entry.scopes.clone())),
        }
    }

    /// Another token in the place of this one, where tokens rotate. This one dies when that is used.
    pub(super) fn rotated(&mut self, token: &str, account: &Account, scopes: &[String]) -> Option<String> {
        if !self.rotates {
            return None;
        }
        let before = self.refresh.get(token).and_then(|entry| entry.before.clone());
        if let Some(before) = before.and_then(|before| self.refresh.get_mut(&before)) {
            before.death.get_or_insert(Death::Revoked);
        }
        let successor = self.refresh_token(account, scopes);
        if let Some(entry) = self.refresh.get_mut(&successor) {
            entry.before = Some(token.to_owned());
        }
        Some(successor)
    }

    /// What a bearer token stands for, while it is good.
    pub(in crate::sandbox) fn bearer(&self, token: &str, now: Timestamp) -> Option<Access> {
        self.access.get(token).filter(|access| now < access.expires).cloned()
    }

    /// Revokes everything of the account behind a token; false when there is no such live token.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let by_refresh = self.refresh.get(token).filter(|entry| entry.death.is_none()).map(|entry| &entry.account.sub);
        let Some(sub) = by_refresh.or(self.access.get(token).map(|access| &access.account.sub)).cloned() else {
            return false;
        };
        self.access.retain(|_, access| access.account.sub != sub || access.impersonated);
        for entry in self.refresh.values_mut().filter(|entry| entry.account.sub == sub && entry.death.is_none()) {
            entry.death = Some(Death::Revoked);
        }
        self.consented.remove(&sub);
        true
    }

    /// Kills every refresh token, and the access tokens with them.
    pub(in crate::sandbox) fn kill(&mut self, death: Death) {
        self.refresh.values_mut().filter(|entry| entry.death.is_none()).for_each(|entry| entry.death = Some(death));
        self.expire();
    }

    /// Forgets every access token.
    pub(in crate::sandbox) fn expire(&mut self) {
        self.access.clear();
    }
}

impl Death {
    /// The death that `invalid_grant` calls by this subtype; revoked when it has none.
    pub(in crate::sandbox) fn named(subtype: Option<&str>) -> Self {
        match subtype {
            Some("invalid_rapt") => Self::InvalidRapt,
            Some("rapt_required") => Self::RaptRequired,
            Some("deleted") => Self::Deleted,
            _ => Self::Revoked,
        }
    }
}
