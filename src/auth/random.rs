//! Unguessable text for sign-ins, from whatever randomness the caller hands in.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;

use crate::model::{Failure, FailureKind};

/// 256 random bits as 43 characters that need no escaping in a URL (also a valid PKCE verifier, RFC 7636 §4.1).
pub(super) fn unguessable(random: &dyn SecureRandom) -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    random
        .fill(&mut bytes)
        .map_err(|_| Failure::new(FailureKind::Temporary, "the operating system gave no random numbers"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
