//! The tokens that directories push with: made here, shown once, and afterwards known by their hash alone.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::SecretString;

/// By which people, and scanners for leaked secrets, know one when they see it.
pub const PREFIX: &str = "dirsync_";

/// A token of these 256 random bits.
pub fn from_bits(bits: &[u8; 32]) -> SecretString {
    format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)).into()
}

/// What is stored of a token. A guess at 256 bits needs no slow hash against it.
pub fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    // As long as the hash by its definition.
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// The word in an integration's address: 16 letters and digits that nobody confuses with others.
pub fn slug(bits: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bits.iter().take(16).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_token_is_known_by_its_looks_and_its_hash() {
        let token = from_bits(&[0xff; 32]);
        assert_eq!(token.expose_secret(), "dirsync___________________________________________8");
        assert!(!format!("{token:?}").contains("____"));
        assert_eq!(hash("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_ne!(hash("dirsync_a"), hash("dirsync_b"));
    }

    #[test]
    fn a_slug_is_lower_case_and_has_all_letters_and_digits_of_base32() {
        let bits: [u8; 32] = std::array::from_fn(|index| index as u8);
        assert_eq!(slug(&bits), "abcdefghijklmnop");
        assert_eq!(slug(&[0xff; 32]), "7777777777777777");
    }
}
