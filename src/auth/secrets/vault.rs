//! The open vault: secrets in and out of the database, sealed under the master key that was found or made.

use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use jiff::Timestamp;

use super::error::KeyStoreError;
use super::keeper::rotated;
use super::key::MasterKey;
use super::key_store::{KeyStore, KeyStoreChoice, Surroundings};
use crate::model::IntegrationId;
use crate::store::{SealedSecret, Store};

pub(super) const SETTING_KEY_ID: &str = "key_id";

/// Seals and opens secrets. Holds the master key, never a database connection.
#[derive(Debug)]
pub struct Vault {
    key: MasterKey,
    random: SystemRandom,
}

impl Vault {
    /// Finds the master key, or makes it at first use, and remembers where it lives.
    ///
    /// The remembered place counts unless `choice` names one. A key is made only while no secret is stored. Once there
    /// are secrets, another place is accepted only if it holds the very same key (copied there by hand).
    ///
    /// # Errors
    /// The place is absent, locked, silent, or holds no or another key.
    pub fn open_or_create(
        store: &Store,
        surroundings: &Surroundings,
        choice: Option<KeyStoreChoice>,
        interactive: bool,
        random: SystemRandom,
    ) -> Result<Self, KeyStoreError> {
        let search = Search::begin(store, surroundings, choice)?;
        let key = match search.find(store, interactive)? {
            Found::There(key) => key,
            Found::Next(next) => {
                search.place.replace(&next, interactive)?;
                next
            }
            Found::Nothing => {
                let key = MasterKey::generate(&random).map_err(|_| KeyStoreError::NoRandomness)?;
                search.place.put(key, interactive)?
            }
        };
        // Written only when it changes: a sync needs no write to read its secrets.
        if search.remembered.as_ref() != Some(&search.chosen) {
            search.chosen.remember(store)?;
        }
        if search.known.as_deref() != Some(key.id()) {
            store.set_setting(SETTING_KEY_ID, key.id())?;
        }
        Ok(Self { key, random })
    }

    /// Finds the master key, and leaves everything as it is: makes none, remembers no place, ends no rotation that was
    /// broken off.
    ///
    /// # Errors
    /// The place is absent, locked, silent, or holds no or another key.
    pub fn look(
        store: &Store,
        surroundings: &Surroundings,
        choice: Option<KeyStoreChoice>,
        interactive: bool,
        random: SystemRandom,
    ) -> Result<Self, KeyStoreError> {
        let search = Search::begin(store, surroundings, choice)?;
        match search.find(store, interactive)? {
            Found::There(key) | Found::Next(key) => Ok(Self { key, random }),
            Found::Nothing => Err(search.place.absent()),
        }
    }

    /// A secret sealed for its row, for a caller who stores it in a transaction of its own.
    ///
    /// # Errors
    /// No randomness.
    pub fn sealed(
        &self,
        integration: IntegrationId,
        kind: &str,
        secret: &SecretString,
    ) -> Result<SealedSecret, KeyStoreError> {
        let sealed = self
            .key
            .seal(integration, kind, secret.expose_secret().as_bytes(), &self.random)
            .map_err(|_| KeyStoreError::NoRandomness)?;
        Ok(SealedSecret { sealed, key_id: self.key.id().to_owned() })
    }

    /// Seals and stores a secret in place of an earlier one of its kind.
    ///
    /// # Errors
    /// No randomness, or the database refuses.
    pub fn seal(
        &self,
        store: &Store,
        integration: IntegrationId,
        kind: &str,
        secret: &SecretString,
        now: Timestamp,
    ) -> Result<(), KeyStoreError> {
        let sealed = self.sealed(integration, kind, secret)?;
        Ok(store.put_secret(integration, kind, &sealed, &format!("{now:.0}"))?)
    }

