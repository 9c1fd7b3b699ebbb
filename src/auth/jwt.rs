//! Signs JSON web tokens with an RSA key (RFC 7515), for services that take an assertion in place of a person.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::model::{Failure, FailureKind};

/// How to sign (RFC 7518 §3.3, §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256 and a salt of the same length.
    Ps256,
}

impl Algorithm {
    fn scheme(self) -> SignatureScheme {
        match self {
            Self::Rs256 => SignatureScheme::RSA_PKCS1_SHA256,
            Self::Ps256 => SignatureScheme::RSA_PSS_SHA256,
        }
    }
}

/// A private key ready to sign; `Debug` shows nothing of it.
#[derive(Clone)]
pub(super) struct Signer(Arc<dyn SigningKey>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads a PEM key, PKCS#8 or PKCS#1. The key must be RSA.
    pub(super) fn from_pem(pem: &SecretString) -> Result<Self, Failure> {
        let unusable = || Failure::new(FailureKind::Misconfigured, "the private key is not an RSA key in PEM");
        let key = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes()).map_err(|_| unusable())?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| unusable())?;
        // Asked now rather than in the middle of a sync: an EC key is read too, and cannot sign this.
        key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or_else(unusable)?;
        Ok(Self(key))
    }

    /// The key itself, to be compared with a certificate's.
    pub(super) fn key(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.0)
    }

    /// The signed token, `header.claims.signature`; the header has to name the same algorithm.
    pub(super) fn sign(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> Result<SecretString, Failure> {
        let unable = || Failure::new(FailureKind::Misconfigured, "the private key cannot sign");
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signer = self.0.choose_scheme(&[algorithm.scheme()]).ok_or_else(unable)?;
        let signature = signer.sign(signed.as_bytes()).map_err(|_| unable())?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)).into())
    }
}
