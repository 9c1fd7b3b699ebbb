//! Sign-ins by browser that go well.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use ring::digest::{SHA256, digest};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::mpsc;

use super::world::{CLIENT, GRANTED, OTHER_TID, TID, World, offered, stored};
use crate::auth::Offered;
use crate::auth::entra::SERVICE;
use crate::auth::secrets::kind;
use crate::model::FailureKind;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_sign_in_asks_for_what_it_needs_and_proves_itself() {
    let world = World::start().await;
    let proposal = world
        .sign_in(&offered(), &|world, kind, query| {
            assert_eq!(kind, "sign-in");
            world.grants(Some(&query["nonce"]), |_, _| {});
            world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
        })
        .await
        .unwrap();
    let shown = world.shown.lock().unwrap()[0].1.clone();
    for (name, value) in [
        ("path", "/organizations/oauth2/v2.0/authorize"),
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("prompt", "select_account"),
        ("code_challenge_method", "S256"),
        ("scope", "User.Read.All GroupMember.Read.All User.Read openid profile email offline_access"),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let redirect = &shown["redirect_uri"];
    let port = redirect.strip_prefix("http://localhost:").unwrap();
    assert!(port.parse::<u16>().is_ok(), "no path, for it would have to be registered: {redirect}");
    assert!(shown["state"].len() >= 43 && shown["nonce"].len() >= 43 && shown["state"] != shown["nonce"]);
    assert!(!shown.contains_key("login_hint"));

    assert_eq!(world.service.paths(), ["/organizations/oauth2/v2.0/token"]);
    let form = &world.service.seen()[0];
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", "0.code"));
    assert_eq!((&form["redirect_uri"], form["client_id"].as_str()), (redirect, CLIENT));
    assert!(!form.contains_key("client_secret"), "a public client that sends one is refused");
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    assert_eq!(challenge, shown["code_challenge"]);

    assert_eq!(proposal.admin_email.as_deref(), Some("ada@hq.example"));
    assert_eq!((proposal.admin_subject.as_deref(), proposal.tenant.as_deref()), (Some("oid-1"), Some(TID)));
    assert_eq!(proposal.secrets.len(), 1);
    assert_eq!((proposal.secrets[0].0, proposal.secrets[0].1.expose_secret()), (kind::REFRESH_TOKEN, "0.refresh"));
    assert_eq!(
        proposal.credentials,
        json!({
            "method": "browser", "client_id": CLIENT, "tenant": TID, "cloud": "global", "account": "ada@hq.example",
            "scopes": ["openid", "profile", "email", "User.Read", "User.Read.All", "GroupMember.Read.All"]
        })
    );
    assert_eq!(proposal.tokens.bearer().await.unwrap().expose(), "eyJ.access");
    let described = (SERVICE.describe)(&proposal.credentials);
    assert_eq!((described.method, described.cloud), ("browser", Some("global")));
    assert!(described.needed.iter().all(|needed| described.scopes.iter().any(|scope| scope == needed)));
    proposal.pending.unwrap().finish(Ok("ada@hq.example")).await;
    assert!(world.pages().await[0].contains("Signed in as ada@hq.example."));
}

#[tokio::test]
async fn localhost_may_be_either_address_and_the_redirect_may_be_pasted() {
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let world = World::start().await;
        let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
            world.grants(Some(&query["nonce"]), |_, _| {});
            let address = format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]);
            world.browse(IpAddr::V6(Ipv6Addr::LOCALHOST), address);
        };
        world.sign_in(&offered(), &react).await.unwrap().pending.unwrap().finish(Ok("ada")).await;
        assert!(world.pages().await[0].contains("Signed in as ada."));
    }
    let world = World::start().await;
    let (lines, pasted) = mpsc::channel(1);
    world
        .sign_in_as(&offered(), None, Some(pasted), &|world, _, query| {
            world.grants(Some(&query["nonce"]), |_, _| {});
            let line = format!("{}/?code=0.code&state={}&session_state=x", query["redirect_uri"], query["state"]);
            lines.try_send(line).unwrap();
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn signing_in_again_keeps_tenant_app_and_account() {
    let credentials = json!({
        "method": "browser", "client_id": CLIENT, "tenant": TID, "cloud": "global", "scopes": [],
        "account": "ada@hq.example"
    });
    let (_folder, stored) = stored(credentials.clone(), &[(kind::REFRESH_TOKEN, "0.old")]);
    let world = World::start().await;
    let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
        world.grants(Some(&query["nonce"]), |_, _| {});
        world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
    };
    let proposal = world.sign_in_as(&Offered::default(), Some(&stored), None, &react).await.unwrap();
    assert_eq!(proposal.credentials["client_id"], CLIENT);
    let shown = world.shown.lock().unwrap()[0].1.clone();
    assert_eq!(shown["path"], format!("/{TID}/oauth2/v2.0/authorize"));
    assert_eq!((shown["login_hint"].as_str(), shown.get("prompt")), ("ada@hq.example", None));

    // Another organisation is known before anything is asked of it, by its id or by its domain.
    let mistake = |tenant: &str, cloud: Option<&str>| {
        let cloud = cloud.map(str::to_owned);
        (SERVICE.mistake)(&Offered { tenant: Some(tenant.into()), cloud, ..Offered::default() }, Some(&credentials))
    };
    assert!(mistake(OTHER_TID, None).unwrap().message.contains("stays the same"));
    assert!(mistake(TID, Some("china")).unwrap().message.contains("cloud 'global'"));
    assert_eq!(mistake(&TID.to_uppercase(), Some("global")), None);
    let issuer = format!("https://login.microsoftonline.com/{OTHER_TID}/v2.0");
    let world = World::start().await;
    world.service.answers(200, &json!({ "issuer": issuer }));
    let elsewhere = Offered { tenant: Some("other.example".into()), ..Offered::default() };
    let refused = world.sign_in_as(&elsewhere, Some(&stored), None, &|_, _, _| {}).await.err().unwrap();
    assert_eq!(refused.kind, FailureKind::SignInNeeded);
    assert!(refused.message.contains("another organisation"), "{refused}");
    assert_eq!(world.service.paths(), ["/other.example/v2.0/.well-known/openid-configuration"]);
    assert!(world.shown.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stored_sign_in_is_refreshed_at_its_tenant_and_by_name() {
    let credentials =
        json!({"method": "device_code", "client_id": CLIENT, "tenant": TID, "cloud": "global", "scopes": []});
    let (_folder, stored) = stored(credentials, &[(kind::REFRESH_TOKEN, "0.stored")]);
    let world = World::start().await;
    world.grants(None, |_, answer| answer["refresh_token"] = json!("0.rotated"));
    let tokens = (SERVICE.tokens)(&stored, &world.access).unwrap();
    let bearer = tokens.bearer().await.unwrap();
    assert_eq!(
        (bearer.expose(), stored.secret(kind::REFRESH_TOKEN).unwrap().unwrap().expose_secret()),
        ("eyJ.access", "0.rotated")
    );
    let form = &world.service.seen()[0];
    assert_eq!((form["grant_type"].as_str(), form["refresh_token"].as_str()), ("refresh_token", "0.stored"));
    assert_eq!(form["scope"], "User.Read.All GroupMember.Read.All User.Read openid profile email offline_access");
    assert!(!form.contains_key("client_secret") && !form.contains_key("claims"));
    assert_eq!(world.service.paths()[0], format!("/{TID}/oauth2/v2.0/token"));

    world.access.clock.advance(SignedDuration::from_secs(3599 - 301));
    assert_eq!(tokens.bearer().await.unwrap().expose(), "eyJ.access", "five minutes before its end it is still used");
    world.service.answers(200, &json!({"access_token": "a2", "token_type": "Bearer", "scope": GRANTED}));
    tokens.renew(&bearer, Some(r#"{"access_token":{"nbf":{"essential":true}}}"#)).await.unwrap();
    assert_eq!(world.service.seen()[1]["claims"], r#"{"access_token":{"nbf":{"essential":true}}}"#);
    assert!((SERVICE.revoke)(&stored, &world.access).unwrap().is_none());
}
