//! Everything the pretend Microsoft has issued: codes, tokens, device codes; and who consented to what.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::accounts::{Account, Home};
use super::device::Device;
use super::scopes::Asked;
use crate::sandbox::random::Random;

/// How long a code can be exchanged.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How long a refresh token lives unused.
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What somebody allowed, waiting behind a code.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub(super) account: Account,
    pub(super) asked: Asked,
    /// The permissions that were really granted.
    pub(super) granted: Vec<String>,
    pub(super) redirect_uri: String,
    /// Method and challenge.
    pub(super) pkce: (String, String),
    pub(super) nonce: Option<String>,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub(in crate::sandbox::entra) struct Access {
    /// The person; nobody when an app acts by itself.
    pub(in crate::sandbox::entra) account: Option<Account>,
    pub(in crate::sandbox::entra) home: Home,
    pub(in crate::sandbox::entra) scopes: Vec<String>,
    pub(in crate::sandbox::entra) expires: Timestamp,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub(super) account: Account,
    pub(super) asked: Asked,
    pub(super) granted: Vec<String>,
    pub(super) expires: Timestamp,
    pub(super) revoked: bool,
}

/// The books.
pub(in crate::sandbox::entra) struct Issuer {
    random: Random,
    /// A code that was redeemed stays in the books, without what it stood for.
    codes: HashMap<String, (Option<Consent>, Timestamp)>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    pub(super) devices: HashMap<String, Device>,
    /// Permissions somebody consented to, for themselves; and (with no account) those granted for the whole organisation.
    consents: HashSet<(Home, Option<String>, String)>,
    /// Whether the app's own permissions are granted.
    pub(in crate::sandbox::entra) is_app_granted: bool,
    /// The ids of assertions that were used.
    pub(super) assertions: HashSet<String>,
    /// Every code and token ever issued.
    pub(in crate::sandbox::entra) secrets: Vec<String>,
}

impl Issuer {
    pub(in crate::sandbox::entra) fn new(seed: u64, is_app_granted: bool) -> Self {
        Self {
            random: Random::new(seed ^ 0x15_50E5),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            devices: HashMap::new(),
            consents: HashSet::new(),
            is_app_granted,
            assertions: HashSet::new(),
            secrets: Vec::new(),
        }
    }

    pub(super) fn secret(&mut self, prefix: &str, length: usize) -> String {
        let secret = format!("{prefix}{}", self.random.text(length));
        self.secrets.push(secret.clone());
        secret
    }

    /// A code one types in; no secret, for it is shown to everybody around.
    pub(super) fn user_code(&mut self) -> String {
        self.random.text(9).to_ascii_uppercase()
    }

    pub(super) fn consent(&mut self, account: &Account, scopes: &[String], for_all: bool) {
        let who = (!for_all).then(|| account.oid.clone());
        self.consents.extend(scopes.iter().map(|scope| (account.home, who.clone(), scope.clone())));
    }

    /// Which of these permissions an account has, by its own consent or the organisation's.
    pub(super) fn granted(&self, account: &Account, scopes: &[String]) -> Vec<String> {
        let has = |who: Option<String>, scope: &String| self.consents.contains(&(account.home, who, scope.clone()));
        scopes.iter().filter(|scope| has(None, scope) || has(Some(account.oid.clone()), scope)).cloned().collect()
    }

    /// Takes back everybody's consent.
    pub(in crate::sandbox::entra) fn withdraw(&mut self) {
        self.consents.clear();
        self.is_app_granted = false;
        self.expire();
    }

    /// Grants everything, for the whole organisation.
    pub(in crate::sandbox::entra) fn grant_all(&mut self) {
        let scopes = super::scopes::APPLICATION.iter().chain(&["User.Read"]);
        self.consents.extend(scopes.map(|scope| (Home::Here, None, (*scope).to_owned())));
        self.is_app_granted = true;
    }

    pub(super) fn code(&mut self, consent: Consent, now: Timestamp) -> String {
        let code = self.secret("1.AXoA", 80);
        self.codes.insert(code.clone(), (Some(consent), now + CODE_LIFE));
        code
    }

    /// Takes a code's meaning out of the books. `Err(true)`: it was redeemed before; `Err(false)`: too old or unknown.
    pub(super) fn redeem(&mut self, code: &str, now: Timestamp) -> Result<Consent, bool> {
        let (consent, expires) = self.codes.get_mut(code).ok_or(false)?;
        let consent = consent.take().ok_or(true)?;
        if now < *expires { Ok(consent) } else { Err(false) }
    }

    pub(super) fn access_token(&mut self, access: Access) -> String {
        let token = self.secret("eyJ0eXAiOiJKV1Qi.", 120);
        self.access.insert(token.clone(), access);
        token
    }

    pub(super) fn refresh_token(
        &mut self,
        account: &Account,
        asked: &Asked,
        granted: &[String],
        now: Timestamp,
    ) -> String {
        let token = self.secret("1.AXoAr", 110);
        let refresh = Refresh {
            account: account.clone(),
            asked: asked.clone(),
            granted: granted.to_vec(),
            expires: now + REFRESH_LIFE,
            revoked: false,
        };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    pub(super) fn refreshed(&self, token: &str) -> Option<Refresh> {
        self.refresh.get(token).cloned()
    }

    /// What a bearer token stands for, while it is good.
    pub(in crate::sandbox::entra) fn bearer(&self, token: &str, now: Timestamp) -> Option<Access> {
        self.access.get(token).filter(|access| now < access.expires).cloned()
    }

    /// Kills every refresh token ("revoke sessions"), and the access tokens with them.
    pub(in crate::sandbox::entra) fn revoke(&mut self) {
        self.refresh.values_mut().for_each(|refresh| refresh.revoked = true);
        self.expire();
    }

    /// Forgets every access token.
    pub(in crate::sandbox::entra) fn expire(&mut self) {
        self.access.clear();
    }
}
