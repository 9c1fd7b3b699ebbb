//! The master key: seals and opens, and forgets itself.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::model::IntegrationId;

/// Bytes of a master key.
pub(super) const KEY_LENGTH: usize = 32;

/// Sealing or opening did not work: altered bytes, another key, integration or kind.
#[derive(Debug)]
pub(super) struct Unsealable;

/// A 256-bit master key; `Debug` shows only its id.
pub(super) struct MasterKey {
    bytes: Zeroizing<[u8; KEY_LENGTH]>,
    id: String,
}

impl MasterKey {
    /// Wraps key bytes.
    pub(super) fn new(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        let mut named = Zeroizing::new(b"dirsync master key id:".to_vec());
        named.extend_from_slice(&*bytes);
        let id = digest(&SHA256, &named).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, id }
    }

    /// A new one.
    pub(super) fn generate(random: &dyn SecureRandom) -> Result<Self, Unsealable> {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        random.fill(&mut *bytes).map_err(|_| Unsealable)?;
        Ok(Self::new(bytes))
    }

    /// Wraps key bytes, if there are as many as a key has.
    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        (bytes.len() == KEY_LENGTH).then(|| key.copy_from_slice(bytes)).map(|()| Self::new(key))
    }

    /// The same key once more.
    pub(super) fn copy(&self) -> Self {
        Self::new(self.bytes.clone())
    }

    /// Names the key without telling it: 64 bits of a hash of 256 random ones.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The key itself, for the place where it lives.
    pub(super) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.bytes
    }

    /// Nonce, ciphertext and tag of `secret`, good for this integration and kind only.
    pub(super) fn seal(
        &self,
        integration: IntegrationId,
        kind: &str,
        secret: &[u8],
        random: &dyn SecureRandom,
    ) -> Result<Vec<u8>, Unsealable> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| Unsealable)?;
        let mut sealed = Zeroizing::new(Vec::with_capacity(secret.len() + AES_256_GCM.tag_len()));
        sealed.extend_from_slice(secret);
        let bound = Aad::from(bound_to(integration, kind));
        self.aead()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut *sealed)
            .map_err(|_| Unsealable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The secret that [`MasterKey::seal`] sealed.
    pub(super) fn open(
        &self,
        integration: IntegrationId,
        kind: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut opened = Zeroizing::new(rest.to_vec());
        let length = self
            .aead()?
            .open_in_place(nonce, Aad::from(bound_to(integration, kind)), &mut opened)
            .map_err(|_| Unsealable)?
            .len();
        opened.truncate(length);
        Ok(opened)
    }

    fn aead(&self) -> Result<LessSafeKey, Unsealable> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*self.bytes).map_err(|_| Unsealable)?))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// What a sealed secret cannot be moved away from.
fn bound_to(integration: IntegrationId, kind: &str) -> Vec<u8> {
    format!("dirsync:{integration}:{kind}").into_bytes()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_seal_breaks_when_anything_is_moved_or_altered() {
        let random = SystemRandom::new();
        let key = MasterKey::generate(&random).unwrap();
        let sealed = key.seal(IntegrationId(7), "refresh_token", b"1//secret", &random).unwrap();
        assert_eq!(&**key.open(IntegrationId(7), "refresh_token", &sealed).unwrap(), b"1//secret");
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_ne!(sealed, key.seal(IntegrationId(7), "refresh_token", b"1//secret", &random).unwrap(), "nonce reused");

        assert!(key.open(IntegrationId(8), "refresh_token", &sealed).is_err());
        assert!(key.open(IntegrationId(7), "client_secret", &sealed).is_err());
        assert!(MasterKey::generate(&random).unwrap().open(IntegrationId(7), "refresh_token", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(IntegrationId(7), "refresh_token", &altered).is_err(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(IntegrationId(7), "refresh_token", &sealed[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_key_shows_its_id_and_nothing_else() {
        let key = MasterKey::new(Zeroizing::new([7; KEY_LENGTH]));
        assert_eq!(key.id().len(), 16);
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
        assert_ne!(key.id(), MasterKey::new(Zeroizing::new([8; KEY_LENGTH])).id());
    }
}
