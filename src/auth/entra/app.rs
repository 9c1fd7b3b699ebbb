//! An app registration as it is used here: whose, in which cloud, of which organisation, and for which command.

use super::addresses::{Authority, ORGANIZATIONS};
use super::errors::{self, Asked};
use super::{Cloud, Overrides, permissions};
use crate::auth::{Client, Refusal};
use crate::model::Failure;

/// An app registration of an administrator's.
#[derive(Clone, Debug)]
pub(super) struct App {
    /// Its Application (client) ID.
    pub client_id: String,
    /// Where it is registered.
    pub cloud: Cloud,
    /// Addresses that are set.
    pub overrides: Overrides,
    /// The organisation by id or domain, or [`ORGANIZATIONS`].
    pub tenant: String,
    /// The command that would do this once more, for hints.
    pub again: String,
}

impl App {
    /// Its sign-in addresses.
    ///
    /// # Errors
    /// What is set is no private address.
    pub(super) fn authority(&self) -> Result<Authority, Failure> {
        Authority::new(&self.overrides, self.cloud, &self.tenant)
    }

    /// The same app in the organisation that it turned out to be.
    pub(super) fn of(&self, tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), ..self.clone() }
    }

    /// Whether it is known which organisation it is used in.
    pub(super) fn knows_tenant(&self) -> bool {
        self.tenant != ORGANIZATIONS
    }

    /// The client of a person's sign-in: public, so without a secret; Entra refuses one that is sent.
    pub(super) fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: None }
    }

    /// An address that can be passed on to somebody who may consent for the organisation. Where it ends does not matter:
    /// the consent is given by then.
    pub(super) fn consent_link(&self) -> String {
        let scope = permissions::delegated(self.cloud).join(" ");
        self.authority().map_or_else(
            |_| self.cloud.portal().to_owned(),
            |authority| authority.admin_consent(&self.client_id, &scope, "http://localhost", None).into(),
        )
    }

    /// What a refusal means to this app.
    pub(super) fn explain(&self, refusal: &Refusal, asked: Asked) -> Failure {
        errors::explain(refusal, asked, self)
    }
}
