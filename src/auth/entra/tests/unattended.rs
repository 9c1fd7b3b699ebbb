//! An app of its own right: its assertion verified as Entra would, its secret, its tenant found.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{KeyPair, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::files::Files;
use super::world::{CLIENT, NOW, OTHER_TID, TID, World, offered, stored};
use super::{TEST_CERTIFICATE, TEST_CERTIFICATE_PKCS1};
use crate::auth::Offered;
use crate::auth::entra::SERVICE;
use crate::auth::secrets::kind;
use crate::model::FailureKind;

fn token(world: &World) {
    world.service.answers(200, &json!({"access_token": "app-token", "token_type": "Bearer", "expires_in": 3599}));
}

fn nobody(_: &World, kind: &'static str, _: &std::collections::HashMap<String, String>) {
    panic!("{kind} was shown");
}

fn with_certificate(path: PathBuf) -> Offered {
    Offered { tenant: Some(TID.into()), certificate: Some(path), ..offered() }
}

fn verified(assertion: &str) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_slice(TEST_CERTIFICATE.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(signed.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let part = |at: usize| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(signed.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    (part(0), part(1))
}

#[tokio::test]
async fn a_certificate_signs_what_entra_wants() {
    let files = Files::new();
    for pem in [TEST_CERTIFICATE, TEST_CERTIFICATE_PKCS1] {
        let world = World::start().await;
        token(&world);
        let proposal = world.sign_in(&with_certificate(files.write(pem, 0o600)), &nobody).await.unwrap();
        assert_eq!(proposal.tokens.bearer().await.unwrap().expose(), "app-token");
        let seen = world.service.seen();
        assert_eq!(seen.len(), 1, "the token is kept");
        let form = &seen[0];
        assert_eq!((form["grant_type"].as_str(), form["client_id"].as_str()), ("client_credentials", CLIENT));
        assert_eq!(form["scope"], "https://graph.microsoft.com/.default");
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert!(!form.contains_key("client_secret"));
        let (header, claims) = verified(&form["client_assertion"]);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
        assert_eq!(header, json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
        assert_eq!(claims["aud"], format!("{}/{TID}/oauth2/v2.0/token", world.service.origin()));
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
        assert_eq!((&claims["nbf"], &claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW), &json!(NOW + 600)));

        assert_eq!((proposal.admin_email, proposal.admin_subject, proposal.tenant.as_deref()), (None, None, Some(TID)));
        assert_eq!(proposal.credentials["thumbprint"], thumbprint);
        assert_eq!((proposal.secrets.len(), proposal.secrets[0].0), (1, kind::PRIVATE_KEY));
        assert!(!proposal.credentials.to_string().contains("PRIVATE") && proposal.warnings.is_empty());

        // Stored, it signs anew, with another id each time; a challenge's claims go with it.
        let (_folder, stored) =
            stored(proposal.credentials, &[(kind::PRIVATE_KEY, proposal.secrets[0].1.expose_secret())]);
        let tokens = (SERVICE.tokens)(&stored, &world.access).unwrap();
        let bearer = tokens.bearer().await.unwrap();
        tokens.renew(&bearer, Some("{}")).await.unwrap();
        let seen = world.service.seen();
        let id = |at: usize| verified(&seen[at]["client_assertion"]).1["jti"].clone();
        assert!(id(0) != id(1) && id(1) != id(2) && id(2).as_str().unwrap().len() >= 43);
        assert_eq!((seen[1].get("claims"), seen[2]["claims"].as_str()), (None, "{}"));
        let described = (SERVICE.describe)(&stored.integration.credentials);
        assert_eq!((described.method, described.needed.len(), described.scopes.len()), ("certificate", 2, 2));
        assert_eq!(described.ends_at.map(|at| at.to_string()).as_deref(), Some("2036-11-21T11:41:37Z"));
    }
}

#[tokio::test]
async fn a_secret_is_trimmed_and_a_domain_is_looked_up() {
    let files = Files::new();
    let world = World::start().await;
    world.service.answers(200, &json!({"issuer": format!("https://login.microsoftonline.com/{TID}/v2.0"), "x": 1}));
    token(&world);
    let offered = Offered {
        tenant: Some("HQ.example".into()),
        client_secret_file: Some(files.write(" s3cret~value \r\n", 0o600)),
        ends_at: Some("2027-11-01T00:00:00Z".parse().unwrap()),
        ..offered()
    };
    let proposal = world.sign_in(&offered, &nobody).await.unwrap();
    assert_eq!(
        world.service.paths(),
        ["/hq.example/v2.0/.well-known/openid-configuration".to_owned(), format!("/{TID}/oauth2/v2.0/token")]
    );
    let form = &world.service.seen()[1];
    assert_eq!((form["client_secret"].as_str(), form.get("client_assertion")), ("s3cret~value", None));
    assert_eq!(
        (proposal.secrets[0].0, proposal.credentials["method"].as_str()),
        (kind::CLIENT_SECRET, Some("client_secret"))
    );
    assert!(!format!("{}", proposal.credentials).contains("s3cret"));

    // It signs in again with what is stored.
    let (_folder, stored) = stored(proposal.credentials, &[(kind::CLIENT_SECRET, "s3cret~value")]);
    let again = world.sign_in_as(&Offered::default(), Some(&stored), None, &nobody).await.unwrap();
    assert_eq!(again.secrets[0].1.expose_secret(), "s3cret~value");
    let end = |credentials: &serde_json::Value| (SERVICE.describe)(credentials).ends_at.map(|at| at.to_string());
    assert_eq!(end(&again.credentials).as_deref(), Some("2027-11-01T00:00:00Z"), "the same secret ends when it ended");
    let another = Offered { client_secret_file: Some(files.write("another", 0o600)), ..Offered::default() };
    let renewed = world.sign_in_as(&another, Some(&stored), None, &nobody).await.unwrap();
    assert_eq!(end(&renewed.credentials), None, "nobody has told when the new one ends");
    let (_folder, empty) = super::world::stored(again.credentials, &[]);
    let lost = world.sign_in_as(&Offered::default(), Some(&empty), None, &nobody).await.err().unwrap();
    assert_eq!(lost.kind, FailureKind::SignInNeeded);
    assert!(lost.hint.unwrap().contains("dirsync reauth hq --client-secret-file FILE"));
}

#[tokio::test]
async fn what_cannot_work_is_said_before_anything_is_tried() {
    let files = Files::new();
    let world = World::start().await;
    let nowhere = Offered { tenant: None, ..with_certificate(files.write(TEST_CERTIFICATE, 0o600)) };
    let failure = world.sign_in(&nowhere, &nobody).await.err().unwrap();
    assert!(failure.message.contains("none is named") && failure.hint.unwrap().contains("--tenant"));
    assert!(world.service.seen().is_empty());
    let unnamed = world.sign_in(&Offered::default(), &nobody).await.err().unwrap();
    assert!(unnamed.hint.unwrap().contains("--client-id ID"));

    for (answer, status, kind, says) in [
        (
            json!({"error": "invalid_tenant", "error_description": "AADSTS90002: no", "error_codes": [90002]}),
            400,
            FailureKind::Misconfigured,
            "no such organisation",
        ),
        (
            json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
            200,
            FailureKind::Malformed,
            "does not say who",
        ),
        (
            json!({"issuer": format!("https://login.partner.microsoftonline.cn/{OTHER_TID}/v2.0")}),
            200,
            FailureKind::Misconfigured,
            "another cloud",
        ),
    ] {
        let world = World::start().await;
        world.service.answers(status, &answer);
        let named =
            Offered { tenant: Some("x.example".into()), ..with_certificate(files.write(TEST_CERTIFICATE, 0o600)) };
        let failure = world.sign_in(&named, &nobody).await.err().unwrap();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(says) && failure.hint.is_some(), "{failure:?}");
    }
    for (codes, says) in [(7_000_215, "secret is wrong"), (700_027, "certificate"), (700_016, "unknown or disabled")] {
        let world = World::start().await;
        world.service.answers(401, &json!({"error": "invalid_client", "error_codes": [codes]}));
        let failure =
            world.sign_in(&with_certificate(files.write(TEST_CERTIFICATE, 0o600)), &nobody).await.err().unwrap();
        assert_eq!((failure.kind, failure.status), (FailureKind::Misconfigured, Some(401)));
        assert!(failure.message.contains(says), "{failure}");
    }
}
