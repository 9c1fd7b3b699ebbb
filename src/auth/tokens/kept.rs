//! A sealed refresh token that outlives the process: read anew each time, because another process may have replaced it,
//! and replaced only where it still is the one that was read.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use crate::auth::secrets::{KeyStoreError, Vault, kind};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, IntegrationId};
use crate::store::{SealedSecret, Store};

/// One integration's refresh token and the one before it; cheap to clone, clones share the connection.
#[derive(Clone, Debug)]
pub struct KeptToken {
    vault: Arc<Vault>,
    store: Arc<Mutex<Store>>,
    integration: IntegrationId,
    clock: Clock,
}

/// A token as it was found: opened, and as it lies in the database, by which it is known again.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The token.
    pub token: SecretString,
    sealed: SealedSecret,
}

impl KeptToken {
    /// `store` is a connection of its own: it is used from other threads.
    pub fn new(vault: Arc<Vault>, store: Arc<Mutex<Store>>, integration: IntegrationId, clock: Clock) -> Self {
        Self { vault, store, integration, clock }
    }

    /// What is stored now.
    pub(super) async fn read(&self) -> Result<Option<Found>, Failure> {
        self.apart(|kept, store| {
            let Some(sealed) = store.secret(kept.integration, kind::REFRESH_TOKEN)? else { return Ok(None) };
            let token = kept.vault.unseal(kept.integration, kind::REFRESH_TOKEN, &sealed)?;
            Ok(Some(Found { token, sealed }))
        })
        .await
    }

    /// The token that was in use before the one stored now.
    pub(super) async fn previous(&self) -> Result<Option<SecretString>, Failure> {
        self.apart(|kept, store| kept.vault.open(store, kept.integration, kind::PREVIOUS_REFRESH_TOKEN)).await
    }

    /// Stores `fresh` in the place of `found`, and `used`, which gave it, beside it as the one before. `false`: something
    /// else is stored by now, which stays. Returns when it is on the disk.
    pub(super) async fn rotate(&self, found: Found, used: SecretString, fresh: SecretString) -> Result<bool, Failure> {
        self.apart(move |kept, store| {
            let id = kept.integration;
            let fresh = kept.vault.sealed(id, kind::REFRESH_TOKEN, &fresh)?;
            let used = kept.vault.sealed(id, kind::PREVIOUS_REFRESH_TOKEN, &used)?;
            let (now, before) = ((kind::REFRESH_TOKEN, &fresh), (kind::PREVIOUS_REFRESH_TOKEN, &used));
            let at = format!("{:.0}", kept.clock.now());
            Ok(store.rotate_secret(id, &found.sealed, now, before, &at)?)
        })
        .await
    }

    /// SQLite may wait for another process: not on the threads that the network needs.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Store) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let kept = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let store = kept.store.lock().unwrap_or_else(PoisonError::into_inner);
            work(&kept, &store)
        });
        match done.await {
            Ok(result) => result.map_err(Failure::from),
            Err(_) => Err(Failure::new(FailureKind::Temporary, "the reading of a stored secret was cut off")
                .hint("try again; nothing is lost")),
        }
    }
}
