//! Entra's sign-in against a pretend Entra: whole flows, files, clouds, and what each error becomes.

mod clouds;
mod consent;
mod device;
mod errors;
mod files;
mod flow;
mod refused;
mod unattended;
mod world;

/// An RSA key and its certificate, made for these tests with `openssl req -x509`; no app has ever had it.
const TEST_CERTIFICATE: &str = include_str!("test_certificate.pem");
/// The same, the certificate first and the key in PKCS#1.
const TEST_CERTIFICATE_PKCS1: &str = include_str!("test_certificate_pkcs1.pem");
