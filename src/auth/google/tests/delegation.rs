//! A service account's assertion, verified as Google would.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::TEST_KEY;
use crate::auth::google::{Delegated, ServiceAccountKey};
use crate::auth::test_support::{Service, post};
use crate::clock::Clock;
use crate::model::FailureKind;

const NOW: i64 = 1_790_000_000;

fn delegated(service: &Service) -> Delegated {
    Delegated {
        key: ServiceAccountKey {
            client_email: "dirsync@project.iam.gserviceaccount.com".into(),
            client_id: Some("1122334455".into()),
            private_key_id: "kid-1".into(),
            private_key: TEST_KEY.into(),
            token_uri: Some("https://oauth2.googleapis.com/token".parse().unwrap()),
            project_id: None,
        },
        admin: "admin@corp.example".into(),
        token_endpoint: service.url.clone(),
        again: "dirsync reauth corp".into(),
    }
}

#[tokio::test]
async fn the_assertion_is_signed_and_says_what_google_wants() {
    let service = Service::start().await;
    service.answers(200, &json!({"access_token": "ya29.sa", "token_type": "Bearer", "expires_in": 3599}));
    let source = delegated(&service).source(post(), Clock::manual(Timestamp::from_second(NOW).unwrap()));
    assert_eq!(source.bearer().await.unwrap().expose(), "ya29.sa");
    assert_eq!(source.bearer().await.unwrap().expose(), "ya29.sa");

    let seen = service.seen();
    assert_eq!(seen.len(), 1, "the token is kept");
    assert_eq!(seen[0]["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (signed, signature) = seen[0]["assertion"].rsplit_once('.').unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_slice(TEST_KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(signed.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let part = |at: usize| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(signed.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "kid-1"}));
    assert_eq!(
        part(1),
        json!({
            "iss": "dirsync@project.iam.gserviceaccount.com",
            "sub": "admin@corp.example",
            "scope": "https://www.googleapis.com/auth/admin.directory.user.readonly \
                      https://www.googleapis.com/auth/admin.directory.group.readonly",
            "aud": "https://oauth2.googleapis.com/token",
            "iat": NOW,
            "exp": NOW + 3600
        })
    );
}

#[tokio::test]
async fn a_missing_delegation_says_where_to_enter_which_number() {
    let service = Service::start().await;
    service.answers(
        401,
        &json!({"error": "unauthorized_client", "error_description": "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}),
    );
    let source = delegated(&service).source(post(), Clock::manual(Timestamp::from_second(NOW).unwrap()));
    let failure = source.bearer().await.unwrap_err();
    assert_eq!((failure.kind, failure.status), (FailureKind::ConsentNeeded, Some(401)));
    let hint = failure.hint.unwrap();
    assert!(hint.contains("1122334455") && hint.contains("group.readonly") && hint.contains("24 hours"), "{hint}");
}
