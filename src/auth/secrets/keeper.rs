//! Moving the master key to another place, and replacing it by a new one, so that a crash at any moment leaves a key that
//! opens what is stored.

use ring::rand::SystemRandom;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::key_store::{KeyStoreChoice, Surroundings};
use super::key_text;
use super::vault::{SETTING_KEY_ID, Vault};
use crate::model::IntegrationId;
use crate::store::{SealedSecret, Store, StoredSecret};

/// The key to come, sealed under the one that is; there from before a rotation is stored until the key is in its place.
const SETTING_NEXT_KEY: &str = "next_key";

/// What the next key is sealed as: no integration's secret.
const NEXT_KEY: (IntegrationId, &str) = (IntegrationId(0), "next_key");

/// What became of the key in its former place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// It was taken away.
    Removed,
    /// It stays: it was asked for, or the place is not ours to clear.
    Kept,
    /// The new place is the former one.
    Same,
}

/// Where the key is, and whether it can be had there.
#[derive(Debug)]
pub struct KeyPlace {
    /// The place's word on the command line.
    pub key_store: &'static str,
    /// What people call it.
    pub place: String,
    /// The key's id, as stored with the secrets; `None` before the first.
    pub key_id: Option<String>,
    /// Why the key cannot be had, if it cannot.
    pub trouble: Option<KeyStoreError>,
}

/// Where the key of the stored secrets is, or where it would go: the remembered place, else the one that was `asked` for.
/// Makes none.
///
/// # Errors
/// The database refuses.
pub fn where_key_is(
    store: &Store,
    surroundings: &Surroundings,
    asked: Option<KeyStoreChoice>,
    interactive: bool,
) -> Result<KeyPlace, KeyStoreError> {
    let choice = KeyStoreChoice::remembered(store)?.or(asked).unwrap_or(KeyStoreChoice::Keyring);
    let place = choice.place(surroundings, store.path());
    let key_id = store.setting(SETTING_KEY_ID)?;
    let trouble = match place.load(interactive) {
        Ok(Some(key)) if key_id.as_deref().is_none_or(|id| id == key.id()) => None,
        Ok(Some(key)) if rotated(store, &key, key_id.as_deref())?.is_some() => None,
        Ok(Some(_)) => Some(KeyStoreError::AnotherKey { place: place.to_string() }),
        Ok(None) if key_id.is_some() => Some(place.absent()),
        Ok(None) => None,
        Err(error) => Some(error),
    };
    Ok(KeyPlace { key_store: choice.word(), place: place.to_string(), key_id, trouble })
}

/// Moves the key to another place: copied there (a place that others fill has to hold it already), read back, remembered,
/// and only then taken from where it was.
///
/// # Errors
/// One of the places is absent or locked, or the new one holds another key or none.
pub fn move_key(
    store: &Store,
    surroundings: &Surroundings,
    to: &KeyStoreChoice,
    keep: bool,
    interactive: bool,
    random: SystemRandom,
) -> Result<Former, KeyStoreError> {
    let vault = Vault::open_or_create(store, surroundings, None, interactive, random)?;
    let former = KeyStoreChoice::remembered(store)?.unwrap_or(KeyStoreChoice::Keyring);
    let (from, place) = (former.place(surroundings, store.path()), to.place(surroundings, store.path()));
    if from.is(&place) {
        return Ok(Former::Same);
    }
    let there = match place.load(interactive) {
        Ok(Some(there)) => there,
        Ok(None) if place.is_ours() => place.put(vault.key().copy(), interactive)?,
        Ok(None) => return Err(place.absent()),
        Err(error) => return Err(error),
    };
    if there.id() != vault.key().id() {
        return Err(KeyStoreError::AnotherKey { place: place.to_string() });
    }
    to.remember(store)?;
    if keep || !from.is_ours() {
        return Ok(Former::Kept);
    }
    from.remove(interactive)?;
    Ok(Former::Removed)
}

/// Replaces the key by a new one and seals everything anew. Nobody else may be at the secrets meanwhile.
///
/// # Errors
/// The place is absent, locked or not ours to write, a secret does not open, or the database refuses. Then either
/// nothing has changed, or the next use of the secrets ends what was begun.
pub fn rotate(
    store: &mut Store,
    surroundings: &Surroundings,
    interactive: bool,
    random: SystemRandom,
) -> Result<(), KeyStoreError> {
    let vault = Vault::open_or_create(store, surroundings, None, interactive, random.clone())?;
    let place = KeyStoreChoice::remembered(store)?.unwrap_or(KeyStoreChoice::Keyring);
    let place = place.place(surroundings, store.path());
    if !place.is_ours() {
        return Err(KeyStoreError::NotOurs { place: place.to_string() });
    }
    let no_randomness = |_| KeyStoreError::NoRandomness;
    let next = MasterKey::generate(&random).map_err(no_randomness)?;
    let mut sealed = Vec::new();
    for row in store.all_secrets()? {
        let opened = vault.opened(row.integration, &row.kind, &row.secret)?;
        let anew = next.seal(row.integration, &row.kind, &opened, &random).map_err(no_randomness)?;
        let secret = SealedSecret { sealed: anew, key_id: next.id().to_owned() };
        sealed.push(StoredSecret { secret, ..row });
    }
    let carried = vault.key().seal(NEXT_KEY.0, NEXT_KEY.1, next.bytes(), &random).map_err(no_randomness)?;
    let settings = [(SETTING_KEY_ID, next.id()), (SETTING_NEXT_KEY, &key_text::hexadecimal(&carried))];
    store.replace_secrets(&sealed, &settings)?;
    place.replace(&next, interactive)?;
    Ok(store.forget_setting(SETTING_NEXT_KEY)?)
}

/// The key that follows `key`, if a rotation to `known` was broken off before its key was in its place.
pub(super) fn rotated(store: &Store, key: &MasterKey, known: Option<&str>) -> Result<Option<MasterKey>, KeyStoreError> {
    let Some(carried) = store.setting(SETTING_NEXT_KEY)? else { return Ok(None) };
    let opened = key_text::from_hexadecimal(&carried).and_then(|it| key.open(NEXT_KEY.0, NEXT_KEY.1, &it).ok());
    let next = opened.and_then(|bytes| MasterKey::from_slice(&bytes));
    Ok(next.filter(|next| Some(next.id()) == known))
}
