//! Each fault as a client meets it.

use std::time::Duration;

use serde_json::{Value, json};

use super::sandbox;
use super::visitor::{ADMIN, Visitor, claims, param};
use crate::sandbox::{Fault, Rule};

const LIST: &str = "users?customer=my_customer&maxResults=20&prettyPrint=false";

#[tokio::test]
async fn status_faults() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.sign_in(ADMIN).await["access_token"].as_str().unwrap().to_owned();
    for (rule, status, part) in [
        (r#"{"kind":"throttle","retry_after":"7"}"#, 403, "userRateLimitExceeded"),
        (r#"{"kind":"too_many_text"}"#, 429, "Request rate higher"),
        (r#"{"kind":"unavailable_html"}"#, 503, "<!DOCTYPE html>"),
        (r#"{"kind":"html_ok"}"#, 200, "<!DOCTYPE html>"),
        (r#"{"kind":"unauthorized"}"#, 401, "authError"),
        (r#"{"kind":"redirect","to":"https://evil.example/"}"#, 302, ""),
        (r#"{"kind":"status","code":400,"reason":"failedPrecondition"}"#, 400, "failedPrecondition"),
        (r#"{"kind":"missing_key"}"#, 200, "nextPageToken"),
        (r#"{"kind":"empty_listing"}"#, 200, "\"users\":[]"),
        (r#"{"kind":"wrong_type"}"#, 200, "\"id\":42"),
        (r#"{"kind":"evil_next_page"}"#, 200, "evil.example"),
        (r#"{"kind":"other_customer","customer_id":"C0other"}"#, 200, "C0other"),
    ] {
        let mut rule: Value = serde_json::from_str(rule).unwrap();
        rule["on"] = json!("users");
        rule["times"] = json!(1);
        let added = visitor.http.post(visitor.url("/sandbox/faults")).json(&rule).send().await.unwrap();
        assert_eq!(added.status(), 200, "{}", added.text().await.unwrap());
        let response = visitor.get(&token, LIST).await;
        assert_eq!(response.status(), status, "{rule}");
        assert_eq!(response.headers().contains_key("retry-after"), rule.get("retry_after").is_some());
        let text = response.text().await.unwrap();
        assert!(text.contains(part), "{rule}: {text}");
        assert_eq!(visitor.read(&token, LIST).await.0, 200);
        sandbox.clear_faults();
    }
}

#[tokio::test]
async fn broken_bodies_and_silence() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.sign_in(ADMIN).await["access_token"].as_str().unwrap().to_owned();
    sandbox.inject(Rule::new("users", Fault::TruncatedJson).times(1));
    let text = visitor.get(&token, LIST).await.text().await.unwrap();
    assert!(text.len() > 100 && serde_json::from_str::<Value>(&text).is_err());
    sandbox.inject(Rule::new("users", Fault::ResetMidBody).times(1));
    let url = visitor.url(&format!("/admin/directory/v1/{LIST}"));
    let broken = match visitor.http.get(url).bearer_auth(&token).send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    sandbox.inject(Rule::new("members", Fault::Hang));
    let waiting = visitor.get(&token, "groups/empty@brightwater.example/members");
    assert!(tokio::time::timeout(Duration::from_millis(200), waiting).await.is_err());
    assert_eq!(visitor.read(&token, LIST).await.0, 200);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn paging_faults() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let token = visitor.sign_in(ADMIN).await["access_token"].as_str().unwrap().to_owned();
    sandbox.inject(Rule::new("users", Fault::EmptyPageWithToken).times(2));
    let (users, pages) = visitor.all(&token, LIST, "users").await;
    assert_eq!((users.len(), pages), (60, 5));
    sandbox.clear_faults();
    sandbox.inject(Rule::new("users", Fault::DuplicatePerson));
    let (users, _) = visitor.all(&token, LIST, "users").await;
    assert_eq!((users.len(), &users[0]["id"]), (61, &users[60]["id"]));
    sandbox.clear_faults();
    sandbox.inject(Rule::new("users", Fault::RepeatToken).after(1));
    let first = visitor.read(&token, LIST).await.1;
    let next = first["nextPageToken"].as_str().unwrap();
    let second = visitor.read(&token, &format!("{LIST}&pageToken={next}")).await.1;
    assert_eq!(second["nextPageToken"], next);
    sandbox.clear_faults();
    sandbox.inject(Rule::new("users", Fault::ExpiredPageToken));
    assert_eq!(visitor.read(&token, LIST).await.0, 200);
    assert_eq!(visitor.read(&token, &format!("{LIST}&pageToken={next}")).await.0, 400);
    let group = sandbox.truth()["groups"][3]["id"].as_str().unwrap().to_owned();
    sandbox.inject(Rule::new(&format!("members:{group}"), Fault::DeletedGroupWhileListed));
    assert_eq!(visitor.read(&token, &format!("groups/{group}/members")).await.0, 404);
    assert_eq!(visitor.read(&token, &format!("groups/{group}")).await.0, 200);
}

#[tokio::test]
async fn sign_in_faults() {
    let (sandbox, _clock) = sandbox().await;
    let visitor = Visitor::new(&sandbox);
    let strike = async |fault: Fault| {
        sandbox.inject(Rule::new("*", fault));
        let body = visitor.sign_in(ADMIN).await;
        sandbox.clear_faults();
        body
    };
    assert!(strike(Fault::NoRefreshToken).await.get("refresh_token").is_none());
    assert!(!strike(Fault::DropScope { scope: "group".into() }).await["scope"].as_str().unwrap().contains("group"));
    assert!(claims(&strike(Fault::NoHd).await["id_token"]).get("hd").is_none());
    assert_ne!(claims(&strike(Fault::WrongNonce).await["id_token"])["nonce"], "n0nce");
    assert_ne!(claims(&strike(Fault::WrongAudience).await["id_token"])["aud"], visitor.client["client_id"]);
    let token = visitor.sign_in(ADMIN).await;
    sandbox.inject(Rule::new("token", Fault::InvalidGrant { subtype: Some("rapt_required".into()) }));
    let (status, body) = visitor.refresh(token["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, &body["error_subtype"]), (400, &json!("rapt_required")));
    sandbox.clear_faults();
    sandbox.inject(Rule::new("auth", Fault::SignInRefused { error: "admin_policy_enforced".into() }));
    let page = visitor.http.get(visitor.auth_url(&[])).send().await.unwrap();
    assert_eq!(page.status(), 400);
    assert!(page.text().await.unwrap().contains("admin_policy_enforced"));
    sandbox.clear_faults();
    assert!(param(&visitor.decided(&[("sandbox_account", ADMIN)]).await, "code").is_some());
}
