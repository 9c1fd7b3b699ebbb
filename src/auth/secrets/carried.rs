//! The master key on its way to another machine: sealed under a passphrase, within a backup.

use std::num::NonZeroU32;
use std::path::Path;

use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::KeyStoreError;
use super::key::{KEY_LENGTH, MasterKey};
use super::key_store::{KeyStoreChoice, Surroundings};
use super::key_text::{from_hexadecimal, hexadecimal};
use super::vault::Vault;
use crate::auth::private_file::read_private;
use crate::model::IntegrationId;
use crate::store::Store;

/// Where a backup keeps it.
const SETTING: &str = "carried_key";

/// What it is sealed as: no integration's secret.
const CARRIED: (IntegrationId, &str) = (IntegrationId(0), "carried_key");

/// Work to try one passphrase: what OWASP's password storage cheat sheet (2023) asks of PBKDF2 with HMAC-SHA-256.
const ITERATIONS: u32 = 600_000;

/// More would only serve to keep whoever restores waiting.
const MOST_ITERATIONS: u32 = 100_000_000;

/// A sealed key as stored.
#[derive(Serialize, Deserialize)]
struct Sealed {
    iterations: u32,
    salt: String,
    sealed: String,
}

/// The passphrase in the first line of a file that only its owner may read.
///
/// # Errors
/// It is absent, open to others, or empty.
pub fn passphrase_from(path: &Path) -> Result<SecretString, KeyStoreError> {
    let unusable = |reason: String, remedy| KeyStoreError::NoPassphrase { reason, remedy };
    let content = read_private(path).map_err(|error| unusable(error.to_string(), error.remedy()))?;
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) {
        Ok("") | Err(_) => Err(unusable(format!("the first line of {} is empty or no text", path.display()), None)),
        Ok(passphrase) => Ok(SecretString::from(passphrase)),
    }
}

/// Puts the vault's key, sealed under `passphrase`, into the backup `copy`.
///
/// # Errors
/// No randomness, or the copy cannot be written.
pub fn carry_key(
    copy: &Store,
    vault: &Vault,
    passphrase: &SecretString,
    random: &SystemRandom,
) -> Result<(), KeyStoreError> {
    let mut salt = [0; 16];
    random.fill(&mut salt).map_err(|_| KeyStoreError::NoRandomness)?;
    let wrapping = derived(passphrase, &salt, ITERATIONS).ok_or(KeyStoreError::DamagedKey)?;
    let sealed = wrapping.seal(CARRIED.0, CARRIED.1, vault.key().bytes(), random);
    let sealed = hexadecimal(&sealed.map_err(|_| KeyStoreError::NoRandomness)?);
    let text = serde_json::to_string(&Sealed { iterations: ITERATIONS, salt: hexadecimal(&salt), sealed });
    copy.set_setting(SETTING, &text.map_err(|_| KeyStoreError::DamagedKey)?)?;
    Ok(())
}

/// Whether the backup `copy` brings its key along.
///
/// # Errors
/// It cannot be read.
pub fn carries_key(copy: &Store) -> Result<bool, KeyStoreError> {
    Ok(copy.setting(SETTING)?.is_some())
}

/// Forgets the command that the restored `copy` remembers for its key, if it does: a backup must not say what is run here.
///
/// # Errors
/// The copy cannot be written.
pub fn forget_command(copy: &Store) -> Result<bool, KeyStoreError> {
    let remembered = KeyStoreChoice::remembered(copy)?;
    let is_command = matches!(remembered, Some(KeyStoreChoice::Command(_)));
    if is_command {
        KeyStoreChoice::forget(copy)?;
    }
    Ok(is_command)
}

/// Opens the key in the restored `copy` and puts it where `choice` says (else where it was on the machine it comes from),
/// to be found there once the copy is at `database`.
///
/// # Errors
/// It is another passphrase, the place is absent or locked, or holds another key.
pub fn unpack_key(
    copy: &Store,
    surroundings: &Surroundings,
    choice: Option<KeyStoreChoice>,
    passphrase: &SecretString,
    database: &Path,
    interactive: bool,
) -> Result<(), KeyStoreError> {
    let text = copy.setting(SETTING)?.ok_or(KeyStoreError::DamagedKey)?;
    let key = opened(&text, passphrase)?;
    let choice = choice.or(KeyStoreChoice::remembered(copy)?).unwrap_or(KeyStoreChoice::Keyring);
    let place = choice.place(surroundings, database);
    let id = key.id().to_owned();
    let there = match place.load(interactive)? {
        Some(there) => there,
        None => place.put(key, interactive)?,
    };
    if there.id() != id {
        return Err(KeyStoreError::AnotherKey { place: place.to_string() });
    }
    choice.remember(copy)?;
    copy.forget_setting(SETTING)?;
    Ok(())
}

fn opened(text: &str, passphrase: &SecretString) -> Result<MasterKey, KeyStoreError> {
    let sealed: Sealed = serde_json::from_str(text).map_err(|_| KeyStoreError::DamagedKey)?;
    let (salt, key) =
        from_hexadecimal(&sealed.salt).zip(from_hexadecimal(&sealed.sealed)).ok_or(KeyStoreError::DamagedKey)?;
    let wrapping = derived(passphrase, &salt, sealed.iterations).ok_or(KeyStoreError::DamagedKey)?;
    let bytes = wrapping.open(CARRIED.0, CARRIED.1, &key).map_err(|_| KeyStoreError::WrongPassphrase)?;
    MasterKey::from_slice(&bytes).ok_or(KeyStoreError::DamagedKey)
}

fn derived(passphrase: &SecretString, salt: &[u8], iterations: u32) -> Option<MasterKey> {
    let iterations = NonZeroU32::new(iterations).filter(|number| number.get() <= MOST_ITERATIONS)?;
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    let secret = passphrase.expose_secret().as_bytes();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, secret, &mut *bytes);
    Some(MasterKey::new(bytes))
}
