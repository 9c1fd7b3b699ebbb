//! A sealed secret that outlives the process: read anew each time, because another process may have replaced it.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use crate::auth::secrets::{KeyStoreError, Vault};
use crate::clock::Clock;
use crate::model::{Failure, IntegrationId};
use crate::store::Store;

/// One integration's secret of one kind, in the database; cheap to clone, clones share the connection.
#[derive(Clone, Debug)]
pub struct KeptSecret {
    vault: Arc<Vault>,
    store: Arc<Mutex<Store>>,
    integration: IntegrationId,
    kind: &'static str,
    clock: Clock,
}

impl KeptSecret {
    /// `store` is a connection of its own (`Store::again`): it is used from other threads.
    pub fn new(
        vault: Arc<Vault>,
        store: Arc<Mutex<Store>>,
        integration: IntegrationId,
        kind: &'static str,
        clock: Clock,
    ) -> Self {
        Self { vault, store, integration, kind, clock }
    }

    /// What is stored now.
    pub(super) async fn read(&self) -> Result<Option<SecretString>, Failure> {
        self.apart(|kept, store| kept.vault.open(store, kept.integration, kept.kind)).await
    }

    /// Stores another in its place; returns when it is committed.
    pub(super) async fn write(&self, secret: SecretString) -> Result<(), Failure> {
        self.apart(move |kept, store| kept.vault.seal(store, kept.integration, kept.kind, &secret, kept.clock.now()))
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
            Err(_) => {
                Err(Failure::new(crate::model::FailureKind::Temporary, "the reading of a stored secret was cut off"))
            }
        }
    }
}
