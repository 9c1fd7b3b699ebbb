//! The files that an administrator hands over, right and wrong ones.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::TEST_KEY;
use crate::auth::google::{Credentials, Overrides, TOKEN_URL, read_client_file, read_key_file};
use crate::model::FailureKind;

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, content: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join("file.json");
        fs::write(&path, content).unwrap();
        chmod(&path, mode);
        path
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn chmod(_: &Path, _: u32) {}

fn client(kind: &str) -> Value {
    json!({kind: {
        "client_id": "1234-abc.apps.googleusercontent.com", "project_id": "corp-dirsync", "client_secret": "GOCSPX-x",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": TOKEN_URL,
        "redirect_uris": ["http://localhost", "http://127.0.0.1:53682/"], "news": {"from": "Google"}
    }})
}

fn key() -> Value {
    json!({
        "type": "service_account", "project_id": "corp-dirsync", "private_key_id": "kid-1", "private_key": TEST_KEY,
        "client_email": "d@corp-dirsync.iam.gserviceaccount.com", "client_id": "42", "token_uri": TOKEN_URL,
        "universe_domain": "googleapis.com"
    })
}

#[test]
fn a_desktop_client_is_read_and_a_loose_mode_only_warned_about() {
    let files = Files::new();
    let file = read_client_file(&files.write(&client("installed").to_string(), 0o600), None).unwrap();
    assert_eq!(file.client.id, "1234-abc.apps.googleusercontent.com");
    assert_eq!(file.client.secret.as_ref().unwrap().expose_secret(), "GOCSPX-x");
    assert_eq!((file.project_id.as_deref(), &file.warning), (Some("corp-dirsync"), &None));
    assert!(!format!("{file:?}").contains("GOCSPX"));
    let loose = read_client_file(&files.write(&client("installed").to_string(), 0o644), None).unwrap();
    #[cfg(unix)]
    assert!(loose.warning.unwrap().contains("chmod 600"));
    #[cfg(not(unix))]
    drop(loose);
    let sparse = read_client_file(&files.write(r#"{"installed":{"client_id":"x"}}"#, 0o600), None).unwrap();
    assert!(sparse.client.secret.is_none() && sparse.token_uri.is_none());
}

#[test]
fn a_web_client_needs_a_registered_port() {
    let files = Files::new();
    let path = files.write(&client("web").to_string(), 0o600);
    let refused = read_client_file(&path, None).unwrap_err();
    assert!(refused.message.contains("Web application"));
    assert!(refused.hint.unwrap().contains("register http://127.0.0.1:53682/ with this client and give --port 53682"));
    assert!(read_client_file(&path, Some(53682)).is_ok());
    let refused = read_client_file(&path, Some(9999)).unwrap_err();
    assert!(refused.message.contains("http://127.0.0.1:9999/"), "{refused}");
}

#[test]
fn a_wrong_file_is_named_with_what_to_get_instead() {
    let files = Files::new();
    let insecure = client("installed").to_string().replace(TOKEN_URL, "http://evil.example/token");
    for (content, says, hint) in [
        (key().to_string(), "is a service account's key", "--service-account"),
        ("<html>".into(), "cannot be read", "https://console.cloud.google.com/auth/clients"),
        ("{}".into(), "'installed' is missing", "Desktop app"),
        ("[]".into(), "is not a Google client file", "Desktop app"),
        (r#"{"installed":{"client_id":" "}}"#.into(), "has no client_id", "Desktop app"),
        (r#"{"installed":{"client_secret":"GOCSPX"}}"#.into(), "is not a Google client file", "Desktop app"),
        (insecure, "must be https", "Desktop app"),
    ] {
        let path = files.write(&content, 0o600);
        let refused = read_client_file(&path, None).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Misconfigured);
        assert!(refused.message.contains(says) && refused.message.contains("file.json"), "{refused}");
        assert!(refused.hint.clone().unwrap_or_default().contains(hint), "{refused:?}");
        assert!(!format!("{refused:?}").contains("GOCSPX"));
    }
    let absent = read_client_file(&files.0.path().join("none.json"), None).unwrap_err();
    assert!(absent.message.ends_with("none.json does not exist"), "{absent}");
    let folder = read_client_file(files.0.path(), None).unwrap_err();
    assert!(folder.message.starts_with("cannot read"), "{folder}");
    let huge = files.write(&"x".repeat(70_000), 0o600);
    assert!(read_client_file(&huge, None).unwrap_err().message.contains("too large"));
}

#[test]
fn a_service_accounts_key_is_read_if_it_is_private_and_can_sign() {
    let files = Files::new();
    let read = read_key_file(&files.write(&key().to_string(), 0o600)).unwrap();
    assert_eq!(
        (read.client_email.as_str(), read.client_id.as_deref()),
        ("d@corp-dirsync.iam.gserviceaccount.com", Some("42"))
    );
    assert!(!format!("{read:?}").contains("PRIVATE"));
    #[cfg(unix)]
    {
        let path = files.write(&key().to_string(), 0o640);
        let refused = read_key_file(&path).unwrap_err();
        assert!(refused.message.contains("(mode 0640)"), "{refused}");
        assert_eq!(refused.hint.unwrap(), format!("chmod 600 {}", path.display()));
    }
    let mut broken = key();
    broken["private_key"] = json!("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n");
    let mut nameless = key();
    nameless["client_email"] = json!(null);
    for (content, says, hint) in [
        (client("installed"), "is an OAuth client", "--client-secrets"),
        (client("web"), "is an OAuth client", "--client-secrets"),
        (broken, "not an RSA key", "iam-admin/serviceaccounts"),
        (nameless, "has no client_email", "iam-admin/serviceaccounts"),
        (json!({"type": "authorized_user"}), "'type' is not 'service_account'", "iam-admin/serviceaccounts"),
    ] {
        let refused = read_key_file(&files.write(&content.to_string(), 0o600)).unwrap_err();
        assert!(refused.message.contains(says) && refused.hint.unwrap().contains(hint), "{}", refused.message);
    }
}

#[test]
fn what_is_remembered_holds_no_secret_and_comes_back() {
    let files = Files::new();
    let file = read_client_file(&files.write(&client("installed").to_string(), 0o600), None).unwrap();
    let account = Credentials::account(&file, &["openid".into()]);
    let key = read_key_file(&files.write(&key().to_string(), 0o600)).unwrap();
    let service = Credentials::service_account(&key);
    for credentials in [&account, &service] {
        let written = credentials.write();
        assert!(!written.to_string().contains("GOCSPX") && !written.to_string().contains("PRIVATE"), "{written}");
        assert_eq!(&Credentials::read(&written).unwrap(), credentials);
    }
    assert_eq!(account.write()["method"], "account");
    assert_eq!(service.key(TEST_KEY.into()).unwrap().unwrap().private_key_id, "kid-1");
    assert!(account.key(TEST_KEY.into()).unwrap().is_none());
    assert!(Credentials::read(&json!({"method": "magic"})).is_err());

    let of = |client_id: &str, project: Option<&str>| Credentials::Account {
        client_id: client_id.into(),
        project_id: project.map(str::to_owned),
        token_uri: None,
        scopes: vec![],
        ends_at: None,
    };
    assert!(of("1-a", None).shares_grant_with(&of("1-b", None)), "same project number");
    assert!(of("1-a", Some("p")).shares_grant_with(&of("2-b", Some("p"))));
    assert!(!of("1-a", None).shares_grant_with(&of("2-a", None)));
    assert!(!account.shares_grant_with(&service));
}

#[test]
fn a_set_address_beats_the_files_and_the_files_beats_googles() {
    let theirs = "https://example.test/token".parse().unwrap();
    let none = Overrides::default();
    assert_eq!(none.endpoints(None).unwrap().token.as_str(), TOKEN_URL);
    assert_eq!(none.endpoints(Some(&theirs)).unwrap().token, theirs);
    let set = Overrides { token: Some("http://127.0.0.1:9/token".into()), ..none };
    assert_eq!(set.endpoints(Some(&theirs)).unwrap().token.as_str(), "http://127.0.0.1:9/token");
    let wrong = Overrides { authorize: Some("http://example.test/".into()), ..Overrides::default() };
    assert!(wrong.endpoints(None).unwrap_err().message.starts_with("DIRSYNC_GOOGLE_AUTH_URL must be https"));
}
