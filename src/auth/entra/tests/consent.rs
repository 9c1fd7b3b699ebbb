//! The organisation's consent before the sign-in.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;
use tokio::sync::mpsc;

use super::TEST_CERTIFICATE;
use super::world::{CLIENT, OTHER_TID, TID, World, offered};
use crate::auth::Offered;
use crate::model::FailureKind;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn consenting() -> Offered {
    Offered { admin_consent: true, ..offered() }
}

#[tokio::test]
async fn consent_comes_first_and_the_browser_goes_on_by_itself() {
    let world = World::start().await;
    let react = |world: &World, kind: &'static str, query: &HashMap<String, String>| match kind {
        "consent" => {
            assert_eq!(query["path"], "/organizations/v2.0/adminconsent");
            assert_eq!(
                (query["client_id"].as_str(), query["scope"].as_str()),
                (CLIENT, "User.Read.All GroupMember.Read.All User.Read")
            );
            // A foreign tenant in the redirect proves nothing; who signs in afterwards does.
            let told = format!("admin_consent=True&tenant={OTHER_TID}&scope=x&state={}", query["state"]);
            world.browse(V4, format!("{}/?{told}", query["redirect_uri"]));
        }
        "go-on" => {
            world.grants(Some(&query["nonce"]), |_, _| {});
            world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
        }
        other => panic!("{other}"),
    };
    let proposal = world.sign_in(&consenting(), &react).await.unwrap();
    assert!(proposal.just_consented);
    assert_eq!(proposal.tenant.as_deref(), Some(TID));
    let shown = world.shown.lock().unwrap().clone();
    assert_eq!(shown[0].1["redirect_uri"], shown[1].1["redirect_uri"], "one port for both");
    assert_ne!(shown[0].1["state"], shown[1].1["state"]);
    proposal.pending.unwrap().finish(Ok("ada")).await;
    let pages = world.pages().await;
    assert!(pages[0].starts_with("HTTP/1.1 303") && pages[0].contains("/oauth2/v2.0/authorize?"), "{}", pages[0]);
    assert!(pages[1].contains("Signed in as ada."));
}

#[tokio::test]
async fn pasted_redirects_serve_both_pages() {
    let world = World::start().await;
    let (lines, pasted) = mpsc::channel(2);
    let react = |world: &World, kind: &'static str, query: &HashMap<String, String>| {
        let line = match kind {
            "consent" => format!("{}/?admin_consent=True&state={}", query["redirect_uri"], query["state"]),
            // Nobody's browser could have been sent on, so that the address has to be opened.
            "sign-in" => {
                world.grants(Some(&query["nonce"]), |_, _| {});
                format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"])
            }
            other => panic!("{other}"),
        };
        lines.try_send(line).unwrap();
    };
    world.sign_in_as(&consenting(), None, Some(pasted), &react).await.unwrap();
}

#[tokio::test]
async fn a_refused_consent_ends_it_though_it_says_true() {
    for (told, reason) in [
        ("error=consent_required&error_description=AADSTS65004%3A+declined&admin_consent=True", "AADSTS65004"),
        ("error=access_denied&admin_consent=True", "access_denied"),
        ("error=permission_denied&error_description=x", "permission_denied"),
        ("admin_consent=False", "consent_required"),
    ] {
        let world = World::start().await;
        let react = |world: &World, _: &'static str, query: &HashMap<String, String>| {
            world.browse(V4, format!("{}/?{told}&state={}", query["redirect_uri"], query["state"]));
        };
        let failure = world.sign_in(&consenting(), &react).await.err().unwrap();
        assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::ConsentNeeded, Some(reason)), "{told}");
        let hint = failure.hint.unwrap();
        assert!(hint.contains("--admin-consent") && hint.contains("adminconsent?"), "{hint}");
        assert_eq!(world.shown.lock().unwrap().len(), 1, "no sign-in follows");
        assert!(world.pages().await[0].contains("was not connected"));
    }
}

#[tokio::test]
async fn an_app_asks_for_what_is_on_its_registration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.pem");
    fs::write(&path, TEST_CERTIFICATE).unwrap();
    super::files::chmod(&path, 0o600);
    let world = World::start().await;
    world.service.answers(200, &json!({"access_token": "app", "token_type": "Bearer", "expires_in": 3599}));
    let offered = Offered { tenant: Some(TID.into()), certificate: Some(path), ..consenting() };
    let react = |world: &World, _: &'static str, query: &HashMap<String, String>| {
        assert_eq!(query["scope"], "https://graph.microsoft.com/.default");
        world.browse(V4, format!("{}/?admin_consent=True&state={}", query["redirect_uri"], query["state"]));
    };
    let proposal = world.sign_in(&offered, &react).await.unwrap();
    proposal.pending.unwrap().finish(Ok("an app of its own right")).await;
    assert!(world.pages().await[0].contains("Signed in as an app of its own right."));
}
