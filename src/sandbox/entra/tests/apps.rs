//! An app that acts by itself: secrets, signed assertions, and what it may.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::visitor::{ADMIN, Visitor, param};
use super::{Options, Sandbox, sandbox};
use crate::clock::Clock;

const SCOPE: &str = "https://graph.microsoft.com/.default";

fn blocks(pem: &str, kind: &str) -> Vec<u8> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let text = pem.split(&begin).nth(1).unwrap().split(&end).next().unwrap();
    STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap()
}

/// An assertion by the certificate in the sandbox's PEM, with other claims where told.
fn assertion(sandbox: &Sandbox, jti: &str, more: &Value) -> String {
    let pem = sandbox.certificate_pem();
    let key = RsaKeyPair::from_pkcs8(&blocks(&pem, "PRIVATE KEY")).unwrap();
    let certificate = blocks(&pem, "CERTIFICATE");
    let print = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, &certificate));
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": print});
    let now = "2026-07-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let (client, tenant) = (sandbox.client_id(), sandbox.tenant_id());
    let mut claims = json!({"aud": format!("{}/{tenant}/oauth2/v2.0/token", sandbox.base_url()), "iss": client,
        "sub": client, "jti": jti, "nbf": now, "iat": now, "exp": now + 300});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn ask(visitor: &Visitor<'_>, tenant: &str, scope: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let client = visitor.sandbox.client_id();
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", &*client), ("scope", scope)];
    form.extend(more);
    visitor.token_at(tenant, &form).await
}

#[tokio::test]
async fn a_secret_opens_what_was_granted() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let (tenant, secret) = (sandbox.tenant_id(), sandbox.client_secret());
    let good = [("client_secret", &*secret)];
    for (tenant, scope, more, number) in [
        ("organizations", SCOPE, &good[..], 9_001_023),
        ("common", SCOPE, &good[..], 9_001_023),
        (&*tenant, "https://graph.microsoft.com/User.Read.All", &good[..], 1_002_012),
        (&*tenant, SCOPE, &[("client_secret", "wrong")][..], 7_000_215),
        (&*tenant, SCOPE, &[], 7_000_216),
    ] {
        let (_, body) = ask(&visitor, tenant, scope, more).await;
        assert_eq!(body["error_codes"], json!([number]), "{body}");
    }
    let (status, body) = ask(&visitor, "brightwater.example", SCOPE, &good).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.get("refresh_token").is_none() && body.get("scope").is_none());
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(visitor.read(token, "users").await.0, 200);
    assert_eq!(visitor.read(token, "organization").await.1["value"][0]["tenantType"], "AAD");
    assert_eq!(visitor.read(token, "me").await.0, 400);
    sandbox.set_consent(false);
    let (status, body) = ask(&visitor, &tenant, &format!("{}/.default", sandbox.base_url()), &good).await;
    assert_eq!(status, 200);
    let (status, body) = visitor.read(body["access_token"].as_str().unwrap(), "users").await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("Authorization_RequestDenied")));
}

#[tokio::test]
async fn assertions_are_verified_for_real() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let tenant = sandbox.tenant_id();
    let send = async |assertion: &str| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        ask(&visitor, &tenant, SCOPE, &[("client_assertion_type", kind), ("client_assertion", assertion)]).await
    };
    let good = assertion(&sandbox, "one", &json!({}));
    let (status, body) = send(&good).await;
    assert_eq!(status, 200, "{body}");
    let vendor = json!({"aud": format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")});
    assert_eq!(send(&assertion(&sandbox, "two", &vendor)).await.0, 200);
    assert_eq!(send(&good).await.1["error_codes"], json!([50_012]), "an assertion works once");
    let mut broken = good.clone();
    broken.replace_range(broken.len() - 8.., "AAAAAAAA");
    assert_eq!(send(&broken).await.1["error_codes"], json!([700_027]));
    for (more, number) in [
        (json!({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}), 700_023),
        (json!({"sub": "somebody-else"}), 700_021),
        (json!({"exp": 1}), 700_024),
        (json!({"exp": 4_000_000_000_u32}), 700_024),
    ] {
        let (status, body) = send(&assertion(&sandbox, "three", &more)).await;
        assert_eq!((status, &body["error_codes"]), (401, &json!([number])), "{body}");
    }
}

#[tokio::test]
async fn a_confidential_client_must_say_who_it_is() {
    let clock = Clock::manual("2026-07-01T12:00:00Z".parse().unwrap());
    let sandbox = Sandbox::start(Options { public_client: false, ..Options::small(clock) }).await.unwrap();
    let visitor = Visitor::new(&sandbox);
    let code = async || param(&visitor.decided(&[("sandbox_account", ADMIN)]).await, "code").unwrap();
    let (status, body) = visitor.exchange(&code().await, &[]).await;
    assert_eq!((status, &body["error_codes"]), (401, &json!([7_000_218])), "{body}");
    let secret = sandbox.client_secret();
    assert_eq!(visitor.exchange(&code().await, &[("client_secret", &secret)]).await.0, 200);
    let (_, body) = visitor.exchange(&code().await, &[("client_secret", "wrong")]).await;
    assert_eq!(body["error_codes"], json!([7_000_215]));
}
