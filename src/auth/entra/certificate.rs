//! The certificate with which an app proves itself (learn.microsoft.com/entra/identity-platform/certificate-credentials):
//! one PEM file with the certificate and its RSA private key, PKCS#8 or PKCS#1.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use secrecy::SecretString;

use super::validity;
use crate::auth::jwt::Signer;
use crate::auth::private_file;
use crate::model::{Failure, FailureKind};

const MAKE: &str = "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=dirsync -keyout key.pem -out cert.pem && \
                    (umask 077; cat key.pem cert.pem > dirsync.pem), then upload cert.pem in the Entra admin centre: App \
                    registrations > your app > Certificates & secrets";

/// Long enough before its end for somebody to make another.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A certificate and its key, read and found to belong together.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    /// The whole file: what is sealed.
    pub pem: SecretString,
    /// base64url of the SHA-256 of the certificate: `x5t#S256`.
    pub thumbprint: String,
    /// When it ends, where that can be read.
    pub ends_at: Option<Timestamp>,
    /// It ends soon or has ended.
    pub warning: Option<String>,
}

/// Reads a certificate's file.
///
/// # Errors
/// Unreadable, readable by others (with the `chmod` that mends it), without key or certificate, a key that is not RSA, or
/// the key of another certificate.
pub(super) fn read(path: &Path, now: Timestamp) -> Result<Certificate, Failure> {
    let shown = path.display();
    let wrong = |what: &str| Failure::new(FailureKind::Misconfigured, format!("{shown} {what}")).hint(MAKE);
    let content = private_file::read_private(path).map_err(|error| {
        let failure = Failure::new(FailureKind::Misconfigured, error.to_string());
        failure.hint(error.remedy().unwrap_or_else(|| MAKE.to_owned()))
    })?;
    let text = std::str::from_utf8(&content).map_err(|_| wrong("is not a PEM file"))?;
    let pem = SecretString::from(text);
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(wrong("holds an encrypted key")
            .hint("decrypt it (openssl pkey -in FILE -out key.pem); dirsync seals it itself when it stores it"));
    }
    let signer = Signer::from_pem(&pem).map_err(|_| wrong("holds no RSA private key of 2048 bits or more"))?;
    let mut certificates = CertificateDer::pem_slice_iter(text.as_bytes()).map_while(Result::ok).peekable();
    if certificates.peek().is_none() {
        return Err(wrong("holds no certificate, only a key"));
    }
    // A file may hold a chain, in any order.
    let belongs = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], signer.key()).keys_match().is_ok()
    };
    let certificate = certificates.find(belongs).ok_or_else(|| wrong("holds the key of another certificate"))?;
    let ends = validity::not_after(&certificate);
    let warning = ends.filter(|ends| now.duration_since(*ends) > -SOON).map(|ends| {
        let verb = if ends < now { "ended" } else { "ends" };
        format!(
            "the certificate in {shown} {verb} on {}; upload another one and give it to dirsync reauth",
            ends.strftime("%Y-%m-%d")
        )
    });
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate));
    Ok(Certificate { pem, thumbprint, ends_at: ends, warning })
}