    /// The stored secret of one kind, if there is one.
    ///
    /// # Errors
    /// It was sealed with another key, is damaged, or the database refuses.
    pub fn open(
        &self,
        store: &Store,
        integration: IntegrationId,
        kind: &str,
    ) -> Result<Option<SecretString>, KeyStoreError> {
        store.secret(integration, kind)?.map(|sealed| self.unseal(integration, kind, &sealed)).transpose()
    }

    /// A secret as it lay in its row.
    ///
    /// # Errors
    /// It was sealed with another key, or is damaged.
    pub fn unseal(
        &self,
        integration: IntegrationId,
        kind: &str,
        secret: &SealedSecret,
    ) -> Result<SecretString, KeyStoreError> {
        let opened = self.opened(integration, kind, secret)?;
        let text = std::str::from_utf8(&opened).map_err(|_| damaged(integration, kind))?;
        Ok(SecretString::from(text))
    }

    /// The bytes that were sealed.
    pub(super) fn opened(
        &self,
        integration: IntegrationId,
        kind: &str,
        secret: &SealedSecret,
    ) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        if secret.key_id != self.key.id() {
            return Err(KeyStoreError::AnotherKey { place: "the secret store".into() });
        }
        self.key.open(integration, kind, &secret.sealed).map_err(|_| damaged(integration, kind))
    }

    pub(super) fn key(&self) -> &MasterKey {
        &self.key
    }
}

/// Where the key is to be found.
struct Search {
    remembered: Option<KeyStoreChoice>,
    chosen: KeyStoreChoice,
    place: KeyStore,
    /// The key's id, as stored with the secrets.
    known: Option<String>,
    /// Whether there are secrets, which another key would not open.
    sealed: bool,
    /// The place that is remembered, if there are secrets and another place is asked for.
    former: Option<KeyStore>,
}

/// What is there.
enum Found {
    There(MasterKey),
    /// The key that was to take the place of the one that is there, when a rotation was broken off.
    Next(MasterKey),
    Nothing,
}

impl Search {
    fn begin(
        store: &Store,
        surroundings: &Surroundings,
        choice: Option<KeyStoreChoice>,
    ) -> Result<Self, KeyStoreError> {
        let remembered = KeyStoreChoice::remembered(store)?;
        let chosen = match (choice, &remembered) {
            // "file" without a path means the file that it is, wherever that was put.
            (None | Some(KeyStoreChoice::File(None)), Some(file @ KeyStoreChoice::File(_))) => file.clone(),
            (Some(choice), _) => choice,
            (None, Some(remembered)) => remembered.clone(),
            (None, None) => KeyStoreChoice::Keyring,
        };
        let place = chosen.place(surroundings, store.path());
        let former = remembered.as_ref().map(|choice| choice.place(surroundings, store.path()));
        let known = store.setting(SETTING_KEY_ID)?;
        let sealed = store.has_secrets()?;
        let former = former.filter(|former| sealed && !former.is(&place));
        Ok(Self { remembered, chosen, place, known, sealed, former })
    }

    fn find(&self, store: &Store, interactive: bool) -> Result<Found, KeyStoreError> {
        let place = || self.place.to_string();
        let elsewhere = self
            .former
            .as_ref()
            .map(|former| KeyStoreError::OtherPlace { remembered: former.to_string(), asked: place() });
        match (self.place.load(interactive), elsewhere) {
            (Ok(Some(key)), _) if !self.sealed || self.known.as_deref() == Some(key.id()) => Ok(Found::There(key)),
            (Ok(Some(key)), None) if let Some(next) = rotated(store, &key, self.known.as_deref())? => {
                Ok(Found::Next(next))
            }
            (_, Some(elsewhere)) => Err(elsewhere),
            (Ok(Some(_)), None) => Err(KeyStoreError::AnotherKey { place: place() }),
            (Ok(None), None) if self.sealed => Err(self.place.absent()),
            (Ok(None), None) => Ok(Found::Nothing),
            (Err(error), None) => Err(error),
        }
    }
}

fn damaged(integration: IntegrationId, kind: &str) -> KeyStoreError {
    KeyStoreError::Damaged { integration, kind: kind.replace('_', " ") }
}
