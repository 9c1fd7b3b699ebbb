//! The files that an administrator hands over, right and wrong ones, and flags that do not go together.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::world::{CLIENT, NOW, TID};
use super::{TEST_CERTIFICATE, TEST_CERTIFICATE_PKCS1};
use crate::auth::Offered;
use crate::auth::entra::{Credentials, SERVICE, certificate, client_secret};
use crate::model::FailureKind;

pub(super) struct Files(tempfile::TempDir, Cell<u32>);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), Cell::new(0))
    }

    pub(super) fn write(&self, content: &str, mode: u32) -> PathBuf {
        self.1.set(self.1.get() + 1);
        let path = self.0.path().join(format!("file-{}.pem", self.1.get()));
        fs::write(&path, content).unwrap();
        chmod(&path, mode);
        path
    }
}

#[cfg(unix)]
pub(super) fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(super) fn chmod(_: &Path, _: u32) {}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn part(begin: &str) -> String {
    let from = TEST_CERTIFICATE.find(&format!("-----BEGIN {begin}")).unwrap();
    let end = TEST_CERTIFICATE[from..].find("-----END ").unwrap() + from;
    let end = TEST_CERTIFICATE[end..].find('\n').unwrap() + end;
    TEST_CERTIFICATE[from..=end].to_owned()
}

#[test]
fn a_certificate_is_read_if_it_is_private_and_has_its_key() {
    let files = Files::new();
    for pem in [TEST_CERTIFICATE, TEST_CERTIFICATE_PKCS1] {
        let read = certificate::read(&files.write(pem, 0o600), now()).unwrap();
        assert_eq!(
            (read.thumbprint.as_str(), read.warning.as_deref()),
            ("Vsm2MLHnWGt7m4EzsXSArO6cbN1ZHFBIPfhHjgu7I10", None)
        );
        assert!(!format!("{read:?}").contains("PRIVATE"));
    }
    #[cfg(unix)]
    {
        let path = files.write(TEST_CERTIFICATE, 0o644);
        let refused = certificate::read(&path, now()).unwrap_err();
        assert!(refused.message.contains("(mode 0644)"), "{refused}");
        assert_eq!(refused.hint.unwrap(), format!("chmod 600 {}", path.display()));
    }
    let google = include_str!("../../google/tests/test_key.pem");
    for (content, says) in [
        (part("PRIVATE KEY"), "no certificate"),
        (part("CERTIFICATE"), "no RSA private key"),
        (format!("{google}{}", part("CERTIFICATE")), "the key of another certificate"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\n".into(), "encrypted"),
        ("hello".into(), "no RSA private key"),
        (String::new(), "no RSA private key"),
    ] {
        let refused = certificate::read(&files.write(&content, 0o600), now()).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Misconfigured);
        assert!(refused.message.contains(says) && refused.hint.unwrap().contains("openssl"), "{}", refused.message);
    }
}

#[test]
fn a_certificate_that_ends_is_warned_about() {
    let files = Files::new();
    let path = files.write(TEST_CERTIFICATE, 0o600);
    for (at, says) in [
        ("2036-10-01T00:00:00Z", None),
        ("2036-11-01T00:00:00Z", Some("ends on 2036-11-21")),
        ("2037-01-01T00:00:00Z", Some("ended on 2036-11-21")),
    ] {
        let warning = certificate::read(&path, at.parse().unwrap()).unwrap().warning;
        assert_eq!(warning.is_some(), says.is_some(), "{at}: {warning:?}");
        assert!(warning.unwrap_or_default().contains(says.unwrap_or_default()));
    }
}

#[test]
fn a_secret_is_one_word_in_a_private_file() {
    let files = Files::new();
    let read = client_secret::read(&files.write("\u{feff}abc~DEF \n", 0o600)).unwrap();
    assert_eq!(read.expose_secret(), "abc~DEF");
    for (content, says) in
        [("  \n", "is empty"), ("two words", "more than a secret"), (TEST_CERTIFICATE, "a key or certificate")]
    {
        let refused = client_secret::read(&files.write(content, 0o600)).unwrap_err();
        assert!(refused.message.contains(says) && refused.hint.is_some(), "{refused}");
        assert!(!refused.message.contains("two words"));
    }
    #[cfg(unix)]
    assert!(client_secret::read(&files.write("abc", 0o640)).unwrap_err().hint.unwrap().starts_with("chmod 600"));
}

#[test]
fn two_ways_at_once_and_no_organisation_are_refused() {
    let (path, file) = (Some(PathBuf::from("x")), Some(PathBuf::from("y")));
    let offered = Offered { client_id: Some(CLIENT.into()), ..Offered::default() };
    let mistake = |offered: Offered| (SERVICE.mistake)(&offered, None).map(|mistake| mistake.message);
    let both = Offered { certificate: path.clone(), client_secret_file: file, ..offered.clone() };
    assert!(mistake(both).unwrap().contains("--certificate and --client-secret-file are two ways"));
    let device = Offered { certificate: path, device_code: true, ..offered.clone() };
    assert!(mistake(device).unwrap().contains("--certificate and --device-code"));
    for (tenant, fine) in [
        (TID, true),
        ("contoso.onmicrosoft.com", true),
        ("common", false),
        ("Organizations", false),
        ("consumers", false),
        ("", false),
        ("contoso", false),
        ("../x.example", false),
        ("a.example/b", false),
    ] {
        let named = Offered { tenant: Some(tenant.into()), ..offered.clone() };
        assert_eq!(mistake(named).is_none(), fine, "{tenant}");
    }
}

#[test]
fn only_a_secrets_end_is_told_by_whoever_knows_it() {
    let offered = Offered { ends_at: Some("2027-11-01T00:00:00Z".parse().unwrap()), ..Offered::default() };
    let mistaken = |offered: Offered, remembered: Option<&serde_json::Value>| {
        (SERVICE.mistake)(&offered, remembered).is_some_and(|it| it.message.contains("--credentials-end"))
    };
    let path = || Some(PathBuf::from("x"));
    assert!(!mistaken(Offered { client_secret_file: path(), client_id: Some(CLIENT.into()), ..offered.clone() }, None));
    // Which way it is to be is asked first.
    assert!(!mistaken(offered.clone(), None));
    assert!(mistaken(Offered { certificate: path(), ..offered.clone() }, None));
    assert!(mistaken(Offered { client_id: Some(CLIENT.into()), ..offered.clone() }, None));
    let stored =
        |method: &str| serde_json::json!({"method": method, "client_id": "c", "tenant": TID, "cloud": "global"});
    assert!(!mistaken(offered.clone(), Some(&stored("client_secret"))));
    assert!(mistaken(offered.clone(), Some(&stored("certificate"))));
    assert!(mistaken(offered, Some(&stored("browser"))));
}

#[test]
fn strange_credentials_are_said_to_be_so() {
    let refused = Credentials::read(&serde_json::json!({"method": "magic"})).unwrap_err();
    assert_eq!(refused.kind, FailureKind::Misconfigured);
    assert!(refused.hint.is_some());
    assert_eq!((SERVICE.describe)(&serde_json::json!({})), crate::auth::Described::default());
    assert_eq!((SERVICE.api)(&serde_json::json!({})), None);
}
