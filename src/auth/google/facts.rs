//! Google's addresses, scopes and parameters, as values. Sources: developers.google.com/identity/protocols/oauth2
//! (native-app, web-server, service-account) and …/openid-connect, as of 2026.

use url::Url;

use crate::auth::{Endpoints, endpoint};
use crate::model::Failure;

/// Where the browser goes.
pub const AUTHORIZE_URL: &str = "https://accounts.google.com/o/oauth2/v2/auth";
/// Where codes, refresh tokens and assertions become access tokens.
pub const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// Where a token is given back.
pub const REVOKE_URL: &str = "https://oauth2.googleapis.com/revoke";

/// Reads people.
pub(super) const USERS: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";
/// Reads groups and their members (members.list accepts it, so the group.member scope is not needed).
pub(super) const GROUPS: &str = "https://www.googleapis.com/auth/admin.directory.group.readonly";

/// All that is asked for. Neither the customer nor the orgunit scope: a user carries both the customer's id and the
/// path of its unit. Never `cloud-platform`: that puts the grant under the organisation's Cloud session control, which
/// ends it every few hours.
pub const SCOPES: &[&str] = &["openid", "email", USERS, GROUPS];

/// What a service account asks for: it has no id token, and delegation is all or nothing.
pub(super) const DELEGATED_SCOPES: &[&str] = &[USERS, GROUPS];

/// Google writes itself both ways.
pub(super) const ISSUERS: &[&str] = &["https://accounts.google.com", "accounts.google.com"];

/// Without both, a second sign-in of the same account gets no refresh token.
pub(super) const OFFLINE: &[(&str, &str)] = &[("access_type", "offline"), ("prompt", "consent")];

/// Google's desktop clients take any port of 127.0.0.1; `localhost` may meet a firewall or the wrong address family.
pub(super) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

/// Whether `granted` (as Google's answer lists it) contains `asked`; short names come back as their long ones.
pub(super) fn is_granted(asked: &str, granted: &[String]) -> bool {
    let long = match asked {
        "email" => "https://www.googleapis.com/auth/userinfo.email",
        other => other,
    };
    granted.iter().any(|scope| scope == asked || scope == long)
}

/// What a scope lets dirsync do, for people.
pub(super) fn purpose(scope: &str) -> &'static str {
    match scope {
        USERS => "see the users of the domain",
        GROUPS => "see the groups of the domain and their members",
        _ => "see who is signing in",
    }
}

/// Addresses set by the administrator (environment, config file) or by a downloaded file; `None` is Google's own.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `DIRSYNC_GOOGLE_AUTH_URL`
    pub authorize: Option<String>,
    /// `DIRSYNC_GOOGLE_TOKEN_URL`
    pub token: Option<String>,
    /// `DIRSYNC_GOOGLE_REVOKE_URL`
    pub revoke: Option<String>,
}

impl Overrides {
    /// The addresses to use. `from_file` is the client or key file's own `token_uri`, which gives way to a set one.
    ///
    /// # Errors
    /// One of them is no URL or not private.
    pub fn endpoints(&self, from_file: Option<&Url>) -> Result<Endpoints, Failure> {
        let own = |name: &str, set: Option<&str>, own: &str| endpoint(name, set.unwrap_or(own));
        let token = match (&self.token, from_file) {
            (None, Some(url)) => url.clone(),
            (set, _) => own("DIRSYNC_GOOGLE_TOKEN_URL", set.as_deref(), TOKEN_URL)?,
        };
        Ok(Endpoints {
            authorize: own("DIRSYNC_GOOGLE_AUTH_URL", self.authorize.as_deref(), AUTHORIZE_URL)?,
            token,
            revoke: Some(own("DIRSYNC_GOOGLE_REVOKE_URL", self.revoke.as_deref(), REVOKE_URL)?),
        })
    }
}
