//! TLS from PEM files, which can be read anew while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ListenError;

/// A certificate chain and its key, as files and as they were last read.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

impl TlsFiles {
    /// Reads both.
    ///
    /// # Errors
    /// They cannot be read, are no PEM, or do not belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, ListenError> {
        let config = Arc::new(RwLock::new(read(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), config })
    }

    /// Reads both anew, for connections from now on; what cannot be used changes nothing.
    ///
    /// # Errors
    /// As when they were first read.
    pub fn reload(&self) -> Result<(), ListenError> {
        let config = read(&self.certificate, &self.key)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ListenError> {
    let wrong = |path: &Path, reason: String| ListenError::Tls { path: path.to_owned(), reason };
    // Read by ourselves: the parser's own words do not tell a file that is not there from one that is no PEM.
    let content = |path: &Path| std::fs::read(path).map_err(|error| wrong(path, format!("cannot be read: {error}")));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&content(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(certificate, format!("is no PEM file of certificates: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "holds no certificate (a block that begins with BEGIN CERTIFICATE)".into()));
    }
    let private = zeroize::Zeroizing::new(content(key)?);
    let private = PrivateKeyDer::from_pem_slice(&private)
        .map_err(|_| wrong(key, "holds no private key without a passphrase (a block BEGIN … PRIVATE KEY)".into()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                wrong(key, format!("is not the key of the certificate in {}", certificate.display()))
            }
            error => wrong(certificate, format!("cannot be used: {error}")),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
