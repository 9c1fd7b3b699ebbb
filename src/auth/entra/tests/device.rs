//! Sign-ins by a code on another device.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{CLIENT, World, offered};
use crate::auth::Offered;
use crate::model::{Failure, FailureKind};

fn by_code() -> Offered {
    Offered { device_code: true, ..offered() }
}

fn starts(world: &World) {
    world.service.answers(
        200,
        &json!({
            "device_code": "D-secret", "user_code": "ABCD1234", "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900, "interval": 5, "message": "To sign in, …"
        }),
    );
}

fn says(world: &World, error: &str, codes: &Value) {
    world
        .service
        .answers(400, &json!({"error": error, "error_description": "AADSTS: ada@hq.example", "error_codes": codes}));
}

/// With time that passes as fast as nothing happens.
async fn sign_in(world: &World) -> (Result<crate::auth::Proposal, Failure>, Duration) {
    let began = tokio::time::Instant::now();
    let ended = world.sign_in(&by_code(), &|_, _, _| {}).await;
    (ended, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_code_is_shown_and_the_answer_waited_for_as_told() {
    let world = World::start().await;
    starts(&world);
    says(&world, "authorization_pending", &json!([70016]));
    says(&world, "slow_down", &json!([]));
    says(&world, "authorization_pending", &json!([70016]));
    world.grants(None, |_, _| {});
    let (ended, took) = sign_in(&world).await;
    let proposal = ended.unwrap();
    assert!(took >= Duration::from_secs(5 + 5 + 10 + 10), "{took:?}");
    assert_eq!(proposal.credentials["method"], "device_code");
    assert_eq!(proposal.admin_subject.as_deref(), Some("oid-1"));
    assert!(proposal.pending.is_none(), "no browser is needed");
    let shown = world.shown.lock().unwrap();
    assert_eq!((shown.len(), shown[0].0), (1, "device"));
    assert_eq!(
        (shown[0].1["url"].as_str(), shown[0].1["code"].as_str()),
        ("https://microsoft.com/devicelogin", "ABCD1234")
    );
    assert_eq!(
        world.service.paths()[..2],
        ["/organizations/oauth2/v2.0/devicecode", "/organizations/oauth2/v2.0/token"]
    );
    let seen = world.service.seen();
    assert_eq!((seen.len(), seen[0]["client_id"].as_str()), (5, CLIENT));
    assert!(seen[0]["scope"].contains("offline_access") && !seen[0].contains_key("client_secret"));
    assert_eq!(seen[1]["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(seen[1]["device_code"], "D-secret");
}

#[tokio::test(start_paused = true)]
async fn every_other_answer_ends_it() {
    for (error, codes, kind, says_so) in [
        ("authorization_declined", json!([]), FailureKind::SignInNeeded, "declined"),
        ("access_denied", json!([]), FailureKind::SignInNeeded, "declined"),
        ("expired_token", json!([70019]), FailureKind::SignInNeeded, "took too long"),
        ("code_expired", json!([]), FailureKind::SignInNeeded, "nobody typed the code"),
        ("bad_verification_code", json!([]), FailureKind::Refused, "error"),
        ("invalid_grant", json!([70000]), FailureKind::SignInNeeded, "AADSTS70000"),
        ("invalid_client", json!([7_000_218]), FailureKind::Misconfigured, "not public"),
        ("access_denied", json!([53003]), FailureKind::Blocked, "Conditional Access"),
    ] {
        let world = World::start().await;
        starts(&world);
        says(&world, error, &codes);
        let failure = sign_in(&world).await.0.err().unwrap();
        assert_eq!(failure.kind, kind, "{error}: {failure}");
        assert!(failure.message.contains(says_so), "{error}: {failure}");
        assert_eq!(world.service.seen().len(), 2, "{error} is asked once");
        assert_eq!(
            kind == FailureKind::Blocked,
            failure.hint.clone().unwrap().contains("use the browser"),
            "{failure:?}"
        );
        let told = format!("{failure:?}");
        assert!(!told.contains("ada@") && !told.contains("D-secret"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_nobody_types_ends_and_a_service_in_trouble_does_not_end_it() {
    let world = World::start().await;
    starts(&world);
    world.service.answers_text(503, "busy");
    says(&world, "authorization_pending", &json!([70016]));
    let (ended, took) = sign_in(&world).await;
    let failure = ended.err().unwrap();
    assert_eq!(failure.kind, FailureKind::SignInNeeded);
    assert!(failure.message.contains("15 minutes") && failure.hint.unwrap().contains("new code"));
    assert!(took >= Duration::from_secs(900), "{took:?}");
    assert!(world.service.seen().len() > 50);
}

#[tokio::test(start_paused = true)]
async fn a_refused_start_is_explained() {
    let world = World::start().await;
    says(&world, "unauthorized_client", &json!([700_016]));
    let failure = sign_in(&world).await.0.err().unwrap();
    assert_eq!((failure.kind, failure.reason.as_deref()), (FailureKind::Misconfigured, Some("AADSTS700016")));
    assert!(world.shown.lock().unwrap().is_empty());
}
