//! Where an organisation signs in: addresses below a cloud's login host (learn.microsoft.com/entra/identity-platform/
//! v2-protocols), or below another that the administrator set.

use url::Url;

use super::Cloud;
use crate::auth::{Endpoints, endpoint};
use crate::model::{Failure, FailureKind};

/// Any organisation, and no personal account: the authority while it is not known who signs in.
pub(super) const ORGANIZATIONS: &str = "organizations";

/// Addresses set by the administrator (environment, config file); `None` is the cloud's own.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `DIRSYNC_ENTRA_LOGIN_URL`
    pub login: Option<String>,
}

/// The sign-in addresses of one tenant (or of [`ORGANIZATIONS`]).
#[derive(Clone, Debug)]
pub(super) struct Authority {
    base: Url,
}

impl Authority {
    /// # Errors
    /// What is set is no private address.
    pub(super) fn new(overrides: &Overrides, cloud: Cloud, tenant: &str) -> Result<Self, Failure> {
        let login = overrides.login.as_deref().unwrap_or(cloud.login());
        let mut base = endpoint("DIRSYNC_ENTRA_LOGIN_URL", login)?;
        let unusable = |()| Failure::new(FailureKind::Misconfigured, "DIRSYNC_ENTRA_LOGIN_URL cannot be built upon");
        base.path_segments_mut().map_err(unusable)?.pop_if_empty().push(tenant);
        Ok(Self { base })
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    /// Where codes, refresh tokens, device codes and assertions become access tokens.
    pub(super) fn token(&self) -> Url {
        self.at(&["oauth2", "v2.0", "token"])
    }

    /// For the sign-in by browser. There is no way to give a grant back.
    pub(super) fn endpoints(&self) -> Endpoints {
        Endpoints { authorize: self.at(&["oauth2", "v2.0", "authorize"]), token: self.token(), revoke: None }
    }

    /// Where a code for another device comes from.
    pub(super) fn device_code(&self) -> Url {
        self.at(&["oauth2", "v2.0", "devicecode"])
    }

    /// What says who the tenant is.
    pub(super) fn discovery(&self) -> Url {
        self.at(&["v2.0", ".well-known", "openid-configuration"])
    }

    /// The page on which an administrator consents for the organisation; to be passed on, or to be opened with a state.
    pub(super) fn admin_consent(&self, client_id: &str, scope: &str, redirect_uri: &str, state: Option<&str>) -> Url {
        let mut url = self.at(&["v2.0", "adminconsent"]);
        let mut query = url.query_pairs_mut();
        query.extend_pairs([("client_id", client_id), ("scope", scope), ("redirect_uri", redirect_uri)]);
        query.extend_pairs(state.map(|state| ("state", state)));
        drop(query);
        url
    }
}

/// Entra ignores the port of `localhost` and minds the path, so that none is sent
/// (learn.microsoft.com/entra/identity-platform/reply-url).
pub(super) fn redirect_uri(port: u16) -> String {
    format!("http://localhost:{port}")
}
