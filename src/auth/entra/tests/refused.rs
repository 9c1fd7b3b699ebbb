//! Sign-ins by browser that go wrong: nothing comes of them, and the browser knows.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::world::{GRANTED, NOW, OTHER_TID, TID, World, offered};
use crate::auth::Offered;
use crate::model::FailureKind;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

#[tokio::test]
async fn a_sign_in_that_would_not_last_or_is_the_wrong_one_is_refused_and_the_browser_knows() {
    type Change = fn(&mut Value, &mut Value);
    let cases: [(Change, FailureKind, &str, &str); 15] = [
        (
            |claims, _| claims["nonce"] = json!("x"),
            FailureKind::Malformed,
            "another sign-in",
            "DIRSYNC_ENTRA_LOGIN_URL",
        ),
        (|claims, _| claims["aud"] = json!("x"), FailureKind::Malformed, "another application", ""),
        (
            |claims, _| claims["iss"] = json!(format!("https://login.microsoftonline.com/{OTHER_TID}/v2.0")),
            FailureKind::Malformed,
            "another issuer",
            "",
        ),
        (
            |claims, _| claims["iss"] = json!(format!("https://login.microsoftonline.us/{TID}/v2.0")),
            FailureKind::Malformed,
            "another issuer",
            "",
        ),
        (
            |claims, _| claims["iss"] = json!(format!("https://sts.windows.net/{TID}/")),
            FailureKind::Malformed,
            "issuer",
            "",
        ),
        (|claims, _| drop(claims.as_object_mut().unwrap().remove("tid")), FailureKind::Malformed, "issuer", ""),
        (|claims, _| drop(claims.as_object_mut().unwrap().remove("oid")), FailureKind::Malformed, "who signed in", ""),
        (|claims, _| claims["iat"] = json!(NOW + 600), FailureKind::Misconfigured, "clock", "timedatectl"),
        (|claims, _| claims["exp"] = json!(NOW - 301), FailureKind::Malformed, "times", ""),
        (|_, answer| answer["id_token"] = json!(null), FailureKind::Malformed, "who signed in", ""),
        (
            |claims, _| {
                claims["tid"] = json!(PERSONAL);
                claims["iss"] = json!(format!("https://login.microsoftonline.com/{PERSONAL}/v2.0"));
            },
            FailureKind::SignInNeeded,
            "personal Microsoft account",
            "dirsync add entra --name hq",
        ),
        (
            |_, answer| answer["scope"] = json!(GRANTED.rsplit_once(' ').unwrap().0),
            FailureKind::ConsentNeeded,
            "groups of the organisation and their members was not granted (GroupMember.Read.All)",
            "v2.0/adminconsent?client_id=cccccccc",
        ),
        (
            |_, answer| {
                answer["scope"] =
                    json!("openid https://graph.microsoft.us/User.Read.All GroupMember.Read.All User.Read")
            },
            FailureKind::ConsentNeeded,
            "(User.Read.All)",
            "--admin-consent",
        ),
        (
            |_, answer| drop(answer.as_object_mut().unwrap().remove("refresh_token")),
            FailureKind::SignInNeeded,
            "no refresh token",
            "offline_access",
        ),
        (
            |_, answer| *answer = json!({"error": "invalid_grant", "error_description": "AADSTS54005: ada@hq.example", "error_codes": [54005]}),
            FailureKind::SignInNeeded,
            "took too long or was used twice (AADSTS54005)",
            "dirsync add entra --name hq",
        ),
    ];
    for (change, kind, message, hint) in cases {
        let world = World::start().await;
        let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
            world.grants(Some(&query["nonce"]), change);
            world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
        };
        let failure = world.sign_in(&offered(), &react).await.err().unwrap();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(message), "{failure}");
        assert!(failure.hint.clone().unwrap_or_default().contains(hint), "{failure:?}");
        assert!(!format!("{failure:?}").contains("ada@hq.example"), "{failure:?}");
        let page = world.pages().await.remove(0);
        assert!(page.contains("was not connected") && page.contains("Nothing was stored"), "{page}");
    }
}

#[tokio::test]
async fn the_consent_link_is_of_the_organisation_that_signed_in() {
    let world = World::start().await;
    let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
        world.grants(Some(&query["nonce"]), |_, answer| answer["scope"] = json!("openid User.Read"));
        world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
    };
    let hint = world.sign_in(&offered(), &react).await.err().unwrap().hint.unwrap();
    let link = hint.split_whitespace().last().unwrap();
    let link = url::Url::parse(link).unwrap();
    let query: std::collections::HashMap<_, _> = link.query_pairs().into_owned().collect();
    assert_eq!(link.path(), format!("/{TID}/v2.0/adminconsent"));
    assert_eq!(query["scope"], "User.Read.All GroupMember.Read.All User.Read");
    assert_eq!((query["redirect_uri"].as_str(), query.get("state")), ("http://localhost", None));
}

#[tokio::test]
async fn another_organisation_than_the_one_named_is_refused() {
    let world = World::start().await;
    let named = Offered { tenant: Some(OTHER_TID.into()), ..offered() };
    let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
        assert_eq!(query["path"], format!("/{OTHER_TID}/oauth2/v2.0/authorize"));
        world.grants(Some(&query["nonce"]), |_, _| {});
        world.browse(V4, format!("{}/?code=0.code&state={}", query["redirect_uri"], query["state"]));
    };
    let failure = world.sign_in(&named, &react).await.err().unwrap();
    assert_eq!(failure.kind, FailureKind::SignInNeeded);
    assert!(failure.message.contains("another organisation") && failure.message.contains(TID), "{failure}");
}

#[tokio::test]
async fn what_the_page_refuses_exchanges_nothing() {
    for (redirect, kind, reason) in [
        ("error=access_denied&error_subcode=cancel", FailureKind::SignInNeeded, "access_denied"),
        (
            "error=access_denied&error_description=AADSTS65004%3A+User+declined",
            FailureKind::SignInNeeded,
            "AADSTS65004",
        ),
        ("error=access_denied&error_description=AADSTS53003%3A+Blocked", FailureKind::Blocked, "AADSTS53003"),
        ("error=access_denied&error_description=AADSTS90094%3A+admin", FailureKind::ConsentNeeded, "AADSTS90094"),
        ("error=interaction_required", FailureKind::SignInNeeded, "interaction_required"),
        ("error=server_error&error_description=AADSTS50076", FailureKind::Temporary, "AADSTS50076"),
        ("error=temporarily_unavailable", FailureKind::Temporary, "temporarily_unavailable"),
        ("error=invalid_request&error_description=AADSTS50011%3A+x", FailureKind::Misconfigured, "AADSTS50011"),
        ("error=unauthorized_client", FailureKind::Misconfigured, "unauthorized_client"),
        ("error=invalid_resource", FailureKind::Misconfigured, "invalid_resource"),
        ("error=consent_required", FailureKind::ConsentNeeded, "consent_required"),
        ("error=%3Cscript%3E", FailureKind::Refused, "unknown"),
    ] {
        let world = World::start().await;
        let react = |world: &World, _: &'static str, query: &std::collections::HashMap<String, String>| {
            world.browse(V4, format!("{}/?{redirect}&state={}", query["redirect_uri"], query["state"]));
        };
        let failure = world.sign_in(&offered(), &react).await.err().unwrap();
        assert_eq!((failure.kind, failure.reason.as_deref()), (kind, Some(reason)), "{redirect}: {failure}");
        assert!(failure.hint.is_some() && failure.status.is_none(), "{failure:?}");
        assert!(world.service.seen().is_empty());
        assert!(world.pages().await[0].contains("was not connected"));
    }
}
